"""Error bars: over repeated experiments the 95 % interval holds the truth 95 % of the time, whatever the noise.

Features are those of random clusters, accumulated once; the sums that repeated noise would give are drawn directly.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from systems import Frames, blocks_of, clusters

from interpot import accumulate, pair_channels
from interpot.formula.naming import name
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.selection import Judge
from interpot.formula.terms import library
from interpot.formula.uncertainty import half_width
from interpot.records import FloatArray
from interpot.statistic.basis import LogSplines
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

CUTOFF, NOISE, REPEATS = 9.0, 0.01, 1000
FAST = {("Lennard-Jones", 8, True), ("Lennard-Jones", 16, False)}
SLOW = pytest.mark.slow
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
