"""Regression on the compressed objective: one module per method, one row in METHODS."""

from typing import Any

from interpot.table import load_row

METHODS = {
    "exhaustive": "interpot.formula.regress.subsets:search",
    "ridge": "interpot.formula.regress.ridge:search",
    "stlsq": "interpot.formula.regress.stlsq:search",
    "lasso": "interpot.formula.regress.lasso:search",
    "elastic-net": "interpot.formula.regress.elastic_net:search",
    "omp": "interpot.formula.regress.omp:search",
    "ssr": "interpot.formula.regress.ssr:search",
}
"""The table of methods: how the forms of one channel are searched; all take what `subsets.search` takes."""


def load_method(name: str) -> Any:
    """Load a method by its name.

    Raises
    ------
    InterpotError
        A name that is not in the table, or a package that it needs is missing.
    """
    return load_row(METHODS, name, "method", extra="regression")
