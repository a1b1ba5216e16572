"""Forces, energies and virials fitted together: what is reported of each is the error of that kind alone."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from systems import Frames, brute_forces, clusters, noisy

from interpot import Discovery, Potential, accumulate, discover, pair_channels, weighted
from interpot.formula.judge import MAX_FOLDS, Judge
from interpot.formula.kinds import forces_alone, loss_of
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import fit
from interpot.formula.terms import library
from interpot.proof.forces import PairForces, compare_forces
from interpot.records import FloatArray, Frame
from interpot.report.cells import criterion
from interpot.report.tables import print_potential
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

EPSILON, SIGMA, CUTOFF = 0.0103, 3.4, 14.0


def energy(r: FloatArray) -> FloatArray:
    s6 = (SIGMA / r) ** 6
    return 4 * EPSILON * (s6**2 - s6)


def slope(r: FloatArray) -> FloatArray:
    s6 = (SIGMA / r) ** 6
    return np.where(r < CUTOFF, -24 * EPSILON * (2 * s6**2 - s6) / r, 0.0)


def distances(frame: Frame) -> FloatArray:
    i, j = np.triu_indices(len(frame.kinds), 1)
    r = np.linalg.norm(frame.positions[j] - frame.positions[i], axis=1)
    return r[r < CUTOFF]


def with_energies(frames: list[Frame], error: float) -> list[Frame]:
    """Energies of the pairs, e = 2 eV per atom and an error of so many eV per atom; numbers of atoms differ."""
    random, made = np.random.default_rng(5), []
    for k, frame in enumerate(frames):
        n = len(frame.kinds) - k % 3
        cut = replace(frame, positions=frame.positions[:n], kinds=frame.kinds[:n], forces=None)
        alone = forces_of(cut)
        total = float(energy(distances(alone)).sum()) + n * (2.0 + error * random.normal())
        made.append(replace(alone, energy=total))
    return [noisy([frame], 0.01, k)[0] for k, frame in enumerate(made)]


def forces_of(frame: Frame) -> Frame:
    return replace(frame, forces=brute_forces(frame.positions, frame.kinds, {(0, 0): slope}))


FRAMES = with_energies(clusters(slope, frames=32, atoms=30, low=3.4, high=13.0), error=0.005)


@pytest.fixture(scope="module")
def statistic() -> Statistic:
    data = Frames(FRAMES)
    made = accumulate(data, pair_channels(data, CUTOFF), cutoffs="given", energies="potential")
    return weighted(
        made, energies=2e3
    )  # so much that the energies, which are bad, count as much as the forces


@pytest.fixture(scope="module")
def found(statistic: Statistic) -> Discovery:
    return discover(statistic, terms=["power"], max_terms=2)


def test_the_force_error_is_that_of_the_forces(found: Discovery) -> None:
    check = compare_forces(found.best, FRAMES, found.best.units)
    assert found.best.loss.formula == pytest.approx(check.relative_error, rel=1e-6)
    alone = discover(weighted(found.statistic, energies=0.0), terms=["power"], max_terms=2).best.loss
    assert found.best.loss.ceiling == pytest.approx(alone.ceiling, rel=1e-9)
    # the mixture is another number by far
    assert found.front[found.front.chosen].loss.iloc[0] > 2 * found.best.loss.formula


def test_the_energy_error_is_beside_it(found: Discovery) -> None:
    """By hand: energies per atom, less what a constant per atom and one per pair within the cutoff explain."""
    evaluate, n = PairForces(found.best), np.array([len(f.kinds) for f in FRAMES])
    Z = np.column_stack([np.ones(len(n)), [len(distances(f)) / len(f.kinds) for f in FRAMES]])
    given, model = (
        np.array([e / len(f.kinds) for e, f in zip(values, FRAMES, strict=True)])
        for values in ([f.energy for f in FRAMES], [evaluate(f).energy for f in FRAMES])
    )
    rest = [y - Z @ np.linalg.lstsq(Z, y)[0] for y in (given, given - model)]
    assert found.best.loss.energies == pytest.approx(
        np.linalg.norm(rest[1]) / np.linalg.norm(rest[0]), rel=1e-4
    )
    assert np.isnan(found.best.loss.virials)


def test_the_cross_validated_error_is_that_of_the_forces(statistic: Statistic) -> None:
    """Constants from the other folds of all rows, the error from the forces of the fold, by definition."""
    objective = Objective.of(statistic)
    judge = Judge(statistic, objective)
    lj = fit(objective, [Form.of(library(["power", "power"]), np.array([12.0, 6.0]))])
    forces = forces_alone(statistic, objective, [None])
    loss = loss_of(judge, judge.candidate(lj), objective, forces, [None])
    [basis] = statistic.bases
    r = basis.nodes()
    P = np.linalg.pinv(basis.matrix(r)) @ np.column_stack([r**-12.0, r**-6.0]) * [SIGMA**12, SIGMA**6]
    both, own = statistic.blocks, weighted(statistic, energies=0.0).blocks
    losses = []
    for fold in np.array_split(np.arange(len(both)), min(len(both), MAX_FOLDS)):
        rest = np.setdiff1d(np.arange(len(both)), fold)
        A, B = P.T @ both.gram(rest) @ P, P.T @ both.moment[rest].sum(axis=0)
        k = P @ np.linalg.solve(A, B)
        losses.append(k @ own.gram(fold) @ k - 2 * k @ own.moment[fold].sum(axis=0) + own.square[fold].sum())
    expected = np.sqrt(np.sum(losses) / own.square.sum())
    assert loss.cross_validated == pytest.approx(expected, rel=1e-3)


def test_the_split_of_the_error_is_of_the_forces(found: Discovery) -> None:
    """The noise of the forces is 1 % of them, whatever that of the energies."""
    assert found.honesty.adequacy.unexplained.value == pytest.approx(0.01, rel=0.1)
    assert found.honesty.adequacy.net == pytest.approx(0.01, rel=0.5)


def test_file_and_terminal_show_it(found: Discovery, tmp_path: Path) -> None:
    found.best.save(tmp_path / "potential.json")
    again = Potential.load(tmp_path / "potential.json").loss
    assert (again.formula, again.energies) == (found.best.loss.formula, found.best.loss.energies)
    console = Console(width=200, record=True, file=StringIO())
    print_potential(console, found.best)
    shown = console.export_text()
    assert "force error: formula" in shown and "energy error: formula" in shown
    assert criterion(found.best) == "weighted error"


def test_fitted_to_energies_alone_the_error_is_that_of_energies(statistic: Statistic) -> None:
    alone = weighted(statistic, forces=0.0, energies=1.0)
    best = discover(alone, terms=["power"], max_terms=1).best
    assert best.loss.name == "energy error" and best.loss.formula > 0.1
