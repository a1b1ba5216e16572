"""The exhaustive search, which remembers what it returned: the oracle's rivals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from interpot.formula.regress import METHODS, load_method
from interpot.formula.regress.varpro import Fit
from interpot.statistic.objective import Objective

RECORDED = "exhaustive"

_exhaustive = load_method(RECORDED)
_returned: list[tuple[Objective, list[Fit]]] = []


@contextmanager
def recorded() -> Iterator[list[list[Fit]]]:
    """While it lasts, the exhaustive search remembers; the forms of each channel, in order, once it is over."""
    forms: list[list[Fit]] = []
    row = METHODS[RECORDED]
    METHODS[RECORDED] = "recovering.recording:search"
    try:
        yield forms
    finally:
        METHODS[RECORDED] = row
        forms.extend(fits for _, fits in _returned)
        _returned.clear()


def search(objective: Objective, *arguments: Any, **settings: Any) -> list[Fit]:
    """Search one channel exhaustively and remember the forms."""
    found: list[Fit] = _exhaustive(objective, *arguments, **settings)
    if _returned and _returned[-1][0] is objective:  # rarer terms of the same channel
        _returned[-1][1].extend(found)
    else:
        _returned.append((objective, list(found)))
    return found
