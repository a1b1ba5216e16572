"""Where particles went: continuous positions and velocities, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from interpot.errors import InterpotError
from interpot.geometry import complete_vectors
from interpot.proof.observables.blocks import block_count
from interpot.records import FloatArray, Frame, IntArray

_PARTICLES = 1000  # of which displacements are followed
_FEWEST = 8
_MEMORY = 4_000_000  # particles times frames: of a longer run fewer particles are followed


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Continuous positions and velocities of some particles.

    Attributes
    ----------
    positions : (m, p, d) float64, Å
    velocities : (m, p, d) float64, internal units, or None
    times
        Of the frames, internal units.
    particles : (p,) int64
        Which are followed.
    kinds : (p,) int64
        Their species.
    weights : (p,) float64
        Share of each in a mean over all particles of the system; they sum to 1.
    species
        Names of the species.
    moment : (m, d) float64, e·Å, or None
        Σ q_i (q_i(t) - q_i(0)) over all particles, where charges are known.
    interval
        Time between two frames where the frames do not tell.
    """

    positions: FloatArray
    velocities: FloatArray | None
    times: tuple[float | None, ...]
    particles: IntArray
    kinds: IntArray
    weights: FloatArray
    species: tuple[str, ...]
    moment: FloatArray | None = None
    interval: float | None = None

    def __len__(self) -> int:
        return len(self.times)

    @property
    def blocks(self) -> int:
        """How many blocks the frames are cut into, at least one."""
        return max(block_count(len(self)), 1)

    @property
    def block_length(self) -> int:
        """Frames in the shortest block."""
        return len(self) // self.blocks

    @property
    def told(self) -> bool:
        """Whether every frame tells its time."""
        return None not in self.times

    def spacing(self) -> float:
        """Time between two frames; raises `InterpotError` where it is unknown or uneven."""
        known = np.array([t for t in self.times if t is not None])
        steps = np.diff(known)
        if len(known) < len(self.times) or len(steps) == 0:
            if self.interval is not None:
                return self.interval
            raise InterpotError("the frames do not tell their times: give the time between two frames")
        if steps.min() <= 0 or np.ptp(steps) > 1e-6 * steps.mean():
            raise InterpotError(
                f"the frames are not evenly spaced in time ({steps.min():g} to {steps.max():g} internal "
                "units apart): choose a range of frames that is"
            )
        return float(steps.mean())


def follow(
    frames: Iterable[Frame], charges: Mapping[str, float] | None = None, interval: float | None = None
) -> Paths:
    """Follow up to 1000 particles, as many of each species where there are, through evenly spaced frames.

    Positions and velocities together take up to 200 MB: once 4 million places are stored, every second particle is
    dropped, down to eight, and time is resolved as before.

    Parameters
    ----------
    charges
        By species, in e.
    interval
        Time between two frames in internal units, where they do not tell their times.

    Raises
    ------
    InterpotError
        There are no frames, the particles change, or the frames are too far apart to follow the particles across
        a periodic boundary.
    """
    times: list[float | None] = []
    places: list[FloatArray] = []
    speeds: list[FloatArray] = []
    moments: list[FloatArray] = []
    first: Frame | None = None
    for frame, unwrapped in _unwrapped(frames):
        if first is None:
            first, start, chosen = frame, unwrapped, _choice(frame.kinds)
            charge = np.array([(charges or {}).get(name, 0.0) for name in frame.species])[frame.kinds]
        d = frame.dimension
        times.append(frame.time)
        places.append(unwrapped[chosen, :d])
        if frame.velocities is not None:
            speeds.append(frame.velocities[chosen, :d])
        if charges:
            moments.append((charge @ (unwrapped - start))[:d])
        if len(places) * len(chosen) > _MEMORY and len(chosen) >= 2 * _FEWEST:
            keep = _halved(first.kinds[chosen])
            chosen = chosen[keep]
            places, speeds = [p[keep] for p in places], [v[keep] for v in speeds]
    if first is None:
        raise InterpotError("the trajectory holds no frames: expected at least one")
    return Paths(
        positions=np.stack(places),
        velocities=np.stack(speeds) if len(speeds) == len(places) else None,
        times=tuple(times),
        particles=chosen,
        kinds=first.kinds[chosen],
        weights=_weights(first.kinds, chosen),
        species=first.species,
        moment=np.stack(moments) if charges else None,
        interval=interval,
    )


def _choice(kinds: IntArray) -> IntArray:
    """Return which particles to follow: evenly over each species, as many of each."""
    present = np.unique(kinds)
    quota = _PARTICLES // len(present)
    of_each = (np.flatnonzero(kinds == k) for k in present)
    chosen = [c[np.linspace(0, len(c) - 1, min(len(c), quota)).astype(np.int64)] for c in of_each]
    return np.sort(np.concatenate(chosen))


def _halved(kinds: IntArray) -> IntArray:
    """Return every second of each species."""
    return np.sort(np.concatenate([np.flatnonzero(kinds == k)[::2] for k in np.unique(kinds)]))


def _weights(kinds: IntArray, chosen: IntArray) -> FloatArray:
    total, followed = np.bincount(kinds), np.bincount(kinds[chosen])
    return np.asarray(total[kinds[chosen]] / followed[kinds[chosen]] / len(kinds))


def _unwrapped(frames: Iterable[Frame]) -> Iterator[tuple[Frame, FloatArray]]:
    """Frames with the positions of all particles, (n, 3), continuous across boundaries."""
    before: Frame | None = None
    shift = np.zeros((1, 3))
    for frame in frames:
        if before is not None:
            _same_particles(before, frame)
        if frame.unwrapped is not None:
            positions = frame.unwrapped
        else:
            if before is not None:
                shift = shift + _jumps(before, frame)
            positions = frame.positions + shift
        before = frame
        yield frame, positions


def _jumps(before: Frame, frame: Frame) -> FloatArray:
    """Lattice vectors that undo what wrapping did between two frames."""
    vectors = complete_vectors(frame.cell)
    repeats = np.array(frame.cell.periodic)
    fractional = (frame.positions - before.positions) @ np.linalg.inv(vectors)
    whole = np.round(fractional) * repeats
    moved = (np.abs(fractional - whole) * repeats).max(initial=0.0)
    if moved > 0.25:  # half a cell is where the nearest image becomes a guess
        raise InterpotError(
            f"{frame.source} frame {frame.index}: a particle moved by {moved:.2f} of the cell since the "
            "frame before, too far to follow across the boundary: record more often, or unwrapped positions"
        )
    return np.asarray(-whole @ vectors)


def _same_particles(before: Frame, frame: Frame) -> None:
    alike = len(before.kinds) == len(frame.kinds) and np.array_equal(before.kinds, frame.kinds)
    if alike and before.ids is not None and frame.ids is not None:
        alike = np.array_equal(before.ids, frame.ids)
    if not alike:
        raise InterpotError(
            f"{frame.source} frame {frame.index} does not hold the same particles as the frame before: "
            "displacements need the same ones throughout"
        )
