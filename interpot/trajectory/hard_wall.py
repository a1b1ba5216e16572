"""Hard walls out of the places where particles were turned back.

A hard wall turns every particle back at one place, whatever its speed, and what scatters of that place is due to the
unknown forces between two frames. A soft wall turns a fast particle back further out than a slow one, over a range of
the order of a tenth of an atom's diameter. A wall is taken to be hard where most of the turns in its neighbourhood lie
within a window that is far narrower, and where their places do not follow the speed. Where forces are not recorded,
turns of different speeds must be in that window: one energy has one turning point at a soft wall, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10, nan

import numpy as np
from numpy.polynomial import Chebyshev
from scipy.stats import spearmanr

from interpot.records import FloatArray
from interpot.trajectory.flights import BEYOND, Turns
from interpot.units import UnitStyle

OF_FLIGHT, OF_SPACING = 0.02, 0.003
"""Half the width of the window: the smaller one of these parts of a flight and of the mean distance of particles."""

UNINFORMED = 0.25
"""Part of the window that is left where no accelerations are known."""

UNLIKE, OTHERS = 0.2, 0.15
"""Where no accelerations are known: speeds that differ by this part from the median, and the least part of such."""

NEIGHBOURHOOD = 10.0
"""Its width, in that of the window."""

MOST, MOST_ON_PATH = 0.4, 0.6
"""Of the turns in the neighbourhood, the least part in the window, of a fixed and of a moving wall; chance puts a tenth
there, and more about a path that is fitted to them."""

FEWEST = 8
"""Turns within the window, so that there is no chance of their being in one place."""

DEGREES = (0, 1, 2, 4, 8, 12, 16)
"""Of the polynomials in time that a wall's motion is tried with; each coefficient needs five turns."""

ENOUGH = 5_000
"""Turns that are enough to judge by; of more, every so many-th is taken."""

ROUNDING = 1e-9
"""Of a flight: a wall that drifts by less is at rest."""

ELASTIC, OFTEN = 0.15, 0.8
"""A wall is elastic if it keeps the normal speed and the tangential velocity to so much of the kick, so often."""

CLEAR = 0.2
"""Of the window: places that scatter less tell that the velocities are those that the wall has left."""


@dataclass(frozen=True, slots=True, eq=False)
class HardWall:
    """A wall without a force of its own.

    Attributes
    ----------
    name
        "zlo", "zhi" ...: as of a plane `interpot.records.Surface`.
    axis, inward
        Its normal, and the side on which the particles are.
    position, error : Å
        Median place of the turns and its standard error; of a moving wall about its path.
    kind
        "elastic": v → 2u - v along the normal (or -v), nothing across it; else "thermal". "unclear" where forces
        between the frames have blurred it.
    moving
        Whether its position changes in time.
    path
        Its position at a time (internal units), Å; beyond the hits it means nothing.
    turns
        What it turned back, as far as it was recognised.
    hits
        Their number.
    frames
        How many frames were looked at.
    duration : internal units of time
        From the first of them to the last.
    momentum : sqrt(eV amu)
        Σ m Δv along the axis that the particles of `turns` left with the wall; NaN without masses.
    """

    name: str
    axis: int
    inward: int
    position: float
    error: float
    kind: str
    moving: bool
    path: Chebyshev
    turns: Turns
    hits: int
    frames: int
    duration: float
    momentum: float

    @property
    def force(self) -> float:
        """Mean force of the particles on the wall along its axis, eV/Å."""
        return self.momentum / self.duration

    def sentence(self, units: UnitStyle) -> str:
        """Say what was found, in the units of the data."""
        letter, unit = "xyz"[self.axis], units.length_unit
        error = self.error / units.length
        digits = 4 if error <= 0 else min(max(-floor(log10(error)), 0), 10)
        where = f"at {letter} = {self.position / units.length:.{digits}f} ± {error:.1g} {unit}"
        if self.moving:
            ends = self.path(np.array([self.turns.time.min(), self.turns.time.max()])) / units.length
            where = f"moving from {letter} = {ends[0]:.6g} to {ends[1]:.6g} {unit}"
        kind = "elastic or thermal" if self.kind == "unclear" else self.kind
        return (
            f"hard wall {self.name} {where}, {kind}: {self.hits} hits in {self.frames} frames; it has no force, "
            "so that no channel is needed for it"
        )


