"""Processes with PySR in them, started on demand and kept for the next search: Julia takes long to begin.

Julia apart from Python: it takes no signals from it, its failures end a search and not the program, and whatever
it does can be ended at once, which Ctrl-C has to. PySR's table is read from its file while it grows.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from interpot.errors import InterpotError
from interpot.formula.symbolic.julia import OFFLINE
from interpot.formula.symbolic.pysr_job import DONE, FAILED, FRONT, LOG, Job

ALONE = {
    "PYTHON_JULIACALL_THREADS": "1",
    "PYTHON_JULIACALL_HANDLE_SIGNALS": "yes",
    "JULIA_NUM_GC_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
}
"""One thread for each process, sums in the same order at all times; signals as PySR wants them."""


def environment() -> dict[str, str]:
    """That of a process with Julia in it: offline, and with the modules that this one has."""
    path = os.pathsep.join(str(Path(p).resolve()) for p in sys.path)
    return {**os.environ, **OFFLINE, **ALONE, "PYTHONPATH": path}


@dataclass(slots=True, eq=False)
class Worker:
    """One process, with one run at a time.

    Attributes
    ----------
    process
        Reads names of folders.
    folder
        Of the present run.
    """

    process: subprocess.Popen[str]
    log: Path
    folder: Path

    @classmethod
    def start(cls, folder: Path) -> Worker:
        """Start a process whose output goes to a file in a folder."""
        log = folder / LOG
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "interpot.formula.symbolic.pysr_worker"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(),
                text=True,
                start_new_session=True,  # Ctrl-C in the terminal is for this process, not for Julia
            )
        return cls(process, log, folder)

    def begin(self, job: Job, folder: Path) -> None:
        """Begin a run in a folder of its own."""
        job.save(folder)
        self.folder = folder
        with suppress(BrokenPipeError):  # it has ended, which `done` finds
            assert self.process.stdin is not None
            self.process.stdin.write(f"{folder}\n")
            self.process.stdin.flush()

    @property
    def table(self) -> Path:
        """The equations so far, or at the end."""
        done = self.folder / DONE
        return done if done.exists() else self.folder / FRONT

    @property
    def done(self) -> bool:
        """Whether the run has come to its end.

        Raises
        ------
        InterpotError
            It failed, or the process is no longer there.
        """
        failed = self.folder / FAILED
        if failed.exists():
            raise InterpotError(f"PySR failed ({failed.read_text('utf-8')}): search with --search operon")
        if (self.folder / DONE).exists():
            return True
        status = self.process.poll()
        if status is not None:
            raise InterpotError(
                f"PySR's process ended early (status {status}{self._last_words()}): search with --search operon"
            )
        return False

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()

    def _last_words(self) -> str:
        lines = [line for line in self.log.read_text("utf-8", "replace").splitlines() if line.strip()]
        return f", '{lines[-1].strip()[:200]}'" if lines else ""


_TEAM: list[Worker] = []
_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def team(size: int) -> list[Worker]:
    """Return so many workers, those of before as far as they live."""
    _TEAM[:] = [worker for worker in _TEAM if worker.process.poll() is None]
    while len(_TEAM) < size:
        if not _FOLDERS:
            atexit.register(dismiss)
        _FOLDERS.append(tempfile.TemporaryDirectory(prefix="interpot-pysr-"))
        _TEAM.append(Worker.start(Path(_FOLDERS[-1].name)))
    return _TEAM[:size]


def dismiss() -> None:
    """End all workers."""
    for worker in _TEAM:
        worker.stop()
    _TEAM.clear()
    for folder in _FOLDERS:
        folder.cleanup()
    _FOLDERS.clear()
