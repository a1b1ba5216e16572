"""The normal equations against the textbook's matrix, built row by row without the package's kernels."""

from __future__ import annotations

import errno
import os
import signal
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Timer

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statistic_systems import (
    METAL,
    Frames,
    Slope,
    columns,
    features,
    lattice_gas,
    lennard_jones,
    neighbours,
    spline_slopes,
    with_any_forces,
    with_forces,
)

import interpot
from interpot.errors import InterpotError
from interpot.neighbours import pairs
from interpot.records import Cell, FloatArray, Frame
from interpot.statistic import accumulator as passes
from interpot.statistic import batches, large_arrays, panels
from interpot.statistic import pair_splines as ways
from interpot.statistic.accumulate import accumulate
from interpot.statistic.accumulator import Accumulator
from interpot.statistic.basis import Functions, LogSplines
from interpot.statistic.block_store import MAX_BLOCKS, block_length
from interpot.statistic.blocks import ARRAYS
from interpot.statistic.channels import Channel, pair_channels
from interpot.statistic.features import AnyFeatures
from interpot.statistic.layout import Layout
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.one_pass import one_pass
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets import Windows
from interpot.units import unit_style

SPACING = 1 / 15


def coarse(channels: Sequence[Channel]) -> list[LogSplines]:
    return [LogSplines(c.cutoff, SPACING) for c in channels]


def check_sums(statistic: Statistic, frames: Sequence[Frame], tolerance: float = 1e-12) -> None:
    """A, B and C of each block, to a fraction of the sizes of the columns that were multiplied."""
    first = 0
    bases = [b for b in statistic.bases if isinstance(b, LogSplines)]
    for k, count in enumerate(statistic.blocks.frames):
        mine = frames[first : first + int(count)]
        X = np.vstack([features(f, statistic.channels, bases) for f in mine])
        F = np.concatenate([f.forces[:, : f.dimension].ravel() for f in mine])
        sizes = np.linalg.norm(X, axis=0)
        # the foot of a spline has no digits of its own
        sizes = np.maximum(sizes, 0.1 * max(sizes.max(), 1e-9))
        gram_error = np.abs(statistic.blocks.gram(k) - X.T @ X) / np.outer(sizes, sizes)
        assert gram_error.max() < tolerance
        moment_error = np.abs(statistic.blocks.moment[k] - X.T @ F) / sizes
        assert moment_error.max() <= tolerance * np.linalg.norm(F)
        assert statistic.blocks.square[k] == pytest.approx(F @ F, rel=1e-12)
        assert statistic.blocks.rows[k] == len(F)
        first += int(count)
    assert first == len(frames) == statistic.frames


def systems() -> dict[str, tuple[list[Frame], tuple[Channel, ...]]]:
    random = np.random.default_rng(20)
    argon, mixture = (
        pair_channels(["Ar"], 5.0),
        pair_channels(["Ne", "Xe"], 4.5, {"Ne-Ne": 3.9, "Xe-Ne": 5.2}),
    )

    def several(**options: object) -> list[Frame]:
        return [with_any_forces(lattice_gas(random, **options), random) for _ in range(4)]  # type: ignore[arg-type]

    changing = [
        with_any_forces(
            lattice_gas(random, spacing=2.8 + 0.1 * k, vacancies=4 * k, shear=k, species=("Ne", "Xe")), random
        )
        for k in range(4)
    ]
    lone = [replace(f, species=("Ne", "Xe"), kinds=f.kinds * 0 + k % 2) for k, f in enumerate(several())]
    return {
        "liquid": (several(), argon),
        "mixture": (several(species=("Ne", "Xe")), mixture),
        "small box": (several(sites=2, spacing=1.9, rattle=0.2), argon),
        "open cloud": (several(periodic=False), argon),
        "two dimensions": (several(dimension=2, sites=5), argon),
        "boxes and numbers that change": (changing, mixture),
        "species by turns": (lone, pair_channels(["Ne", "Xe"], 5.0)),
        "pairs that no channel has": (several(species=("Ne", "Xe")), (mixture[0], mixture[2])),
    }


