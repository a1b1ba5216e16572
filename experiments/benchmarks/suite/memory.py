"""Peak memory of a pass over frames that are made on the fly, each case in a process of its own.

Two numbers, because each alone would mislead: the peak of what Python and numpy allocate (`tracemalloc`), which is what the
issue speaks of but misses memory taken inside compiled code, and the growth of the resident set, which misses nothing but
counts freed memory that the process keeps. Both are counted from after a first pass over two frames, so that
imports and compiled code do not count.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from interpot.records import Frame
from interpot.units import STYLES, UnitStyle
from suite.passes import LARGE, SMALL, Pass
from suite.records import Figure, NotMeasured, Row, Setting, Wish
from suite.systems import CUTOFF, LIQUIDS, dump, liquid

MEGABYTE = 1e6


@dataclass(frozen=True)
class Shaken:
    """Any number of frames, each made when it is asked for: a liquid's first, atoms displaced by 0.02 σ."""

    first: Frame
    count: int
    units: UnitStyle = STYLES["lj"]
    sources: tuple[Path, ...] = (Path("memory"),)

    def __iter__(self) -> Iterator[Frame]:
        random = np.random.default_rng(1)
        for k in range(self.count):
            moved = self.first.positions + random.normal(0, 0.02, self.first.positions.shape)
            yield replace(self.first, positions=moved, index=k)


@dataclass(frozen=True, slots=True)
class Peak:
    """Peaks of one pass, in bytes."""

    arrays: int
    resident: int


def peaks(setting: Setting) -> Iterator[Row]:
    """The same by number of frames, and the issue's largest case."""
    few, many = (100, 1000) if setting.quick else (100, 10_000)
    setting.say(f"864 atoms, K = {SMALL}")
    short, long = (_apart(setting, 864, count, SMALL) for count in (few, many))
    case, peer, wish = f"864 atoms, K = {SMALL}, {many:,} frames", f"{few} frames", Wish("within 5 %", 0.95, 1.05)
    yield Row(case, "MB of arrays", _figure(long.arrays), peer, _figure(short.arrays), wish)
    yield Row(case, "MB resident", _figure(long.resident), peer, _figure(short.resident), wish)
    setting.say(f"10,976 atoms, K = {LARGE}")
    # 64 blocks are full with the 64th frame: the most that are ever held
    large = _apart(setting, 10_976, 66, LARGE)
    case, remark = f"10,976 atoms, K = {LARGE}, 1 species, 66 frames", "frames as they are read included"
    yield Row(case, "MB of arrays", _figure(large.arrays), wish=Wish("< 100", most=100), remark=remark)
    yield Row(case, "MB resident", _figure(large.resident), remark=remark)


def _figure(size: int) -> Figure:
    return Figure(size / MEGABYTE, size / MEGABYTE, size / MEGABYTE)


def _apart(setting: Setting, atoms: int, frames: int, size: int) -> Peak:
    """Measure in a fresh process."""
    dump(setting, LIQUIDS[atoms])
    numbers = [str(number) for number in (atoms, frames, size)]
    command = [sys.executable, "-m", "suite.memory", str(setting.data), *numbers]
    folder = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"the measuring process failed: {done.stderr.strip().splitlines()[-1]}")
    told = json.loads(done.stdout)
    return Peak(told["arrays"], told["resident"])


def _measured(setting: Setting, atoms: int, frames: int, size: int) -> Peak:
    """Measure in this process: the resident set in one pass, arrays in a second one, which is slower."""
    first = liquid(setting, atoms, 1).frames[0]
    run = Pass(first.species, CUTOFF, 0.75, size)
    run(Shaken(first, 2))
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    run(Shaken(first, frames))
    resident = _status("VmHWM") - before
    tracemalloc.start()
    run(Shaken(first, frames))
    return Peak(tracemalloc.get_traced_memory()[1], resident)


def _status(name: str) -> int:
    """A figure of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise NotMeasured(f"this system does not tell {name}")


if __name__ == "__main__":
    folder, *numbers = sys.argv[1:]
    found = _measured(Setting(1, False, Path(folder), lambda _: None), *map(int, numbers))
    print(json.dumps({"arrays": found.arrays, "resident": found.resident}))
