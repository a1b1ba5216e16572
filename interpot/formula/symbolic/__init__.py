"""Symbolic search on the compressed objective: one module per backend, one row in BACKENDS."""

from interpot.formula.symbolic.search import Backend
from interpot.table import load_row

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
