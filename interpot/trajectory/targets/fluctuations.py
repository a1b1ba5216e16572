"""How strong the noise of stochastic dynamics is, from the paths alone: with the drag it gives the temperature.

All stochastic dynamics here have noise whose impulse over a time t has the variance 2 B t per component, with

    B = ζ k T        (fluctuation and dissipation; ζ = γ m in Langevin dynamics, D = B/ζ² in overdamped dynamics).

B is the quadratic variation of the momenta, of ζ times the positions (overdamped), or of the positions' second
differences. Over an interval h these measure B(h) = B + b h + O(h²), where b holds forces, friction and curvature: the
intervals Δ and 2Δ together give 2 B(Δ) - B(2Δ) = B + O(Δ²).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets.forward import is_even, momenta, stretches
from interpot.units import UnitStyle

Value = tuple[float, float]
"""A number and its standard error."""

BLOCKS = 16
"""Of successive frames, whose spread gives standard errors."""


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
            masses[name] = float(run[0].masses[mine].mean())
            if frame.velocities is not None:
                v = frame.velocities[mine, : frame.dimension]
                kinetic.setdefault(name, []).append(float((run[0].masses[mine, None] * v**2).mean()))
    if not series or min(map(len, series.values())) < 4:
        raise InterpotError(
            f"too few frames for the noise: expected {length + 3} consecutive ones with equal intervals, or more"
        )
    return {
        name: Fluctuation(mean_of(b), masses[name], mean_of(kinetic[name]) if name in kinetic else None)
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
    return _variation(np.array([momenta(instant, "langevin-momenta") for instant in run]), _interval(run))


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
    "langevin-momenta": (3, _of_momenta),
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


# ---------------------------------------------------------------------------- in words


def thermostat_remarks(
    found: Mapping[str, Fluctuation], drags: Mapping[str, Value], units: UnitStyle
) -> list[str]:
    """A sentence per species: friction and temperature of its heat bath.

    Parameters
    ----------
    drags
        Species → ζ in internal units: the constant of its friction channel, or what was given. A species that is
        missing is told of by its fluctuations alone.
    units
        In which they are written.
    """
    return [_sentence(name, of, drags.get(name), units) for name, of in found.items()]


def _sentence(name: str, of: Fluctuation, drag: Value | None, units: UnitStyle) -> str:
    kelvin = 1 / (units.boltzmann * units.energy)
    if drag is None and of.drag is None:
        B = units.force**2 * units.time
        return f"{name}: noise of intensity ζkT = {_shown(of.intensity, 1 / B)} {_intensity_unit(units)}"
    parts = []
    if drag is not None:
        if drag[1] > 0:  # it was found, not given
            rate = _shown(drag, units.time / of.mass)
            parts.append(f"friction γ = ζ/m = {rate} per {units.time_unit}")
        parts.append(
            f"temperature from the noise {_shown(of.temperature(drag), kelvin)} {units.temperature_unit}"
        )
    if of.drag is not None and of.kinetic is not None and np.isfinite(of.mass):
        parts.append(f"from the velocities {_shown(of.kinetic, kelvin)} {units.temperature_unit}")
        rate = _shown(of.drag, units.time / of.mass)
        parts.append(f"γ from noise and velocities {rate} per {units.time_unit}")
    return f"{name}: {', '.join(parts)}"


def _intensity_unit(units: UnitStyle) -> str:
    return f"({units.energy_unit}/{units.length_unit})²·{units.time_unit}"


def _shown(value: Value, factor: float) -> str:
    return f"{value[0] * factor:.5g} ± {value[1] * factor:.1g}"
