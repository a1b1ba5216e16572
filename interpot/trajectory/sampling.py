"""Whether frames are close enough in time for what the particles do between them: asked of the data themselves.

For motion of angular frequency ω and frames Δ apart, the mean square of third differences of a coordinate is
4 sin²(ωΔ/2) times that of second differences. In a system of many frequencies this gives the one that rules the
acceleration, ω² = ⟨ȧ²⟩/⟨a²⟩, the fastest that matters to forces: 2π/ω = 0.47 ps in liquid argon (90 K, 1.40 g/cm³).
Undersampled it comes out too low, never above about 2π/3Δ: where it is near that, only a bound is known.

Errors of positions, independent from frame to frame, look as fast as that. But they leave alone, of the correlations
C_k = ⟨d(t)·d(t+k)⟩ of displacements d from frame to frame, the sum C_0 + 2C_1 and C_2. Their ratio C_2/(C_0 + 2C_1)
is 1/3 where frames are dense and vanishes where the motion has lost its memory between frames (argon: 0.29 at 40 fs,
0.19 at 80 fs, 0.08 at 120 fs, 0.00 at 160 fs, with or without an error of 1 % of σ). If it shows memory, at the stride
of the frames or a multiple of it, then what seems too fast is error, and the stride is right; or it is a fast vibration
under a slow motion, which positions alone do not tell from errors.

Where velocities are recorded, particles should advance by them: ⟨d·v⟩ = Δ⟨v·v⟩, v the mean of the two ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from interpot.records import FloatArray, Frame, IntArray
from interpot.trajectory.following import Instant, same_particles
from interpot.units import UnitStyle

PER_PERIOD = 5
"""Frames that a period of the fastest motion needs at least."""

_INSTANTS = 200  # are looked at, in each of them
_PARTICLES = 500  # at most
_ENOUGH = 200  # third differences of one coordinate: for fewer nothing is said
_MEMORY = 0.06  # of C_2/(C_0 + 2C_1): above it the motion is resolved
_SEEN = 0.1  # of (C_0 + 2C_1)/C_0: below it the errors hide the motion
_MULTIPLES = (1, 2, 4, 8, 16)
_MANY = 10  # particles, of which the mean displacement is a drift
_EVEN = 1e-3  # relative difference of intervals that count as even
_MARGIN = 2.0  # the period of what is not resolved comes out too long
_ADVANCE = 0.3  # relative mismatch of displacements and velocities that is said


@dataclass
class _Stretch:
    """Some particles at even intervals: lists of (n, d) arrays."""

    paths: list[FloatArray] = field(default_factory=list)
    velocities: list[FloatArray] = field(default_factory=list)


def undersampled(instants: Iterable[Instant], units: UnitStyle) -> str | None:
    """Say what is wrong with the time between frames, for particles that obey Newton's or Langevin's equation.

    Parameters
    ----------
    instants
        From the first; some 200 are looked at. Intervals should be even.
    units
        For the message.

    Returns
    -------
    str or None
        One sentence: the stride is too long for the motion, with the species, an estimate of the period, and how often
        to save; or velocities do not agree with displacements. None if all is well, or the data too few to tell.
    """
    stretches, interval, species = _take(instants)
    for name, own in species.items():
        paths = [np.array(stretch.paths)[:, own] for stretch in stretches]
        frames = _frames_per_period(paths)
        if frames is None:
            continue
        if frames < PER_PERIOD and not _has_memory(paths):
            return _too_rare(name, frames * interval, interval, units)
        velocities = [np.array(stretch.velocities)[:, own] for stretch in stretches if stretch.velocities]
        advance = _advance(paths, velocities, interval)
        if advance is not None and abs(advance - 1) > _ADVANCE:
            return _out_of_step(name, advance, interval, units)
    return None


def _too_rare(name: str, period: float, interval: float, units: UnitStyle) -> str:
    return (
        f"the fastest motion of {name} has a period of about {_shown(period, units)} or less, and frames are "
        f"{_shown(interval, units)} apart: at least {PER_PERIOD} per period are needed to find forces from motion; "
        f"save one every {_shown(period / PER_PERIOD / _MARGIN, units)}, or oftener, as what is not resolved looks "
        "slower than it is"
    )


def _out_of_step(name: str, advance: float, interval: float, units: UnitStyle) -> str:
    return (
        f"{name} advances by {advance:.2g} times what its velocities say in the {_shown(interval, units)} between "
        "frames: expected about 1; the time between frames is wrong (--timestep, --interval), or the unit of "
        "velocities, or frames are so far apart that the motion between them is lost"
    )


def _shown(time: float, units: UnitStyle) -> str:
    return f"{time / units.time:.2g} {units.time_unit}"


def _take(instants: Iterable[Instant]) -> tuple[list[_Stretch], float, dict[str, slice]]:
    """Take stretches of even intervals, the interval, and which of the particles in them are of each species."""
    stretches: list[_Stretch] = []
    interval, before, first = 0.0, None, None
    chosen, species = np.zeros(0, dtype=np.int64), dict[str, slice]()
    for instant in islice(instants, _INSTANTS):
        frame = instant.frame
        if first is None:
            first = frame
            chosen, species = _some_of_each(frame)
        if not same_particles(first, frame):
            break
        spacing = 0.0 if before is None or instant.begins else instant.time - before
        interval = interval or spacing
        if before is None or abs(spacing - interval) > _EVEN * interval or not spacing:
            stretches.append(_Stretch())
        stretches[-1].paths.append(instant.path[chosen, : frame.dimension])
        if frame.velocities is not None:
            stretches[-1].velocities.append(frame.velocities[chosen, : frame.dimension])
        before = instant.time
    for stretch in stretches:  # velocities that only some frames have are no use
        if len(stretch.velocities) < len(stretch.paths):
            stretch.velocities.clear()
    return stretches, interval, species


def _some_of_each(frame: Frame) -> tuple[IntArray, dict[str, slice]]:
    """Choose particles of each species, in the order of species, and say where they are among those chosen."""
    chosen, places, start = [], {}, 0
    for kind, name in enumerate(frame.species):
        own = np.flatnonzero(frame.kinds == kind)
        if own.size:
            chosen.append(own[:: -(-own.size // _PARTICLES)])
            places[name] = slice(start, start + len(chosen[-1]))
            start = places[name].stop
    return np.concatenate(chosen) if chosen else np.zeros(0, dtype=np.int64), places


def _mean_square(parts: Sequence[FloatArray]) -> float:
    return float(sum(np.sum(part**2) for part in parts) / sum(part.size for part in parts))


def _frames_per_period(paths: Sequence[FloatArray]) -> float | None:
    """Return 2π/ωΔ of the acceleration, None where the data are too few or at rest."""
    second = [np.diff(path, 2, axis=0) for path in paths if len(path) > 3]
    third = [np.diff(path, 3, axis=0) for path in paths if len(path) > 3]
    if sum(part.size for part in third) < _ENOUGH or _mean_square(second) == 0:
        return None
    ratio = _mean_square(third) / _mean_square(second)
    return float(np.pi / np.arcsin(min(1.0, np.sqrt(ratio) / 2)))


def _has_memory(paths: Sequence[FloatArray]) -> bool:
    """Whether displacements, at the stride of the frames or a multiple of it, show that motion is resolved."""
    for multiple in _MULTIPLES:
        steps = [np.diff(path[::multiple], axis=0) for path in paths if len(path) > 3 * multiple]
        if sum(step[2:].size for step in steps) < _ENOUGH:
            return False
        if steps[0].shape[1] >= _MANY:  # a drift of them all is none of their motion
            steps = [step - step.mean(axis=1, keepdims=True) for step in steps]
        products = [[step[k:] * step[: len(step) - k] for step in steps] for k in range(3)]
        c0, c1, c2 = (sum(np.sum(p) for p in part) / sum(p.size for p in part) for part in products)
        if c0 + 2 * c1 > _SEEN * c0 and c2 > _MEMORY * (c0 + 2 * c1):
            return True
    return False


def _advance(paths: Sequence[FloatArray], velocities: Sequence[FloatArray], interval: float) -> float | None:
    """Displacements over those that velocities make, ⟨d·v⟩/Δ⟨v·v⟩; None without velocities."""
    if len(velocities) != len(paths):
        return None
    moved = made = 0.0
    for path, velocity in zip(paths, velocities, strict=True):
        mean = (velocity[1:] + velocity[:-1]) / 2
        moved += float(np.sum(np.diff(path, axis=0) * mean))
        made += float(np.sum(mean**2)) * interval
    return moved / made if made else None
