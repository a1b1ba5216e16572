"""One run of PySR as it goes from process to process: files, and what versions of PySR take."""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from interpot.records import FloatArray, IntArray

FRONT = Path("run", "hall_of_fame.csv")
"""PySR's table while it grows, in the folder of a run."""

DONE, FAILED, LOG = "equations.csv", "failed.txt", "log.txt"
"""PySR's table at the end; what went wrong; all that was printed."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One run of PySR, as it is handed to the process that makes it.

    Attributes
    ----------
    nodes : (m, v), W : (k, m), y : (k,)
        As `SearchProblem`, values in units of its energy, with PySR's mean as sum.
    last : (m,) int64
        Last node of each node's group, counted from 1.
    names
        Of the variables.
    settings
        Of PySRRegressor.
    """

    nodes: FloatArray
    W: FloatArray
    y: FloatArray
    last: IntArray
    names: tuple[str, ...]
    settings: Mapping[str, Any]

    def save(self, folder: Path) -> None:
        """Write for `load`."""
        arrays = {"nodes": self.nodes, "W": self.W, "y": self.y, "last": self.last}
        np.savez(folder / "job.npz", **arrays)  # type: ignore[arg-type]
        (folder / "job.txt").write_text(repr((self.names, dict(self.settings))), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Job:
        """Read what `save` wrote."""
        named, settings = literal_eval((folder / "job.txt").read_text("utf-8"))
        with np.load(folder / "job.npz") as arrays:
            return cls(arrays["nodes"], arrays["W"], arrays["y"], arrays["last"], named, settings)


def for_version(given: Mapping[str, Any], parameters: Collection[str]) -> dict[str, Any]:
    """Leave out what the installed PySR does not take; its parameters are those of `PySRRegressor`.

    1.5 has no `guesses`: it begins without the formulas to start from. All else is common to 1.5 and 2.
    """
    return {name: value for name, value in given.items() if name != "guesses" or name in parameters}
