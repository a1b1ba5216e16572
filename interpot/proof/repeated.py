"""The found potential from every start of the reference, where there are several: judged by means over the runs.

What one run of a gas does is a random number, and two runs from the same start part within picoseconds, whatever the
potential. Means over runs from different starts are what a potential has to give back: the work of a piston, P(V).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from interpot.comparison import Comparison, Observable
from interpot.errors import InterpotError
from interpot.formula.continuation import continued
from interpot.formula.potential import Potential
from interpot.proof.adiabat import compare_adiabat
from interpot.proof.dilute import DiluteGas
from interpot.proof.engines import engine as start_engine
from interpot.proof.ensemble import Ensemble, compare_ensembles
from interpot.proof.observables.recorded import Quantity
from interpot.proof.series import POSITION
from interpot.proof.verdict import judge
from interpot.proof.walls import trajectory_of
from interpot.records import Dynamics, Frame, MdRun, Progress, Wall
from interpot.units import UnitStyle

_SWEEP = 1.2  # an adiabat is told by volumes that differ by so much


def repeat(
    potential: Potential,
    references: Sequence[MdRun],
    plan: Dynamics,
    folder: Path,
    *,
    engine: str = "lammps",
    walls: Sequence[str | Wall] = (),
    progress: Progress | None = None,
) -> tuple[MdRun, ...]:
    """Run a potential once from the first frame of each reference.

    Parameters
    ----------
    potential
        What was found.
    references
        Runs of an engine.
    plan
        Of their recorded part, in their units; its `walls` and `piston` move alike in every run.
    folder
        For the runs; files are named ``validation_2`` and so on, after the number of the reference.
    engine
        A row of `interpot.proof.engines.ENGINES`.
    walls
        As `interpot.read` takes them.
    progress
        Called with the steps done and their total, over all runs.
    """
    program, used, count = start_engine(engine), continued(potential), len(references)
    recorded = replace(
        plan, equilibration=0, temperature=None if plan.ensemble == "nve" else plan.temperature
    )
    made = []
    for k, reference in enumerate(references):
        start = next(iter(trajectory_of(reference, walls=walls)))
        label = f"validation_{k + 2}"  # the first reference has been repeated by `validate`

        def report(done: int, total: int, before: int = k) -> None:
            if progress is not None:
                progress(before * total + done, count * total)

        made.append(program.run(used, start, recorded, reference.units, folder, label, report))
    return tuple(made)


def with_ensembles(
    comparison: Comparison,
    potential: Potential,
    references: Sequence[MdRun],
    found: Sequence[MdRun],
    start: Frame,
    ensemble: str = "nve",
) -> Comparison:
    """Add what the means over runs tell to a comparison of the first two.

    Parameters
    ----------
    comparison
        Of the first runs.
    potential
        What was found.
    references, found
        All runs of both.
    start
        Its cell, species and surfaces are those of all runs.
    ensemble
        Of all runs.
    """
    area, standing = _area(start, comparison), _standing(start, references[0])
    ours, theirs = (
        Ensemble([run.thermo for run in runs], comparison.units, area, start.dimension, standing, ensemble)
        for runs in (references, found)
    )
    rows = [*compare_ensembles(ours, theirs).observables, *_adiabats(ours, potential, start)]
    return replace(comparison, observables=(*comparison.observables, *rows))


def _area(start: Frame, comparison: Comparison) -> float:
    """Of walls across the last axis that does not repeat, in units of the style; a length in two dimensions."""
    lengths = np.linalg.norm(start.cell.vectors, axis=1)[: start.dimension] / comparison.units.length
    planes = [s.axis for s in start.surfaces if s.shape == "plane"]
    across = planes[-1] if planes else start.dimension - 1
    return float(np.prod(np.delete(lengths, across)))


def _mean_mass(start: Frame, units: UnitStyle) -> float:
    return 0.0 if start.masses is None else float(start.masses.mean()) / units.mass


def _standing(start: Frame, run: MdRun) -> dict[str, float]:
    return {
        s.name: s.position / run.units.length for s in start.surfaces if POSITION + s.name not in run.thermo
    }


def _adiabats(ensemble: Ensemble, potential: Potential, start: Frame) -> tuple[Observable, ...]:
    """Compare with a dilute gas, where one wall alone sweeps a volume and never turns back."""
    names = tuple(s.name for s in start.surfaces if s.shape == "plane")
    if ensemble.ensemble != "nve" or len(ensemble.moving) != 1 or len(names) != 2:
        return ()
    [wall] = ensemble.moving
    courses = [run[POSITION + wall] for run in ensemble.runs]
    one_way = all((steps := np.diff(x)).max() <= 0 or steps.min() >= 0 for x in courses)
    opposite = next(s.position for s in start.surfaces if s.name != wall) / potential.units.length
    gaps = np.abs(np.concatenate(courses) - opposite)
    if not one_way or gaps.max() < _SWEEP * gaps.min():
        return ()
    counts = np.bincount(start.kinds, minlength=len(start.species))
    numbers = {name: int(n) for name, n in zip(start.species, counts, strict=True) if n}
    try:
        gas = DiluteGas(
            potential, numbers, ensemble.area, names, start.dimension, _mean_mass(start, ensemble.units)
        )
        return compare_adiabat(ensemble, wall, gas)
    except InterpotError as error:  # a pair that never met has no formula: a row that says so
        nothing = Quantity("adiabatic exponent", "1").missing(str(error))
        return (judge(nothing, nothing),)
