"""Slow compression without heat: P V^γ = constant, against the second virial coefficient of the found potential.

An ideal gas of d degrees of freedom a particle has γ = (d + 2)/d, as long as collisions share among them what the wall
gives to one; without any it is 3, that of one dimension. A dilute gas departs from it as `interpot.proof.dilute` says.
V is the volume that is free to the particles, without the layer that walls keep. The reference's side of the comparison
is measured, the other has no trajectory behind it: it is the found formula's, from the temperature at the start.

Source: H. B. Callen, Thermodynamics and an Introduction to Thermostatistics, 2nd ed. (1985), sections 3.4 and 13.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interpot.comparison import Curve, Observable
from interpot.errors import InterpotError
from interpot.proof.dilute import DiluteGas
from interpot.proof.ensemble import POINTS, Ensemble, binned, mean_of, pressures, volumes
from interpot.proof.observables.blocks import PER_BLOCK, single
from interpot.proof.observables.recorded import Measured, Quantity
from interpot.proof.series import POSITION
from interpot.proof.verdict import Extent, judge
from interpot.records import FloatArray

_CHANCE = 1e-3
_SLOW, _DILUTE = 0.25, 0.2
_INTERVALS = 4  # at least, for a slope
_RANGE = 1.2  # the largest volume is at least so many times the smallest
_WARMER = 1e-3  # relative, for the effect of the temperature at the start


@dataclass(frozen=True, slots=True)
class Exponent:
    """γ of P V^γ = constant.

    Attributes
    ----------
    value, error
        Mean over runs of the slopes -d ln P/d ln V, and its standard error.
    runs
        How many there were.
    """

    value: float
    error: float
    runs: int


def ideal_exponent(dimension: int) -> float:
    """γ = (d + 2)/d of an ideal gas with collisions."""
    return (dimension + 2) / dimension


def adiabatic_exponent(volume: FloatArray, pressure: FloatArray) -> Exponent:
    """Fit γ in each run.

    Parameters
    ----------
    volume : (b,) float64
        Free to the particles.
    pressure : (l, b) float64
        Of each run.

    Raises
    ------
    InterpotError
        The volume hardly changes, or a pressure is not positive, so that it has no logarithm.
    """
    if len(volume) < 3 or volume.max() < _RANGE * volume.min():
        raise InterpotError(
            f"an adiabatic exponent needs volumes that differ: got {volume.min():g} to {volume.max():g}"
        )
    if not (pressure > 0).all():
        raise InterpotError(
            f"an adiabatic exponent needs positive pressures: one mean over an interval is {pressure.min():g}; take "
            "more particles or a slower wall"
        )
    slopes = -np.polyfit(np.log(volume), np.log(pressure).T, 1)[0]
    mean, error = mean_of(slopes[:, None])
    return Exponent(float(mean[0]), float(error[0]), len(slopes))


def compare_adiabat(ensemble: Ensemble, wall: str, gas: DiluteGas) -> tuple[Observable, ...]:
    """Compare an ensemble's adiabat with that of a dilute gas of the found potential.

    Parameters
    ----------
    ensemble
        Of the reference, or of the found potential; nothing but one wall moves, slowly and one way.
    wall
        That one.
    gas
        In the same units, with the same particles.

    Returns
    -------
    tuple of Observable
        "reference" is the ensemble, "found" the prediction: pressure and temperature against the volume between the
        walls, and the adiabatic exponent, with the free volume of the prediction in both.

    Raises
    ------
    InterpotError
        Positions of the walls are not recorded, the wall is not slow, or the gas not dilute.
    """
    _check_slow(ensemble, wall, gas)
    room = volumes(ensemble, wall)
    if room is None:
        raise InterpotError(
            f"the runs do not tell where the wall opposite to {wall} is: its position is needed"
        )
    _check_dilute(
        gas, min(v.min() for v in room), float(np.mean([run["temperature"][0] for run in ensemble.runs]))
    )
    edges = np.linspace(min(v.min() for v in room), max(v.max() for v in room), POINTS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    pressure, temperature = (
        binned(room, y, edges) for y in (pressures(ensemble, wall), _temperatures(ensemble, gas))
    )
    whole = np.isfinite(pressure).all(axis=0)
    volume, pressure, temperature = middle[whole], pressure[:, whole], temperature[:, whole]
    compressed = room[0][0] > room[0][-1]
    predicted = _Prediction(
        gas, volume[::-1] if compressed else volume, temperature[:, -1 if compressed else 0]
    )
    told = predicted.flipped() if compressed else predicted.curves()
    style, count, extent = ensemble.units, PER_BLOCK * len(ensemble.runs), Extent(runs=len(ensemble.runs))
    size, rows = f"{style.length_unit}^{gas.dimension}", []
    for name, unit, values, curve in (
        ("pressure along the adiabat", style.pressure_unit, pressure, told[0]),
        ("temperature along the adiabat", style.temperature_unit, temperature, told[1]),
    ):
        quantity = Quantity(name, unit, "V", size)
        seen = Measured(quantity, Curve(volume, *mean_of(values)), count)
        rows.append(judge(seen, Measured(quantity, curve, count, _REMARK), _CHANCE, extent))
    free = volume - gas.area * np.array([_layer(gas, t) for t in told[1].y])
    rows.append(_exponents(gas, free, pressure, told[0].y, count, extent))
    return tuple(rows)


def _check_slow(ensemble: Ensemble, wall: str, gas: DiluteGas) -> None:
    """Refuse a wall that is not slow beside the particles: its work is no longer that of the pressure at rest."""
    fastest = max(
        float(np.abs(np.diff(r[POSITION + wall]) / np.diff(r["time"])).max()) for r in ensemble.runs
    )
    # 2K/(d N) is kT = m v² of the particles on average, in energy units of the style
    degrees = gas.dimension * sum(gas.numbers.values())
    style = ensemble.units
    thermal = np.mean([2 * r["kinetic"][0] / degrees for r in ensemble.runs]) * style.energy
    mass = gas.mean_mass * style.mass if gas.mean_mass else None
    if mass is None:
        return
    speed = float(np.sqrt(thermal / mass)) / style.velocity
    if fastest > _SLOW * speed:
        raise InterpotError(
            f"the wall {wall} moves at {fastest / speed:.2g} of the particles' thermal speed: an adiabat needs less "
            f"than {_SLOW:g}"
        )


def _check_dilute(gas: DiluteGas, volume: float, temperature: float) -> None:
    share = abs(gas.second_virial(temperature)) * sum(gas.numbers.values()) / volume
    if share > _DILUTE:
        raise InterpotError(
            f"the gas is not dilute: the second virial coefficient changes its pressure by {share:.2g} of itself, "
            f"and the third is not known; an adiabat needs less than {_DILUTE:g}"
        )


_REMARK = "found: no run, but the adiabat of a dilute gas by the potential's second virial coefficient"


@dataclass(frozen=True, slots=True, eq=False)
class _Prediction:
    """An adiabat from the temperatures of the runs at the first volume."""

    gas: DiluteGas
    volume: FloatArray
    start: FloatArray

    def curves(self) -> tuple[Curve, Curve]:
        """Pressure and temperature with the error that the start leaves them, in the order of the volumes."""
        mean, error = mean_of(self.start[:, None])
        cold, warm = (self._at(float(mean[0]) * (1 + shift)) for shift in (0.0, _WARMER))
        share = float(error[0]) / (_WARMER * float(mean[0]))
        return tuple(
            Curve(self.volume, one, np.abs(two - one) * share) for one, two in zip(cold, warm, strict=True)
        )  # type: ignore[return-value]

    def flipped(self) -> tuple[Curve, Curve]:
        """Return the same in the opposite order."""
        one, two = (Curve(c.x[::-1], c.y[::-1], c.error[::-1]) for c in self.curves())
        return one, two

    def _at(self, temperature: float) -> tuple[FloatArray, FloatArray]:
        lengths = self.volume / self.gas.area
        temperatures = self.gas.adiabat(temperature, lengths)
        pairs = zip(temperatures, lengths, strict=True)
        return np.array([self.gas.pressure(t, float(length)) for t, length in pairs]), temperatures


def _temperatures(ensemble: Ensemble, gas: DiluteGas) -> Sequence[FloatArray]:
    """Kinetic temperatures; momentum along the walls, where the box repeats, is kept and no degree of freedom."""
    freedom = gas.dimension * sum(gas.numbers.values()) - (gas.dimension - 1)
    return [2 * run["kinetic"] / (freedom * ensemble.units.boltzmann) for run in ensemble.runs]


def _layer(gas: DiluteGas, temperature: float) -> float:
    """Mean over the particles of the length that the walls keep free."""
    total = sum(gas.numbers.values())
    return sum(number / total * gas.layer(species, temperature) for species, number in gas.numbers.items())


def _steady(
    volume: FloatArray, pressure: FloatArray, predicted: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Join neighbouring intervals until the pressure of each run is near its mean: logarithms of noise have a bias."""
    while len(volume) >= 2 * _INTERVALS and (pressure < 0.5 * pressure.mean(axis=0)).any():
        even = len(volume) // 2 * 2
        pressure = pressure[:, :even].reshape(len(pressure), -1, 2).mean(axis=2)
        volume, predicted = (x[:even].reshape(-1, 2).mean(axis=1) for x in (volume, predicted))
    return volume, pressure, predicted


def _exponents(
    gas: DiluteGas, free: FloatArray, pressure: FloatArray, predicted: FloatArray, count: int, extent: Extent
) -> Observable:
    quantity = Quantity("adiabatic exponent", "1")
    free, pressure, predicted = _steady(free, pressure, predicted)
    try:
        seen = adiabatic_exponent(free, pressure)
    except InterpotError as error:
        nothing = quantity.missing(str(error))
        return judge(nothing, nothing, _CHANCE, extent)
    slope = float(-np.polyfit(np.log(free), np.log(predicted), 1)[0])
    ideal = ideal_exponent(gas.dimension)
    words = f"{_REMARK}; {ideal:.4g} for an ideal gas"
    return judge(
        Measured(quantity, single(seen.value, seen.error), count),
        Measured(quantity, single(slope, 0.0), count, words),
        _CHANCE,
        extent,
    )
