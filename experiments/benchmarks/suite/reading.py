"""Readers: frames of 864 atoms, positions and forces, from every kind of file."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import zstandard

from interpot import read
from interpot.files import atomic
from suite.measuring import Times, in_turns
from suite.peers import Peer
from suite.records import Figure, Row, Setting
from suite.systems import LIQUIDS, Frames, dump, liquid

ATOMS = 864
ASE = {".lammpstrj": "lammps-dump-text", ".extxyz": "extxyz"}
"""What ASE calls the formats in which it is compared."""


def formats(setting: Setting) -> Iterator[Row]:
    """Walk whole files; where ASE reads the format, it does so in turns with ours."""
    for suffix, path in _files(setting).items():
        setting.say(path.name)
        count = LIQUIDS[ATOMS].frames
        jobs: dict[str, Callable[[], object]] = {"ours": partial(_walk, path)}
        if suffix in ASE:
            jobs["ase"] = partial(_walk_with_ase, path, ASE[suffix])
        times = in_turns(setting.repeats, jobs)
        remark = f"{_speed(path, times['ours'])} of file"
        if suffix.endswith((".gz", ".zst")):
            remark += f", {_speed(dump(setting, LIQUIDS[ATOMS]), times['ours'])} unpacked"
        yield Row(
            f"864 atoms, {suffix}",
            "frames/s",
            Figure.rate(count, times["ours"]),
            Peer("ase").title if suffix in ASE else "",
            Figure.rate(count, times["ase"]) if suffix in ASE else None,
            remark=remark,
        )


def _speed(path: Path, times: Times) -> str:
    megabytes = path.stat().st_size / 1e6
    return f"{megabytes / times.median:.0f} MB/s ({megabytes:.1f} MB)"


def _walk(path: Path) -> int:
    return sum(len(frame.positions) for frame in read(path, units="metal"))


def _walk_with_ase(path: Path, format_: str) -> int:
    from ase.io import iread

    return sum(len(atoms) for atoms in iread(path, index=":", format=format_))


def _files(setting: Setting) -> dict[str, Path]:
    """The liquid's dump and what else can be made of it, at most once; by suffix."""
    plain = dump(setting, LIQUIDS[ATOMS])
    makers: dict[str, Callable[[Path], object]] = {
        ".lammpstrj.gz": lambda path: path.write_bytes(gzip.compress(plain.read_bytes(), 6)),
        ".lammpstrj.zst": lambda path: path.write_bytes(zstandard.compress(plain.read_bytes())),
        ".extxyz": lambda path: _write_extxyz(path, liquid(setting, ATOMS, LIQUIDS[ATOMS].frames)),
        ".npz": lambda path: _write_npz(path, liquid(setting, ATOMS, LIQUIDS[ATOMS].frames)),
    }
    files = {".lammpstrj": plain}
    for suffix, make in makers.items():
        files[suffix] = plain.with_suffix(suffix)
        if not files[suffix].exists():
            with atomic(files[suffix]) as part:
                make(part)
    return files


def _write_extxyz(path: Path, frames: Frames) -> None:
    from ase import Atoms
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write

    made = []
    for frame in frames:
        atoms = Atoms(f"Ar{ATOMS}", positions=frame.positions, cell=frame.cell.vectors, pbc=True)
        atoms.calc = SinglePointCalculator(atoms, forces=frame.forces)
        made.append(atoms)
    write(path, made, format="extxyz")


def _write_npz(path: Path, frames: Frames) -> None:
    positions, forces = ([getattr(frame, name) for frame in frames] for name in ("positions", "forces"))
    cell = frames.frames[0].cell.vectors
    with path.open("wb") as file:  # a file, because numpy adds a suffix to a name
        np.savez(file, positions=positions, forces=forces, cell=cell)
