"""Energy and virial of a frame as rows of the regression.

With n particles, of which n_s of species s, and splines B_m of all channels,

    E/n = Σ_m k_m Σ_pairs B_m(r)/n + Σ_s e_s n_s/n              one row a frame
    W/n = -Σ_m k_m Σ_pairs B_m'(r) r r̂ ⊗ r̂ / n                 six rows a frame, three in two dimensions

with Σ_i B_m(s_i) for the pairs' sum in E, and nothing in W, where a channel is a wall or a field; in the conventions of
`interpot.geometry`: rows are per particle, so that large frames weigh no more than small ones.
Beside each row stands its kinetic part, where velocities tell it, so that it can be recognised (`recognition`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame
from interpot.statistic.pair_sums import COMPONENTS
from interpot.trajectory.place import place

ENERGIES, VIRIALS, FACTORS = ("potential", "total"), ("given", "opposite", "total"), ("gram", "qr")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a pass is to keep beside the products of the forces.

    Attributes
    ----------
    energies
        None, "potential" for energies as they should be, or "total" for those that hold the kinetic energy, which
        is then subtracted.
    virials
        None, "given", "opposite" for those of the other sign, or "total" for those that hold the kinetic part.
    factor
        "gram" for the products alone, "qr" for the triangular factors of the force rows, too.
    """

    energies: str | None = None
    virials: str | None = None
    factor: str = "gram"

    def __post_init__(self) -> None:
        for name, known in (("energies", ENERGIES), ("virials", VIRIALS), ("factor", FACTORS)):
            value = getattr(self, name)
            if value not in known and not (value is None and name != "factor"):
                raise InterpotError(f"{name} is {value!r}: expected one of {', '.join(known)}")

    @property
    def of_frames(self) -> bool:
        """Whether rows of whole frames are wanted."""
        return self.energies is not None or self.virials is not None


NOTHING = Wanted()


def energy_row(frame: Frame, wanted: str, composition: FloatArray, features: FloatArray) -> FloatArray:
    """The row [n_s, kinetic, X, E]/n of a frame, (1, species + K + 2).

    Parameters
    ----------
    wanted
        As in `Wanted.energies`.
    composition : (species,)
        Particles of each species of the layout.
    features : (K,)
        Σ_pairs B_m(r).

    Raises
    ------
    InterpotError
        The frame has no energy, or no kinetic energy that is to be subtracted from it.
    """
    if frame.energy is None:
        raise InterpotError(
            f"no energy in {_where(frame)}: leave out --energies (energies= in Python), or give every frame one, in "
            "extended XYZ as energy=, in .npz as the array 'energy'; LAMMPS dumps hold none"
        )
    kinetic = _kinetic(frame, wanted, "energies")
    trace = 0.5 * float(np.trace(kinetic))
    energy = frame.energy - trace * (wanted == "total")
    row = np.concatenate([composition, [trace], features, [energy]]) / len(frame.positions)
    return _finite(row[None], frame, "energy")


def virial_rows(frame: Frame, wanted: str, features: FloatArray) -> FloatArray:
    """The rows [kinetic, X, W]/n of a frame, (6 or 3, K + 2).

    Parameters
    ----------
    wanted
        As in `Wanted.virials`.
    features : (6, K)
        -Σ_pairs B_m'(r) x_a x_b / r.

    Raises
    ------
    InterpotError
        The frame has no virial, or no kinetic part that is to be subtracted from it.
    """
    if frame.virial is None:
        raise InterpotError(
            f"no virial in {_where(frame)}: leave out --virials (virials= in Python), or give every frame one, in "
            "extended XYZ as virial= or stress=, in .npz as the array 'virial'; LAMMPS dumps hold none"
        )
    kinetic = _kinetic(frame, wanted, "virials")
    W = frame.virial * (-1.0 if wanted == "opposite" else 1.0) - kinetic * (wanted == "total")
    W = (W + W.T) / 2
    rows = [
        np.concatenate([[kinetic[ab]], features[m], [W[ab]]])
        for m, ab in enumerate(COMPONENTS)
        if max(ab) < frame.dimension
    ]
    return _finite(np.array(rows) / len(frame.positions), frame, "virial")


def knows_kinetic(frame: Frame) -> bool:
    """Whether the frame tells its kinetic energy."""
    return frame.velocities is not None and frame.masses is not None


def _kinetic(frame: Frame, wanted: str, rows: str) -> FloatArray:
    """Σ m v ⊗ v, (3, 3) in eV; zero where the frame does not tell."""
    if frame.velocities is None or frame.masses is None:
        if wanted == "total":
            what = "velocities" if frame.velocities is None else "masses"
            raise InterpotError(
                f"no {what} in {_where(frame)}: {rows} that hold the kinetic part ('total') need velocities and masses "
                "to subtract it"
            )
        return np.zeros((3, 3))
    return np.asarray(frame.velocities.T @ (frame.masses[:, None] * frame.velocities))


def _finite(rows: FloatArray, frame: Frame, what: str) -> FloatArray:
    if not np.isfinite(rows).all():
        raise InterpotError(
            f"the {what} of {_where(frame)} is not finite: leave that frame out with --frames"
        )
    return rows


def _where(frame: Frame) -> str:
    return place(frame.source, frame.index, frame.step)
