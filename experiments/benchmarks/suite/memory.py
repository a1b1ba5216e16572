"""Peak memory of a pass over frames that are made on the fly, each case in a process of its own.

Two numbers, because each alone would mislead: the peak of what Python and numpy allocate (`tracemalloc`), which is what
the issue speaks of but misses memory taken inside compiled code, and the peak of the resident set, which misses nothing
but has Python, its libraries and compiled code in it. Arrays are counted from after a first pass over two frames, so
that compiling does not count; the frames themselves do.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from interpot.records import Frame
from interpot.units import STYLES, UnitStyle
from suite.passes import LARGE, SMALL, WIDE, Pass, from_positions
from suite.records import Figure, NotMeasured, Row, Setting, Wish
from suite.systems import CUTOFF, LIQUIDS, dump, liquid

MEGABYTE = 1e6
ARRAYS, RESIDENT = "MB of arrays", "MB resident, libraries included"


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
            yield replace(self.first, positions=moved, index=k, step=k)


@dataclass(frozen=True, slots=True)
class Peak:
    """Peaks of one pass, in bytes, and how many blocks it left."""

    arrays: int
    resident: int
    blocks: int


def peaks(setting: Setting) -> Iterator[Row]:
    """The same by number of frames, and the issue's largest case."""
    few, many = (100, 1000) if setting.quick else (100, 10_000)
    setting.say(f"864 atoms, K = {SMALL}")
    short, long = (_apart(setting, 864, count, SMALL) for count in (few, many))
    case, peer, wish = (
        f"864 atoms, K = {SMALL}, {many:,} frames",
        f"{few} frames",
        Wish("within 5 %", 0.95, 1.05),
    )
    yield Row(case, ARRAYS, _figure(long.arrays), peer, _figure(short.arrays), wish)
    yield Row(case, RESIDENT, _figure(long.resident), peer, _figure(short.resident), wish)
    yield from _windows(setting)
    for count in (32,) if setting.quick else (32, 66):
        case = f"10,976 atoms, K = {LARGE}, 1 species, {count} frames"
        setting.say(case)
        large = _apart(setting, 10_976, count, LARGE)
        remark = f"{large.blocks} blocks"
        yield Row(case, ARRAYS, _figure(large.arrays), wish=Wish("< 100", most=100), remark=remark)
        yield Row(case, RESIDENT, _figure(large.resident), remark=remark)


def _windows(setting: Setting) -> Iterator[Row]:
    """The same for windows over positions, from where their groups have grown to full size."""
    few, many = (1000, 2000) if setting.quick else (1000, 10_000)
    case = f"864 atoms, K = {SMALL}, positions in windows of half-width {WIDE}, {many:,} frames"
    setting.say(case)
    short, long = (_apart(setting, 864, count, SMALL, WIDE) for count in (few, many))
    peer, wish = f"{few:,} frames", Wish("within 5 %", 0.95, 1.05)
    yield Row(case, ARRAYS, _figure(long.arrays), peer, _figure(short.arrays), wish)
    yield Row(case, RESIDENT, _figure(long.resident), peer, _figure(short.resident), wish)


def _figure(size: int) -> Figure:
    return Figure(size / MEGABYTE, size / MEGABYTE, size / MEGABYTE)


def _apart(setting: Setting, atoms: int, frames: int, size: int, width: int = 0) -> Peak:
    """Measure in a fresh process: recorded forces, or windows over positions if there is a half-width."""
    dump(setting, LIQUIDS[atoms])
    numbers = [str(number) for number in (atoms, frames, size, width)]
    command = [sys.executable, "-m", "suite.memory", str(setting.data), *numbers]
    folder = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"the measuring process failed: {done.stderr.strip().splitlines()[-1]}")
    told = json.loads(done.stdout)
    return Peak(**told)


def _measured(setting: Setting, atoms: int, frames: int, size: int, width: int) -> Peak:
    """Measure in this process: the resident set in one pass, arrays in a second one, which is slower."""
    first = liquid(setting, atoms, 1).frames[0]
    run = Pass(first.species, CUTOFF, 0.75, size, from_positions(width) if width else None)
    run(Shaken(first, 2 * width + 2))
    run(Shaken(first, frames))
    resident = _peak_resident()
    tracemalloc.start()
    statistic = run(Shaken(first, frames))
    return Peak(tracemalloc.get_traced_memory()[1], resident, len(statistic.blocks.frames))


def _peak_resident() -> int:
    """Of this process alone; what `getrusage` tells is never below the peak of the parent."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise NotMeasured("this system does not tell the peak of the resident set")


if __name__ == "__main__":
    folder, *numbers = sys.argv[1:]
    found = _measured(Setting(1, False, Path(folder)), *map(int, numbers))
    print(json.dumps(asdict(found)))
