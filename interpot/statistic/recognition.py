"""What the rows of energies and virials show of themselves: constants, shifts, kinetic parts, an opposite sign.

The best functions predict energies and virials; what is left is regressed on what may be in them. For the virials the
functions are those of the forces alone, for the energies those of both: the few closest pairs, whose splines the forces
may leave open, weigh most in an energy. Standard errors are those of independent rows, and take the functions as known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interpot.records import FloatArray
from interpot.statistic.basis import KnotSplines
from interpot.statistic.channels import ENDLESS
from interpot.statistic.frame_rows import Wanted
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import decomposed
from interpot.statistic.weights import COLLINEAR, Constants, pair_columns, weighted

SURE = 5.0
"""Standard errors that something must stand out by to be remarked on."""

NEAR = 0.1
"""A slope this close to 1, or within three standard errors, is that of a quantity itself."""

EXACT = 1e-6
"""A shift below this fraction of the energy of the pairs is a rounding error of that."""

Value = tuple[float, float]
"""A number and its standard error."""


@dataclass(frozen=True, slots=True, eq=False)
class EnergyFit:
    """Energies against Σ φ + Σ e for given functions φ that are zero at their cutoffs.

    Attributes
    ----------
    constants
        Species → e, eV per particle; one for all, "Ne+Xe", where every frame has the same composition.
    shifts
        Channel → what each of its pairs within the cutoff adds beyond φ, eV; 0 where the reference shifts its potential
        to zero there, its value there where it does not. Empty where the data cannot tell it from the constants.
    rms
        What is left, eV per particle.
    exact
        Rounding error of the energies of the functions, eV per particle.
    kinetic
        Share of the kinetic energy that the energies hold; None where velocities do not tell.
    """

    constants: dict[str, Value]
    shifts: dict[str, Value]
    rms: float
    exact: float
    kinetic: Value | None


def zero_at_cutoff(statistic: Statistic, coefficients: FloatArray) -> FloatArray:
    """The same functions, each less its value at the cutoff, (K,); a field's, which has no cutoff, is left as it is."""
    k = np.array(coefficients)
    for c, basis in enumerate(statistic.bases):
        assert isinstance(basis, KnotSplines)
        if statistic.channels[c].kind in ENDLESS:
            continue
        columns = statistic.columns(c)
        k[columns] -= float(basis.matrix(np.array([basis.cutoff]))[0] @ k[columns])
    return k


def best_functions(statistic: Statistic) -> FloatArray:
    """Coefficients of the best spline functions of the statistic's loss, zero at the cutoffs, (K,); eV."""
    solved = decomposed(statistic)
    return zero_at_cutoff(statistic, solved.inverse @ solved.y)


def energy_fit(statistic: Statistic, coefficients: FloatArray | None = None) -> EnergyFit | None:
    """Find the constants of the energies.

    Parameters
    ----------
    statistic
        With rows of energies, weighted or not.
    coefficients : (K,)
        Of the functions; by default those that are best for the forces and energies together.

    Returns
    -------
    EnergyFit or None
        None where the statistic holds no energies, or too few to tell anything.
    """
    rows = statistic.energies
    if rows is None:
        return None
    if coefficients is None:
        is_weighted = "weights" in statistic.provenance
        coefficients = best_functions(statistic if is_weighted else weighted(statistic, virials=0.0))
    k = zero_at_cutoff(statistic, coefficients)
    whole = rows.summed().tables[0]
    Z, count = Constants(rows, pair_columns(statistic)).of(whole), int(rows.rows.sum())
    species = rows.leading[:-1]
    labels = [c.label for c in statistic.channels if c.kind == "pair"]
    kinetic_part = whole[:, len(species)]
    if _rank(Z[:, : len(species)]) < len(
        species
    ):  # then rows add up to 1 in every frame, and no more is known
        Z = np.column_stack([Z[:, : len(species)].sum(axis=1), Z[:, len(species) :]])
        species = ("+".join(species),)
    if _rank(Z) < Z.shape[1]:
        Z, labels = Z[:, : len(species)], []
    if count < Z.shape[1] + 3:
        return None
    model = whole[:, len(rows.leading) : -1] @ k
    left = whole[:, -1] - model
    values, rms = _regressed(Z, left, count)
    kinetic = None
    if rows.kinetic.sum() == count > Z.shape[1] + 3:
        with_kinetic, _ = _regressed(np.column_stack([Z, kinetic_part]), left, count)
        kinetic = with_kinetic[-1]
    return EnergyFit(
        dict(zip(species, values[: len(species)], strict=True)),
        dict(zip(labels, values[len(species) :], strict=True)),
        rms,
        EXACT * float(np.linalg.norm(model)) / np.sqrt(count),
        kinetic,
    )


