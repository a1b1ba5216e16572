"""Forces, energies and virials as one loss.

    L(φ, e) = Σ |F - F_φ|² + w_E Σ_frames ((E - E_φ,e)/n)² + w_W Σ_frames Σ_{a≤b} ((W - W_φ)_ab/n)²

in the conventions of `interpot.geometry`. Two kinds of constants are eliminated from the energies, exactly and for all
blocks together, before anything is searched: one for each species, and one for each pair channel times the number of
its pairs within the cutoff. The first is where an offset of the file goes, and a tail correction at constant density.
The second makes it indifferent whether the reference shifts its potential to zero at the cutoff (LAMMPS: pair_modify
shift) or not: forces do not see that constant either. Both are found again by `interpot.statistic.recognition`. A
tail correction that changes with the volume, and any of the pressure, is no sum over these pairs: leave it out
of the data (LAMMPS: pair_modify tail no).

Eliminating is subtracting from each row of [X E] what the rows [n_s, pairs] of all blocks predict of it; the products
of what is left add up to the Schur complement. Folds share these few constants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.statistic.blocks import SpeciesSums
from interpot.statistic.kernels.packed import pack
from interpot.statistic.layout import offsets
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import RESOLUTION, decompose
from interpot.statistic.triangular import RowTables

Weight = float | str

ROUNDS = 8
"""Of choosing the weights; they settle to a percent in three or four."""

COLLINEAR = 1e-10
"""Directions of the constants' columns that are smaller than this fraction of the largest are none."""


def weighted(
    statistic: Statistic, *, energies: Weight = "auto", virials: Weight = "auto", forces: float = 1.0
) -> Statistic:
    """Put the rows of energies and virials together with those of the forces.

    Parameters
    ----------
    statistic
        That a pass with ``energies=`` or ``virials=`` has made; without such rows it is returned as it is.
    energies, virials
        w_E in Å⁻² and w_W in Å⁻², relative to `forces`; 0 leaves them out. "auto" takes the ratio of the variances that
        the best spline functions of the combined loss leave of a force component and of a row, w = σ_F²/σ²:
        maximum likelihood where the rows' errors are independent and normal.
    forces
        Weight of the forces; 0 leaves them out.

    Returns
    -------
    Statistic
        Its sums are those of the combined loss, in eV²/Å² (without forces in eV², of energies or virials); to be
        discovered from as it is. `provenance` holds the weights. It is saved as the statistic that it was made of.

    Raises
    ------
    InterpotError
        A weight that is negative, or for rows that the statistic does not hold, or none at all.
    """
    own = tuple(part for part in statistic.blocks.parts if part.species)  # without what was weighted before
    if forces and not own:
        raise InterpotError("this statistic holds no forces any more: weight the one that it was made of")
    statistic = replace(statistic, blocks=replace(statistic.blocks, parts=own))
    kinds = {name: sums for name in ("energies", "virials") if (sums := row_sums(statistic, name))}
    asked = {"forces": forces, "energies": energies, "virials": virials}
    for name, weight in asked.items():
        _check(name, weight, kinds)
    used = {name: sums for name, sums in kinds.items() if asked[name] != 0}
    if not used and forces == 0:
        raise InterpotError("forces, energies and virials all weigh nothing: give one of them a weight")
    if not used:
        origin = {name: what for name, what in statistic.provenance.items() if name != "weights"}
        return replace(statistic, provenance=origin)
    weights = chosen(statistic, used, asked)
    rows = tuple(_times(used[name], weights[name]) for name in used)
    blocks = replace(statistic.blocks, parts=(*own, *rows) if forces else rows)
    return replace(statistic, blocks=blocks, provenance={**statistic.provenance, "weights": weights})


def _check(name: str, weight: object, kinds: Mapping[str, SpeciesSums]) -> None:
    is_number = isinstance(weight, int | float)
    if not (is_number and 0 <= weight < np.inf) and not (weight == "auto" and name != "forces"):  # type: ignore[operator]
        words = "a number that is not negative" + ("" if name == "forces" else " or auto")
        raise InterpotError(f"the weight of the {name} is {weight!r}: expected {words}")
    if is_number and weight and name != "forces" and name not in kinds:
        raise InterpotError(
            f"the {name} are to weigh {weight:g}, but the statistic holds none: accumulate with {name}= "
            f"(--{name})"
        )


# ---------------------------------------------------------------------------- sums of the rows


def pair_columns(statistic: Statistic) -> FloatArray:
    """What counts the pairs of each pair channel, (K, pair channels); those of walls and fields shift nothing.

    The splines of a channel add up to 1 at every distance.
    """
    starts = offsets(statistic.bases)
    pairs = [c for c, channel in enumerate(statistic.channels) if channel.kind == "pair"]
    ones = np.zeros((int(starts[-1]), len(pairs)))
    for k, c in enumerate(pairs):
        ones[starts[c] : starts[c + 1], k] = 1.0
    return ones


