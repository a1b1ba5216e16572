"""Observables of reference and found run side by side, each with a verdict.

An observable *agrees* when the root mean square of (found - reference)/σ, σ the two standard errors combined,
is at most 2 over the many points of g(r), and at most 4 for a single number or the strongly correlated points
of a mean-square displacement (with eight blocks each, chance alone exceeds that about once in a thousand).
Above that it *differs*. Both runs start alike, which makes chance deviations smaller, not larger. Where
too few measurements were made for a standard error, one *cannot tell*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from interpot.errors import InterpotError
from interpot.proof.observables import (
    block_count,
    drift,
    fills_space,
    follow,
    kinetic_temperature,
    mean_value,
    rdfs,
)
from interpot.records import Curve, FloatArray, Frame, MdRun, Observable, Trajectory
from interpot.units import UnitStyle

_MANY_POINTS, _ONE_NUMBER = 2.0, 4.0  # limits of the deviation
_BLOCKS = 4  # at least, for a standard error worth the name
_BINS = 100

Units = tuple[str, str, str]  # label of the abscissa, its unit, unit of the value
Frames = Sequence[Frame]
Thermo = Mapping[str, FloatArray]


def structure(reference: Frames, found: Frames, rmax: float, style: UnitStyle) -> Iterator[Observable]:
    """g(r) of every pair of species up to `rmax` (Å), or distributions of distances in open systems."""
    dense = fills_space(reference[0])
    name, unit, scale = "g(r)", "1", 1.0
    if not dense:
        name, unit, scale = "pair distances", f"1/{style.length_unit}", 1 / style.length
    observed, own = (rdfs(frames, rmax, _BINS) for frames in (reference, found))
    for pair in sorted(observed.keys() & own.keys()):
        one, two = (_in_style(curves[pair], style.length, scale) for curves in (observed, own))
        units = ("r", style.length_unit, unit)
        measured = min(len(reference), len(found))
        yield judge(f"{name} {'-'.join(pair)}", units, one, two, _MANY_POINTS, measured)


def motion(reference: Trajectory, found: Trajectory) -> Observable:
    """Mean-square displacement; where the reference's cannot be had, the remark says why."""
    style = reference.units
    name, units = "mean-square displacement", ("t", style.time_unit, f"{style.length_unit}^2")
    own = follow(found)
    spacing = own.spacing()
    try:
        observed = follow(reference)
        if None not in observed.times and abs(observed.spacing() / spacing - 1) > 1e-6:
            raise InterpotError("the two runs were recorded at different intervals")
    except InterpotError as error:
        curve = _in_style(own.msd(spacing), style.time, style.length**2)
        return _undecided(name, units, None, curve, str(error))
    longest = min(observed.block_length(), own.block_length()) - 1
    one, two = (_in_style(p.msd(spacing, longest), style.time, style.length**2) for p in (observed, own))
    return judge(name, units, one, two, _ONE_NUMBER, min(len(observed.times), len(own.times)))


def energy(thermo: Thermo, run: MdRun, ensemble: str, particles: int) -> Iterator[Observable]:
    """Drift of the total energy per particle, where no thermostat holds it."""
    if ensemble != "nve":
        return
    style = run.units
    name, units = "energy drift", ("", "", f"{style.energy_unit}/{style.time_unit} per particle")
    own = drift(run.thermo["time"], run.thermo["total"] / particles)
    if "total" not in thermo:
        span = float(run.thermo["time"][-1] - run.thermo["time"][0])
        share = abs(own.y[0]) * span * particles / run.thermo["kinetic"].mean()
        remark = (
            f"the reference holds no energies; here the run gains or loses {share:.2g} of its kinetic energy"
        )
        yield _undecided(name, units, None, own, remark)
        return
    reference = drift(thermo["time"], thermo["total"] / particles)
    measured = min(len(thermo["total"]), len(run.thermo["total"]))
    yield judge(name, units, reference, own, _ONE_NUMBER, measured)


def means(thermo: Thermo, run: MdRun, reference: Frames) -> Iterator[Observable]:
    """Mean temperature, and mean pressure where there is a volume and both runs recorded it."""
    style = run.units
    observed = thermo["temperature"] if "temperature" in thermo else _temperatures(reference, style)
    series = [("temperature", style.temperature_unit, observed)]
    if fills_space(reference[0]) and "pressure" in thermo:
        series.append(("pressure", style.pressure_unit, thermo["pressure"]))
    for name, unit, values in series:
        own = mean_value(run.thermo[name])
        if len(values) == 0:
            remark = "the reference holds no velocities or masses"
            yield _undecided(f"mean {name}", ("", "", unit), None, own, remark)
            continue
        measured = min(len(values), len(run.thermo[name]))
        yield judge(f"mean {name}", ("", "", unit), mean_value(values), own, _ONE_NUMBER, measured)


def judge(name: str, units: Units, reference: Curve, found: Curve, limit: float, measured: int) -> Observable:
    """Compare two curves on the same abscissa and give the verdict.

    Parameters
    ----------
    limit
        Largest deviation that agrees.
    measured
        Frames or times behind the shorter of the two; decides whether there is a standard error.
    """
    if block_count(measured) < _BLOCKS or len(found.x) == 0:
        remark = (
            f"{measured} recorded frames are too few for an error estimate: run longer or record more often"
        )
        return _undecided(name, units, reference, found, remark)
    sigma = np.hypot(reference.error, found.error)
    known = sigma > 0
    if not known.any():
        return _undecided(name, units, reference, found, "the standard errors are all zero")
    scores = (found.y[known] - reference.y[known]) / sigma[known]
    deviation = float(np.sqrt(np.mean(scores**2)))
    verdict = "agrees" if deviation <= limit else "differs"
    remark = f"rms deviation {deviation:.2g} standard errors, agreement is up to {limit:g}"
    if verdict == "differs" and len(found.x) > 1:
        worst = int(np.abs(scores).argmax())
        remark += f"; most ({scores[worst]:+.2g}) at {units[0]} = {found.x[known][worst]:.4g} {units[1]}"
    return Observable(name, *units, reference, found, deviation, verdict, remark)


def _undecided(name: str, units: Units, reference: Curve | None, found: Curve, remark: str) -> Observable:
    return Observable(name, *units, reference, found, float("nan"), "cannot tell", remark)


def _in_style(curve: Curve, x: float, y: float) -> Curve:
    return Curve(curve.x / x, curve.y / y, curve.error / y)


def _temperatures(frames: Frames, style: UnitStyle) -> FloatArray:
    values = [kinetic_temperature(frame, style) for frame in frames]
    return np.array([value for value in values if value is not None], dtype=np.float64)
