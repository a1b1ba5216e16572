"""Symbolic search on the compressed objective: one module per backend, one row in BACKENDS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interpot.table import load_row

if TYPE_CHECKING:  # the process that holds Julia imports this package, and little beside it
    from interpot.formula.symbolic.search import Backend

BACKENDS = {
    "grammar": "interpot.formula.symbolic.grammar:BACKEND",
    "operon": "interpot.formula.symbolic.operon:BACKEND",
    "pysr": "interpot.formula.symbolic.pysr:BACKEND",
}
"""The table of backends: name → "module:object", a `Backend`."""


def load_backend(name: str) -> Backend:
    """Load a backend by its name.

    Raises
    ------
    InterpotError
        A name that is not in the table, or a package that it needs is missing.
    """
    backend: Backend = load_row(BACKENDS, name, "search")
    return backend


__all__ = ["BACKENDS", "load_backend"]
