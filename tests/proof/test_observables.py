"""Observables in cases whose answer is known exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from proof_systems import disordered

from interpot.errors import InterpotError
from interpot.proof.observables.blocks import block_average, block_count, drift
from interpot.proof.observables.displacement import msd
from interpot.proof.observables.radial import rdf, rdfs
from interpot.records import Cell, Frame

SHEAR = np.array([[12.0, 0.0, 0.0], [3.0, 11.0, 0.0], [-2.0, 4.0, 13.0]])
CUBE = 12.0 * np.eye(3)


def uniform(
    vectors: np.ndarray, n: int, frames: int, dimension: int = 3, species: tuple[str, ...] = ("A",)
) -> list[Frame]:
    random = np.random.default_rng(11)
    kinds = np.arange(n) % len(species)
    cell = Cell(vectors, np.array([5.0, -1.0, 0.0]), (True, True, dimension == 3))
    flat = np.array([1.0, 1.0, float(dimension == 3)])
    return [
        Frame(random.random((n, 3)) * flat @ vectors, species, kinds, cell, dimension) for _ in range(frames)
    ]


# ---------------------------------------------------------------------------- structure


@pytest.mark.parametrize(("vectors", "dimension"), [(CUBE, 3), (SHEAR, 3), (SHEAR, 2)])
@pytest.mark.parametrize("species", [("A",), ("A", "B", "C")])
def test_independent_points_have_no_structure(
    vectors: np.ndarray, dimension: int, species: tuple[str, ...]
) -> None:
    curves = rdfs(uniform(vectors, 120, 64, dimension, species), rmax=5.0, bins=20)
    assert len(curves) == len(species) * (len(species) + 1) // 2
    for curve in curves.values():
        known = curve.error > 0
        assert known[2:].all()
        score = (curve.y[known] - 1) / curve.error[known]
        assert np.sqrt(np.mean(score**2)) < 2
        assert np.average(curve.y[5:], weights=curve.error[5:] ** -2) == pytest.approx(1, abs=0.02)


def test_points_stay_uncorrelated_beyond_the_box() -> None:
    frames = uniform(4.0 * np.eye(3), 30, 64)
    curve = rdf(frames, ("A", "A"), rmax=3.9, bins=8)
    np.testing.assert_allclose(curve.y[3:], 1, atol=0.05)


def test_own_images_are_no_structure() -> None:
    """Six in a box of 10 Å: their own images, all at 10, 14.1 ... Å, would be a peak in the bin that begins there."""
    curve = rdf(uniform(10.0 * np.eye(3), 6, 4096), ("A", "A"), rmax=12.5, bins=25)
    assert (curve.error[2:] < 0.05).all() and curve.x[20] == 10.25
    assert np.max(np.abs((curve.y - 1) / curve.error)[2:]) < 5
    np.testing.assert_allclose(curve.y[10:], 1, atol=0.03)


def test_a_lattice_has_twelve_nearest_neighbours() -> None:
    edge, n = 5.0, 4 * 27
    frame = disordered(spacing=edge)
    lattice = replace(frame, positions=np.round(frame.positions / (edge / 2)) * (edge / 2))
    curve = rdf([lattice], ("Ar", "Ar"), rmax=4.0, bins=80)
    width = curve.x[1] - curve.x[0]
    shells = 4 * np.pi / 3 * ((curve.x + width / 2) ** 3 - (curve.x - width / 2) ** 3)
    assert np.sum(curve.y * shells) * (n - 1) / (3 * edge) ** 3 == pytest.approx(12)
    assert curve.x[curve.y > 0] == pytest.approx([edge / np.sqrt(2)], abs=width)


def test_an_open_cloud_has_a_distribution_of_distances() -> None:
    frame = disordered(periodic=(False, False, False))
    curve = rdf([frame] * 32, ("Ar", "Ar"), rmax=60.0, bins=240)
    assert np.sum(curve.y) * (curve.x[1] - curve.x[0]) == pytest.approx(1)
    np.testing.assert_allclose(curve.error, 0, atol=1e-12)  # the frames are all alike


def test_pairs_of_a_mixture_are_told_apart() -> None:
    """A-B pairs at distance 1 only, isolated from each other."""
    x = 20.0 * np.arange(4)[:, None] * [1, 0, 0]
    positions = np.concatenate([x, x + np.array([0, 1.05, 0])])
    cell = Cell(80.0 * np.eye(3), np.zeros(3), (True, True, True))
    frame = Frame(positions, ("A", "B"), np.repeat([0, 1], 4), cell)
    curves = rdfs([frame], rmax=10.0, bins=100)
    assert not curves["A", "A"].y.any() and not curves["B", "B"].y.any()
    shell = 4 * np.pi / 3 * (1.1**3 - 1.0**3)
    assert curves["A", "B"].y[10] == pytest.approx(4 * 80.0**3 / (16 * shell))


# ---------------------------------------------------------------------------- motion


def moving(path: np.ndarray, wrapped: bool, told: bool, dimension: int = 3) -> Iterator[Frame]:
    """Frames of particles on a path (m, n, 3) in a sheared cell, half an internal time unit apart."""
    cell = Cell(SHEAR, np.zeros(3), (True, True, dimension == 3))
    for k, positions in enumerate(path):
        fractional = positions @ np.linalg.inv(SHEAR)
        inside = (fractional - np.floor(fractional)) @ SHEAR if wrapped else positions
        yield Frame(
            inside, ("A",), np.zeros(len(positions), dtype=np.int64), cell, dimension,
            unwrapped=positions if told else None, time=0.5 * k, source="path", index=k,
        )  # fmt: skip


@pytest.mark.parametrize(("wrapped", "told"), [(False, False), (True, False), (True, True)])
def test_free_flight_is_ballistic(wrapped: bool, told: bool) -> None:
    velocities = np.random.default_rng(5).normal(0, 1.0, (50, 3))
    path = np.arange(64)[:, None, None] * 0.5 * velocities + 3.0
    curve = msd(moving(path, wrapped, told))
    np.testing.assert_allclose(curve.y, np.mean(np.sum(velocities**2, axis=1)) * curve.x**2, rtol=1e-12)
    np.testing.assert_allclose(curve.x, 0.5 * np.arange(1, 8))
    np.testing.assert_allclose(curve.error, 0, atol=1e-12 * curve.y.max())


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_random_walk_diffuses(dimension: int) -> None:
    """D = s²/(2 dt) for steps of variance s² per component: MSD = 2 d D t; z is no data in two dimensions."""
    deviation, spacing = 0.3, 0.5
    steps = np.random.default_rng(6).normal(0, deviation, (800, 60, 3))
    if dimension == 2:
        steps[:, :, 2] = 0
    curve = msd(moving(np.cumsum(steps, axis=0), wrapped=True, told=False, dimension=dimension))
    exact = 2 * dimension * (deviation**2 / (2 * spacing)) * curve.x
    assert len(curve.x) == 50
    assert np.sqrt(np.mean(((curve.y - exact) / curve.error) ** 2)) < 2.5
    assert (curve.error < 0.15 * exact).all()
    np.testing.assert_allclose(curve.y[:5], exact[:5], rtol=0.03)


def test_particles_that_cannot_be_followed() -> None:
    path = np.zeros((40, 5, 3))
    path[20:, 2, 0] = 5.0  # 0.42 of the cell between two frames
    with pytest.raises(InterpotError, match=r"path frame 20: a particle moved by 0\.42 of the cell"):
        msd(moving(path, wrapped=False, told=False))
    frames = list(moving(np.zeros((40, 5, 3)), wrapped=False, told=False))
    frames[7] = replace(frames[7], kinds=np.zeros(4, dtype=np.int64), positions=np.zeros((4, 3)))
    with pytest.raises(InterpotError, match="path frame 7 does not hold the same particles"):
        msd(frames)
    frames = list(moving(np.zeros((40, 5, 3)), wrapped=False, told=False))
    with pytest.raises(InterpotError, match="not evenly spaced in time"):
        msd(frames[:20] + frames[25:])
    with pytest.raises(InterpotError, match="give the time between two frames"):
        msd([replace(frame, time=None) for frame in frames])


# ---------------------------------------------------------------------------- time series


def test_standard_errors_of_independent_and_correlated_series() -> None:
    random = np.random.default_rng(9)
    noise = random.normal(0, 1, (4096, 400))
    mean, error = block_average(noise)
    assert np.sqrt(np.mean(error**2)) == pytest.approx(1 / np.sqrt(4096), rel=0.05)
    assert np.sqrt(np.mean((mean / error) ** 2)) == pytest.approx(
        np.sqrt(7 / 5), rel=0.1
    )  # Student's t, ν = 7
    correlated = np.zeros_like(noise)
    for k in range(1, len(noise)):  # AR(1): var of the mean = (1 + a)/(1 - a) · var/m
        correlated[k] = 0.9 * correlated[k - 1] + np.sqrt(1 - 0.81) * noise[k]
    _, error = block_average(correlated)
    assert np.sqrt(np.mean(error**2)) == pytest.approx(np.sqrt(1.9 / 0.1 / 4096), rel=0.08)


def test_blocks() -> None:
    assert [block_count(m) for m in (3, 8, 15, 16, 31, 32, 1000)] == [0, 2, 3, 4, 7, 8, 8]
    assert np.isnan(block_average(np.arange(5.0))[1])


def test_drift_of_lines_and_random_walks() -> None:
    time = 0.1 * np.arange(400)
    line = drift(time, -5.0 + 0.03 * time)
    assert line.y[0] == pytest.approx(0.03)
    assert line.error[0] < 1e-12
    steps = np.random.default_rng(2).normal(0, 1, (200, 400))
    scores = [(c.y[0] / c.error[0]) for c in (drift(time, np.cumsum(s)) for s in steps)]
    assert np.sqrt(np.mean(np.square(scores))) == pytest.approx(np.sqrt(6 / 4), rel=0.2)  # Student's t


def test_fluctuations_of_an_energy_are_no_drift() -> None:
    """Noise of 1 about a line: means of 50 at either end of the run tell its slope, and the error is no smaller."""
    time, noise = 0.1 * np.arange(400), np.random.default_rng(3).normal(0, 1, (200, 400))
    found = [drift(time, 0.03 * time + n) for n in noise]
    off = np.array([c.y[0] - 0.03 for c in found])
    assert off.std() == pytest.approx(np.sqrt(2 / 50) / (350 * 0.1), rel=0.15)
    assert np.sqrt(np.mean(np.square(off / [c.error[0] for c in found]))) < 1


def test_a_short_run_has_a_drift_without_an_error() -> None:
    for count in (2, 7, 8, 11):
        time = np.arange(float(count))
        line = drift(time, 1.0 - 0.5 * time)
        assert line.y[0] == pytest.approx(-0.5) and np.isnan(line.error[0])
