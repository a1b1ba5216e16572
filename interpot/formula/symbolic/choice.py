"""Which backends search beyond the library."""

from __future__ import annotations

from importlib.util import find_spec

from interpot.errors import InterpotError, NotInstalledError
from interpot.formula.symbolic import BACKENDS
from interpot.formula.symbolic.julia import require, resolved

WORDS = ("auto", "none")
"""What may stand in place of names."""

_OPERON = "pyoperon"
_NO_OPERON = f"Operon is not installed: pip install {_OPERON}"


def chosen(name: str) -> tuple[list[str], str]:
    """Return names of backends, in the order in which they are asked, and why these.

    Parameters
    ----------
    name
        "auto": the grammar, which always finds the same, and then PySR where it is set up, else Operon. "none": no
        search. Or names of `interpot.formula.symbolic.BACKENDS`, separated by commas.

    Returns
    -------
    names
        Without repetitions; empty for "none".
    why
        A clause, where the choice hangs on what is set up; else empty.

    Raises
    ------
    InterpotError
        An unknown name, or PySR where it is not set up, or Operon where it is not installed.
    """
    if name == "none":
        return [], ""
    if name == "auto":
        ready, reason = resolved()
        if ready:
            return ["grammar", "pysr"], ""
        if find_spec(_OPERON) is None:
            return ["grammar"], f"{_NO_OPERON}; PySR is not set up, {reason}: interpot setup pysr"
        return ["grammar", "operon"], f"PySR is not set up, {reason}: interpot setup pysr"
    names = list(dict.fromkeys(part.strip() for part in name.split(",")))
    for part in names:
        if part in WORDS:
            raise InterpotError(f"search '{name}': '{part}' stands alone, without names beside it")
        if part not in BACKENDS:
            raise InterpotError(f"unknown search '{part}': expected one of {', '.join((*BACKENDS, *WORDS))}")
    if "pysr" in names:
        require()
    if "operon" in names and find_spec(_OPERON) is None:
        raise NotInstalledError(f"search 'operon': {_NO_OPERON}")
    return names, ""
