"""The gas without walls: it expands, keeps its energy, and gives its constants back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.neighborlist import neighbor_list
from rich.console import Console

import interpot
from interpot import Experiment
from interpot.experiment_script import load_experiment, script_options
from interpot.formula.mixing import RULES
from interpot.report.terminal import Terminal
from interpot.session import Session
from interpot.workflow import pair_channels

SCRIPT = Path(__file__).parents[2] / "experiments" / "gas_open.py"


def gas(**options: object) -> Experiment:
    return load_experiment(SCRIPT, {name: str(value) for name, value in options.items()})


def test_its_options() -> None:
    assert set(script_options(SCRIPT)) == {"species", "size", "dimension", "seed"}
    names = {
        gas(species=s, size=z, dimension=d).name
        for s in ("one", "several")
        for z in ("small", "paper")
        for d in (2, 3)
    }
    assert len(names) == 8  # none writes into another's folder


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_compact_cloud_of_all_species_without_a_box(dimension: int) -> None:
    start = gas(species="several", dimension=dimension).start
    assert start.cell.periodic == (False, False, False)
    assert np.bincount(start.kinds).tolist() == [40, 40, 40] and start.species == ("Ar", "Kr", "Xe")
    assert (np.ptp(start.positions[:, 2]) == 0) == (dimension == 2)
    i, distance = neighbor_list("id", as_atoms(start.positions), 5.0)
    nearest = np.bincount(i, minlength=120).max()
    assert nearest == {2: 6, 3: 12}[dimension] and distance.min() > 4.3


def as_atoms(positions: np.ndarray):
    from ase import Atoms

    return Atoms(f"Ar{len(positions)}", positions=positions)


def test_unlike_pairs_follow_kong_and_break_lorentz_and_berthelot() -> None:
    constants = {name: value for name, (value, _) in gas(species="several").reference.constants.items()}

    def pair(label: str) -> np.ndarray:
        return np.array([constants[f"epsilon {label}"], constants[f"sigma {label}"]])

    for one, two in (("Ar", "Kr"), ("Ar", "Xe"), ("Kr", "Xe")):
        like = pair(f"{one}-{one}"), pair(f"{two}-{two}")
        rules = {
            name: np.array(RULES[name].parts[0].mix(*like), dtype=float)
            for name in ("Kong", "Lorentz-Berthelot")
        }
        assert pair(f"{one}-{two}") == pytest.approx(rules["Kong"], rel=1e-12)
        assert np.abs(pair(f"{one}-{two}") / rules["Lorentz-Berthelot"] - 1).max() > 1e-3


@pytest.mark.parametrize(
    ("species", "dimension"),
    [
        ("one", 3),
        ("one", 2),
        pytest.param("several", 3, marks=pytest.mark.slow),
        pytest.param("several", 2, marks=pytest.mark.slow),
    ],
)
def test_its_constants_come_back(species: str, dimension: int, tmp_path: Path) -> None:
    experiment = gas(species=species, dimension=dimension)
    runs = Session(Terminal(Console(quiet=True))).simulate(experiment, tmp_path)
    assert len(runs) == 2
    for run in runs:
        energy, kinetic = run.thermo["total"], run.thermo["kinetic"]
        assert abs(energy[-1] - energy[0]) < 2e-3 * kinetic[0]
    frames = interpot.read(*(run.trajectory for run in runs), dimension=dimension)
    first, *_, last = list(interpot.read(runs[0].trajectory, dimension=dimension))
    assert size(last) > 1.1 * size(
        first
    )  # it expands: a cloud of heavy atoms by 14 %, of argon by more than 20 %
    found = interpot.discover(interpot.accumulate(frames, pair_channels(frames, experiment.cutoff))).best
    for channel in found.channels:
        assert channel.form == "Lennard-Jones 12-6"
        for p in channel.parameters:
            label = p.name if species == "one" else f"{p.name} {channel.label}"
            assert p.value == pytest.approx(experiment.reference.constants[label][0], rel=1e-6)


def size(frame: interpot.Frame) -> float:
    """Radius of gyration."""
    return float(np.sqrt(np.mean(np.sum((frame.positions - frame.positions.mean(axis=0)) ** 2, axis=1))))
