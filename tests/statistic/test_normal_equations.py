"""Statistics add, keep and refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from statistic_systems import Frames, lattice_gas, with_any_forces
from systems import blocks_of

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.statistic.basis import Functions, LogSplines
from interpot.statistic.channels import pair_channels
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.one_pass import one_pass
from interpot.units import unit_style

CHANNELS = pair_channels(["Ne", "Xe"], 4.5, {"Ne-Ne": 3.9})
NAMES = ("moment", "square", "rows", "frames")


def frames(count: int, rattle: float, seed: int) -> list[Frame]:
    random = np.random.default_rng(seed)
    return [
        with_any_forces(lattice_gas(random, rattle=rattle, species=("Ne", "Xe")), random)
        for _ in range(count)
    ]


def accumulated(data: list[Frame], source: str = "a.dump", spacing: float = 1 / 12) -> Statistic:
    return one_pass(
        Frames(data, sources=(Path(source),)), CHANNELS, [LogSplines(c.cutoff, spacing) for c in CHANNELS]
    )


WIDE, CLOSE = frames(6, 0.3, 1), frames(5, 0.9, 2)


@pytest.mark.parametrize("data", [(WIDE, CLOSE), (CLOSE, WIDE), (WIDE[:3], WIDE[3:])])
def test_two_halves_are_one_pass(data: tuple[list[Frame], list[Frame]]) -> None:
    """Also when one half has seen closer pairs than the other."""
    halves = [accumulated(half, name) for half, name in zip(data, ("a.dump", "b.dump"), strict=True)]
    total, whole = halves[0] + halves[1], accumulated([*data[0], *data[1]])
    assert total.bases == whole.bases and total.channels == whole.channels
    np.testing.assert_allclose(total.gram, whole.gram, atol=1e-13 * np.abs(whole.gram).max())
    np.testing.assert_allclose(total.moment, whole.moment, atol=1e-12 * np.abs(whole.moment).max())
    assert total.square == pytest.approx(whole.square, rel=1e-13)
    assert (total.rows, total.frames) == (whole.rows, whole.frames)
    for mine, theirs in zip(total.coverage, whole.coverage, strict=True):
        assert (mine.minimum, mine.maximum) == (theirs.minimum, theirs.maximum)
        np.testing.assert_array_equal(mine.counts, theirs.counts)
    assert len(total.blocks.frames) == sum(len(h.blocks.frames) for h in halves)
    assert total.provenance["sources"] == ["a.dump", "b.dump"]
    assert total.provenance["frames"] == whole.provenance["frames"]


def test_different_closest_pairs_are_what_the_above_is_about() -> None:
    sizes = [[b.size for b in accumulated(data).bases] for data in (WIDE, CLOSE)]
    assert sizes[0] != sizes[1]


def test_addition_is_associative_and_commutes_but_for_the_order_of_blocks() -> None:
    a, b, c = accumulated(WIDE[:2]), accumulated(CLOSE), accumulated(WIDE[2:])
    one, two = (a + b) + c, a + (b + c)
    for name in NAMES:
        np.testing.assert_array_equal(getattr(one.blocks, name), getattr(two.blocks, name))
    np.testing.assert_array_equal(one.gram, two.gram)
    np.testing.assert_allclose(
        (b + a).gram, (a + b).gram, rtol=1e-13, atol=1e-13 * np.abs((a + b).gram).max()
    )


def test_addition_refuses_what_does_not_belong_together() -> None:
    statistic = accumulated(WIDE[:2])
    other = replace(statistic, units=unit_style("real"))
    with pytest.raises(InterpotError, match="in 'real' units to one in 'metal'"):
        statistic + other
    longer = pair_channels(["Ne", "Xe"], 4.6)
    with pytest.raises(
        InterpotError, match=r"different channels: Ne-Ne to 3\.9 Å, .* against Ne-Ne to 4\.6 Å"
    ):
        statistic + one_pass(Frames(WIDE[:2]), longer)
    with pytest.raises(InterpotError, match="statistics of Ne-Ne with different basis functions"):
        statistic + accumulated(WIDE[:2], spacing=1 / 13)
    functions = [Functions([np.ones_like], ("linear",))] * 3
    with pytest.raises(InterpotError, match="statistics of Ne-Ne with different basis functions"):
        statistic + one_pass(Frames(WIDE[:2]), CHANNELS, functions)


def test_a_block_is_the_same_by_any_whole_number() -> None:
    blocks = accumulated(WIDE).blocks
    for n in range(len(blocks)):
        np.testing.assert_array_equal(blocks.gram(np.int64(n)), blocks.gram(n))
        np.testing.assert_array_equal(blocks.gram(np.array([n])), blocks.gram(n))


def test_given_functions_add_too() -> None:
    functions = [Functions([np.ones_like, np.sin], ("linear", "cosine"))] * 3
    one, two, both = (one_pass(Frames(f), CHANNELS, functions) for f in (WIDE, CLOSE, [*WIDE, *CLOSE]))
    np.testing.assert_allclose((one + two).gram, both.gram, rtol=1e-12)
    renamed = [Functions([np.ones_like, np.cos], ("linear", "sine"))] * 3
    with pytest.raises(InterpotError, match="different basis functions"):
        one + one_pass(Frames(WIDE), CHANNELS, renamed)


def test_padding_moves_columns() -> None:
    blocks = blocks_of(
        np.array([[[1.0, 2], [2, 3]]]), np.array([[4.0, 5]]), np.array([6.0]), np.array([7]), np.array([8])
    )
    padded = blocks.laid_out(np.array([1, 3]), 4, [np.arange(4)])
    np.testing.assert_array_equal(padded.gram(0), [[0, 0, 0, 0], [0, 1, 0, 2], [0, 0, 0, 0], [0, 2, 0, 3]])
    np.testing.assert_array_equal(padded.moment, [[0, 4, 0, 5]])
    assert (padded.square[0], padded.rows[0], padded.frames[0]) == (6, 7, 8)


def test_saved_and_loaded_to_the_last_bit(tmp_path: Path) -> None:
    statistic = accumulated(WIDE) + accumulated(CLOSE)
    statistic = replace(statistic, provenance={**statistic.provenance, "remarks": ["φ ends at 3.9 Å"]})
    path = tmp_path / "statistics.h5"
    statistic.save(path)
    loaded = Statistic.load(path)
    assert (statistic + loaded).provenance["remarks"] == ["φ ends at 3.9 Å"]
    for name in NAMES:
        mine, theirs = getattr(statistic.blocks, name), getattr(loaded.blocks, name)
        np.testing.assert_array_equal(mine, theirs)
        assert mine.dtype == theirs.dtype
    for k in range(len(loaded.blocks)):
        np.testing.assert_array_equal(statistic.blocks.gram(k), loaded.blocks.gram(k))
    assert loaded.channels == statistic.channels and loaded.bases == statistic.bases
    assert loaded.units is statistic.units and loaded.provenance == statistic.provenance
    for seen, again in zip(statistic.coverage, loaded.coverage, strict=True):
        np.testing.assert_array_equal(seen.counts, again.counts)
        assert (seen.minimum, seen.maximum) == (again.minimum, again.maximum)
    assert list(tmp_path.iterdir()) == [path]
    total = loaded + statistic  # what was loaded adds like what was made
    np.testing.assert_allclose(total.gram, 2 * statistic.gram, rtol=0, atol=1e-14 * statistic.gram.max())


def test_many_channels_keep_their_order(tmp_path: Path) -> None:
    """Beyond ten, where names sorted as text would not."""
    random = np.random.default_rng(3)
    species = ("A", "B", "C", "D", "E")
    channels = pair_channels(species, 5.0, {"A-C": 4.0, "E-E": 4.4})
    data = [with_any_forces(lattice_gas(random, sites=4, species=species), random) for _ in range(3)]
    statistic = one_pass(Frames(data), channels, [LogSplines(c.cutoff, 1 / 3) for c in channels])
    statistic.save(tmp_path / "s.h5")
    loaded = Statistic.load(tmp_path / "s.h5")
    assert len(loaded.channels) == 15 and loaded.channels == channels and loaded.bases == statistic.bases
    np.testing.assert_array_equal(loaded.gram, statistic.gram)


def test_functions_have_no_file_form(tmp_path: Path) -> None:
    statistic = one_pass(Frames(WIDE), CHANNELS, [Functions([np.ones_like], ("linear",))] * 3)
    with pytest.raises(InterpotError, match="given functions cannot be saved"):
        statistic.save(tmp_path / "s.h5")
    assert not list(tmp_path.iterdir())


def test_what_is_no_statistic_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "s.h5"
    with pytest.raises(InterpotError, match=r"^no such file: '.*s\.h5'$"):
        Statistic.load(path)
    path.write_text("not HDF5")
    with pytest.raises(InterpotError, match=r"s\.h5' is not a statistic of interpot"):
        Statistic.load(path)
    with h5py.File(path, "w") as file:
        file.attrs["schema"] = "interpot.statistic/99"
    with pytest.raises(
        InterpotError, match=r"schema is 'interpot\.statistic/99'.* expected the interpot\.statis"
    ):
        Statistic.load(path)


@pytest.mark.parametrize(
    "name",
    [
        "forces_on/Ne/gram",
        "forces_on/Ne/moment",
        "forces_on/Ne/rows",
        "frames",
        "channel_0",
        "channel_1/counts",
    ],
)
def test_a_statistic_with_a_part_missing(tmp_path: Path, name: str) -> None:
    path = tmp_path / "s.h5"
    accumulated(WIDE[:2]).save(path)
    with h5py.File(path, "a") as file:
        del file[name]
    with pytest.raises(InterpotError, match=r"s\.h5' is not a statistic of interpot"):
        Statistic.load(path)


def test_a_file_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "s.h5"
    accumulated(WIDE[:2]).save(path)
    whole = path.read_bytes()
    for part in (0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(InterpotError, match=r"s\.h5' is not a statistic of interpot"):
            Statistic.load(path)
