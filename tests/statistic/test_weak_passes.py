"""The pass over windows keeps what the pass over recorded forces promises: it goes on, shares out and adds up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from moving_gas import CUTOFF, STEP, write_gas

from interpot import InterpotError, Motion, Statistic, accumulate, pair_channels, read
from interpot.statistic import accumulator, checkpoint
from interpot.statistic.joint_target import joined_provenance, joined_target
from interpot.statistic.merge import merge

FRAMES = 150
GIVEN = Motion(timestep=STEP, masses={"A": 1.0})
WAYS = {
    "momenta": replace(GIVEN, target="momenta", width=(2,), substeps=1, noise=0.0),
    "positions": replace(GIVEN, target="positions", width=(4,), substeps=1, noise=0.0),
    "positions, two widths, between frames": replace(
        GIVEN, target="positions", width=(1, 3), substeps=2, noise=0.0
    ),
    "noisy positions": replace(GIVEN, target="positions", width=(3,), substeps=1, noise=0.01),
    "all settled from the data": replace(GIVEN, target="positions"),
}


@pytest.fixture(scope="module")
def gas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One gap, so that there are two stretches."""
    return write_gas(tmp_path_factory.mktemp("weak") / "gas.npz", FRAMES, noise=0.01, gaps=(70,))


class StoppedError(Exception):
    """What a test stops a pass with."""


def make(path: Path, motion: Motion, stop: int = 0, **options: Any) -> Statistic:
    frames = read(path, units="lj")

    def progress(done: int) -> None:
        if done >= stop > 0:
            raise StoppedError

    return accumulate(
        frames,
        pair_channels(frames, CUTOFF),
        motion=motion,
        progress=progress,
        **{"cutoffs": "given", **options},
    )


def contents(path: Path) -> dict[str, Any]:
    """Everything that a file holds, bit by bit."""
    found: dict[str, Any] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, one: found.update({name: one[()].tobytes()} if isinstance(one, h5py.Dataset) else {})
        )
        file.visititems(lambda name, one: found.update({f"{name}@": sorted(map(str, one.attrs.items()))}))
        found["provenance"] = file.attrs["provenance"]
    return found


# ---------------------------------------------------------------------------- going on


