"""Gases between walls and under a piston: small sizes of the experiments, from LAMMPS's own words to constants."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import interpot
from interpot import Experiment
from interpot.experiment_script import load_experiment, script_options
from interpot.proof.repeated import repeat, with_ensembles
from interpot.proof.validate import validate
from interpot.records import MdRun
from interpot.session import Session
from interpot.workflow import channels

SCRIPTS = Path(__file__).parents[2] / "experiments"
BOX, PISTON = SCRIPTS / "gas_box.py", SCRIPTS / "gas_piston.py"


def made(script: Path, **options: object) -> Experiment:
    return load_experiment(script, {name: str(value) for name, value in options.items()})


def discovered(experiment: Experiment, folder: Path, frames: str | None = None):
    runs = Session().simulate(experiment, folder)
    read = interpot.read(
        *(run.trajectory for run in runs),
        units=experiment.units,
        dimension=experiment.start.dimension,
        walls=experiment.walls,
        frames=frames,
    )
    asked = channels(read, experiment.cutoff, experiment.cutoffs)
    return runs, interpot.discover(interpot.accumulate(read, asked))


def check_constants(experiment: Experiment, found: interpot.Discovery, tolerance: float = 1e-6) -> None:
    """Each constant that LAMMPS was given comes back."""
    pairs = len(experiment.start.species) == 1
    for name, (value, _) in experiment.reference.constants.items():
        constant, _, label = name.partition(" ")
        channel = found.best.channel(label or f"{experiment.start.species[0]}-{experiment.start.species[0]}")
        assert label or pairs
        [parameter] = [p for p in channel.parameters if p.name == constant]
        assert parameter.value == pytest.approx(value, rel=tolerance), name


def test_options() -> None:
    assert set(script_options(BOX)) == {"species", "size", "dimension", "walls", "seed"}
    assert set(script_options(PISTON)) == {"species", "motion", "size", "dimension", "seed"}


FORMS = {
    "lj93": "Lennard-Jones wall 9-3",
    "lj126": "Lennard-Jones wall 12-6",
    "lj1043": "Steele wall 10-4-3",
    "harmonic": "Harmonic wall",
}


@pytest.mark.parametrize(
    ("walls", "dimension"),
    [
        pytest.param("lj93", 3, marks=pytest.mark.slow),
        pytest.param("lj1043", 2, marks=pytest.mark.slow),
        ("harmonic", 3),
        pytest.param("lj126", 2, marks=pytest.mark.slow),
    ],
)
def test_walls_and_pairs_come_back_together(walls: str, dimension: int, tmp_path: Path) -> None:
    experiment = made(BOX, walls=walls, dimension=dimension)
    runs, found = discovered(experiment, tmp_path)
    assert {c.form for c in found.best.channels if c.kind == "wall"} == {FORMS[walls]}
    check_constants(experiment, found)
    if (walls, dimension) == ("lj93", 3):
        check_validated(experiment, runs, found, tmp_path)


def check_validated(
    experiment: Experiment, runs: tuple[MdRun, ...], found: interpot.Discovery, folder: Path
) -> None:
    """The run of what was found stays between the walls and does what the reference does."""
    comparison = validate(found.best, runs[0], folder=folder / "found", walls=experiment.walls)
    judged = {o.name: o for o in comparison.observables}
    assert comparison.agrees, [o.name for o in judged.values() if o.verdict == "differs"]
    assert {"density along z", "virial pressure along z", "speeds Ar"} <= set(judged)
    pressure = judged["virial pressure along z"]
    if experiment.walls[0].startswith("zlo=hard"):
        return
    for face in ("zlo", "zhi"):
        on_wall = judged[f"wall pressure {face}"].reference
        error = np.hypot(on_wall.error[0], pressure.reference.error[0])
        assert abs(on_wall.y[0] - pressure.reference.y[0]) < 4 * error


def test_reflecting_walls_are_seen_by_what_they_turn_back(tmp_path: Path) -> None:
    experiment = made(BOX, walls="reflect")
    runs, found = discovered(experiment, tmp_path)
    said = [remark for remark in found.remarks if remark.startswith("hard wall")]
    assert len(said) == 2 and all("elastic" in remark for remark in said)
    places = sorted(float(remark.split("z = ")[1].split()[0]) for remark in said)
    np.testing.assert_allclose(places, [0.0, 40.0], atol=1e-3)
    check_constants(experiment, found)
    check_validated(experiment, runs, found, tmp_path)


@pytest.mark.slow
def test_a_mixture_between_walls_and_its_rule(tmp_path: Path) -> None:
    experiment = made(BOX, species="several")
    _, found = discovered(experiment, tmp_path)
    check_constants(experiment, found)
    verdicts = [r for r in found.remarks if "mixing rules" in r]
    assert len(verdicts) == 3
    assert all("Kong agrees" in r and "Lorentz-Berthelot" in r.split("agrees")[1] for r in verdicts)


@pytest.mark.parametrize(
    ("motion", "steps"),
    [
        pytest.param("ramp", 6000, marks=pytest.mark.slow),
        # once to and fro, and the 40 frames that the means need
        pytest.param("oscillation", 4680, marks=pytest.mark.slow),
        pytest.param("free", 6000, marks=pytest.mark.slow),
    ],
)
def test_the_work_of_a_piston(motion: str, steps: int, tmp_path: Path) -> None:
    """Energy gained is work done, in the reference and with what was found; their means agree."""
    experiment = made(PISTON, motion=motion)
    plan = replace(experiment.dynamics, steps=steps)
    experiment = replace(experiment, dynamics=plan)
    runs, found = discovered(experiment, tmp_path)
    check_constants(experiment, found)
    options = {"walls": experiment.walls, "piston": plan.piston}
    comparison = validate(found.best, runs[0], folder=tmp_path / "found", **options)
    others = repeat(found.best, runs[1:], plan, tmp_path / "found", walls=experiment.walls)
    every = (comparison.runs["found"], *others)
    for run in (*runs, *every):
        gained = run.thermo["total"] - run.thermo["total"][0]
        work = run.thermo["wall work zhi"]
        assert np.ptp(work) > 0.05
        # a pair within the cutoff holds up to 1e-5 eV of what is cut off there, and velocity Verlet its own error
        np.testing.assert_allclose(gained, work, atol=0.02 * np.ptp(work) + 2e-3)
    whole = with_ensembles(comparison, found.best, runs, every, experiment.start)
    means = [o for o in whole.observables if o.name.endswith("(ensemble)")]
    assert len(means) > 4 and all(o.verdict != "differs" for o in means)
