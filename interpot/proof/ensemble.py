"""Several runs from states that differ, judged by their means: the work on a gas is a random number in any one of them.

The mean over l runs has the standard error s/√l, s being their scatter. Curves are means in equal intervals of time, or
of the volume between the walls, that both ensembles share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from interpot.comparison import Curve, EnsembleComparison
from interpot.errors import InterpotError
from interpot.proof.observables.blocks import PER_BLOCK
from interpot.proof.observables.recorded import Measured, Quantity
from interpot.proof.observables.work import work_of
from interpot.proof.series import FORCE, POSITION, mean_forces
from interpot.proof.verdict import Extent, absent, judge
from interpot.records import FloatArray
from interpot.trajectory.walls import FACES
from interpot.units import UnitStyle

POINTS = 20  # of a curve
_CHANCE = 0.01  # of a comparison's observables any one differs by chance
_FEWEST = 2 * POINTS  # rows of a run

Series = Mapping[str, FloatArray]
"""Time series of one run, as `MdRun.thermo`."""


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    """Runs of one experiment, from l initial states.

    Attributes
    ----------
    runs
        As `MdRun.thermo`, each with "time", "kinetic", "total", "temperature", and positions and forces of its walls.
    units
        Style of the series.
    area
        Of the walls, in the style's units; in two dimensions their length.
    dimension
        2 or 3.
    standing
        Positions of walls that do not move, by name, in the style's length unit, where runs do not record them.
    ensemble
        "nve", or another in which a thermostat takes part in the balance of energy.
    """

    runs: Sequence[Series]
    units: UnitStyle
    area: float
    dimension: int = 3
    standing: Mapping[str, float] = field(default_factory=dict)
    ensemble: str = "nve"

    def __post_init__(self) -> None:
        if len(self.runs) < 2:
            raise InterpotError(f"an ensemble needs two runs or more for an error: got {len(self.runs)}")
        for number, run in enumerate(self.runs, 1):
            missing = [name for name in ("time", "kinetic", "total", "temperature") if name not in run]
            if missing:
                raise InterpotError(f"run {number} of the ensemble has no series '{missing[0]}'")
            if len(run["time"]) < _FEWEST:
                raise InterpotError(
                    f"run {number} of the ensemble has {len(run['time'])} rows: expected {_FEWEST} at least"
                )

    @property
    def walls(self) -> list[str]:
        """Names of the plane walls whose position and force every run holds."""
        return [name for name in FACES if all(POSITION + name in r and FORCE + name in r for r in self.runs)]

    @property
    def moving(self) -> list[str]:
        """Those that move."""
        return [name for name in self.walls if any(np.ptp(r[POSITION + name]) > 0 for r in self.runs)]


def compare_ensembles(reference: Ensemble, found: Ensemble) -> EnsembleComparison:
    """Compare the means of two ensembles, with the verdicts of `interpot.proof.verdict`.

    Both may start alike, run by run: deviations are then smaller than chance allows, and the limits on the safe side.

    Raises
    ------
    InterpotError
        The units differ.
    """
    if reference.units != found.units:
        raise InterpotError(
            f"ensembles in units '{reference.units.name}' and '{found.units.name}' do not compare"
        )
    ours = {m.quantity.name: m for m in ensemble_means(reference)}
    chosen = {key: value for m in ours.values() for key, value in m.chosen.items()}
    theirs = {m.quantity.name: m for m in ensemble_means(found, chosen)}
    names = dict.fromkeys((*ours, *theirs))
    pairs = [(ours.get(n) or absent(theirs[n]), theirs.get(n) or absent(ours[n])) for n in names]
    extent = Extent(runs=min(len(reference.runs), len(found.runs)))
    judged = tuple(judge(one, two, _CHANCE / max(len(pairs), 1), extent) for one, two in pairs)
    return EnsembleComparison(len(reference.runs), len(found.runs), judged, reference.units)


def ensemble_means(ensemble: Ensemble, chosen: Mapping[str, float] | None = None) -> Iterator[Measured]:
    """Means over the runs and their standard errors.

    Yields
    ------
    Measured
        Numbers: work of the walls, energy gained, the one less the other, final temperature. Against the time: the
        temperature, and of each wall that moves its position, its pressure and its work. Against the volume: pressure
        and temperature, where two opposite walls tell where they are and one moves.

    Parameters
    ----------
    chosen
        Of another ensemble (`Measured.chosen`), to have its intervals.
    """
    yield from _balance(ensemble)
    yield from _in_time(ensemble, chosen or {})
    for name in ensemble.moving:
        yield from _in_volume(ensemble, name, chosen or {})


def volumes(ensemble: Ensemble, wall: str) -> list[FloatArray] | None:
    """Volume between a wall and the opposite one in each row of each run; None where that is not recorded."""
    low, high = (wall[0] + end for end in ("lo", "hi"))
    if any(
        POSITION + n not in run and n not in ensemble.standing for run in ensemble.runs for n in (low, high)
    ):
        return None
    places = [
        [run[POSITION + n] if POSITION + n in run else np.asarray(ensemble.standing[n]) for n in (high, low)]
        for run in ensemble.runs
    ]
    return [np.asarray(ensemble.area * (above - below)) for above, below in places]


def pressures(ensemble: Ensemble, wall: str) -> list[FloatArray]:
    """Pressure on a wall in each row of each run, in the style's unit."""
    factor = -FACES[wall][1] / ensemble.area * ensemble.units.nktv2p
    told = (mean_forces(run, wall) for run in ensemble.runs)
    return [factor * forces for forces in told if forces is not None]  # every run of a wall here has them


