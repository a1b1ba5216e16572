"""From a file: the pass against LAMMPS's rerun, which reads the same frames and evaluates lj/cut on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from interpot import read
from suite.measuring import in_turns
from suite.passes import SMALL, Pass
from suite.peers import Peer
from suite.records import Figure, Row, Setting, Wish
from suite.systems import CUTOFF, LIQUIDS, dump, liquid, run_lammps, sampled

ATOMS = 864

_SCRIPT = """
units lj
atom_style atomic
lattice fcc {density}
region box block 0 {nx} 0 {ny} 0 {nz}
create_box 1 box
create_atoms 1 box
mass 1 1.0
pair_style lj/cut 2.5
pair_coeff 1 1 1.0 1.0
neighbor 0.0 bin
thermo 0
rerun {file} dump x y z
"""


def rerun(setting: Setting) -> Iterator[Row]:
    """864 atoms, K = 28; of LAMMPS its own "Loop time", which leaves its start out.

    The skin of its neighbour list is zero, because no list serves two frames: a fifth faster than its default.
    """
    Peer("lammps").need()
    system = LIQUIDS[ATOMS]
    path, count = dump(setting, system), system.frames
    run = Pass(("1",), CUTOFF, sampled(liquid(setting, ATOMS, count), CUTOFF)[0], SMALL)
    nx, ny, nz = system.cells
    script = _SCRIPT.format(density=system.density, nx=nx, ny=ny, nz=nz, file=path)
    times = in_turns(
        setting.repeats,
        {"pass": lambda: run(read(path, units="lj")), "rerun": partial(_loop_time, script, count)},
    )
    yield Row(
        f"864 atoms, K = {run.size}, {path.stat().st_size / 1e6:.0f} MB of text",
        "atom-frames/s",
        Figure.rate(ATOMS * count, times["pass"]),
        f"{Peer('lammps').title} rerun",
        Figure.rate(ATOMS * count, times["rerun"]),
        Wish("≥ 1", 1.0),
        f"{count} frames of id type x y z fx fy fz; LAMMPS: loop time only, no skin",
    )


def _loop_time(script: str, frames: int) -> float:
    said = re.search(r"Loop time of (\S+) on 1 procs for (\d+) steps", run_lammps(script))
    assert said is not None and int(said[2]) == frames, "LAMMPS tells the loop time of all frames"
    return float(said[1])
