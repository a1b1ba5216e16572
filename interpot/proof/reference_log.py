"""Energies and pressure of a user's reference from its LAMMPS log, as if the engine had been run here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame, Trajectory
from interpot.trajectory.lammps_log import read_log
from interpot.units import UnitStyle

_SERIES = ("step", "temperature", "potential", "kinetic", "total", "pressure", "volume",
           "pxx", "pyy", "pzz", "pxy", "pxz", "pyz")  # fmt: skip


def logged(path: str | Path, trajectory: Trajectory, timestep: float) -> dict[str, FloatArray]:
    """Return the series of `MdRun.thermo` from a log, over the steps that a trajectory covers.

    Energies that LAMMPS divided by the number of particles (``thermo_modify norm yes``, the rule in units lj) are
    multiplied by it. Potential energies count from the first frame: without a row at its step they are left out.

    Parameters
    ----------
    path
        Log of the run that wrote the trajectory.
    trajectory
        Its steps choose the rows; all are taken where it does not number them.
    timestep
        Time units of the style.

    Raises
    ------
    InterpotError
        No thermo data, or none of this run.
    """
    steps = [frame.step for frame in trajectory if frame.step is not None]
    series = read_log(path, min(steps, default=None), max(steps, default=None))
    if "potential" not in series and "e_pair" in series:  # thermo_style one
        series["potential"] = series["e_pair"] + series.get("e_mol", 0.0)
    if "kinetic" not in series and {"total", "potential"} <= series.keys():
        series["kinetic"] = series["total"] - series["potential"]
    if "total" not in series and {"kinetic", "potential"} <= series.keys():
        series["total"] = series["kinetic"] + series["potential"]
    first = next(iter(trajectory))
    _check_numbers(path, series)
    factor = _particles_of(series, first, trajectory.units)
    for name in {"potential", "kinetic", "total"} & series.keys():
        series[name] = factor * series[name]
    kept = {name: series[name] for name in _SERIES if name in series}
    if first.step is not None and kept["step"][0] != first.step:
        kept.pop("potential", None)
    kept["time"] = kept["step"] * timestep
    return kept


def _check_numbers(path: str | Path, series: dict[str, FloatArray]) -> None:
    for name, values in series.items():
        if not np.isfinite(values).all():
            step = series["step"][~np.isfinite(values)][0]
            raise InterpotError(
                f"'{path}' holds no number for {name} at step {step:.0f}: the run had blown up"
            )


def _particles_of(series: dict[str, FloatArray], frame: Frame, units: UnitStyle) -> int:
    """Return by what energies were divided: 1, or the number of particles; told from K = d (n - 1) k T/2."""
    n = len(frame.kinds)
    if "kinetic" not in series or "temperature" not in series or not series["temperature"].mean() > 0:
        return n if units.name == "lj" else 1
    whole = frame.dimension * max(n - 1, 1) * units.boltzmann * series["temperature"].mean() / 2
    return n if series["kinetic"].mean() < whole / np.sqrt(n) else 1
