"""A run that blew up, in a sentence: at which step, and which particles had come too close."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.neighbours import pairs
from interpot.records import Frame
from interpot.trajectory import read
from interpot.units import UnitStyle

_FAR = 1e4  # Å: what has flown farther tells nothing of how it began
_FIRST = 1.0  # Å: the first reach of the search, doubled until a pair is found


def blown_up(step: int, frame: Frame, timestep: float, units: UnitStyle) -> InterpotError:
    """Make the error that an engine raises.

    Parameters
    ----------
    step
        At which the energy was found to be no number, or particles to be lost.
    frame
        The last state with places for its particles.
    timestep
        In time units of the style.
    units
        Style of the run.
    """
    close = closest_pair(frame)
    where = ""
    if close is not None:
        distance = f"{close[1] / units.length:.4g} {units.length_unit}"
        when = "at the start" if not frame.step else f"when last recorded, at step {frame.step}"
        where = f" ({when}, the closest were {close[0]}, {distance} apart)"
    return InterpotError(
        f"the run blew up: at step {step} its energy is no number any more, or particles are lost{where}; use a "
        f"shorter timestep than {timestep:g} {units.time_unit}, or a potential whose core repels"
    )


def last_frame(trajectory: Path, units: UnitStyle, dimension: int) -> Frame | None:
    """Return the last frame of a run's file in which all particles are still somewhere."""
    last = None
    with suppress(InterpotError):  # the file of a run that broke off ends as it may
        for frame in read(trajectory, units=units.name, dimension=dimension):
            if (np.abs(frame.positions) < _FAR).all():  # NaN is not
                last = frame
    return last


def closest_pair(frame: Frame) -> tuple[str, float] | None:
    """Return words for the two particles that are closest ("atoms 3 (Ar) and 17 (Xe)") and their distance in Å.

    None where fewer than two particles are anywhere.
    """
    there = np.flatnonzero((np.abs(frame.positions) < _FAR).all(axis=1))  # NaN is not
    if len(there) < 2:
        return None
    ids = np.arange(1, len(frame.kinds) + 1) if frame.ids is None else frame.ids
    kept = replace(
        frame, positions=frame.positions[there], kinds=frame.kinds[there], ids=None, velocities=None, forces=None,
        masses=None, unwrapped=None,
    )  # fmt: skip
    reach = _FIRST
    while reach < 2 * _FAR:
        try:
            found = pairs(kept, reach)
        except InterpotError:  # two of them in one place
            return "two particles", 0.0
        apart = np.flatnonzero(found.i != found.j)
        if len(apart):
            p = apart[found.r[apart].argmin()]
            number, name = ids[there], [frame.species[k] for k in kept.kinds]
            a, b = sorted((int(found.i[p]), int(found.j[p])))
            return f"atoms {number[a]} ({name[a]}) and {number[b]} ({name[b]})", float(found.r[p])
        reach *= 2
    return None
