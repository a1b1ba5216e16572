"""What two statistics must share that are to be added, of what stands for the force, and what each may have of its own.

Rows of every target are in units of force, whatever clock told the time and however large the errors of the positions
were, which each pass takes out of its own sums. But they must stand for forces of the same equation, and windows of
other widths, or with other places between frames, are not as many and err otherwise: a fit would count them wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import Any

from interpot.errors import InterpotError
from interpot.statistic.overlap import joined_parts

Written = str | Mapping[str, Any]
"""As `Motion.written` has it."""

_CLOCKS, _UNITLESS = ("timestep", "interval"), ("width", "substeps")
_OWN = (*_CLOCKS, "noise", "hard", "thermostat")
"""What each may have of its own."""

_SAME_TIME = 1e-6
"""Relative difference of two times that is one of the digits of a file."""


def check_same_target(mine: Written, theirs: Written) -> None:
    """Refuse to add rows of another equation, or of other windows.

    Raises
    ------
    InterpotError
        A sentence that says how they differ, and what to give both passes.
    """
    one, two = _told(mine), _told(theirs)
    if one["target"] != two["target"]:
        raise InterpotError(
            f"cannot add a second statistic: its target is {two['target']}, not {one['target']}; ask for one --target "
            "in both passes"
        )
    others = [n for n in {**one, **two} if n not in _OWN and one.get(n) != two.get(n)]
    if not others:
        return
    differences = ", ".join(_difference(name, one.get(name), two.get(name)) for name in others)
    options = " ".join(_option(name, one.get(name)) for name in others)
    chosen = ", as happens where each pass chooses from its own data" if set(others) & {*_UNITLESS} else ""
    raise InterpotError(
        f"cannot add a second statistic: its target {two['target']} has {differences}{chosen}; give {options} to both "
        "passes, or make one pass over all files"
    )


def joined_provenance(
    one: Mapping[str, Any], two: Mapping[str, Any], rows: tuple[int, int]
) -> dict[str, Any]:
    """The provenance of a sum: lists side by side, means by rows, and nothing that holds for one of the two alone."""
    joined = {**two, **one}
    for name in ("recipe", "parts"):  # of one file; of a sum there are the parts of both
        joined.pop(name, None)
    joined |= joined_parts(one, two)
    if not isclose(one.get("spacing") or 0.0, two.get("spacing") or 0.0, rel_tol=_SAME_TIME):
        joined.pop("spacing", None)
    if systematic := max(float(which.get("systematic") or 0.0) for which in (one, two)):
        joined["systematic"] = systematic
    if "target" in one and "target" in two:
        joined["target"] = joined_target(one["target"], two["target"])
    if "thermal energy" in one and "thermal energy" in two and any(rows):
        hot = rows[0] * one["thermal energy"] + rows[1] * two["thermal energy"]
        joined["thermal energy"] = hot / sum(rows)
    for name in ("sources", "remarks"):
        listed = [*one.get(name, []), *two.get(name, [])]
        joined |= {name: list(dict.fromkeys(listed))} if listed else {}
    return joined


def joined_target(mine: Written, theirs: Written) -> Written:
    """The target of a sum: with the larger noise of the two, and without a clock that they do not share."""
    one, two = _told(mine), _told(theirs)
    if one == two:
        return mine
    for name in _CLOCKS:
        if not isclose(one.get(name, 0.0), two.get(name, 0.0), rel_tol=_SAME_TIME):
            one.pop(name, None)
    if "noise" in one or "noise" in two:
        one["noise"] = max(one.get("noise", 0.0), two.get("noise", 0.0))
    return one if len(one) > 1 else str(one["target"])


def _told(written: Written) -> dict[str, Any]:
    return {"target": written} if isinstance(written, str) else dict(written)


def _difference(name: str, first: object, second: object) -> str:
    if name not in _UNITLESS:
        return f"other {name} than the first"
    return f"{name} {_shown(second)} where the first has {_shown(first)}"


def _option(name: str, first: object) -> str:
    return f"--{name} {_shown(first)}" if name in _UNITLESS else f"the same --{name}"


def _shown(value: object) -> str:
    """Write widths or substeps as the command line takes them; one substep is not written down."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value or 1)
