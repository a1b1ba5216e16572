"""What every frame of a trajectory has to fulfil, whatever its format."""

from __future__ import annotations

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.place import place
from interpot.units import UnitStyle

COLDEST, HOTTEST = 0.01, 2e6
"""Temperatures, in K, outside which units are more likely wrong than the run so cold or hot.

LAMMPS's styles metal and real differ by 10⁶ in mv²: read in the other, a run of 2 K to 10⁴ K lies outside. Plasmas of
10⁶ K and crystals of ions at 10 mK, the most extreme that molecular dynamics is made of, lie within.
"""


def check_finite(frame: Frame) -> None:
    """Raise `InterpotError` where a number is infinite or none."""
    for values, columns in (
        (frame.positions, ("x", "y", "z")),
        (frame.unwrapped, ("unwrapped x", "unwrapped y", "unwrapped z")),
        (frame.forces, ("fx", "fy", "fz")),
        (frame.velocities, ("vx", "vy", "vz")),
        (frame.masses, ("mass",)),
    ):
        if values is None or np.isfinite(values).all():
            continue
        atom, axis = (int(k) for k in np.argwhere(~np.isfinite(values.reshape(len(values), -1)))[0])
        name = f"the {atom + 1}. atom" if frame.ids is None else f"atom {frame.ids[atom]}"
        raise InterpotError(
            f"{columns[axis]} of {name} is {values[atom].flat[axis]} in "
            f"{place(frame.source, frame.index, frame.step)}: expected a finite number; leave that frame out "
            "(--frames) or write the file anew"
        )


def check_dimension(frame: Frame, before: int | None) -> None:
    """Raise `InterpotError` where a frame has another dimension than those before it."""
    if before is not None and frame.dimension != before:
        raise InterpotError(
            f"{place(frame.source, frame.index, frame.step)} is {frame.dimension}-dimensional, but the "
            f"frames before it {before}-dimensional: say which it is (dimension=2 or dimension=3)"
        )


def odd_temperature(frame: Frame, units: UnitStyle) -> str | None:
    """Say that velocities are those of no temperature that matter has, as in wrong units; None if all is well.

    The motion of the centre of mass counts for nothing. Particles at rest, masses that the file does not hold and the
    style lj, whose temperatures have no scale, tell nothing.
    """
    if frame.velocities is None or frame.masses is None or units.name == "lj" or len(frame.masses) < 2:
        return None
    if frame.masses.min() <= 0:
        return None
    m, v = frame.masses[:, None], frame.velocities[:, : frame.dimension]
    kinetic = float((m * (v - (m * v).sum(axis=0) / m.sum()) ** 2).sum())  # twice that, eV
    temperature = kinetic / (frame.dimension * (len(m) - 1)) / (units.boltzmann * units.energy)
    if not temperature > 0 or COLDEST <= temperature <= HOTTEST:
        return None
    return (
        f"the velocities in {place(frame.source, frame.index, frame.step)} are those of {temperature:.2g} "
        f"{units.temperature_unit} in the units '{units.name}': if the run was at another temperature, the file is in "
        "other units (--units)"
    )
