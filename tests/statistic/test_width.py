"""The choice of a width against errors that are known because the truth is."""

from __future__ import annotations

import numpy as np
import pytest

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.statistic.width import best_width

TRUTH = np.array([1.0, -2.0, 0.5])
A0 = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, 0.1], [0.0, 0.1, 0.5]])


def observed(
    noise: float, attenuation: float, groups: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, float]:
    """Group sums of rows whose features are averaged down, and the error of the forces of their fit."""
    features = rng.multivariate_normal(np.zeros(3), A0, size=(groups, 40)) * attenuation
    targets = features @ TRUTH + noise * rng.normal(size=features.shape[:2])
    gram = np.einsum("gim,gin->gmn", features, features)
    moment = np.einsum("gim,gi->gm", features, targets)
    off = np.linalg.solve(gram.sum(axis=0), moment.sum(axis=0)) - TRUTH
    return gram, moment, float(off @ A0 @ off)


def test_the_expected_error_is_the_error() -> None:
    rng = np.random.default_rng(8)
    drawn = [observed(0.3, 0.5, 25, rng) for _ in range(200)]
    expected = [best_width({4: gram}, {4: moment}, A0).errors[4] ** 2 for gram, moment, _ in drawn]
    assert np.mean(expected) == pytest.approx(np.mean([error for *_, error in drawn]), rel=0.15)


def test_the_width_of_least_error_is_chosen() -> None:
    """Noise falls with the width, but so do the averaged forces: the best is between."""
    rng = np.random.default_rng(9)
    widths = {1: (3.0, 1.0), 4: (0.6, 0.8), 16: (0.5, 0.2)}
    made = {width: observed(*of, 40, rng) for width, of in widths.items()}
    chosen = best_width({w: m[0] for w, m in made.items()}, {w: m[1] for w, m in made.items()}, A0)
    assert chosen.width == 4
    assert min(chosen.errors, key=lambda width: chosen.errors[width]) == 4


def test_of_widths_alike_the_narrowest() -> None:
    gram, moment, _ = observed(0.3, 0.5, 25, np.random.default_rng(10))
    assert best_width({8: gram, 2: gram}, {8: moment, 2: moment}, A0).width == 2


def test_features_that_no_frame_samples_do_not_matter() -> None:
    gram, moment, _ = observed(0.3, 0.5, 25, np.random.default_rng(11))
    wider = np.zeros((4, 4))
    wider[:3, :3] = A0
    padded = best_width(
        {2: np.pad(gram, ((0, 0), (0, 1), (0, 1)))}, {2: np.pad(moment, ((0, 0), (0, 1)))}, wider
    )
    assert padded.errors[2] == pytest.approx(best_width({2: gram}, {2: moment}, A0).errors[2], rel=1e-9)


def test_too_few_groups() -> None:
    gram, moment, _ = observed(0.3, 0.5, 5, np.random.default_rng(12))
    with pytest.raises(InterpotError, match="5 groups of windows at most, where 8 are needed"):
        best_width({8: gram}, {8: moment}, A0)