def mean_of(values: FloatArray, coarse: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Mean over the first axis, the runs, and its standard error, with what the integral leaves open."""
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return values.mean(axis=0), np.hypot(error, coarse)


def binned(x: Sequence[FloatArray], y: Sequence[FloatArray], edges: FloatArray) -> FloatArray:
    """Mean of y of each run in intervals of x, (l, b) float64; NaN where a run has no row."""
    rows = []
    for places, series in zip(x, y, strict=True):
        bins = np.clip(np.searchsorted(edges, places, side="right") - 1, -1, len(edges) - 1)
        bins[places == edges[-1]] = len(edges) - 2
        inside = (bins >= 0) & (bins < len(edges) - 1)
        count = np.bincount(bins[inside], minlength=len(edges) - 1)
        total = np.bincount(bins[inside], series[inside], len(edges) - 1)
        rows.append(np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0))
    return np.stack(rows)


def _balance(ensemble: Ensemble) -> Iterator[Measured]:
    unit, kinetic = ensemble.units.energy_unit, float(np.mean([r["kinetic"].mean() for r in ensemble.runs]))
    gained = np.array([run["total"][-1] - run["total"][0] for run in ensemble.runs])
    done, coarse = np.zeros(len(ensemble.runs)), 0.0
    for name in ensemble.moving:
        works = [work_of(run, name) for run in ensemble.runs]
        done += [series[-1] for series, _ in works]
        coarse += float(np.mean([error for _, error in works]))
    if ensemble.ensemble != "nve":
        return
    yield _number(ensemble, "energy gained", unit, gained, 0.0, kinetic)
    if ensemble.moving:
        yield _number(ensemble, "work of the walls", unit, done, coarse, kinetic)
        yield _number(ensemble, "energy gained less the walls' work", unit, gained - done, coarse, kinetic)


def _number(
    ensemble: Ensemble, name: str, unit: str, values: FloatArray, coarse: float = 0.0, scale: float = 0.0
) -> Measured:
    mean, error = mean_of(values[:, None], coarse)
    words = f"every second row alone would change it by {coarse:+.2g}" if coarse else ""
    return Measured(_named(name, unit), Curve(np.zeros(1), mean, error), _count(ensemble), words, scale=scale)


def _in_time(ensemble: Ensemble, chosen: Mapping[str, float]) -> Iterator[Measured]:
    style = ensemble.units
    times = [run["time"] - run["time"][0] for run in ensemble.runs]
    last = chosen.get("time", min(float(t[-1]) for t in times))
    edges = np.linspace(0.0, last, POINTS + 1)
    series = {("temperature", style.temperature_unit): [run["temperature"] for run in ensemble.runs]}
    for name in ensemble.moving:
        series[f"position of wall {name}", style.length_unit] = [
            run[POSITION + name] for run in ensemble.runs
        ]
        series[f"wall pressure {name}", style.pressure_unit] = pressures(ensemble, name)
        works = [work_of(run, name)[0] for run in ensemble.runs]
        series[f"work of wall {name}", style.energy_unit] = works
    for (name, unit), y in series.items():
        values = binned(times, y, edges)
        yield _curve(ensemble, _named(name, unit, "t", style.time_unit), edges, values, {"time": last})
        if name == "temperature":
            yield _number(ensemble, "final temperature", unit, values[:, -1])


def _in_volume(ensemble: Ensemble, wall: str, chosen: Mapping[str, float]) -> Iterator[Measured]:
    room = volumes(ensemble, wall)
    if room is None:
        return
    style, key = ensemble.units, f"volume at {wall}"
    low = chosen.get(f"least {key}", min(float(v.min()) for v in room))
    high = chosen.get(f"most {key}", max(float(v.max()) for v in room))
    edges = np.linspace(low, high, POINTS + 1)
    shared = {f"least {key}": low, f"most {key}": high}
    named = "" if len(ensemble.moving) == 1 else f" of {wall}"
    series = {
        (f"pressure{named} against volume", style.pressure_unit): pressures(ensemble, wall),
        (f"temperature{named} against volume", style.temperature_unit): [
            r["temperature"] for r in ensemble.runs
        ],
    }
    unit = f"{style.length_unit}^{ensemble.dimension}"
    for (name, of), y in series.items():
        yield _curve(ensemble, _named(name, of, "V", unit), edges, binned(room, y, edges), shared)


def _curve(
    ensemble: Ensemble, quantity: Quantity, edges: FloatArray, values: FloatArray, chosen: Mapping[str, float]
) -> Measured:
    """Means in the intervals that every run has rows in."""
    whole = np.isfinite(values).all(axis=0)
    if not whole.any():
        return quantity.missing("no interval is reached by every run")
    middle = (edges[1:] + edges[:-1]) / 2
    return Measured(
        quantity, Curve(middle[whole], *mean_of(values[:, whole])), _count(ensemble), chosen=chosen
    )


def _named(name: str, unit: str, x_label: str = "", x_unit: str = "") -> Quantity:
    """Return a quantity whose name says that it is a mean over runs, beside that of a single one."""
    return Quantity(f"{name} (ensemble)", unit, x_label, x_unit)


def _count(ensemble: Ensemble) -> int:
    """Return how many measurements make as many blocks as there are runs."""
    return PER_BLOCK * len(ensemble.runs)
