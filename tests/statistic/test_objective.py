"""The compressed loss against the loss itself, ‖F - X k‖² over all rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statistic_systems import (
    Frames,
    features,
    lattice_gas,
    lennard_jones,
    spline_slopes,
    with_any_forces,
    with_forces,
)

from interpot.records import Frame
from interpot.statistic.basis import LogSplines
from interpot.statistic.channels import Channel, pair_channels
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective, decompose, spline_fit
from interpot.statistic.one_pass import one_pass

MIXTURE = pair_channels(["Ne", "Xe"], 4.5, {"Ne-Ne": 3.9})
LJ = lennard_jones(0.01, 2.27)


def random_frames(seed: int = 0, count: int = 6) -> list[Frame]:
    random = np.random.default_rng(seed)
    return [with_any_forces(lattice_gas(random, species=("Ne", "Xe")), random) for _ in range(count)]


def accumulated(frames: list[Frame], channels: tuple[Channel, ...] = MIXTURE, knots: int = 12) -> Statistic:
    return one_pass(Frames(frames), channels, [LogSplines(c.cutoff, 1 / knots) for c in channels])


def rows(frames: list[Frame], statistic: Statistic) -> tuple[np.ndarray, np.ndarray]:
    bases = [b for b in statistic.bases if isinstance(b, LogSplines)]
    X = np.vstack([features(f, statistic.channels, bases) for f in frames])
    return X, np.concatenate([f.forces[:, : f.dimension].ravel() for f in frames])


def coefficients(statistic: Statistic, c: int, values: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """The spline through values on the nodes, by least squares."""
    basis = statistic.bases[c]
    assert isinstance(basis, LogSplines)
    return np.asarray(np.linalg.lstsq(basis.matrix(nodes), values, rcond=None)[0])


def smallest(X: np.ndarray, F: np.ndarray) -> float:
    """What the best coefficients leave of F."""
    U, s, _ = np.linalg.svd(X, full_matrices=False)
    U = U[:, s > 1e-9 * s[0]]
    return float(np.sum((F - U @ (U.T @ F)) ** 2))


def test_the_loss_of_any_functions_is_the_loss_on_all_rows() -> None:
    frames = random_frames()
    statistic = accumulated(frames)
    objective = Objective.of(statistic)
    X, F = rows(frames, statistic)
    random = np.random.default_rng(1)
    for size in (0.0, 0.1, 3.0):
        values = [size * random.normal(size=len(r)) for r in objective.nodes]
        k = [coefficients(statistic, c, v, objective.nodes[c]) for c, v in enumerate(values)]
        loss = np.sum((F - X @ np.concatenate(k)) ** 2)
        residual = objective.residual(values)
        assert residual @ residual + objective.floor == pytest.approx(loss, rel=1e-9)
        assert objective.relative_error(values) == pytest.approx(np.sqrt(loss / (F @ F)), rel=1e-9)


def test_a_closed_form_needs_no_splines_to_have_its_loss() -> None:
    """With the default knots the projection costs nothing that could be seen: the exact forces have the same loss."""
    channels = pair_channels(["Ar"], 4.5)
    random = np.random.default_rng(2)
    frames = [with_forces(lattice_gas(random), channels, [LJ], 0.01, random) for _ in range(12)]
    exact = [with_forces(f, channels, [LJ]) for f in frames]
    objective = Objective.of(one_pass(Frames(frames), channels))
    loss = sum(np.sum((f.forces - e.forces) ** 2) for f, e in zip(frames, exact, strict=True))
    r = objective.nodes[0]
    values = 4 * 0.01 * ((2.27 / r) ** 12 - (2.27 / r) ** 6)
    residual = objective.residual([values])
    assert residual @ residual + objective.floor == pytest.approx(loss, rel=1e-9)
    shifted = objective.residual([values + 7.5])  # forces know no additive constant
    np.testing.assert_allclose(shifted, residual, atol=1e-9 * np.linalg.norm(objective.y))


def test_the_floor_is_what_no_function_explains() -> None:
    frames = random_frames(3)
    statistic = accumulated(frames)
    objective = Objective.of(statistic)
    X, F = rows(frames, statistic)
    assert objective.floor == pytest.approx(smallest(X, F), rel=1e-9)
    assert objective.ceiling == pytest.approx(np.sqrt(smallest(X, F) / (F @ F)), rel=1e-9)


def test_noise_free_forces_have_no_floor() -> None:
    """Forces of the splines' own kind are explained completely, and the objective says 0, not 1e-17."""
    frames = random_frames(4)
    random = np.random.default_rng(5)
    bases = accumulated(frames).bases
    k = [random.normal(size=b.size) for b in bases]
    slopes = [
        lambda r, k=k[c], b=b: sum(a * s(r) for a, s in zip(k, spline_slopes(b), strict=True))
        for c, b in enumerate(bases)
    ]
    objective = Objective.of(accumulated([with_forces(f, MIXTURE, slopes) for f in frames]))
    assert objective.floor == 0 and objective.ceiling == 0
    values = [b.matrix(r) @ a for b, r, a in zip(bases, objective.nodes, k, strict=True)]
    assert objective.relative_error(values) < 1e-8


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_elimination_gives_the_others_their_best(channel: int) -> None:
    frames = random_frames(6)
    statistic = accumulated(frames)
    objective = Objective.of(statistic).without_others(channel)
    X, F = rows(frames, statistic)
    mine = statistic.columns(channel)
    others = np.delete(X, np.r_[mine], axis=1)
    random = np.random.default_rng(7)
    assert len(objective.nodes) == len(objective.maps) == 1
    for _ in range(3):
        values = random.normal(size=len(objective.nodes[0]))
        k = coefficients(statistic, channel, values, objective.nodes[0])
        expected = smallest(others, F - X[:, mine] @ k)
        residual = objective.residual([values])
        assert residual @ residual + objective.floor == pytest.approx(expected, rel=1e-8)