def virial_fit(
    statistic: Statistic, coefficients: FloatArray | None = None
) -> tuple[Value, Value | None] | None:
    """Regress the virials on those of given functions and, where velocities tell, on their kinetic parts.

    Parameters
    ----------
    statistic
        With rows of virials.
    coefficients : (K,)
        Of the functions; by default those that are best for the statistic, which are those of the forces as long as it
        is not weighted.

    Returns
    -------
    slopes or None
        1 and 0 where all is as `interpot.geometry` has it; None where the statistic holds no virials.
    """
    rows = statistic.virials
    if rows is None:
        return None
    k = best_functions(statistic) if coefficients is None else coefficients
    whole, count = rows.summed().tables[0], int(rows.rows.sum())
    known = bool(rows.kinetic.sum() == count)
    columns = [whole[:, 1:-1] @ k, *([whole[:, 0]] if known else [])]
    if count < 6 or not columns[0].any():
        return None
    slopes, _ = _regressed(np.column_stack(columns), whole[:, -1], count)
    return slopes[0], slopes[1] if known else None


def _rank(Z: FloatArray) -> int:
    lengths = np.linalg.norm(Z, axis=0)
    sizes = np.linalg.svd(Z / np.where(lengths > 0, lengths, 1.0), compute_uv=False)
    return int(np.sum(sizes > np.sqrt(COLLINEAR) * sizes[0]))


def _regressed(Z: FloatArray, f: FloatArray, count: int) -> tuple[list[Value], float]:
    """Coefficients of f on Z with their standard errors, and the root mean square of what is left of `count` rows."""
    lengths = np.linalg.norm(Z, axis=0)
    lengths[lengths == 0] = 1.0
    inverse = np.linalg.pinv(Z / lengths, rcond=COLLINEAR)
    values = inverse @ f
    left = f - Z / lengths @ values
    variance = float(left @ left) / max(count - Z.shape[1], 1)
    errors = np.sqrt(variance) * np.linalg.norm(inverse, axis=1)
    pairs = zip((values / lengths).tolist(), (errors / lengths).tolist(), strict=True)
    return list(pairs), float(np.sqrt(left @ left / count))


# ---------------------------------------------------------------------------- in words


def recognised(statistic: Statistic, wanted: Wanted) -> list[str]:
    """Sentences on the rows of energies and virials; none where there are none."""
    if not wanted.of_frames:
        return []
    names = ", ".join(f"'{source}'" for source in statistic.provenance.get("sources", ())) or "the data"
    return [*_of_energies(statistic, wanted, names), *_of_virials(statistic, wanted, names)]


def _of_energies(statistic: Statistic, wanted: Wanted, names: str) -> list[str]:
    fit = energy_fit(statistic)
    if fit is None:
        return []
    unit, energy = statistic.units.energy_unit, statistic.units.energy
    constants = ", ".join(f"{name} {_shown(value, energy)}" for name, value in fit.constants.items())
    said = [
        f"the best functions for forces and energies leave {fit.rms / energy:.3g} {unit} per particle of the energies, "
        f"with the constants {constants} {unit}"
    ]
    shifted = {
        label: value for label, value in fit.shifts.items() if abs(value[0]) > max(SURE * value[1], fit.exact)
    }
    if shifted:
        which = ", ".join(f"{label} {_shown(value, energy)}" for label, value in shifted.items())
        said.append(
            f"the energies are not those of functions that are zero at their cutoffs: each pair within it adds {which} "
            f"{unit}, as where the reference does not shift its potential or no function of pairs will do"
        )
    if fit.kinetic is not None and _is(fit.kinetic, 1.0) and wanted.energies != "total":
        said.append(
            f"the energies of {names} hold the kinetic energy (a share of {_shown(fit.kinetic)}): give --energies "
            "total (energies='total' in Python), which subtracts it"
        )
    if fit.kinetic is not None and _is(fit.kinetic, -1.0) and wanted.energies == "total":
        said.append(
            f"the energies of {names} do not hold the kinetic energy that was subtracted: give --energies potential"
        )
    return said


def _of_virials(statistic: Statistic, wanted: Wanted, names: str) -> list[str]:
    slopes = virial_fit(statistic)
    if slopes is None:
        return []
    along, kinetic = slopes
    said: list[str] = []
    if along[0] < -SURE * along[1]:
        other = "given" if wanted.virials == "opposite" else "opposite"
        said.append(
            f"the virials of {names} run against those of the forces (slope {_shown(along)}): their sign is not that "
            f"of W = -V σ; give --virials {other} (virials='{other}' in Python)"
        )
    if kinetic is not None and _is(kinetic, 1.0) and wanted.virials != "total":
        said.append(
            f"the virials of {names} hold the kinetic part (a share of {_shown(kinetic)}): give --virials total "
            "(virials='total' in Python), which subtracts it"
        )
    if kinetic is not None and _is(kinetic, -1.0) and wanted.virials == "total":
        said.append(
            f"the virials of {names} do not hold the kinetic part that was subtracted: give --virials given"
        )
    return said


def _is(value: Value, expected: float) -> bool:
    """Whether a slope is what it would be if the quantity were there."""
    number, error = value
    return abs(number) > SURE * error and abs(number - expected) < max(3 * error, NEAR)


def _shown(value: Sequence[float], unit: float = 1.0) -> str:
    number, error = (v / unit for v in value)
    return f"{number:.6g} ± {error:.1g}"