@dataclass(frozen=True, slots=True, eq=False)
class Constants:
    """Columns Z of the constants in the rows of energies.

    Attributes
    ----------
    rows
        Of energies.
    pairs : (K, pair channels)
        As `pair_columns` gives them.
    """

    rows: RowTables
    pairs: FloatArray

    def of(self, table: FloatArray) -> FloatArray:
        """Z of a table, (m, species + pair channels): composition, then pairs of each channel, per particle."""
        count = len(self.rows.leading)
        return np.hstack([table[:, : count - 1], table[:, count:-1] @ self.pairs])

    def fitted(self, whole: FloatArray) -> FloatArray:
        """T of Z T ≈ [X E], (species + pair channels, K + 1)."""
        Z = self.of(whole)
        lengths = np.linalg.norm(Z, axis=0)
        lengths[lengths == 0] = 1.0
        T = np.linalg.lstsq(Z / lengths, whole[:, len(self.rows.leading) :], rcond=COLLINEAR)[0]
        return np.asarray(T / lengths[:, None])


def row_sums(statistic: Statistic, kind: str) -> SpeciesSums | None:
    """Normal equations of the rows of a kind, the constants eliminated, per block; None where there are no rows."""
    rows = statistic.energies if kind == "energies" else statistic.virials
    if rows is None:
        return None
    lead = len(rows.leading)
    cleaned = [table[:, lead:] for table in rows.tables]
    if kind == "energies":
        constants = Constants(rows, pair_columns(statistic))
        T = constants.fitted(rows.summed().tables[0])
        cleaned = [part - constants.of(table) @ T for part, table in zip(cleaned, rows.tables, strict=True)]
    size, count = len(rows.columns), len(rows.tables)
    gram, moment, square = np.empty((count, size * (size + 1) // 2)), np.empty((count, size)), np.empty(count)
    for b, part in enumerate(cleaned):
        X, f = np.ascontiguousarray(part[:, :-1]), part[:, -1]
        pack(X.T @ X, gram[b])
        moment[b], square[b] = X.T @ f, f @ f
    return SpeciesSums("", rows.columns, gram, moment, square, rows.rows)


def _times(sums: SpeciesSums, weight: float) -> SpeciesSums:
    return replace(sums, gram=weight * sums.gram, moment=weight * sums.moment, square=weight * sums.square)


# ---------------------------------------------------------------------------- the weights


@dataclass(frozen=True, slots=True, eq=False)
class _Kind:
    """Summed normal equations of one kind of row."""

    A: FloatArray
    B: FloatArray
    C: float
    rows: int

    def misfit(self, k: FloatArray) -> float:
        """Σ |F - X k|², no smaller than rounding can tell."""
        left = float(k @ (self.A @ k) - 2 * k @ self.B) + self.C
        return max(left, RESOLUTION**2 * self.C)


def chosen(
    statistic: Statistic, used: Mapping[str, SpeciesSums], asked: Mapping[str, Weight]
) -> dict[str, float]:
    """Turn "auto" into numbers; all relative to the forces, or without these to the first kind.

    The variances are those of W. Förstner, "Ein Verfahren zur Schätzung von Varianz- und Kovarianzkomponenten", Allg.
    Vermess.-Nachr. 86, 446 (1979): the sum of squares that the joint fit leaves of a kind, over its number of rows less
    its share tr(A⁺ w A_kind) of the numbers that were fitted.
    """
    kinds = {"forces": _forces(statistic)} if asked["forces"] else {}
    for name, sums in used.items():
        whole = sums.summed()
        gram = np.zeros((statistic.blocks.size, statistic.blocks.size))
        upper = np.triu_indices(len(sums.columns))
        gram[upper] = gram.T[upper] = whole.gram[0]
        kinds[name] = _Kind(gram, whole.moment[0], float(whole.square[0]), int(whole.rows[0]))
    first = next(iter(kinds))
    unit = float(asked["forces"]) or 1.0
    given = {name: float(w) / unit for name, w in asked.items() if name in kinds and w != "auto"}
    given[first] = given.get(first, 1.0) if first != "forces" else 1.0
    size = {name: kind.C / max(kind.rows, 1) for name, kind in kinds.items()}
    # what is chosen is relative to the first kind, whatever that weighs
    one = given[first]
    weights = {n: one * size[first] / size[n] if size[n] > 0 else 0.0 for n in kinds} | given
    for _ in range(ROUNDS if len(given) < len(kinds) else 0):
        variance = _variances(kinds, weights)
        weights = {n: one * variance[first] / variance[n] if size[n] > 0 else 0.0 for n in kinds} | given
    return weights


def _forces(statistic: Statistic) -> _Kind:
    return _Kind(statistic.gram, statistic.moment, statistic.square, statistic.rows)


def _variances(kinds: Mapping[str, _Kind], weights: Mapping[str, float]) -> dict[str, float]:
    A = np.sum([weights[name] * kind.A for name, kind in kinds.items()], axis=0)
    B = np.sum([weights[name] * kind.B for name, kind in kinds.items()], axis=0)
    solved = decompose(A, B, sum(weights[name] * kind.C for name, kind in kinds.items()))
    k = solved.inverse @ solved.y
    found = {}
    for name, kind in kinds.items():
        share = weights[name] * float(np.sum(solved.inverse * (kind.A @ solved.inverse)))
        found[name] = kind.misfit(k) / max(kind.rows - share, 1.0)
    return found
