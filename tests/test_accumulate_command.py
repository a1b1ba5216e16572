"""`interpot accumulate`, `merge`, and discovery from what they write, as a user types them and as a node dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from cli_samples import EPSILON, write_dump
from moving_gas import CUTOFF, STEP, write_gas
from typer.testing import CliRunner, Result

from interpot import Potential, Statistic, discover
from interpot.cli import app
from interpot.cli.words import memory_size

FRAMES = 300

# checkpoints at every block, and frames that take their time
SLOW = """
import sys, time
from interpot import cli
from interpot.statistic import accumulator, checkpoint
checkpoint.INTERVAL = 0.0
original = accumulator.Accumulator.add
def add(self, windows):
    time.sleep({pause})
    original(self, windows)
accumulator.Accumulator.add = add
sys.argv[0] = "interpot"
cli.main()
"""


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def good(*words: object) -> str:
    result = call(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*words: object) -> str:
    result = call(*words)
    assert result.exit_code == 1, result.output
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


def start(words: list[str], pause: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SLOW.format(pause=pause), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )


def wait_for(path: Path, process: subprocess.Popen[str], blocks: int) -> None:
    """Until a checkpoint holds so many blocks."""
    for _ in range(1200):
        assert process.poll() is None, process.communicate()
        try:
            with h5py.File(path, "r") as file:
                if len(file["frames"]) >= blocks:
                    return
        except OSError:  # not there yet
            pass
        time.sleep(0.05)
    raise AssertionError("no checkpoint was written")


def datasets(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, one: found.update({name: one[()].tobytes()} if isinstance(one, h5py.Dataset) else {})
        )
        found["provenance"] = str(file.attrs["provenance"]).encode()
    return found


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dump(tmp_path_factory.mktemp("dump") / "ne.dump", frames=FRAMES, units="metal")


@pytest.fixture(scope="module")
def whole(dump: Path) -> Path:
    out = dump.with_name("whole.h5")
    good("accumulate", dump, "--cutoff", 5.5, "--keep-cutoff", "-o", out)
    return out


def test_killed_at_several_instants_the_file_is_the_same(dump: Path, whole: Path, tmp_path: Path) -> None:
    """SIGKILL amid frames and amid writing; each time from where it stood."""
    out = tmp_path / "out.h5"
    words = ["accumulate", str(dump), "--cutoff", "5.5", "--keep-cutoff", "-o", str(out)]
    for k, blocks in enumerate((3, 20, 45)):
        process = start([*words, *(["--resume"] if k else [])], 0.003)
        wait_for(out.with_name("out.h5.partial"), process, blocks)
        time.sleep(0.0137 * k)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL and not out.exists()
    assert "'" in refused(*words) and "--resume" in refused(*words)
    text = good(*words, "--resume")
    assert datasets(out) == datasets(whole)
    assert f"{FRAMES} frames" in text and {p.name for p in tmp_path.iterdir()} == {"out.h5"}


def test_a_killed_pass_over_windows_is_the_same(tmp_path: Path) -> None:
    """SIGKILL amid windows; the errors of the positions are those that were estimated at first."""
    gas, out, straight = (tmp_path / name for name in ("gas.npz", "out.h5", "whole.h5"))
    write_gas(gas, 90, noise=0.01)
    words = ["accumulate", str(gas), "--units", "lj", "--cutoff", str(CUTOFF), "--keep-cutoff"]
    words += [
        "--target",
        "positions",
        "--timestep",
        str(STEP),
        "--masses",
        "A=1",
        "--width",
        "2",
        "--substeps",
        "1",
        "-o",
    ]
    for k, blocks in enumerate((2, 5)):
        process = start([*words, str(out), *(["--resume"] if k else [])], 0.05)
        wait_for(out.with_name("out.h5.partial"), process, blocks)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL and not out.exists()
    good(*words, out, "--resume")
    good(*words, straight)
    assert datasets(out) == datasets(straight)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_the_end_of_a_batch_job_keep_what_is_done(
    number: signal.Signals, dump: Path, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.h5"
    words = ["accumulate", str(dump), "--cutoff", "5.5", "--keep-cutoff", "-o", str(out)]
    process = start(words, 0.003)
    wait_for(out.with_name("out.h5.partial"), process, 10)
    process.send_signal(number)
    text, error = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else 128 + number), (text, error)
    assert "stopped after frame" in text and "--resume" in text and "Traceback" not in text + error
    good(*words, "--resume")
    assert datasets(out) == datasets(whole)


def test_who_stops_reading_loses_nothing(dump: Path, whole: Path, tmp_path: Path) -> None:
    """As `interpot accumulate ... | head -0` does: what was asked for is written all the same."""
    out = tmp_path / "out.h5"
    with start(["accumulate", str(dump), "--cutoff", "5.5", "--keep-cutoff", "-o", str(out)], 0.0) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        error = process.stderr.read()
    assert process.returncode == 0 and error == ""
    assert datasets(out) == datasets(whole)


def test_what_a_pass_says(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "ne.h5"
    text = good(
        "accumulate", dump, "--cutoff", 6.5, "-o", out, "--stride", 3, "--memory", "1M", "--threads", 2
    )
    assert "truncates the Ne-Ne force at 5.5 Å" in text
    assert "100 frames, 7200 force components" in text and "spline ceiling: relative force error < " in text
    assert str(out) in text and max(map(len, text.splitlines()[1:-1])) <= 110
    statistic = Statistic.load(out)
    assert statistic.frames == 100 and 8 <= len(statistic.blocks.frames) <= 64
    assert "is complete: it is left as it is" in good(
        "accumulate",
        dump,
        "--cutoff",
        6.5,
        "-o",
        out,
        "--stride",
        3,
        "--memory",
        "1M",
        "--threads",
        2,
        "--resume",
    )


def test_workers_give_the_same(dump: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    good("accumulate", dump, "--cutoff", 5.5, "--keep-cutoff", "-o", out, "--workers", 2)
    one, two = Statistic.load(out), Statistic.load(whole)
    np.testing.assert_allclose(one.gram, two.gram, rtol=0, atol=1e-12 * np.abs(two.gram).max())
    assert one.blocks.frames.tolist() == two.blocks.frames.tolist()


def test_merged_statistics_and_discovery_from_them(dump: Path, tmp_path: Path) -> None:
    """Two halves give what the whole gives; several files count as one."""
    halves = []
    for k, frames in enumerate(("0:20", "20:40")):
        halves.append(tmp_path / f"{k}.h5")
        good("accumulate", dump, "--cutoff", 5.5, "--keep-cutoff", "--frames", frames, "-o", halves[-1])
    text = good("merge", *halves, "-o", tmp_path / "both.h5")
    assert "40 frames" in text and "count twice" not in text  # both are of one file, but of other frames
    sentence = refused("merge", tmp_path / "both.h5", halves[1], "-o", tmp_path / "x.h5")
    assert f"'{halves[1]}' (frames 20:40) cannot be merged" in sentence and f"frames of '{dump}'" in sentence
    both = Statistic.load(tmp_path / "both.h5")
    assert both.blocks.frames.tolist() == [1] * 40
    good("discover", *halves, "-o", tmp_path / "found")
    found = Potential.load(tmp_path / "found" / "potential.json")
    constants = {p.name: p.value for p in found.parameters}
    assert constants["epsilon"] == pytest.approx(EPSILON, rel=1e-6) and found.provenance["frames"] == 40
    again = discover(tmp_path / "both.h5").best
    assert [p.value for p in again.parameters] == [p.value for p in found.parameters]
    assert "Potential of 0.h5, 1.h5" in (tmp_path / "found" / "report.html").read_text()


@pytest.mark.parametrize("data", ["none.h5", "none.dump"])
@pytest.mark.parametrize("command", ["accumulate", "discover"])
def test_a_missing_file_is_said_first(command: str, data: str, tmp_path: Path) -> None:
    """Before what is wrong with the options: there is no cutoff for all pairs."""
    sentence = refused(command, tmp_path / data, "--cutoff", "Ne-Ne=5", "-o", tmp_path / "out")
    assert f"no such file: '{tmp_path / data}'" in sentence


def test_a_missing_dask_is_said_before_any_work(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interpot.statistic.distribute.find_spec", lambda _: None)
    monkeypatch.setattr("interpot.statistic.ways.settled_motion", None)
    out = tmp_path / "out.h5"
    assert "pip install 'interpot[dask]'" in refused(
        "accumulate", dump, "--cutoff", 5.5, "-o", out, "--workers", 2
    )


def test_what_cannot_be_merged(dump: Path, tmp_path: Path) -> None:
    def made(name: str, *words: object) -> Path:
        out = tmp_path / f"{name}.h5"
        keep = ["--keep-cutoff", "--frames", "0:5", "-o", out]
        good("accumulate", dump, *(words or ("--cutoff", 5.5)), *keep)
        return out

    first = made("first")
    again = f"'{first}' is given twice"
    assert again in refused("merge", first, first, "-o", tmp_path / "x.h5")
    shorter = made("shorter", "--cutoff", 5)
    assert "Ne-Ne to 5.5 Å against Ne-Ne to 5 Å" in refused("merge", first, shorter, "-o", tmp_path / "x.h5")
    renamed = made("renamed", "--cutoff", 5.5, "--species", "Ne=Xe")
    assert "different channels" in refused("merge", first, renamed, "-o", tmp_path / "x.h5")
    for name, value, words in (
        ("units", "real", "'real' units"),
        ("spacing", 0.01, "different basis functions"),
        ("target", "other", "its target is other, not recorded"),
    ):
        other = tmp_path / f"{name}.h5"
        other.write_bytes(first.read_bytes())
        with h5py.File(other, "a") as file:
            if name == "target":
                file.attrs["provenance"] = str(file.attrs["provenance"]).replace('"recorded"', '"other"')
            else:
                (file["channel_0"] if name == "spacing" else file).attrs[name] = value
        sentence = refused("merge", first, other, "-o", tmp_path / "x.h5")
        assert words in sentence and f"'{other}' cannot be merged with '{first}'" in sentence
    assert "is not a statistic" in refused("merge", first, dump, "-o", tmp_path / "x.h5")
    assert "no such file" in refused("merge", first, tmp_path / "none.h5", "-o", tmp_path / "x.h5")
    assert not (tmp_path / "x.h5").exists()


def test_options_of_reading_have_no_place_with_statistics(whole: Path, dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for option in (["--cutoff", 5], ["--units", "metal"], ["--stride", 2], ["--frames", "0:5"]):
        sentence = refused("discover", whole, *option, "-o", out)
        assert f"{option[0]} was given, but" in sentence and "leave it out" in sentence
    assert "--keep-cutoff was given" in refused("discover", whole, "--keep-cutoff", "-o", out)
    assert "is a statistic, but" in refused("discover", whole, dump, "-o", out)
    assert "no cutoff for all pairs" in refused("discover", dump, "-o", out)
    assert not out.exists()


def test_what_cannot_be_accumulated(dump: Path, tmp_path: Path) -> None:
    words = ["accumulate", dump, "--cutoff", 5.5, "-o"]
    assert "is a folder" in refused(*words, tmp_path)
    assert "expected one of them" in refused(
        *words, tmp_path / "x.h5", "--workers", 1, "--scheduler", "tcp://a:1"
    )
    assert "keeps no checkpoints" in refused(*words, tmp_path / "x.h5", "--workers", 1, "--resume")
    assert "--memory lots" in refused(*words, tmp_path / "x.h5", "--memory", "lots")


@pytest.mark.parametrize(
    ("text", "size"), [("500M", 5 * 10**8), ("2G", 2 * 10**9), ("1e3", 1000), ("1.5kB", 1500)]
)
def test_sizes(text: str, size: int) -> None:
    assert memory_size(text) == size