@pytest.mark.parametrize("way", WAYS)
def test_a_stopped_pass_goes_on_to_the_same_bits(
    way: str, gas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the gap, amid a group of windows behind it, at the end; nothing is settled a second time."""
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    whole, out = tmp_path / "whole.h5", tmp_path / "out.h5"
    make(gas, WAYS[way], out=whole)
    with pytest.raises(StoppedError):
        make(gas, WAYS[way], 30, out=out)
    settled = checkpoint.Checkpoint.load(checkpoint.partial_path(out)).motion
    monkeypatch.setattr("interpot.statistic.settled.observe", None)
    for stop in (75, 100):
        before = checkpoint.Checkpoint.load(checkpoint.partial_path(out)).snapshot.frames
        with pytest.raises(StoppedError):
            make(gas, WAYS[way], stop - before, out=out, resume=True)
    made = make(gas, WAYS[way], out=out, resume=True)
    assert contents(out) == contents(whole)
    assert made.provenance["target"] == settled.written() and settled.width


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            {"width": (4,)},
            r"the target positions \(timestep 0.005, masses A=1.0, width 3, noise 0.01, substeps",
        ),
        ({"substeps": None}, r"substeps 1\), not positions \(.*noise 0.01\): ask for the same"),
        ({"target": "momenta"}, r"the target positions \(.*\), not momenta \("),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_resume_with_other_windows_is_refused(
    other: dict[str, Any], words: str, gas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    out, asked = tmp_path / "out.h5", WAYS["noisy positions"]
    with pytest.raises(StoppedError):
        make(gas, asked, 60, out=out)
    with pytest.raises(InterpotError, match=words):
        make(gas, replace(asked, **other), out=out, resume=True)


# ---------------------------------------------------------------------------- threads and chunks


@pytest.mark.parametrize("way", WAYS)
def test_threads_change_no_bit(way: str, gas: Path) -> None:
    one, two = (make(gas, WAYS[way], threads=threads) for threads in (1, 2))
    assert np.array_equal(one.gram, two.gram) and np.array_equal(one.moment, two.moment)
    assert np.array_equal(one.blocks.square, two.blocks.square)
    assert one.provenance == two.provenance


@pytest.mark.parametrize("way", ["momenta", "positions, two widths, between frames"])
def test_how_windows_are_put_into_batches_is_rounding(
    way: str, gas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = make(gas, WAYS[way])
    monkeypatch.setattr(accumulator, "BATCH_BYTES", 1)
    monkeypatch.setattr("interpot.statistic.windows.ROWS_BYTES", 30_000)
    single = make(gas, WAYS[way])
    assert single.rows == usual.rows and single.frames == usual.frames
    sizes = np.sqrt(np.diag(usual.gram).clip(1e-12 * np.diag(usual.gram).max()))
    assert (np.abs(single.gram - usual.gram) / np.outer(sizes, sizes)).max() < 1e-12
    assert (np.abs(single.moment - usual.moment) / sizes).max() < 1e-12 * np.sqrt(usual.square)


# ---------------------------------------------------------------------------- adding up


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another run, with larger errors."""
    return write_gas(tmp_path_factory.mktemp("other") / "other.npz", 100, noise=0.02, seed=8)


def test_passes_with_errors_of_their_own_are_merged(gas: Path, another: Path, tmp_path: Path) -> None:
    asked = replace(GIVEN, target="positions", width=(3,))
    files = [tmp_path / "a.h5", tmp_path / "b.h5"]
    one, two = (make(path, asked, out=out) for path, out in zip((gas, another), files, strict=True))
    assert one.provenance["target"]["noise"] != two.provenance["target"]["noise"]
    both = merge(files)
    size = max(one.gram.shape[0], two.gram.shape[0])
    padded = [np.pad(s.gram, (0, size - s.gram.shape[0])) for s in (one, two)]
    np.testing.assert_allclose(both.gram, sum(padded), rtol=1e-12, atol=1e-14 * np.abs(both.gram).max())
    assert both.provenance["target"] == {
        **one.provenance["target"],
        "noise": two.provenance["target"]["noise"],
    }
    hot = [s.provenance["thermal energy"] for s in (one, two)]
    assert min(hot) < both.provenance["thermal energy"] < max(hot)
    assert both.systematic == max(one.systematic, two.systematic)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"width": (4,)}, "its target positions has width 4 where the first has 3, as happens where each pass "
         "chooses from its own data; give --width 3 to both passes, or make one pass over all files"),
        ({"width": (2, 4), "substeps": 2}, "has width 2,4 where the first has 3, substeps 2 where the first has 1, "
         "as .* give --width 3 --substeps 1 to both"),
        ({"masses": {"A": 2.0}}, "positions has other masses than the first; give the same --masses to both"),
        ({"target": "momenta"}, "its target is momenta, not positions; ask for one --target in both passes"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_other_windows_are_not_merged(
    other: dict[str, Any], words: str, gas: Path, another: Path, tmp_path: Path
) -> None:
    asked = replace(GIVEN, target="positions", width=(3,), substeps=1, noise=0.0)
    make(gas, asked, out=tmp_path / "a.h5")
    make(another, replace(asked, **other), out=tmp_path / "b.h5")
    with pytest.raises(InterpotError, match=f"b.h5' cannot be merged with .*a.h5': .*{words}"):
        merge([tmp_path / "a.h5", tmp_path / "b.h5"])


def test_clocks_need_not_be_the_same() -> None:
    one = {"target": "positions", "width": [3], "timestep": 0.2}
    assert joined_target(one, {**one, "timestep": 0.2 * (1 + 1e-9)}) == one
    assert joined_target(one, {**one, "timestep": 0.4}) == {"target": "positions", "width": [3]}
    assert joined_target("recorded", {"target": "recorded", "timestep": 0.1}) == "recorded"


def test_a_cluster_takes_no_windows_and_says_so_before_they_are_settled(
    gas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interpot.statistic.settled.observe", None)
    with pytest.raises(
        InterpotError, match=r"the target is momenta: a cluster takes .* --width .* merge them"
    ):
        make(gas, replace(GIVEN, target="auto"), workers=2)


def test_what_holds_for_one_of_two_passes_is_not_said_of_their_sum() -> None:
    """Frames of other spacing; the thermal energy is the mean by rows, the larger of two errors is that of the sum."""
    one = {"spacing": 0.02, "thermal energy": 1.0, "systematic": 1e-5, "sources": ["a"], "recipe": {}}
    two = {"spacing": 0.04, "thermal energy": 4.0, "systematic": 1e-4, "sources": ["b"]}
    joined = joined_provenance(one, two, (200, 100))
    assert joined == {"thermal energy": pytest.approx(2.0), "systematic": 1e-4, "sources": ["a", "b"]}
    assert joined_provenance(one, {**two, "spacing": 0.02}, (0, 0))["spacing"] == 0.02
