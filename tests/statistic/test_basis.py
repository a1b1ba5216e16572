"""The splines against scipy's, and what they can represent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import BSpline
from statistic_systems import spline_slopes

from interpot.errors import InterpotError
from interpot.statistic.basis import DEGREE, Functions, LogSplines

CUTOFF = 7.3
COARSE = LogSplines(CUTOFF, 1 / 9, 12)


def samples(basis: LogSplines, count: int = 500) -> np.ndarray:
    """Distances all over the lattice, its knots, its edges and their neighbours included."""
    knots = basis.cutoff * np.exp(-np.arange(basis.intervals) * basis.spacing)
    edges = np.array([basis.innermost * (1 + 1e-9), np.nextafter(basis.cutoff, 0)])
    inside = np.random.default_rng(0).uniform(basis.innermost, basis.cutoff, count)
    around = np.concatenate([np.nextafter(knots, 0), knots[1:], np.nextafter(knots[1:], 99)])
    return np.concatenate([edges, around, inside])


def dense(basis: LogSplines, r: np.ndarray) -> np.ndarray:
    """Spread the sparse slopes of the accumulation."""
    first, values = basis.slopes(r)
    assert first.min() >= 0 and first.max() + DEGREE < basis.size
    out = np.zeros((r.size, basis.size))
    np.put_along_axis(out, first[:, None] + np.arange(DEGREE + 1), values, axis=1)
    return out


def test_values_are_those_of_scipy() -> None:
    r = samples(COARSE)
    u = np.log(CUTOFF / r) * 9
    for m, column in enumerate(COARSE.matrix(r).T):
        spline = BSpline.basis_element(np.arange(m - 5.0, m + 2.0), extrapolate=False)
        np.testing.assert_allclose(column, np.nan_to_num(spline(u)), atol=1e-14)


def test_slopes_are_those_of_scipy() -> None:
    r = samples(COARSE)
    expected = np.column_stack([slope(r) for slope in spline_slopes(COARSE)])
    scale = np.abs(expected).max()
    np.testing.assert_allclose(COARSE.matrix(r, derivative=True), expected, atol=1e-13 * scale)
    np.testing.assert_allclose(dense(COARSE, r), expected, atol=1e-13 * scale)


def test_slopes_are_the_differences_of_the_values() -> None:
    r = np.random.default_rng(3).uniform(COARSE.innermost * 1.01, CUTOFF * 0.99, 200)
    h = 1e-4
    five = [COARSE.matrix(r + k * h) for k in (-2, -1, 1, 2)]
    difference = (five[0] - 8 * five[1] + 8 * five[2] - five[3]) / (12 * h)
    np.testing.assert_allclose(dense(COARSE, r), difference, atol=1e-9)


def test_splines_are_a_partition_of_one() -> None:
    r = samples(LogSplines(CUTOFF).covering(1.9))
    basis = LogSplines(CUTOFF).covering(1.9)
    np.testing.assert_allclose(basis.matrix(r).sum(axis=1), 1, atol=1e-14)
    slopes = dense(basis, r)
    np.testing.assert_allclose(slopes.sum(axis=1), 0, atol=1e-12 * np.abs(slopes).max())


def test_growing_changes_no_function() -> None:
    """A function keeps its index and its values when a closer pair turns up."""
    r = samples(COARSE)
    grown = COARSE.covering(0.5)
    assert grown.intervals > COARSE.intervals and grown.innermost <= 0.5
    np.testing.assert_array_equal(dense(grown, r)[:, : COARSE.size], dense(COARSE, r))
    np.testing.assert_array_equal(grown.matrix(r)[:, : COARSE.size], COARSE.matrix(r))
    assert not grown.matrix(r)[:, COARSE.size :].any()


def test_covering_never_shrinks() -> None:
    assert COARSE.covering(CUTOFF * 0.9) == COARSE
    assert COARSE.covering(COARSE.innermost * 1.001) == COARSE
    assert LogSplines(CUTOFF).covering(CUTOFF * 0.9999).intervals == 1


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    knot=st.integers(0, 700),
    ulps=st.integers(-3, 3),
    cutoff=st.floats(0.5, 40.0),
    spacing=st.sampled_from([1 / 180, 1 / 9, 0.1, 0.0313]),
)
def test_covering_covers_a_sample_on_a_knot(knot: int, ulps: int, cutoff: float, spacing: float) -> None:
    """Rounding decides on which side of the knot it falls: the columns that the kernel fills must exist."""
    r = cutoff * np.exp(-knot * spacing)
    for _ in range(abs(ulps)):
        r = np.nextafter(r, 0 if ulps < 0 else 1e9)
    if r < cutoff:
        basis = LogSplines(cutoff, spacing).covering(r)
        first, values = basis.slopes(np.array([r]))
        assert 0 <= first[0] <= basis.size - DEGREE - 1
        assert basis.innermost <= r * (1 + 1e-14)
        np.testing.assert_allclose(values.sum(), 0, atol=1e-11 * np.abs(values).max())


TERMS = {
    "r^-12": lambda r: r**-12.0,
    "r^-6": lambda r: r**-6.0,
    "r^-1": lambda r: 1 / r,
    "r^2": lambda r: r**2,
    "exp(-4r/σ)": lambda r: np.exp(-1.3 * r),
    "Yukawa": lambda r: np.exp(-r / 2) / r,
    "Gaussian": lambda r: np.exp(-(r**2) / 2),
    "log": np.log,
}


@pytest.mark.parametrize("name", TERMS)
def test_typical_terms_are_represented_to_1e_8(name: str) -> None:
    """Both the function's values and its slope, over a factor of 3.5, through the projection on the nodes."""
    function, h = TERMS[name], 1e-20
    basis = LogSplines(8.5).covering(2.4)
    nodes = basis.nodes()
    assert (np.diff(nodes) < 0).all() and basis.innermost < nodes[-1] and nodes[0] < 8.5
    k = np.linalg.lstsq(basis.matrix(nodes), function(nodes), rcond=None)[0]
    r = np.random.default_rng(1).uniform(2.42, 8.48, 3000)
    slope = np.imag(function(r + 1j * h)) / h  # complex step: exact to rounding
    error = basis.matrix(r) @ k - function(r)
    assert np.sqrt(np.mean(error**2) / np.mean(function(r) ** 2)) < 1e-8
    slope_error = basis.matrix(r, derivative=True) @ k - slope
    assert np.sqrt(np.mean(slope_error**2) / np.mean(slope**2)) < 1e-8


def test_given_functions() -> None:
    basis = Functions([lambda r: r**2, lambda r: np.array(3.0)], ("cube", "line"))
    first, slopes = basis.slopes(np.array([1.0, 2.0]))
    assert basis.size == 2 and basis.covering(1e-9) is basis
    np.testing.assert_array_equal(first, [0, 0])
    np.testing.assert_array_equal(slopes, [[1, 3], [4, 3]])
    assert slopes.flags.c_contiguous
    with pytest.raises(InterpotError, match="1 functions were given with 2 names"):
        Functions([np.exp], ("a", "b"))
