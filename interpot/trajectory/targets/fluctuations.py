"""How strong the noise of stochastic dynamics is, from the paths alone: with the drag it gives the temperature.

All stochastic dynamics here have noise whose impulse over a time t has the variance 2 B t per component, with

    B = ζ k T        (fluctuation and dissipation; ζ = γ m in Langevin dynamics, D = B/ζ² in overdamped dynamics).

B is the quadratic variation of the momenta, of ζ times the positions (overdamped), or of the positions' second
differences. Over an interval h these measure B(h) = B + b h + O(h²), where b holds forces, friction and curvature: the
intervals Δ and 2Δ together give 2 B(Δ) - B(2Δ) = B + O(Δ²).

LAMMPS's fix langevin gives half of a kick of noise before it dumps velocities and half after it: over an interval of k
time steps δ only k - 1/2 kicks show, 2 B (h - δ/2), and three quarters of B are lost where every step is dumped. What
the variances of momenta over Δ, 2Δ and 3Δ extrapolate to at h = 0, -B δ where kicks are so divided and 0 where they are
not, tells the two apart, and B is put right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets.forward import is_even, momenta, stretches

Value = tuple[float, float]
"""A number and its standard error."""

BLOCKS = 16
"""Of successive frames, whose spread gives standard errors."""

DIVIDED = (0.5, 3.0)
"""Times -Bδ at h = 0 that are taken for divided kicks: forces that change within 3Δ add to it, more than the kicks do
where frames are far apart, but then these matter little."""


@dataclass(frozen=True, slots=True)
class Fluctuation:
    """What the paths of one species tell of its heat bath, internal units.

    Attributes
    ----------
    intensity
        B = ζ k T, eV² Å⁻² times time.
    mass
        Mean mass, amu; NaN where it is not known, which overdamped dynamics allows.
    kinetic
        k T from the velocities, eV; None where there are none.
    """

    intensity: Value
    mass: float
    kinetic: Value | None = None

    def temperature(self, drag: Value) -> Value:
        """K T = B/ζ, eV, for a drag ζ that was found or is known."""
        return _ratio(self.intensity, drag)

    @property
    def drag(self) -> Value | None:
        """ζ = B/kT with the kinetic temperature: what the fluctuations alone say of the friction."""
        return None if self.kinetic is None else _ratio(self.intensity, self.kinetic)


def fluctuations(instants: Iterable[Instant], motion: Motion, target: str) -> dict[str, Fluctuation]:
    """Measure the noise of every species in one walk, which keeps five frames and two numbers per frame.

    Parameters
    ----------
    motion
        Settled, in internal units.
    target
        "langevin-momenta", "langevin-positions" or "overdamped".

    Raises
    ------
    InterpotError
        No velocities for langevin-momenta, fewer than four runs of consecutive equidistant frames.
    """
    length, measure = MEASURED[target]
    series: dict[str, list[float]] = {}
    kinetic: dict[str, list[float]] = {}
    masses: dict[str, float] = {}
    kicks = _Kicks(motion.timestep if target == "langevin-momenta" else None)
    for run in stretches(instants, length):
        if not is_even(run):
            continue
        squares = measure(run, motion)
        frame = run[0].frame
        for kind, name in enumerate(frame.species):
            mine = frame.kinds == kind
            if not mine.any():
                continue
            series.setdefault(name, []).append(float(squares[mine].mean()) / frame.dimension)
            kicks.see(name, run, mine)
            masses[name] = float(run[0].masses[mine].mean())
            if frame.velocities is not None:
                v = frame.velocities[mine, : frame.dimension]
                kinetic.setdefault(name, []).append(float((run[0].masses[mine, None] * v**2).mean()))
    if not series or min(map(len, series.values())) < 4:
        raise InterpotError(
            f"too few frames for the noise: expected {length + 3} consecutive ones with equal intervals, or more"
        )
    return {
        name: Fluctuation(
            kicks.restored(name, mean_of(b)),
            masses[name],
            mean_of(kinetic[name]) if name in kinetic else None,
        )
        for name, b in series.items()
    }


def _interval(run: Sequence[Instant]) -> float:
    return (run[-1].time - run[0].time) / (len(run) - 1)


def _square(x: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("...nd,...nd->...n", x, x))


def _variation(x: FloatArray, interval: float) -> FloatArray:
    """2 B(Δ) - B(2Δ) from x at three instants, for each particle; the sum over components."""
    one, two = _square(np.diff(x, axis=0)).mean(axis=0), _square(x[2] - x[0])
    return np.asarray((one - two / 4) / interval)


def _of_momenta(run: Sequence[Instant], motion: Motion) -> FloatArray:
    return _variation(np.array([momenta(instant, "langevin-momenta") for instant in run[:3]]), _interval(run))


@dataclass
class _Kicks:
    """Whether kicks of noise are divided by the dumps, by species; nothing is seen without a time step."""

    timestep: float | None
    seen: dict[str, list[float]] = field(default_factory=dict)
    interval: float = 0.0

    def see(self, name: str, run: Sequence[Instant], mine: NDArray[np.bool_]) -> None:
        """Extrapolate the variance of four momenta of a run to h = 0, per component."""
        if self.timestep is None:
            return
        p = np.array([momenta(instant, "langevin-momenta")[mine] for instant in run])
        one, two, three = (float(_square(p[lag:] - p[:-lag]).mean()) for lag in (1, 2, 3))
        self.seen.setdefault(name, []).append((3 * one - 3 * two + three) / run[0].frame.dimension)
        self.interval = _interval(run)

    def restored(self, name: str, intensity: Value) -> Value:
        """B with the kicks that do not show: the variances over Δ and 2Δ have given it 4Δ - 3δ of 4Δ."""
        if self.timestep is None or self.timestep > self.interval:
            return intensity
        scale = 4 * self.interval / (4 * self.interval - 3 * self.timestep)
        whole = intensity[0] * scale
        at_zero = -float(np.mean(self.seen[name])) / (whole * self.timestep)
        return (whole, intensity[1] * scale) if DIVIDED[0] < at_zero < DIVIDED[1] else intensity


def _of_drag(run: Sequence[Instant], motion: Motion) -> FloatArray:
    frame = run[0].frame
    drag = np.array([motion.drag[name] for name in frame.species])[frame.kinds, None]
    return _variation(drag * np.array([instant.path for instant in run]), _interval(run))


def _of_bends(run: Sequence[Instant], motion: Motion) -> FloatArray:
    """From second differences, whose variance is (4/3) B h³/m² over an interval h."""
    q, h = np.array([instant.path for instant in run]), _interval(run)
    one = _square(np.diff(q, 2, axis=0)).mean(axis=0)
    two = _square(q[4] - 2 * q[2] + q[0])
    return np.asarray(0.75 * run[0].masses ** 2 * (2 * one - two / 8) / h**3)


MEASURED: dict[str, tuple[int, Callable[[Sequence[Instant], Motion], FloatArray]]] = {
    "langevin-momenta": (4, _of_momenta),
    "langevin-positions": (5, _of_bends),
    "overdamped": (3, _of_drag),
}
"""Target → how many instants its measure takes, and the measure."""


def mean_of(series: Sequence[float]) -> Value:
    """Mean, and its error from blocks of successive frames."""
    blocks = np.array_split(np.array(series), min(BLOCKS, len(series) // 2))
    means = np.array([block.mean() for block in blocks])
    return float(np.mean(series)), float(means.std(ddof=1) / np.sqrt(len(means)))


def _ratio(above: Value, below: Value) -> Value:
    value = above[0] / below[0]
    return value, abs(value) * float(np.hypot(above[1] / above[0], below[1] / below[0]))
