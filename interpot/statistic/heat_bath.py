"""Is there the noise of a thermostat in recorded forces? White in time, where forces are not.

LAMMPS's fix langevin adds its friction and its noise to the forces that are dumped. The noise has the variance
2 m γ kT/δ per component, with the time step δ: for γ = 1/ps and 2 fs many times that of the forces themselves. No
function explains it, but neither does it resemble missing physics: what is left of the forces in one frame tells
nothing of what is left in the next, although positions, and with them all forces, have hardly changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame
from interpot.statistic.basis import Basis
from interpot.statistic.channels import Channel, collectors
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import unexplained
from interpot.statistic.recognition import best_functions
from interpot.trajectory.masses import Masses
from interpot.trajectory.motion import RECORDED
from interpot.trajectory.targets import Windows
from interpot.units import UnitStyle

PAIRS = 32
"""Of successive frames that are looked at."""

NOTABLE = 0.01
"""Share of the squared forces below which nothing is said: a relative error of 0.1."""

ALIKE = 0.3
"""Correlation of the forces of successive frames from which on it can be told what is white."""

SURE = 5.0
"""Standard errors."""


@dataclass(frozen=True, slots=True)
class Bath:
    """Noise in recorded forces.

    Attributes
    ----------
    share
        Of the squared forces, that no function of the channels explains.
    ratio
        Root mean square of it over that of what is explained.
    variance
        Species → of each component, eV²/Å².
    correlation, error
        Of what is left between successive frames, and its standard error.
    expected
        The same correlation of what is explained.
    """

    share: float
    ratio: float
    variance: dict[str, float]
    correlation: float
    error: float
    expected: float

    def friction(self, masses: dict[str, float], temperature: float, timestep: float) -> dict[str, float]:
        """γ = σ² δ/(2 m kT) per species from the variance of the noise, internal units.

        Parameters
        ----------
        masses
            amu.
        temperature
            kT, eV.
        timestep
            δ of the integrator, internal units.
        """
        return {
            name: variance * timestep / (2 * masses[name] * temperature)
            for name, variance in self.variance.items()
            if name in masses
        }


def heat_bath(statistic: Statistic, first: Sequence[Windows]) -> Bath | None:
    """Recognise the noise of a thermostat in the first frames.

    Parameters
    ----------
    statistic
        Of these frames, or of more.
    first
        Recorded forces.

    Returns
    -------
    Bath or None
        None where functions explain the forces, where what they leave persists from frame to frame, or where frames are
        so far apart that all forces do not.
    """
    if statistic.square == 0 or unexplained(statistic) * statistic.rows < NOTABLE * statistic.square:
        return None
    explained = Explained(statistic.channels, statistic.bases, best_functions(statistic))
    sums = np.zeros(3)  # squares of what is left; products between frames of that, and of what is explained
    squares, count = np.zeros(2), 0
    variance: dict[str, list[FloatArray]] = {}
    before: tuple[FloatArray, FloatArray] | None = None
    for windows in first[: PAIRS + 1]:
        (frame,), (forces,) = windows.frames, windows.targets
        model = explained(frame)
        left = (forces - model)[:, : frame.dimension]
        model = model[:, : frame.dimension]
        for kind, name in enumerate(frame.species):
            variance.setdefault(name, []).append(left[frame.kinds == kind].ravel() ** 2)
        squares += (left**2).sum(), (model**2).sum()
        if before is not None and before[0].shape == left.shape:
            one, other = before
            sums += (
                (left * one).sum(),
                (model * other).sum(),
                np.sqrt((left**2).sum() * (one**2).sum()),
            )
            count += left.size
        before = left, model
    if not count or squares[0] < NOTABLE * squares.sum():
        return None
    correlation, expected = sums[0] / sums[2], _expected(sums[1], squares[1], len(first[: PAIRS + 1]))
    error = 1 / np.sqrt(count)
    if expected < ALIKE or abs(correlation) > SURE * error + 0.1 * expected:
        return None
    return Bath(
        float(squares[0] / squares.sum()),
        float(np.sqrt(squares[0] / squares[1])),
        {name: float(np.concatenate(parts).mean()) for name, parts in variance.items()},
        float(correlation),
        float(error),
        float(expected),
    )


def _expected(products: float, squares: float, frames: int) -> float:
    """Correlation between successive frames from the sums over pairs and over single frames."""
    return products / (frames - 1) * frames / squares if squares else 0.0


class Explained:
    """Forces that given functions make, frame after frame.

    Parameters
    ----------
    channels, bases, coefficients
        φ_c(s) = Σ_m k_cm B_m(s).
    """

    def __init__(self, channels: Sequence[Channel], bases: Sequence[Basis], coefficients: FloatArray) -> None:
        self._collectors, self._bases = collectors(channels), tuple(bases)
        ends = np.cumsum([basis.size for basis in bases])
        self._coefficients = np.split(coefficients, ends[:-1])

    def __call__(self, frame: Frame) -> FloatArray:
        """Forces, (n, 3) in eV/Å."""
        forces = np.zeros((len(frame.kinds), 3))
        for members, collect in self._collectors:
            for c, part in zip(members, collect(frame), strict=True):
                first, slopes = self._bases[c].slopes(part.s)
                own = self._coefficients[c][first[:, None] + np.arange(slopes.shape[1])]
                pull = np.einsum("pw,pw->p", slopes, own)[:, None] * part.unit
                met = part.j >= 0
                for axis in range(frame.dimension):
                    forces[:, axis] += np.bincount(part.i, pull[:, axis], len(forces))
                    forces[:, axis] -= np.bincount(part.j[met], pull[met, axis], len(forces))
        return forces


def bath_remarks(
    statistic: Statistic, first: Sequence[Windows], units: UnitStyle, timestep: float | None = None
) -> list[str]:
    """Say whether recorded forces hold the noise of a thermostat, how strong it is, and what to do about it.

    Parameters
    ----------
    statistic, first
        As `heat_bath` takes them.
    units
        In which it is said.
    timestep
        δ, internal units, where frames do not tell it.
    """
    bath = heat_bath(statistic, first)
    if bath is None:
        return []
    frames = [windows.frames[0] for windows in first]
    unrelated = f"{bath.correlation:.2g} ± {bath.error:.1g}, that of the forces is {bath.expected:.2g}"
    return [
        f"the recorded forces hold the noise of a thermostat, {bath.ratio:.2g} times as large as the forces "
        "themselves: what no function explains is unrelated from frame to frame (correlation "
        f"{unrelated}){_thermostat(bath, frames, units, timestep)}",
        "constants have the errors that this noise makes; forces without it (NVE, CSVR, or dumped before the "
        "thermostat acts) or more frames would tell more"
        + (
            ""
            if frames[0].velocities is None
            else ", and so may the momenta of these frames, between which it averages out: --dynamics langevin "
            "--target langevin-momenta"
        ),
    ]


def _thermostat(bath: Bath, frames: Sequence[Frame], units: UnitStyle, timestep: float | None) -> str:
    """Its temperature and friction, as far as the frames tell."""
    masses = _masses(frames[0], units)
    temperature = kinetic_temperature(frames, masses)
    if temperature is None:
        return ""
    said = f"; at {temperature / (units.boltzmann * units.energy):.4g} {units.temperature_unit}"
    timestep = timestep or step_of(frames)
    if timestep is None:
        return said
    found = bath.friction(masses, temperature, timestep)
    rates = ", ".join(f"{rate * units.time:.2g} ({name})" for name, rate in found.items())
    return f"{said} a friction of about γ = {rates} per {units.time_unit} makes it, by the first {len(frames)} frames"


def _masses(frame: Frame, units: UnitStyle) -> dict[str, float]:
    """Mean masses by species, of those that are known."""
    try:
        of_particles = Masses(RECORDED, units, lambda _: None)(frame)
    except InterpotError:
        return {}
    return {
        name: float(of_particles[frame.kinds == kind].mean())
        for kind, name in enumerate(frame.species)
        if (frame.kinds == kind).any()
    }


def step_of(frames: Sequence[Frame]) -> float | None:
    """δ, where frames tell both their times and their steps."""
    one, other = frames[0], frames[-1]
    if one.time is None or other.time is None or one.step is None or other.step is None:
        return None
    steps = other.step - one.step
    return (other.time - one.time) / steps if steps > 0 and other.time > one.time else None


def kinetic_temperature(frames: Sequence[Frame], masses: dict[str, float]) -> float | None:
    """⟨m v²⟩ per component, kT in eV; None without velocities or masses."""
    squares, count = 0.0, 0
    for frame in frames:
        present = {frame.species[kind] for kind in np.unique(frame.kinds)}
        if frame.velocities is None or present - set(masses):
            return None
        mass = np.array([masses.get(name, 0.0) for name in frame.species])[frame.kinds]
        v = frame.velocities[:, : frame.dimension]
        squares, count = squares + float((mass[:, None] * v**2).sum()), count + v.size
    return squares / count if count else None
