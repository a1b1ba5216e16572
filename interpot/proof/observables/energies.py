"""Energies and temperature: drift of the total energy, means of potential energy and temperature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from interpot.errors import InterpotError
from interpot.proof.observables.blocks import drift, mean_value, scatter
from interpot.proof.observables.confined import changing
from interpot.proof.observables.recorded import Measured, Quantity, Recorded, in_style
from interpot.proof.observables.windows import windows
from interpot.records import FloatArray, Frame
from interpot.units import UnitStyle

NO_ENERGIES = "the run holds no energies: give --log, the LAMMPS log of the reference (log= in Python)"
_PER_NANOSECOND = {"fs": 1e6, "ps": 1e3, "ns": 1.0}


def measure(run: Recorded) -> Iterator[Measured]:
    """Drift of the total energy where nothing holds or changes it, and the mean potential energy; both per particle.

    Not under walls that move: their work is a row of its own (`interpot.proof.observables.work`).
    """
    if run.ensemble == "nve" and not changing(run):
        yield _drift(run)
    yield _potential(run)


def measure_temperature(run: Recorded) -> Iterator[Measured]:
    """Mean kinetic temperature, or its course where walls move."""
    quantity = Quantity("mean temperature", run.units.temperature_unit)
    series = temperatures(run)
    if len(series) == 0:
        yield quantity.missing("the run holds no velocities or masses")
        return
    if course := _course(
        run, Quantity("temperature", quantity.unit, "t", run.units.time_unit, many=True), series
    ):
        yield course
        return
    yield Measured(quantity, mean_value(series), len(series), scatter=scatter(series))


def temperatures(run: Recorded) -> FloatArray:
    """Kinetic temperatures in the style's units, those of the engine if it recorded them; else of the frames kept."""
    if "temperature" in run.thermo:
        return run.thermo["temperature"]
    values = [kinetic_temperature(frame, run.units) for frame in run.frames]
    return np.array([value for value in values if value is not None], dtype=np.float64)


def mean_temperature(run: Recorded) -> float:
    """Mean kinetic temperature in the style's units; raises `InterpotError` where it is unknown or zero."""
    series = temperatures(run)
    if len(series) == 0 or not series.mean() > 0:
        raise InterpotError("the temperature is unknown: the run holds no velocities or masses")
    return float(series.mean())


def kinetic_temperature(frame: Frame, units: UnitStyle) -> float | None:
    """Kinetic temperature 2K/(f k), f = d(n - 1), in the style's units; None without velocities or masses."""
    if frame.velocities is None or frame.masses is None or len(frame.kinds) < 2:
        return None
    velocities = frame.velocities[:, : frame.dimension]
    kinetic = 0.5 * float(frame.masses @ np.sum(velocities**2, axis=1)) / units.energy
    return 2 * kinetic / (frame.dimension * (len(frame.kinds) - 1) * units.boltzmann)


def _course(run: Recorded, quantity: Quantity, series: FloatArray) -> Measured | None:
    """Return a series of thermo against the time where walls move, since a mean would say nothing; else None."""
    times = run.thermo.get("time")
    if times is None or len(times) != len(series) or not changing(run):
        return None
    curve = windows(times, series)
    return None if curve is None else Measured(quantity, curve, len(series), "while a wall moves")


def _drift(run: Recorded) -> Measured:
    """Slope of the total energy; telling where it is known to a tenth of the kinetic energy over the run.

    No sound run gains or loses all of its kinetic energy.
    """
    style, n = run.units, run.particles
    times = _PER_NANOSECOND.get(style.time_unit)
    per = "ns" if times else style.time_unit
    quantity = Quantity("energy drift", f"{style.energy_unit}/{per} per particle", taken=2)
    series = run.thermo if "total" in run.thermo else _of_frames(run)
    if "total" not in series or "time" not in series or len(series["time"]) < 2:
        return quantity.missing(NO_ENERGIES)
    time, total = series["time"], series["total"]
    curve = in_style(drift(time, total / n), 1.0, 1 / (times or 1.0))
    span = float(time[-1] - time[0]) / (times or 1.0)
    kinetic = float(series["kinetic"].mean()) / n if "kinetic" in series else 0.0
    if not kinetic > 0:
        return Measured(quantity, curve, len(time))
    remark = f"over the run {abs(curve.y[0]) * span / kinetic:.2g} of the kinetic energy is gained or lost"
    most = kinetic / span
    return Measured(quantity, curve, len(time), remark, scale=most, bound=most)


def _of_frames(run: Recorded) -> dict[str, FloatArray]:
    """Time, total and kinetic energy in the style's units from the frames kept, where all of them tell."""
    rows = []
    for frame in run.frames:
        if frame.energy is None or frame.time is None or frame.velocities is None or frame.masses is None:
            return {}
        kinetic = 0.5 * float(frame.masses @ np.sum(frame.velocities[:, : frame.dimension] ** 2, axis=1))
        rows.append((frame.time, frame.energy + kinetic, kinetic))
    time, total, kinetic = np.array(rows, dtype=np.float64).T
    return {
        "time": time / run.units.time,
        "total": total / run.units.energy,
        "kinetic": kinetic / run.units.energy,
    }


def _potential(run: Recorded) -> Measured:
    """Mean potential energy above that of the start.

    Forces leave the zero of energy open; both runs start in the same place, so that the difference has none.
    """
    style, n = run.units, run.particles
    quantity = Quantity("potential energy since the start", f"{style.energy_unit} per particle")
    if "potential" in run.thermo:
        series = run.thermo["potential"] / n
    else:
        series = np.array([f.energy for f in run.frames if f.energy is not None]) / (n * style.energy)
        if len(series) < len(run.frames):
            return quantity.missing(NO_ENERGIES)
    try:
        scale = style.boltzmann * mean_temperature(run)
    except InterpotError:
        scale = 0.0
    against = Quantity(quantity.name, quantity.unit, "t", style.time_unit, many=True)
    if course := _course(run, against, series - series[0]):
        return replace(course, scale=scale)
    return Measured(
        quantity,
        mean_value(series - series[0]),
        len(series),
        "the mean, counted from the energy of the start",
        scale=scale,
        scatter=scatter(series),
    )
