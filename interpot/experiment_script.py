"""Reading an experiment script: a Python file that defines ``experiment``, one system or a function of options.

A function's parameters are the script's options; their annotations say what is allowed, and each has a default:

    def experiment(species: Literal["one", "several"] = "one", seed: int = 1) -> Experiment: ...
"""

from __future__ import annotations

import inspect
import runpy
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from interpot.errors import InterpotError
from interpot.records import Experiment

_WORDS: dict[Any, str] = {int: "a whole number", float: "a number", str: "text"}
"""Types of options and what they are called."""


def load_experiment(path: str | Path, options: Mapping[str, str] | None = None) -> Experiment:
    """Run an experiment script and return its `Experiment`.

    Parameters
    ----------
    path
        Of a script that defines ``experiment``, an `Experiment` or a function that returns one.
    options
        Arguments of that function, as a person types them: {"species": "several"}.

    Raises
    ------
    InterpotError
        No such file, it defines no experiment, takes no such option or value, or fails; the sentence then holds its
        line.
    """
    found = _defined(path)
    try:
        made = found(**_arguments(path, found, options or {})) if callable(found) else found
    except Exception as error:  # whatever a script may raise
        if _line_in(path, error):
            raise InterpotError(_script_failure(path, error)) from error
        if isinstance(error, InterpotError):
            raise
        raise InterpotError(
            f"the function experiment of '{path}' cannot be called ({error}): expected parameters with defaults"
        ) from error
    if options and not callable(found):
        raise InterpotError(f"'{path}' takes no options, but --{next(iter(options))} was given: leave it out")
    if not isinstance(made, Experiment):
        what = "nothing" if made is None else f"a {type(made).__name__}"
        raise InterpotError(
            f"'{path}' defines {what} as 'experiment': expected experiment = interpot.Experiment(...), or a function "
            "that returns one"
        )
    return made


def script_options(path: str | Path) -> dict[str, str]:
    """Return the options that a script takes and what is allowed: {"species": "one (default) or several"}."""
    found = _defined(path)
    return _allowed(found) if callable(found) else {}


def parse_options(words: Sequence[str]) -> dict[str, str]:
    """Read ``--name value`` and ``--name=value``.

    Raises
    ------
    InterpotError
        A word that belongs to no option, an option without a value, or one that is given twice.
    """
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        name, has_value, value = rest.pop(0).partition("=")
        if not name.startswith("--"):
            raise InterpotError(f"'{name}' belongs to no option: write options of a script as --name value")
        if not has_value and (not rest or rest[0].startswith("--")):
            raise InterpotError(f"{name} has no value: write options of a script as --name value")
        key = name[2:].replace("-", "_")
        if key in options:
            raise InterpotError(f"{name} is given twice: a script takes each of its options once")
        options[key] = value if has_value else rest.pop(0)
    return options


def _defined(path: str | Path) -> Any:
    """Run a script and return what it calls ``experiment``."""
    if not Path(path).is_file():
        raise InterpotError(f"no such file: '{path}': name an experiment script such as experiments/argon.py")
    folder = str(Path(path).resolve().parent)
    sys.path.insert(0, folder)  # as Python does for a script, so that it finds the modules beside it
    try:
        return runpy.run_path(str(path), run_name="experiment").get("experiment")
    except Exception as error:  # whatever a script may raise
        raise InterpotError(_script_failure(path, error)) from error
    except SystemExit as error:
        raise InterpotError(f"'{path}' ends itself: take the call of exit out of it") from error
    finally:
        sys.path.remove(folder)


def _arguments(path: str | Path, make: Callable[..., Any], options: Mapping[str, str]) -> dict[str, Any]:
    allowed, hints = _allowed(make), get_type_hints(make)
    for name in options:
        if name not in allowed:
            takes = "; ".join(f"--{key} {values}" for key, values in allowed.items()) or "none"
            raise InterpotError(f"'{path}' has no option --{name}: it takes {takes}")
    made = {name: _converted(hints.get(name, str), text) for name, text in options.items()}
    for name, value in made.items():
        if value is None:
            raise InterpotError(
                f"--{name} {options[name]} is not what '{path}' allows: expected {allowed[name]}"
            )
    return made


def _allowed(make: Callable[..., Any]) -> dict[str, str]:
    """Say in words what each parameter may be."""
    hints = get_type_hints(make)
    return {
        name: _choice(hints.get(name, str), parameter.default)
        for name, parameter in inspect.signature(make).parameters.items()
    }


def _choice(hint: Any, default: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(f"{v} (default)" if v == default else str(v) for v in get_args(hint))
    return f"{_WORDS.get(hint, 'text')} ({default} by default)"


def _converted(hint: Any, text: str) -> Any:
    """Return what a text means; None where it is nothing that the annotation allows."""
    if get_origin(hint) is Literal:
        return next((value for value in get_args(hint) if str(value) == text), None)
    try:
        return hint(text) if hint in _WORDS else text
    except ValueError:
        return None


def _line_in(path: str | Path, error: Exception) -> list[traceback.FrameSummary]:
    return [c for c in traceback.extract_tb(error.__traceback__) if c.filename == str(path)]


def _script_failure(path: str | Path, error: Exception) -> str:
    """Say where in a script an exception comes from, and what it is."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    if isinstance(error, InterpotError):
        what = str(error)
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"line {error.lineno} of '{path}' is not Python ({error.msg}): mend it, or name another script"
    calls = _line_in(path, error)
    if not calls:
        return f"'{path}' is not a Python script ({what}): expected one that defines 'experiment'"
    return f"line {calls[-1].lineno} of '{path}' ({calls[-1].line}) fails: {what}"