def find_wall(
    turns: Turns, outermost: float, spacing: float, frames: int, duration: float, informed: bool = True
) -> HardWall | None:
    """Find out whether the turns of one side are those of a hard wall.

    Parameters
    ----------
    turns
        Of one axis and side, in the order of time.
    outermost : Å
        Place of the outermost particle on that side of all frames, beyond which a fixed wall is.
    spacing : Å
        Mean distance of particles, (V/n)^(1/d).
    frames, duration
        Of what was looked at.
    informed
        Whether forces and masses were known. Where they were not, a soft wall turns particles back unexplained, and
        the window is made the narrower.

    Returns
    -------
    HardWall or None
        None where the turns are too few, or scatter as those of a soft wall or of collisions.
    """
    best: HardWall | None = None
    some = turns[np.arange(len(turns)) % (1 + len(turns) // ENOUGH) == 0]
    for degree in DEGREES:
        here = some
        if degree == 0:
            here = some[some.inward * (some.place - outermost) <= OF_FLIGHT * some.flight]
        if len(here) < max(FEWEST, 5 * (degree + 1)):
            continue
        width = min(OF_FLIGHT * float(np.median(here.flight)), OF_SPACING * spacing)
        width *= 1.0 if informed else UNINFORMED
        path = _moving(here, degree, width) if degree else _fixed(here, width)
        off = here.place - path(here.time)
        if not _is_hard(here, off, width, MOST_ON_PATH if degree else MOST):
            continue
        if not informed and _of_one_speed(here[np.abs(off) <= width]):
            continue
        if degree == 0:
            path, moving = _drift(here[np.abs(off) <= width], path)
            found = _described(turns, path, moving, width, frames, duration)
            slack = max(3 * found.error, 0.1 * width)
            return found if moving or found.inward * (outermost - found.position) >= -slack else None
        if np.ptp(path(here.time)) >= NEIGHBOURHOOD * width:  # else, as a fixed one, it is not hard
            found = _described(turns, path, True, width, frames, duration)
            best = found if best is None or found.error < 0.5 * best.error else best
    return best


def _is_hard(turns: Turns, off: FloatArray, width: float, most: float) -> bool:
    """Whether the turns crowd in the window about a path, and do not follow the speed."""
    sharp, near = np.abs(off) <= width, np.abs(off) <= NEIGHBOURHOOD * width
    return bool(sharp.sum() >= max(FEWEST, most * near.sum())) and not _follows_speed(turns[near], off[near])


def _of_one_speed(turns: Turns) -> bool:
    """Whether nearly all were as fast, as those are that swing with one energy."""
    speed = np.abs(turns.before)
    usual = np.median(speed)
    return bool(np.mean(np.abs(speed - usual) > UNLIKE * usual) < OTHERS)


def _fixed(turns: Turns, width: float) -> Chebyshev:
    """Place where the turns are densest."""
    places = np.sort(turns.place)
    counts = np.searchsorted(places, places + 2 * width, side="right") - np.arange(len(places))
    first = int(counts.argmax())
    return Chebyshev([np.median(places[first : first + counts[first]])], domain=_span(turns))


def _moving(turns: Turns, degree: int, width: float) -> Chebyshev:
    """Path by least squares, in which turns off the path count the less the further off they are (Cauchy's weights)."""
    weights = np.ones(len(turns))
    for _ in range(30):
        path: Chebyshev = Chebyshev.fit(
            turns.time, turns.place, degree, domain=_span(turns), w=np.sqrt(weights)
        )
        off = np.abs(turns.place - path(turns.time))
        scale = max(1.5 * float(np.median(off)), 0.1 * width)
        weights = 1 / (1 + (off / scale) ** 2)
    return path


def _drift(turns: Turns, path: Chebyshev) -> tuple[Chebyshev, bool]:
    """Whether a wall that seems fixed moves slowly after all, by more than five standard errors."""
    if len(turns) < 3 * FEWEST:
        return path, False
    t = turns.time - turns.time.mean()
    slope = float(t @ turns.place / (t @ t))
    if abs(slope) * np.ptp(t) <= ROUNDING * float(np.median(turns.flight)):
        return path, False
    rest = turns.place - turns.place.mean() - slope * t
    error = float(np.sqrt(rest @ rest / (len(t) - 2) / (t @ t)))
    if abs(slope) <= 5 * error or abs(slope) * np.ptp(t) <= 3 * float(np.sqrt(np.mean(rest**2))):
        return path, False
    return Chebyshev.fit(turns.time, turns.place, 1, domain=_span(turns)), True


def _span(turns: Turns) -> list[float]:
    first, last = float(turns.time.min()), float(turns.time.max())
    return [first, last if last > first else first + 1.0]


def _follows_speed(turns: Turns, off: FloatArray) -> bool:
    """Whether faster particles are turned back further out, or less far, than chance can explain."""
    if np.ptp(off) == 0 or np.ptp(turns.before) == 0:
        return False
    statistic, chance = (float(x) for x in spearmanr(np.abs(turns.before), off))
    return abs(statistic) > 0.5 and chance < 0.01


def _described(
    turns: Turns, path: Chebyshev, moving: bool, width: float, frames: int, duration: float
) -> HardWall:
    off = turns.place - path(turns.time)
    here = np.abs(off) <= np.maximum(BEYOND * turns.flight, NEIGHBOURHOOD * width)
    turns, off = turns[here], off[here]
    sharp = np.abs(off) <= width
    place = float(np.median(turns.place[sharp]))
    spread = 1.4826 * float(np.median(np.abs(off[sharp] - np.median(off[sharp]))))
    axis, inward = int(turns.axis[0]), int(turns.inward[0])
    masses = turns.mass
    momentum = -float(np.sum(masses * (turns.after - turns.before))) if not np.isnan(masses).any() else nan
    return HardWall(
        name=f"{'xyz'[axis]}{'lo' if inward > 0 else 'hi'}",
        axis=axis,
        inward=inward,
        position=place,
        error=1.2533 * spread / float(np.sqrt(sharp.sum())),
        kind=_kind(turns[sharp], path, width),
        moving=moving,
        path=path,
        turns=turns,
        hits=len(turns),
        frames=frames,
        duration=duration,
        momentum=momentum,
    )


def _kind(turns: Turns, path: Chebyshev, width: float) -> str:
    """Whether v → 2u - v, or v → -v, with nothing across: in the frame of the wall or in that of the data.

    Asked is the half whose places are closest to the path, because their flights were disturbed the least.
    """
    off = np.abs(turns.place - path(turns.time))
    turns = turns[off <= np.median(off)]
    kick = np.abs(turns.after - turns.before)
    smooth = turns.aside <= ELASTIC * kick
    for u in (0.0, path.deriv()(turns.time)):
        if np.mean(smooth & (np.abs(turns.after + turns.before - 2 * u) <= ELASTIC * kick)) >= OFTEN:
            return "elastic"
    return "thermal" if np.median(off) <= CLEAR * width else "unclear"
