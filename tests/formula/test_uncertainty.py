"""Error bars: over repeated experiments the 95 % interval holds the truth 95 % of the time, whatever the noise.

Features are those of random clusters, accumulated once; the sums that repeated noise would give are drawn directly.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from systems import Frames, blocks_of, clusters

from interpot import InterpotError, Potential, accumulate, discover, pair_channels
from interpot.formula.judge import Judge
from interpot.formula.naming import name
from interpot.formula.quantity import half_width
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.terms import library
from interpot.formula.uncertainty import jackknife, meat, sandwich
from interpot.records import FloatArray
from interpot.report.tables import print_potential
from interpot.statistic.basis import LogSplines
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

CUTOFF, NOISE, REPEATS = 9.0, 0.01, 1000
FAST = {("Lennard-Jones", 8, True)}
SLOW = pytest.mark.slow  # together ten minutes
Truth = tuple[Form, FloatArray, tuple[float, ...]]


def lennard_jones(epsilon: float, sigma: float) -> Truth:
    form = Form.of(library(["power", "power"]), np.array([12.0, 6.0]))
    return form, 4 * epsilon * np.array([sigma**12, -(sigma**6)]), (epsilon, sigma)


def buckingham(a: float, rho: float, c_6: float) -> Truth:
    form = Form.of(library(["exponential", "power"]), np.array([1 / rho, 6.0]))
    return form, np.array([a, -c_6]), (a, rho, c_6)


SYSTEMS: dict[str, tuple[tuple[str, ...], list[Truth]]] = {
    "Lennard-Jones": (("Ar",), [lennard_jones(0.0103, 3.4)]),
    "Buckingham": (("Ar",), [buckingham(3000.0, 0.3, 60.0)]),
    "mixture": (
        ("Ar", "Kr"),
        [lennard_jones(0.0103, 3.4), buckingham(4000.0, 0.31, 80.0), lennard_jones(0.014, 3.65)],
    ),
}


@cache
def features(species: tuple[str, ...], blocks: int) -> tuple[Statistic, FloatArray, FloatArray]:
    """A statistic of two clusters per block, the A of its blocks and their rows."""
    random = np.random.default_rng(blocks)
    frames = [
        replace(f, species=species, kinds=random.integers(len(species), size=len(f.positions)))
        for f in clusters(lambda r: 0 * r, frames=2 * blocks, high=14.0, seed=blocks)
    ]
    trajectory = Frames(frames)
    channels = pair_channels(trajectory, CUTOFF)
    bases = [LogSplines(CUTOFF, 1 / 12).covering(2.95)] * len(channels)
    statistic = accumulate(trajectory, channels, bases=bases)
    parts = np.array_split(np.arange(len(statistic.blocks)), blocks)
    grams = np.array([statistic.blocks.gram(part) for part in parts])
    return statistic, grams, np.array([statistic.blocks.rows[part].sum() for part in parts])


class Experiments:
    """Repeats of an experiment: the same frames, other noise.

    Correlated noise adds to each block a disturbance of the forces that all its frames share, as strong as the
    rest for a single row and so far stronger in the sums, and blocks whose noise differs by factors of about two.
    """

    def __init__(self, system: str, blocks: int, correlated: bool) -> None:
        species, self.truths = SYSTEMS[system]
        self.statistic, self.grams, self.rows = features(species, blocks)
        self.correlated = correlated
        self.k = self.splines([form.columns for form, _, _ in self.truths], [a for _, a, _ in self.truths])
        self.square = np.einsum("i,bij,j->b", self.k, self.grams, self.k)
        self.noise = NOISE * np.sqrt(self.square.sum() / self.rows.sum())
        values, vectors = np.linalg.eigh(self.grams)
        self.roots = vectors * np.sqrt(np.maximum(values, 0.0))[:, None]
        shapes = [
            self.splines([lambda r, n=n: r[:, None] ** -n] * len(self.truths), signs)
            for n in (4, 6, 9, 12)
            for signs in np.eye(len(self.truths))[:, :, None]
        ]
        sizes = [np.sqrt(np.einsum("i,bij,j->", s, self.grams, s) / self.rows.sum()) for s in shapes]
        self.disturbances = np.array(shapes) / np.array(sizes)[:, None] / np.sqrt(len(shapes))

    def splines(self, columns: list, coefficients: list) -> FloatArray:
        parts = []
        for basis, f, a in zip(self.statistic.bases, columns, coefficients, strict=True):
            r = basis.nodes()
            parts.append(np.linalg.pinv(basis.matrix(r)) @ (f(r) @ a))
        return np.concatenate(parts)

    def draw(self, random: np.random.Generator) -> Statistic:
        """The sums of frames with other noise: Xᵀε is normal with covariance A, εᵀε what it must be."""
        count, size = len(self.grams), len(self.k)
        z = random.normal(size=(count, size))
        moment = np.einsum("bij,bj->bi", self.roots, z)
        square = np.sum(z**2, axis=1) + random.chisquare(self.rows - size)
        if self.correlated:
            shared = random.normal(size=(count, len(self.disturbances))) @ self.disturbances
            pushed = np.einsum("bij,bj->bi", self.grams, shared)
            square += np.einsum("bi,bi->b", shared, pushed + 2 * moment)
            moment = moment + pushed
        level = self.noise * (np.exp(0.4 * random.normal(size=count)) if self.correlated else np.ones(count))
        moment, square = level[:, None] * moment, level**2 * square
        square = self.square + 2 * moment @ self.k + square
        blocks = blocks_of(
            self.grams, self.grams @ self.k + moment, square, self.rows, np.full(count, 2, dtype=np.int64)
        )
        return replace(self.statistic, blocks=blocks)

    def fitted(self, statistic: Statistic) -> tuple[Judge, Fit]:
        objective = Objective.of(statistic)
        return Judge(statistic, objective), fit(objective, [form for form, _, _ in self.truths])

    def named(self, found: Fit) -> tuple[FloatArray, FloatArray]:
        """The field's constants and their derivatives."""
        parts = [name(f, a, CUTOFF) for f, a in zip(found.forms, found.coefficients, strict=True)]
        values = [p.value for part in parts for p in part.parameters]
        gradient = np.zeros((len(values), found.constants))
        row = column = 0
        for part in parts:
            rows, columns = part.gradient.shape
            gradient[row : row + rows, column : column + columns] = part.gradient
            row, column = row + rows, column + columns
        return np.array(values), gradient

    def coverage(self, repeats: int) -> FloatArray:
        """How often the 95 % interval holds the truth, per constant."""
        truth = np.concatenate([constants for _, _, constants in self.truths])
        random, held = np.random.default_rng(len(self.grams)), np.zeros(len(truth))
        for _ in range(repeats):
            judge, found = self.fitted(self.draw(random))
            values, gradient = self.named(found)
            errors = np.sqrt(np.diag(gradient @ judge.covariance(found) @ gradient.T))
            held += np.abs(values - truth) <= half_width(1.0, judge.freedom) * errors
        return held / repeats