def test_what_others_do_where_they_are_seldom_is_eliminated_too() -> None:
    """A spline of one close pair is short, but what multiplies it is large where atoms repel each other."""
    random = np.random.default_rng(11)
    mine, others = random.normal(size=(9, 2)), random.normal(size=(9, 3)) * [1.0, 1.0, 1e-9]
    y = mine @ [1.0, -2.0] + others @ [1.0, 1.0, 1e5]
    nodes = (np.arange(1.0, 3.0), np.arange(1.0, 4.0))
    whole = Objective(nodes, (mine, others), y, np.zeros((0, 9)), 0.0, float(y @ y))
    alone = whole.without_others(0)
    assert len(alone.y) == 6
    assert np.linalg.norm(alone.residual([np.array([1.0, -2.0])])) < 1e-12


def test_nothing_to_eliminate() -> None:
    random = np.random.default_rng(8)
    channels = pair_channels(["Ar"], 4.5)
    frames = [with_any_forces(lattice_gas(random), random) for _ in range(4)]
    whole = Objective.of(accumulated(frames, channels))
    alone = whole.without_others(0)
    np.testing.assert_array_equal(alone.maps[0], whole.maps[0])
    np.testing.assert_array_equal(alone.y, whole.y)


def test_decomposition() -> None:
    """A = WᵀW and Wᵀy = B on what the data determine; constant functions are not among that."""
    random = np.random.default_rng(9)
    X = random.normal(size=(200, 12)) * 10.0 ** random.uniform(-6, 6, 12)
    X[:, 5] = 0  # never sampled
    X[:, 7] = X[:, 3] * 2 - X[:, 2]  # dependent
    F = random.normal(size=200)
    solved = decompose(X.T @ X, X.T @ F, F @ F)
    size = np.linalg.norm(X, axis=0)
    size[5] = 1.0
    assert len(solved.y) == 10
    assert np.abs((solved.W.T @ solved.W - X.T @ X) / size / size[:, None]).max() < 1e-11
    assert np.abs((solved.W.T @ solved.y - X.T @ F) / size).max() < 1e-11 * np.linalg.norm(F)
    np.testing.assert_allclose(solved.W @ solved.inverse, np.eye(10), atol=1e-9)
    np.testing.assert_allclose(X @ (solved.inverse @ solved.y), projected(X, F), atol=1e-9)


def projected(X: np.ndarray, F: np.ndarray) -> np.ndarray:
    """F projected on the columns of X."""
    size = np.linalg.norm(X, axis=0)
    U, s, _ = np.linalg.svd(X / np.where(size == 0, 1, size), full_matrices=False)
    return np.asarray(U[:, s > 1e-9 * s[0]] @ (U[:, s > 1e-9 * s[0]].T @ F))


# ---------------------------------------------------------------------------------------- the spline fit


def test_the_spline_fit_draws_the_functions() -> None:
    """φ' within what the splines can do, φ from the cutoff inwards, one point per sampled interval."""
    random = np.random.default_rng(10)
    channels = pair_channels(["Ar"], 4.5)
    frames = [with_forces(lattice_gas(random, sites=4), channels, [LJ]) for _ in range(80)]
    statistic = accumulated(frames, channels, knots=60)
    fit = spline_fit(statistic)
    r, energy, slope = fit.r[0], fit.energy[0], fit.slope[0]
    assert (np.diff(r) > 0).all() and r.size == np.count_nonzero(statistic.coverage[0].counts)
    assert statistic.coverage[0].minimum * 0.98 < r[0] and r[-1] < 4.5
    inside = slice(4, None)  # the innermost intervals hold a handful of pairs
    scale = np.abs(slope[inside]).max()
    np.testing.assert_allclose(slope[inside], LJ(r[inside]), atol=1e-6 * scale)
    exact = 4 * 0.01 * ((2.27 / r) ** 12 - (2.27 / r) ** 6 - (2.27 / 4.5) ** 12 + (2.27 / 4.5) ** 6)
    np.testing.assert_allclose(energy[inside], exact[inside], atol=1e-6 * np.abs(exact[inside]).max())


def test_standard_errors_have_the_right_size() -> None:
    """Over 200 draws of the noise the scatter of φ' is the error that each of them states."""
    random = np.random.default_rng(11)
    channels = pair_channels(["Ar"], 4.5)
    places = [lattice_gas(random) for _ in range(15)]
    basis = LogSplines(4.5, 1 / 6).covering(1.7)
    k = random.normal(size=basis.size)

    def slope(r: np.ndarray) -> np.ndarray:
        return np.asarray(sum(a * s(r) for a, s in zip(k, spline_slopes(basis), strict=True)))

    exact = [with_forces(f, channels, [slope]) for f in places]
    standardised = []
    for _ in range(200):
        noisy = [replace(f, forces=f.forces + 0.3 * random.normal(size=f.forces.shape)) for f in exact]
        fit = spline_fit(accumulated(noisy, channels, knots=6))
        standardised.append((fit.slope[0] - slope(fit.r[0])) / fit.error[0])
    z = np.array(standardised)
    assert z.shape[1] > 4
    assert (np.abs(z.mean(axis=0)) < 4 / np.sqrt(200)).all()  # 4 standard errors of a mean
    assert (np.abs(z.std(axis=0) - 1) < 4 / np.sqrt(400)).all()  # and of a standard deviation