SYSTEMS = systems()


@pytest.mark.parametrize("name", SYSTEMS)
def test_sums_are_those_of_the_textbook(name: str) -> None:
    frames, channels = SYSTEMS[name]
    if name == "species by turns":  # no frame holds both: Ne-Xe never meet, which one_pass would refuse
        channels = (channels[0], channels[2])
    check_sums(one_pass(Frames(frames), channels, coarse(channels)), frames)


def test_the_default_knots() -> None:
    """180 knots to a factor e in r: rounding of r itself, other than ASE's, weighs 180 times as much."""
    frames, channels = SYSTEMS["liquid"]
    statistic = one_pass(Frames(frames[:2]), channels)
    assert statistic.bases[0].size > 150
    check_sums(statistic, frames[:2], 1e-11)


@pytest.mark.parametrize("name", ["mixture", "two dimensions", "boxes and numbers that change"])
@pytest.mark.parametrize("bytes_", [1, 3_000, 20_000, 70_000])
def test_a_frame_larger_than_the_panel(name: str, bytes_: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut by particles, down to one at a time, and several frames to a panel."""
    for module, constant in ((panels, "PANEL_BYTES"), (passes, "BATCH_BYTES")):
        monkeypatch.setattr(module, constant, bytes_)
    frames, channels = SYSTEMS[name]
    check_sums(one_pass(Frames(frames), channels, coarse(channels)), frames)


@pytest.mark.parametrize("name", SYSTEMS)
def test_scattered_sums_are_those_of_the_textbook(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it would not pay."""
    monkeypatch.setattr(ways, "SCATTER_BELOW", np.inf)
    frames, channels = SYSTEMS[name]
    if name == "species by turns":
        channels = (channels[0], channels[2])
    check_sums(one_pass(Frames(frames), channels, coarse(channels)), frames)


def test_a_gas_is_scattered_and_a_liquid_is_not() -> None:
    random = np.random.default_rng(3)
    for spacing, scattered in ((9.0, True), (2.0, False)):
        frame = with_any_forces(lattice_gas(random, spacing=spacing), random)
        layout = Layout.of(SYSTEMS["liquid"][1], [LogSplines(5.0, 1 / 180, 400)])
        fast = ways.PairSplines(layout.channels)
        fast.begin(frame, layout)
        products = np.zeros((layout.size + 1, layout.size + 1))
        assert fast.scatter(products, frame.forces[fast.order], 0) is scattered


@pytest.mark.parametrize("scatter", [ways.SCATTER_BELOW, np.inf])
@pytest.mark.parametrize("name", SYSTEMS)
def test_frames_in_one_go_give_the_bits_of_one_after_the_other(
    name: str, scatter: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Search, rows and products in one compiled loop against the same loops with Python between them."""
    monkeypatch.setattr(ways, "SCATTER_BELOW", scatter)
    frames, channels = SYSTEMS[name]
    if name == "species by turns":
        channels = (channels[0], channels[2])
    runs: list[int] = []
    sum_frames = ways.sum_frames
    monkeypatch.setattr(ways, "sum_frames", lambda *given: runs.append(given[1]) or sum_frames(*given))
    whole = one_pass(Frames([*frames] * 40), channels, coarse(channels))
    alone_in_its_box = name in ("boxes and numbers that change", "two dimensions", "open cloud")
    assert max(runs) == 1 if alone_in_its_box else max(runs) > 2
    monkeypatch.setattr(ways.PairSplines, "run", lambda *_: 0)
    alone = one_pass(Frames([*frames] * 40), channels, coarse(channels))
    assert identical(whole, alone)
    for one, two in zip(whole.coverage, alone.coverage, strict=True):
        np.testing.assert_array_equal(one.counts, two.counts)
        assert (one.minimum, one.maximum) == (two.minimum, two.maximum)


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_at_any_instant_is_a_keyboard_interrupt(threads: int) -> None:
    """Also where compiled code hands over to Python."""
    frames, channels = SYSTEMS["liquid"]
    whole = one_pass(Frames([*frames] * 3), channels, coarse(channels))
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for instant in range(12):
            timer = Timer(0.01 + 0.004 * instant, os.kill, (os.getpid(), signal.SIGINT))
            with pytest.raises(KeyboardInterrupt):
                timer.start()
                one_pass(Frames([*frames] * 100_000), channels, coarse(channels), threads=threads)
            timer.join()
    finally:
        signal.signal(signal.SIGINT, handler)
    assert identical(whole, one_pass(Frames([*frames] * 3), channels, coarse(channels)))


@pytest.mark.parametrize("kind", ["<f4", ">f8", "fortran", "read-only"])
def test_arrays_of_any_kind_among_others(kind: str) -> None:
    """Compiled loops take one kind of array; what others hold is copied."""

    def other(array: FloatArray) -> FloatArray:
        if kind == "read-only":
            array = array.copy()
            array.flags.writeable = False
            return array
        return np.asfortranarray(array) if kind == "fortran" else array.astype(kind)

    frames, channels = SYSTEMS["liquid"]
    single = [
        replace(
            f, positions=f.positions.astype("<f4").astype(float), forces=f.forces.astype("<f4").astype(float)
        )
        for f in frames
    ]
    mixed = [
        f if k % 2 else replace(f, positions=other(f.positions), forces=other(f.forces))
        for k, f in enumerate(single)
    ]
    one, two = (one_pass(Frames(f * 30), channels, coarse(channels)) for f in (single, mixed))
    assert identical(one, two)


def test_both_ways_to_the_features_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled loop against contributions, splines and rows one after the other."""
    turns, three = SYSTEMS["species by turns"]
    for frames, channels in (SYSTEMS["mixture"], SYSTEMS["two dimensions"], (turns, (three[0], three[2]))):
        fast = one_pass(Frames(frames), channels, coarse(channels))
        with monkeypatch.context() as patch:
            patch.setattr(batches, "features_of", lambda layout: AnyFeatures(layout.channels))
            slow = one_pass(Frames(frames), channels, coarse(channels))
        assert same_but_for_rounding(fast, slow, 1e-13)
        for one, two in zip(fast.coverage, slow.coverage, strict=True):
            np.testing.assert_array_equal(one.counts, two.counts)
            assert one.minimum == pytest.approx(two.minimum, rel=1e-15)


def same_but_for_rounding(one: Statistic, two: Statistic, bound: float) -> bool:
    """Whether all blocks agree to a fraction of the sizes of what was multiplied: |ΔA_kl| < bound √(A_kk A_ll)."""
    for k in range(len(one.blocks)):
        size = np.sqrt(np.diag(one.blocks.gram(k)))
        size = np.maximum(size, 1e-3 * size.max())
        if (np.abs(one.blocks.gram(k) - two.blocks.gram(k)) > bound * np.outer(size, size)).any():
            return False
    return len(one.blocks) == len(two.blocks)


@pytest.mark.parametrize("name", ["liquid", "mixture"])
def test_threads_change_no_bit_and_pieces_only_the_last(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frames, channels = SYSTEMS[name]
    frames = [frames[k % 4] for k in (0, 1, 1, 2, 0, 3, 2, 1, 0, 2, 3)]
    one = one_pass(Frames(frames), channels, coarse(channels))
    for threads in (2, 3):
        again = one_pass(Frames(frames), channels, coarse(channels), threads=threads)
        assert identical(one, again)
    for module, constant in ((panels, "PANEL_BYTES"), (passes, "BATCH_BYTES")):
        monkeypatch.setattr(module, constant, 5_000)
    assert same_but_for_rounding(one, one_pass(Frames(frames), channels, coarse(channels)), 1e-13)


def identical(one: Statistic, two: Statistic) -> bool:
    """Bit for bit."""
    parts = zip(one.blocks.parts, two.blocks.parts, strict=True)
    same = all(np.array_equal(getattr(a, name), getattr(b, name)) for a, b in parts for name in ARRAYS)
    return same and one.bases == two.bases and np.array_equal(one.blocks.frames, two.blocks.frames)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("after", [1, 5, 64, 66, 67, 99, 100, 141])
def test_going_on_from_a_snapshot(after: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit for bit as if nothing had happened, wherever it was cut; closer pairs turn up on the way."""
    monkeypatch.setattr(
        passes, "BATCH_BYTES", 1
    )  # every frame is a batch, so that it can be cut within a block
    frames, channels = SYSTEMS["mixture"]
    frames = [replace(f, positions=f.positions * (1 - 4e-3 * k)) for k in range(40) for f in frames]
    whole = Accumulator(channels, coarse(channels), threads=threads)
    cut = Accumulator(channels, coarse(channels), threads=threads)
    for frame in frames:
        whole.add(Windows.of(frame, frame.forces))
    for frame in frames[:after]:
        cut.add(Windows.of(frame, frame.forces))
    assert cut.at_batch_end
    resumed = Accumulator(channels, coarse(channels), threads=threads, snapshot=cut.snapshot())
    for frame in frames[after:]:
        resumed.add(Windows.of(frame, frame.forces))
    ends = whole.snapshot(), resumed.snapshot()
    assert ends[0].start == ends[1].start != ends[0].ahead == ends[1].ahead
    one, two = whole.statistic(METAL, {}), resumed.statistic(METAL, {})
    assert identical(one, two)
    for a, b in zip(one.coverage, two.coverage, strict=True):
        np.testing.assert_array_equal(a.counts, b.counts)
        assert (a.minimum, a.maximum) == (b.minimum, b.maximum)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(1, 300))
def test_the_length_of_blocks_is_known_beforehand(count: int) -> None:
    frames, channels = SYSTEMS["liquid"]
    lone = replace(
        frames[0], positions=frames[0].positions[:2] * 0.5, kinds=frames[0].kinds[:2], forces=np.ones((2, 3))
    )
    blocks = one_pass(Frames([lone] * count), channels, [LogSplines(5.0, 0.5)]).blocks
    assert blocks.frames[0] == min(block_length(count), count)


def test_little_memory_leaves_few_blocks_but_eight() -> None:
    frames, channels = SYSTEMS["liquid"]
    whole = one_pass(Frames(frames * 50), channels, coarse(channels))
    for memory, most in ((10**9, 64), (whole.blocks.nbytes * 3 // 4, 32), (1, 16)):
        scarce = one_pass(Frames(frames * 50), channels, coarse(channels), memory=memory)
        assert most / 2 <= len(scarce.blocks) < most
        assert set(scarce.blocks.frames[:-1].tolist()) == {int(scarce.blocks.frames[0])}
        np.testing.assert_allclose(scarce.gram, whole.gram, atol=1e-13 * whole.gram.max())


def test_blocks_in_a_file_are_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, channels = SYSTEMS["mixture"]
    in_memory = one_pass(Frames(frames * 20), channels, coarse(channels))
    monkeypatch.setattr(large_arrays, "IN_MEMORY", 0)
    in_file = one_pass(Frames(frames * 20), channels, coarse(channels))
    assert identical(in_memory, in_file)
    assert all(isinstance(part.gram, np.memmap) for part in in_file.blocks.parts)


def test_no_room_for_blocks_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    frames, channels = SYSTEMS["liquid"]
    monkeypatch.setattr(large_arrays, "IN_MEMORY", 0)
    monkeypatch.setattr(large_arrays.os, "posix_fallocate", full)
    with pytest.raises(
        InterpotError, match=r"no room for .* MB of sums in .*No space left.*TMPDIR.*--memory"
    ):
        one_pass(Frames(frames), channels, coarse(channels))


@pytest.mark.parametrize("sites", [3, 9])
def test_memory_does_not_grow_with_the_frames(sites: int) -> None:
    """Of 27 particles, whose frames weigh nothing beside the sums, and of 729, where they are a good part."""
    channels, random = SYSTEMS["liquid"][1], np.random.default_rng(12)
    frames = [with_any_forces(lattice_gas(random, sites=sites), random)]
    one_pass(
        Frames(frames), channels, coarse(channels)
    )  # what is compiled and imported now does not count later
    peaks = []
    for count in (100, 1000):
        tracemalloc.start()
        one_pass(Frames(Repeated(frames[0], count)), channels, coarse(channels))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.03 * peaks[0]


class Repeated(Sequence[Frame]):
    """The same frame over and over, in memory only while it is looked at."""

    def __init__(self, frame: Frame, count: int) -> None:
        self.frame, self.count = frame, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Frame:  # type: ignore[override]
        if index >= self.count:
            raise IndexError
        return replace(self.frame, positions=self.frame.positions.copy())


@pytest.mark.parametrize("name", ["liquid", "mixture", "two dimensions", "small box"])
def test_forces_of_a_spline_potential_come_back(name: str) -> None:
    """X k of random coefficients k explains all of the force: C = kᵀA k, B = A k."""
    frames, channels = SYSTEMS[name]
    bases = one_pass(Frames(frames), channels, coarse(channels)).bases
    random = np.random.default_rng(6)
    k = [random.normal(size=b.size) for b in bases]

    def slope(c: int) -> Slope:
        return lambda r: sum(a * s(r) for a, s in zip(k[c], spline_slopes(bases[c]), strict=True))

    forced = [with_forces(f, channels, [slope(c) for c in range(len(channels))]) for f in frames]
    statistic = one_pass(Frames(forced), channels, coarse(channels))
    joint = np.concatenate(k)
    size = np.sqrt(np.diag(statistic.gram))
    error = statistic.moment - statistic.gram @ joint
    assert (np.abs(error) <= 1e-12 * size * np.sqrt(statistic.square)).all()
    assert joint @ statistic.gram @ joint == pytest.approx(statistic.square, rel=1e-11)


def test_coverage() -> None:
    frames, channels = SYSTEMS["mixture"]
    statistic = one_pass(Frames(frames), channels, coarse(channels))
    for c, (channel, basis, seen) in enumerate(
        zip(channels, statistic.bases, statistic.coverage, strict=True)
    ):
        r = np.concatenate([np.linalg.norm(neighbours(f, channel)[2], axis=1) for f in frames])
        assert seen.minimum == pytest.approx(r.min(), abs=1e-12)
        assert seen.maximum == pytest.approx(r.max(), abs=1e-12)
        interval = np.floor(np.log(channel.cutoff / r) / SPACING).astype(int)
        np.testing.assert_array_equal(seen.counts, np.bincount(interval) // 2)
        assert seen.counts.size <= basis.size - 5, c


# ------------------------------------------------------------------------------------------------ blocks


@pytest.mark.parametrize("count", [1, 31, 63, 64, 65, 127, 128, 129, 300])
def test_a_stream_of_any_length_ends_with_few_blocks(count: int) -> None:
    random = np.random.default_rng(1)
    kept = [with_any_forces(lattice_gas(random, sites=2), random) for _ in range(5)]
    frames = [kept[k % 5] for k in range(count)]
    channels = pair_channels(["Ar"], 4.0)
    blocks = one_pass(Frames(frames), channels, coarse(channels)).blocks
    assert blocks.frames.sum() == count
    assert min(count, MAX_BLOCKS // 2) <= len(blocks.frames) <= MAX_BLOCKS
    assert len(set(blocks.frames[:-1].tolist())) <= 1 and blocks.frames[-1] <= blocks.frames[0]


def test_joining_blocks_changes_no_sum() -> None:
    random = np.random.default_rng(2)
    frames = [with_any_forces(lattice_gas(random, sites=2), random) for _ in range(150)]
    channels = pair_channels(["Ar"], 4.0)
    statistic = one_pass(Frames(frames), channels, coarse(channels))
    assert set(statistic.blocks.frames.tolist()[:-1]) == {4}
    check_sums(statistic, frames)


def test_the_basis_grows_in_the_middle_of_a_block() -> None:
    """Closer and closer pairs, after the blocks have become long."""
    random = np.random.default_rng(3)
    far = [with_any_forces(lattice_gas(random, sites=2, rattle=0.1), random) for _ in range(70)]
    close = [with_any_forces(lattice_gas(random, sites=2, rattle=0.1 + 0.1 * k), random) for k in range(11)]
    channels = pair_channels(["Ar"], 4.0)
    statistic = one_pass(Frames([*far, *close, *far]), channels, coarse(channels))
    check_sums(statistic, [*far, *close, *far])


# ------------------------------------------------------------------------------------------ invariance


def test_order_of_species_and_particles_and_place_change_nothing() -> None:
    frames, channels = SYSTEMS["mixture"]
    expected = one_pass(Frames(frames), channels, coarse(channels))
    random = np.random.default_rng(9)
    rotation, _ = np.linalg.qr(random.normal(size=(3, 3)))
    moved = []
    for f in frames:
        order = random.permutation(len(f.positions))
        moved.append(
            replace(
                f,
                positions=((f.positions + np.array([0.3, -20.0, 4.0])) @ rotation)[order],
                forces=(f.forces @ rotation)[order],
                kinds=1 - f.kinds[order],
                species=f.species[::-1],
                cell=Cell(f.cell.vectors @ rotation, f.cell.origin, f.cell.periodic),
            )
        )
    found = one_pass(Frames(moved), channels, coarse(channels))
    assert found.bases == expected.bases
    size = np.sqrt(np.diag(expected.gram))
    size[size == 0] = 1
    assert np.abs((found.gram - expected.gram) / size / size[:, None]).max() < 1e-11
    assert np.abs((found.moment - expected.moment) / size).max() < 1e-11 * np.sqrt(expected.square)


# ------------------------------------------------------------------------------------- given functions


@pytest.mark.parametrize("name", ["mixture", "two dimensions", "small box"])
def test_given_functions_make_the_textbook_equations(name: str) -> None:
    """A direct least-squares on explicitly built columns has the same answer."""
    frames, channels = SYSTEMS[name]
    slopes: list[Slope] = [
        lambda r: -12 * (2.6 / r) ** 13,
        lambda r: -6 * (2.6 / r) ** 7,
        lambda r: -np.exp(-r),
        np.ones_like,
    ]
    basis = Functions(slopes, ("r^-12", "r^-6", "exp", "linear"))
    statistic = one_pass(Frames(frames), channels, [basis] * len(channels))
    X = np.vstack([np.hstack([columns(f, c, slopes) for c in channels]) for f in frames])
    F = np.concatenate([f.forces[:, : f.dimension].ravel() for f in frames])
    np.testing.assert_allclose(statistic.gram, X.T @ X, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(statistic.moment, X.T @ F, atol=1e-11 * np.linalg.norm(X, axis=0).max() * 10)
    size = np.linalg.norm(X, axis=0)
    direct = np.linalg.lstsq(X / size, F, rcond=None)[0] / size
    solved = np.linalg.solve(statistic.gram / size / size[:, None], statistic.moment / size) / size
    np.testing.assert_allclose(solved, direct, rtol=1e-7, atol=1e-9 * np.abs(direct).max())
    assert all(seen.counts.size == 0 and seen.minimum > 0 for seen in statistic.coverage)


def test_splines_and_given_functions_find_the_same_constants() -> None:
    frames, channels = SYSTEMS["liquid"]
    truth = lennard_jones(0.0123, 2.7)
    forced = Frames([with_forces(f, channels, [truth]) for f in frames])
    slopes: list[Slope] = [lambda r: -12 * r**-13.0, lambda r: 6 * r**-7.0]
    textbook = one_pass(forced, channels, [Functions(slopes, ("repulsion", "dispersion"))])
    given = np.linalg.solve(textbook.gram, textbook.moment)
    splines = one_pass(forced, channels)
    basis = splines.bases[0]
    assert isinstance(basis, LogSplines)
    nodes = basis.nodes()
    K = np.linalg.lstsq(basis.matrix(nodes), np.column_stack([nodes**-12.0, -(nodes**-6.0)]), rcond=None)[0]
    through = np.linalg.solve(K.T @ splines.gram @ K, K.T @ splines.moment)
    exact = 4 * 0.0123 * np.array([2.7**12, 2.7**6])
    np.testing.assert_allclose(given, exact, rtol=1e-10)
    np.testing.assert_allclose(through, exact, rtol=1e-8)


# --------------------------------------------------------------------------------------------- bad data


def test_what_cannot_be_accumulated_is_one_sentence() -> None:
    frames, channels = SYSTEMS["mixture"]
    with pytest.raises(InterpotError, match=r"no frames in memory\.dump: expected at least one"):
        one_pass(Frames([]), channels)
    named = replace(frames[1], source="a.dump", index=5)
    with pytest.raises(
        InterpotError, match=r"frame 5.*species 'Xe' has no channel, known are Ne: .*--species"
    ):
        one_pass(Frames([named]), channels[:1])
    bare = replace(frames[0], forces=None, source="a.dump", index=3)
    with pytest.raises(InterpotError, match=r"no force columns .* frame 3 of 'a\.dump'"):
        one_pass(Frames([frames[0], bare]), channels)
    with pytest.raises(InterpotError, match="unknown target 'guessed': expected one of recorded"):
        one_pass(Frames(frames), channels, motion=Motion("guessed"))


def test_a_pair_that_never_meets(caplog: pytest.LogCaptureFixture) -> None:
    """The message is in the units of the data; the other pairs are none the worse for it."""
    frames = [replace(f, kinds=f.kinds * 0) for f in SYSTEMS["mixture"][0]]
    nano = unit_style("nano")
    channels = pair_channels(["Ne", "Xe"], 4.2)
    statistic = one_pass(Frames(frames, nano), channels)
    alone = one_pass(Frames(frames, nano), channels[:1])
    assert [message.split(",")[0] for message in caplog.messages] == [
        f"no {pair} pair ever comes within its cutoff of 0.42 nm" for pair in ("Ne-Xe", "Xe-Xe")
    ]
    np.testing.assert_array_equal(statistic.of_channels([0]).gram, alone.gram)
    far = [
        replace(f, positions=np.zeros_like(f.positions[:1]), kinds=f.kinds[:1], forces=f.forces[:1])
        for f in frames
    ]
    with pytest.raises(InterpotError, match=r"memory\.dump: no pair of Ne-Ne, .* cutoff of 0\.42 nm:"):
        one_pass(Frames(far, nano), channels)


def test_progress_counts_frames() -> None:
    frames, channels = SYSTEMS["liquid"]
    seen: list[int] = []
    one_pass(Frames(frames), channels, coarse(channels), progress=seen.append)
    assert seen == [1, 2, 3, 4]


def test_frames_without_particles_or_neighbours() -> None:
    frames, channels = SYSTEMS["liquid"]
    empty = replace(
        frames[0], positions=np.zeros((0, 3)), kinds=np.zeros(0, dtype=int), forces=np.zeros((0, 3))
    )
    lone = replace(
        frames[0], positions=np.zeros((1, 3)), kinds=np.zeros(1, dtype=int), forces=np.ones((1, 3))
    )
    mixed = [empty, frames[0], lone, empty]
    check_sums(one_pass(Frames(mixed), channels, coarse(channels)), mixed)


def test_given_callables_have_the_textbook_s_coefficients() -> None:
    """Through the public door: forces of known coefficients come back, and no formula is sought in them."""
    random = np.random.default_rng(8)
    cell, frames = Cell(np.eye(3) * 9.0, np.zeros(3), (True, True, True)), []
    for _ in range(3):
        sites = np.stack(np.meshgrid(*[np.arange(3.0)] * 3), -1).reshape(-1, 3) * 3 + random.normal(
            0, 0.2, (27, 3)
        )
        frame = Frame(sites, ("A",), np.zeros(27, dtype=np.int64), cell)
        near = pairs(frame, 4.4)
        push = (4 * -12 * near.r**-13.0 - 4 * -6 * near.r**-7.0)[:, None] * near.unit
        forces = np.zeros((27, 3))
        np.add.at(forces, near.i, push)
        np.add.at(forces, near.j, -push)
        frames.append(replace(frame, forces=forces))
    given = Functions((lambda r: -12 * r**-13.0, lambda r: -6 * r**-7.0), ("r^-12", "r^-6"))
    statistic = interpot.accumulate(Frames(frames), pair_channels(["A"], 4.4), bases=[given])
    np.testing.assert_allclose(statistic.solve(), [4.0, -4.0], rtol=1e-9)
    with pytest.raises(InterpotError, match="over given functions"):
        interpot.discover(statistic)


def test_a_pair_that_meets_late() -> None:
    """Behind the frames on which cutoffs are looked for."""
    frames, channels = SYSTEMS["species by turns"]
    statistic = accumulate(Frames([frames[0]] * 300 + [frames[1]] * 20), (channels[0], channels[2]))
    assert statistic.frames == 320 and all(seen.counts.sum() > 0 for seen in statistic.coverage)


@pytest.mark.parametrize("where", [0.0, 1e-12])
@pytest.mark.parametrize("scatter", [0.0, np.inf])
def test_two_particles_in_one_place_are_named(
    where: float, scatter: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "SCATTER_BELOW", scatter)
    frames, channels = SYSTEMS["liquid"]
    positions = frames[0].positions.copy()
    positions[7] = positions[3] + where
    with pytest.raises(InterpotError, match=r"atoms 4 and 8 of frame 0 .* are in one place"):
        one_pass(Frames([replace(frames[0], positions=positions)]), channels)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_position_that_is_no_number(value: float) -> None:
    frames, channels = SYSTEMS["liquid"]
    positions = frames[0].positions.copy()
    positions[3, 1] = value
    with pytest.raises(InterpotError, match="a position or a force is not finite"):
        one_pass(Frames([replace(frames[0], positions=positions)]), channels)


def test_frames_whose_memory_is_used_again() -> None:
    frames, channels = SYSTEMS["liquid"]

    class Reusing(Frames):
        def __iter__(self) -> Iterator[Frame]:
            positions, forces = np.empty_like(frames[0].positions), np.empty_like(frames[0].forces)
            for frame in self.frames:
                positions[:], forces[:] = frame.positions, frame.forces
                yield replace(frame, positions=positions, forces=forces)

    again = one_pass(Reusing(frames), channels, coarse(channels))
    assert identical(one_pass(Frames(frames), channels, coarse(channels)), again)


def test_a_refused_frame_leaves_nothing_behind() -> None:
    frames, channels = SYSTEMS["liquid"]
    layout = Layout.of(channels, [LogSplines(5.0, 1 / 20, 60)])
    summation = batches.Summation(layout)
    positions = frames[0].positions.copy()
    positions[7] = positions[3]
    with pytest.raises(InterpotError, match="in one place"):
        summation([[Windows.of(replace(frames[0], positions=positions), frames[0].forces)]], layout)
    [again], [clean] = (
        s([[Windows.of(frames[1], frames[1].forces)]], layout) for s in (summation, batches.Summation(layout))
    )
    np.testing.assert_array_equal(np.triu(again.products[0]), np.triu(clean.products[0]))
