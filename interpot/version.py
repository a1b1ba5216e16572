"""The version, in one place: packaging reads it from here too."""

from __future__ import annotations

import platform
from importlib.metadata import version

VERSION = "0.1.0"


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    names = ("numpy", "scipy", "numba", "sympy", "pyoperon")
    return {"interpot": VERSION, "python": platform.python_version()} | {n: version(n) for n in names}
