"""Looking a row of a table up: rows hold module paths, so that optional dependencies load on use."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from interpot.errors import InterpotError, NotInstalledError


def load_row(table: Mapping[str, str], name: str, what: str, extra: str | None = None) -> Any:
    """Import the object that a row "module:object" names.

    Raises
    ------
    InterpotError
        No such row, or (`NotInstalledError`) a package that it needs is missing; the extra that brings it has the
        row's name unless given.
    """
    if name not in table:
        raise InterpotError(f"unknown {what} '{name}': expected one of {', '.join(table)}")
    module, _, attribute = table[name].partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("interpot"):
            raise  # a mistake of ours, not a package that is missing
        raise NotInstalledError(
            f"{what} '{name}' needs the package '{error.name}': pip install 'interpot[{extra or name}]'"
        ) from error
