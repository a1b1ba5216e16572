"""Rows of several frames, held against sums of the features of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from statistic_systems import features, lattice_gas, with_any_forces

from interpot.records import Frame, Surface
from interpot.statistic import windows as ways
from interpot.statistic.accumulator import Accumulator
from interpot.statistic.basis import LogSplines
from interpot.statistic.channels import Channel, asked_channels, pair_channels
from interpot.statistic.frame_rows import Wanted
from interpot.statistic.normal_equations import Statistic
from interpot.trajectory.targets import Windows
from interpot.units import unit_style

METAL = unit_style("metal")
ARGON = pair_channels(["Ar"], 5.0)
MIXTURE = pair_channels(["Ne", "Xe"], 4.5, {"Ne-Ne": 3.9, "Xe-Ne": 5.2})
SYSTEMS = {
    "liquid": (ARGON, {}),
    "mixture": (MIXTURE, {"species": ("Ne", "Xe")}),
    "open cloud": (ARGON, {"periodic": False}),
    "two dimensions": (ARGON, {"dimension": 2, "sites": 5}),
    "small box": (ARGON, {"sites": 2, "spacing": 1.9, "rattle": 0.2}),
}


def coarse(channels: Sequence[Channel]) -> list[LogSplines]:
    return [LogSplines(c.cutoff, 1 / 15) for c in channels]


def summed(
    items: Sequence[Windows], channels: Sequence[Channel], threads: int = 1, **wanted: str
) -> Statistic:
    accumulator = Accumulator(channels, threads=threads, wanted=Wanted(**wanted))
    for item in items:
        accumulator.add(item)
    try:
        return accumulator.statistic(METAL, {})
    finally:
        accumulator.close()


def some_windows(name: str, seed: int = 5) -> Windows:
    """Three windows over four frames in which the particles drift through bins and across boundaries."""
    random = np.random.default_rng(seed)
    _, options = SYSTEMS[name]
    first = lattice_gas(random, **options)  # type: ignore[arg-type]
    flat = np.arange(3) < first.dimension
    stretch = tuple(
        replace(
            first,
            positions=first.positions + (0.4 * k + 0.05 * random.normal(size=first.positions.shape)) * flat,
        )
        for k in range(4)
    )
    weights = random.normal(size=(3, 4))
    weights[2, 0] = 0.0
    return Windows(stretch, weights, random.normal(size=(3, *first.positions.shape)), (0, 1))


@pytest.mark.parametrize("name", SYSTEMS)
def test_rows_are_weighted_sums_of_features(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    channels, _ = SYSTEMS[name]
    windows = some_windows(name)
    dimension, n = windows.frames[0].dimension, len(windows.frames[0].positions)
    monkeypatch.setattr(ways, "ROWS_BYTES", 40_000)  # few particles at a time
    accumulator = Accumulator(channels, coarse(channels))
    accumulator.add(windows)
    statistic = accumulator.statistic(METAL, {})
    bases = [basis for basis in statistic.bases if isinstance(basis, LogSplines)]
    of_frames = np.stack([features(f, channels, bases) for f in windows.frames])
    X = np.einsum("wt,tak->wak", windows.weights, of_frames).reshape(3 * n * dimension, -1)
    F = windows.targets[:, :, :dimension].ravel()
    sizes = np.maximum(np.linalg.norm(X, axis=0), 0.1 * np.linalg.norm(X, axis=0).max())
    assert (np.abs(statistic.gram - X.T @ X) / np.outer(sizes, sizes)).max() < 1e-12
    assert (np.abs(statistic.moment - X.T @ F) / sizes).max() < 1e-12 * np.linalg.norm(F)
    assert statistic.square == pytest.approx(F @ F) and statistic.rows == F.size and statistic.frames == 2


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_window_over_copies_of_a_frame_is_that_frame(name: str) -> None:
    channels, options = SYSTEMS[name]
    random = np.random.default_rng(8)
    frames = [with_any_forces(lattice_gas(random, **options), random) for _ in range(3)]  # type: ignore[arg-type]
    assert_same_as_instants(frames, channels)


def test_walls_and_fields_take_part() -> None:
    random = np.random.default_rng(9)
    walls = (Surface("xlo", "plane", 0, 1, -2.0), Surface("xhi", "plane", 0, -1, 11.0))
    frames = [
        replace(
            with_any_forces(lattice_gas(random, species=("Ne", "Xe"), periodic=False), random), surfaces=walls
        )
        for _ in range(3)
    ]
    channels = asked_channels(("Ne", "Xe"), frames[0], 5.0, {"Ne@z": 20.0}, ("Ne@z",), {}, 1.0)
    assert {c.kind for c in channels} == {"pair", "wall", "field"}
    assert_same_as_instants(frames, channels)


def assert_same_as_instants(frames: Sequence[Frame], channels: Sequence[Channel]) -> None:
    one = summed([Windows.of(f, f.forces) for f in frames if f.forces is not None], channels)
    quarters = np.array([[0.25, 0.75]])
    two = summed(
        [Windows((f, replace(f)), quarters, f.forces[None]) for f in frames if f.forces is not None],
        channels,
    )
    sizes = np.sqrt(np.diag(one.gram))
    sizes = np.maximum(sizes, 0.1 * sizes.max())
    assert (np.abs(one.gram - two.gram) / np.outer(sizes, sizes)).max() < 1e-12
    assert (np.abs(one.moment - two.moment) / sizes).max() < 1e-12 * np.sqrt(one.square)
    assert one.rows == two.rows and one.frames == two.frames
    for a, b in zip(one.coverage, two.coverage, strict=True):
        np.testing.assert_array_equal(a.counts, b.counts)
        assert (a.minimum, a.maximum) == (b.minimum, b.maximum)


def test_the_closest_pair_of_a_frame_that_is_not_counted_has_its_splines() -> None:
    windows = some_windows("liquid")
    first = windows.frames[0]
    close = first.positions.copy()
    close[1] = close[0] + [0.7, 0.0, 0.0]
    frames = (*windows.frames[:3], replace(first, positions=close))
    statistic = summed([replace(windows, frames=frames, fresh=(0,))], ARGON)
    assert statistic.coverage[0].minimum == pytest.approx(0.7)
    assert statistic.bases[0].innermost <= 0.7  # type: ignore[attr-defined]
    assert statistic.gram[-6:, -6:].any()


def test_threads_change_no_bit() -> None:
    items = [some_windows("mixture", seed) for seed in range(12)]
    one, two = (summed(items, MIXTURE, threads) for threads in (1, 2))
    assert np.array_equal(one.gram, two.gram) and np.array_equal(one.moment, two.moment)


def test_triangular_factors_hold_the_same_sums() -> None:
    items = [some_windows("liquid", seed) for seed in range(6)]
    gram, qr = summed(items, ARGON), summed(items, ARGON, factor="qr")
    (table,) = qr.blocks.tables
    triangles = sum(t.T @ t for t in table.tables)
    np.testing.assert_allclose(triangles[:-1, :-1], gram.gram, atol=1e-10 * gram.gram.max())
    np.testing.assert_allclose(triangles[:-1, -1], gram.moment, atol=1e-10 * np.abs(gram.moment).max())


def test_a_species_of_which_there_is_none() -> None:
    windows = some_windows("mixture")
    alone = [replace(frame, kinds=np.zeros_like(frame.kinds)) for frame in windows.frames]
    windows = replace(windows, frames=tuple(alone))
    statistic, expected = (summed([windows], channels) for channels in (MIXTURE, MIXTURE[:1]))
    assert MIXTURE[0].label == "Ne-Ne" and statistic.rows == expected.rows
    np.testing.assert_allclose(statistic.blocks.square, expected.blocks.square, rtol=1e-12)
    columns = statistic.columns(0)
    np.testing.assert_allclose(statistic.gram[columns, columns], expected.gram, rtol=1e-9, atol=1e-12)
