"""Whitened rows against noise that was drawn."""

from __future__ import annotations

import numpy as np

from interpot.trajectory.targets.test_functions import weak_weights
from interpot.trajectory.targets.whitening import noise_covariance, whitener


def windows(widths: tuple[int, ...], length: int = 24) -> np.ndarray:
    rows = []
    for width in widths:
        for first in range(0, length - 2 * width, max(1, width // 2)):
            row = np.zeros(length)
            row[first : first + 2 * width + 1] = weak_weights(0.1 * np.arange(2 * width + 1), 2).motion
            rows.append(row)
    return np.array(rows)


def test_whitened_noise_has_unit_covariance() -> None:
    """Drawn noise of overlapping windows: covariance 1 with, far from it without."""
    weights = windows((4, 8))
    covariance = noise_covariance(weights)
    noise = np.random.default_rng(1).normal(size=(weights.shape[1], 200_000))
    drawn = np.cov(weights @ noise)
    np.testing.assert_allclose(drawn, covariance, atol=0.02 * np.max(covariance))
    white = np.cov(whitener(covariance, 1.0) @ weights @ noise)
    np.testing.assert_allclose(white, np.eye(len(weights)), atol=0.02)


def test_more_windows_than_frames_keep_what_is_independent() -> None:
    """Whitened rows span the noise of the frames less the free flight: a projector of rank T - 2."""
    weights = windows((1, 2, 3), length=9)
    assert len(weights) > weights.shape[1]
    mixing = whitener(noise_covariance(weights), 1.0)
    white = mixing @ noise_covariance(weights) @ mixing.T
    np.testing.assert_allclose(white @ white, white, atol=1e-6)
    np.testing.assert_allclose(np.trace(white), weights.shape[1] - 2, rtol=1e-9)


def test_one_window_stays_as_it_is() -> None:
    weights = windows((4,), length=9)
    covariance = noise_covariance(weights)
    np.testing.assert_allclose(whitener(covariance, float(np.sqrt(covariance[0, 0]))), [[1.0]])
