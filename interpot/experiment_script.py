"""Reading an experiment script: a Python file that defines ``experiment = Experiment(...)``."""

from __future__ import annotations

import runpy
import traceback
from pathlib import Path

from interpot.errors import InterpotError
from interpot.records import Experiment


def load_experiment(path: str | Path) -> Experiment:
    """Run an experiment script and return the `Experiment` that it calls ``experiment``.

    Raises
    ------
    InterpotError
        No such file, it defines no experiment, or it fails; the sentence then holds its line.
    """
    if not Path(path).is_file():
        raise InterpotError(f"no such file: '{path}': name an experiment script such as experiments/argon.py")
    try:
        names = runpy.run_path(str(path), run_name="experiment")
    except Exception as error:  # whatever a script may raise
        raise InterpotError(_script_failure(path, error)) from error
    except SystemExit as error:
        raise InterpotError(f"'{path}' ends itself: take the call of exit out of it") from error
    experiment = names.get("experiment")
    if not isinstance(experiment, Experiment):
        what = "nothing" if experiment is None else f"a {type(experiment).__name__}"
        raise InterpotError(
            f"'{path}' defines {what} as 'experiment': expected experiment = interpot.Experiment(...)"
        )
    return experiment


def _script_failure(path: str | Path, error: Exception) -> str:
    """Say where in a script an exception comes from, and what it is."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    if isinstance(error, InterpotError):
        what = str(error)
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"line {error.lineno} of '{path}' is not Python ({error.msg}): mend it, or name another script"
    calls = [c for c in traceback.extract_tb(error.__traceback__) if c.filename == str(path)]
    if not calls:
        return f"'{path}' is not a Python script ({what}): expected one that defines 'experiment'"
    return f"line {calls[-1].lineno} of '{path}' ({calls[-1].line}) fails: {what}"
