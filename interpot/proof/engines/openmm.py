"""OpenMM, in this process: reference and validation dynamics, energies and forces of single frames."""

from __future__ import annotations

import time
from pathlib import Path

from interpot.errors import InterpotError
from interpot.files import writable_folder
from interpot.formula.potential import Potential
from interpot.proof.checks import check_pairs_only
from interpot.proof.engines.openmm_motion import Motion
from interpot.proof.engines.openmm_systems import PairSystems, library, systems_of
from interpot.proof.engines.pair_sums import Evaluator, evaluate_pairs
from interpot.proof.engines.recorder import recorder
from interpot.proof.ensembles import check_dynamics
from interpot.records import Dynamics, Evaluation, FloatArray, Frame, MdRun, Progress, ReferenceModel
from interpot.units import UnitStyle


class OpenMM:
    """The OpenMM library.

    Parameters
    ----------
    platform
        What moves the particles: "CPU", "Reference", or "CUDA", "OpenCL" where they are installed.
    threads
        Of the platform CPU. With one, a seed gives the same run each time.

    Raises
    ------
    InterpotError
        OpenMM, or the platform, is not installed.
    """

    def __init__(self, platform: str = "CPU", threads: int = 1) -> None:
        mm = library()
        known = [mm.Platform.getPlatform(k).getName() for k in range(mm.Platform.getNumPlatforms())]
        if platform not in known:
            raise InterpotError(
                f"OpenMM has no platform '{platform}' here: expected one of {', '.join(known)}"
            )
        self.platform, self.threads = platform, threads

    def version(self) -> str:
        """Name and version: "OpenMM 8.6.1"."""
        return f"OpenMM {library().__version__}"

    def forces(self, model: Potential | ReferenceModel, frame: Frame, units: UnitStyle) -> FloatArray:
        """Return the forces on the particles of one frame, (n, 3) in eV/Å (internal units)."""
        return self.evaluate(model, frame, units).forces

    def evaluate(self, model: Potential | ReferenceModel, frame: Frame, units: UnitStyle) -> Evaluation:
        """Return potential energy, forces and virial of one frame (internal units) in double precision.

        A potential can be evaluated in any cell; the virial of a periodic reference model is None.
        """
        check_pairs_only(model, "the openmm engine")
        systems = systems_of(model, frame, units)
        if isinstance(systems, PairSystems):
            return evaluate_pairs(systems, frame, systems.reach * systems.units.length)
        return Evaluator(systems)(frame)

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
            A potential, or ``ReferenceModel("openmm", source=...)`` with a System or the path of its XML. Masses, cell
            and what moves the particles are those of `start` and `dynamics`, not the System's.
        start
            Three-dimensional, periodic along all axes or none. Needs masses; velocities are drawn at
            `dynamics.temperature` where it has none.
        dynamics
            In the units of the style.
        units
            Style of the run and its files.
        folder
            Made if needed. It holds LABEL.npz afterwards, only if the run came to its end.
        label
            A file name without suffix.
        progress
            Called with the steps done and their total, equilibration included.

        Returns
        -------
        MdRun
            One frame every `dynamics.every` steps, first and last included, all digits, with energies. Positions are
            continued across boundaries, but at constant pressure. Open space has no pressure (NaN).

        Raises
        ------
        InterpotError
            The dynamics contradict themselves, OpenMM fails or does not know such a box, or the run blows up.
        """
        check_dynamics(dynamics, start)
        check_pairs_only(model, "the openmm engine", dynamics)
        motion = Motion(model, start, dynamics, units, self.platform, self.threads)
        path = writable_folder(Path(folder)) / f"{label}.npz"
        total = dynamics.equilibration + dynamics.steps
        with recorder(path, start, dynamics.steps // dynamics.every + 1, units) as record:
            if progress is not None:
                progress(0, total)
            for done in motion.equilibrate():
                if progress is not None:
                    progress(done, total)
            began = time.perf_counter()
            for done, frame, trace in motion.frames():
                record.add(frame, trace)
                if progress is not None and dynamics.equilibration + done > 0:
                    progress(dynamics.equilibration + done, total)
            seconds = time.perf_counter() - began
            return MdRun(path, record.series, units, seconds)