@pytest.mark.parametrize(
    ("system", "blocks", "correlated"),
    [
        pytest.param(system, blocks, correlated, marks=() if (system, blocks, correlated) in FAST else SLOW)
        for system in SYSTEMS
        for blocks in (8, 16, 32)
        for correlated in (False, True)
    ],
)
def test_the_interval_holds_the_truth_as_often_as_it_says(system: str, blocks: int, correlated: bool) -> None:
    coverage = Experiments(system, blocks, correlated).coverage(REPEATS)
    assert (coverage >= 0.93).all() and (coverage <= 0.97).all(), coverage


# ---------------------------------------------------------------------------- the sandwich by itself


def blocks_of_rows(seed: int, count: int, spread: float) -> list[FloatArray]:
    """Features of blocks that differ in size by factors of e^spread, some constants known from few of them."""
    random = np.random.default_rng(seed)
    sizes = np.exp(spread * random.normal(size=(count, 3)))
    return [size * random.normal(size=(20, 3)) for size in sizes]


def sums(
    X: list[FloatArray], y: list[FloatArray], a: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    shares = np.array([x.T @ x for x in X])
    scores = np.array([x.T @ (x @ a - f) for x, f in zip(X, y, strict=True)])
    return shares.sum(axis=0), scores, shares


def solved(X: list[FloatArray], y: list[FloatArray]) -> FloatArray:
    return np.asarray(np.linalg.lstsq(np.vstack(X), np.concatenate(y), rcond=None)[0])


@pytest.mark.parametrize(("count", "spread"), [(6, 0.0), (6, 0.7), (16, 1.2)])
def test_the_sandwich_is_unbiased_where_the_noise_is_even(count: int, spread: float) -> None:
    """Bell and McCaffrey: its mean over repeats is the covariance, however unequal the blocks."""
    X = blocks_of_rows(1, count, spread)
    random, claimed = np.random.default_rng(2), []
    for _ in range(1500):
        y = [random.normal(size=20) for _ in X]
        H, scores, shares = sums(X, y, solved(X, y))
        claimed.append(sandwich(H, meat(H, scores, shares, 0.0)))
    true = np.linalg.inv(H)
    size = np.sqrt(np.diag(true))
    np.testing.assert_allclose(
        np.mean(claimed, axis=0) / np.outer(size, size), true / np.outer(size, size), atol=0.1
    )


def test_the_sandwich_changes_with_the_units_as_a_covariance_does() -> None:
    X = blocks_of_rows(3, 8, 0.5)
    y = [np.random.default_rng(n).normal(size=20) for n in range(8)]
    H, scores, shares = sums(X, y, solved(X, y))
    T = np.array([[1e9, 0, 0], [3.0, 1e-3, 0], [0, 0, 1e-12]])  # constants of other units
    there = sandwich(T.T @ H @ T, meat(T.T @ H @ T, scores @ T, T.T @ shares @ T, 1.0))
    here = sandwich(H, meat(H, scores, shares, 1.0))
    np.testing.assert_allclose(T @ there @ T.T, here, rtol=1e-6, atol=1e-9 * np.abs(here).max())


def test_what_a_single_block_tells_has_the_error_of_independent_residuals() -> None:
    """The third constant occurs in block 0 only, whose gradient it makes zero: no spread over blocks speaks of it."""
    random = np.random.default_rng(5)
    X = [random.normal(size=(40, 3)) * [1, 1, n == 0] for n in range(10)]
    y = [random.normal(size=40) for _ in X]
    a = solved(X, y)
    variance = sum(float(np.sum((x @ a - f) ** 2)) for x, f in zip(X, y, strict=True)) / (400 - 3)
    H, scores, shares = sums(X, y, a)
    alone = sandwich(H, meat(H, scores, shares, 0.0))[2, 2]
    covariance = sandwich(H, meat(H, scores, shares, variance))
    assert covariance[2, 2] > 3 * alone
    assert covariance[2, 2] == pytest.approx(variance * np.linalg.inv(H)[2, 2], rel=0.2)
    without = sandwich(H[:2, :2], meat(H[:2, :2], scores[:, :2], shares[:, :2, :2], variance))
    assert covariance[0, 0] == pytest.approx(without[0, 0], rel=0.3)


# ---------------------------------------------------------------------------- the jackknife


def test_the_jackknife_is_that_of_refits_row_by_row() -> None:
    """Of a linear fit the refits without a block are known: θ - (H - h_b)⁻¹ (-g_b)."""
    experiments = Experiments("Lennard-Jones", 8, correlated=True)
    statistic = experiments.draw(np.random.default_rng(1))
    _, found = experiments.fitted(statistic)
    [(form, *_)] = experiments.truths
    [basis] = statistic.bases
    r = basis.nodes()
    T = np.linalg.pinv(basis.matrix(r)) @ form.columns(r)
    scale = np.linalg.norm(T, axis=0)
    T = T / scale
    h = np.array([T.T @ statistic.blocks.gram(n) @ T for n in range(8)])
    b = statistic.blocks.moment @ T
    refits = np.array([np.linalg.solve(h.sum(axis=0) - h[n], b.sum(axis=0) - b[n]) for n in range(8)]) / scale
    expected = 7 / 8 * (refits - refits.mean(axis=0)).T @ (refits - refits.mean(axis=0))
    np.testing.assert_allclose(jackknife(statistic, found), expected, rtol=1e-6)


@pytest.mark.parametrize("system", SYSTEMS)
def test_jackknife_and_sandwich_agree_where_blocks_are_many(system: str) -> None:
    experiments = Experiments(system, 32, correlated=True)
    statistic = experiments.draw(np.random.default_rng(7))
    judge, found = experiments.fitted(statistic)
    one, other = judge.covariance(found), jackknife(statistic, found)
    np.testing.assert_allclose(np.sqrt(np.diag(other) / np.diag(one)), 1, atol=0.1)


# ---------------------------------------------------------------------------- what is shown


def shown(potential: Potential) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_potential(console, potential)
    return " ".join(console.file.getvalue().split())


def test_discovery_keeps_the_degrees_of_freedom(tmp_path: Path) -> None:
    statistic = Experiments("Lennard-Jones", 8, correlated=False).draw(np.random.default_rng(3))
    found = discover(statistic, terms=["power"]).best
    sigma = next(p for p in found.parameters if p.name == "sigma")
    half = 2.364624251592784 * sigma.stderr  # t of 7 degrees of freedom, from a table
    assert found.interval("sigma") == pytest.approx((sigma.value - half, sigma.value + half), rel=1e-12)
    found.save(tmp_path / "potential.json")
    assert Potential.load(tmp_path / "potential.json").interval("sigma") == found.interval("sigma")
    low, high = found.interval("sigma", "Ar", "Ar", level=0.5)
    assert high - low == pytest.approx(2 * 0.711142 * sigma.stderr, rel=1e-5)
    assert "95 % intervals are ±2.36 of them (7 degrees of freedom)" in shown(found)
    alone = discover(statistic.in_one_block(), terms=["power"]).best
    assert alone.freedom == np.inf
    assert "95 % intervals are ±1.96 of them (independent residuals)" in shown(alone)
    low, high = alone.interval("sigma")
    assert high - low == pytest.approx(2 * 1.959964 * alone.channel().parameters[1].stderr, rel=1e-6)
    with pytest.raises(InterpotError, match="Ar-Ar has no constant 'rho': it has epsilon, sigma"):
        found.interval("rho")
    with pytest.raises(InterpotError, match="a level of 95 was asked for: expected one between 0 and 1"):
        found.interval("sigma", level=95)


def test_a_file_without_degrees_of_freedom_is_read(tmp_path: Path) -> None:
    statistic = Experiments("Lennard-Jones", 8, correlated=False).draw(np.random.default_rng(3))
    path = tmp_path / "potential.json"
    discover(statistic, terms=["power"]).best.save(path)
    document = json.loads(path.read_text())
    assert document.pop("degrees_of_freedom") == 7
    path.write_text(json.dumps(document))
    assert Potential.load(path).freedom == np.inf
    path.write_text(json.dumps({**document, "degrees_of_freedom": 0.5}))
    with pytest.raises(InterpotError, match=r"'degrees_of_freedom' is 0\.5, expected at least 1"):
        Potential.load(path)


def test_noise_of_one_species_hides_nothing_of_another() -> None:
    """B-B is seen by quiet particles, A-A by loud ones: one variance for both would hide it."""
    random, kinds = np.random.default_rng(3), np.arange(30) % 2
    frames = clusters(
        lambda r: np.where(r < 8.5, 0.25 * ((3.4 / r) ** 7 / 3.4 - 2 * (3.4 / r) ** 13 / 3.4), 0.0),
        frames=24,
        atoms=30,
        low=3.2,
        high=12.0,
    )
    noise = np.where(kinds[:, None] == 0, 0.5, 1e-4)
    frames = [
        replace(f, species=("A", "B"), kinds=kinds, forces=f.forces + noise * random.normal(size=(30, 3)))
        for f in frames
    ]
    data = Frames(frames)
    statistic = accumulate(data, pair_channels(data, 8.5), cutoffs="given")
    objective = Objective.of(statistic)
    powers = Form((library(["power"])[0],) * 2, np.array([6.0, 12.0]), np.zeros((2, 0)))
    found = fit(objective, [powers] * 3)
    judge = Judge(statistic, objective)
    assert [judge.candidate(found, of).determined for of in (0, 2)] == [False, True]
