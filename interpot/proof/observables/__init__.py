"""What a run is judged by: one table of observables, each measured in the same way in every run.

Adding an observable is one function ``measure(run: Recorded) -> Iterator[Measured]`` and one row.
"""

from __future__ import annotations

from collections.abc import Iterator

from interpot.proof.observables.recorded import Measured, Recorded
from interpot.table import load_row

__all__ = ["OBSERVABLES", "Measured", "Recorded", "measure"]

_HERE = "interpot.proof.observables"

OBSERVABLES: dict[str, str] = {
    "g(r)": f"{_HERE}.radial:measure",
    "structure factor": f"{_HERE}.scattering:measure",
    "coordination": f"{_HERE}.coordination:measure",
    "clusters": f"{_HERE}.clusters:measure",
    "bond order": f"{_HERE}.bond_order:measure",
    "profiles": f"{_HERE}.profiles:measure",
    "mean-square displacement": f"{_HERE}.displacement:measure",
    "diffusion": f"{_HERE}.diffusion:measure",
    "velocity correlation": f"{_HERE}.velocities:measure_correlation",
    "speeds": f"{_HERE}.velocities:measure_speeds",
    "energy": f"{_HERE}.energies:measure",
    "temperature": f"{_HERE}.energies:measure_temperature",
    "pressure": f"{_HERE}.pressure:measure",
    "wall pressure": f"{_HERE}.wall_pressure:measure",
    "work": f"{_HERE}.work:measure",
    "conductivity": f"{_HERE}.conduction:measure",
}
"""Name → "module:function", in the order of a report."""


def measure(name: str, run: Recorded) -> Iterator[Measured]:
    """Measure one row of the table; raises `InterpotError` with the names known where there is none such."""
    yield from load_row(OBSERVABLES, name, "observable")(run)
