"""Thermodynamic series from a LAMMPS log: energies, temperature and pressure, which a dump does not hold.

A log holds one table for each run: a line of heads that begins with ``Step``, and rows of as many numbers until other
text follows (https://docs.lammps.org/thermo_style.html, styles one and custom). Warnings may stand between the rows.
"""

from __future__ import annotations

from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import cast

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory.readers.stream import open_bytes

# LAMMPS's column heads → names in MdRun.thermo
HEADS = {
    "Step": "step", "Time": "time", "Temp": "temperature", "PotEng": "potential", "KinEng": "kinetic",
    "TotEng": "total", "Press": "pressure", "Volume": "volume", "E_pair": "e_pair", "E_mol": "e_mol",
} | {f"P{ab}": f"p{ab}" for ab in ("xx", "yy", "zz", "xy", "xz", "yz")}  # fmt: skip


def read_log(path: str | Path, first: int | None = None, last: int | None = None) -> dict[str, FloatArray]:
    """Read the series of a log, as LAMMPS wrote them.

    Parameters
    ----------
    path
        The log, compressed or not.
    first, last
        Steps between which rows are taken; None takes all.

    Returns
    -------
    dict of (m,) float64
        By the names in `HEADS`, of increasing step. Where runs overlap (an equilibration before ``reset_timestep``, a
        restart), the later one counts.

    Raises
    ------
    InterpotError
        The file holds no such table, or no row between those steps.
    """
    series = read_columns(path, first, last)
    return {HEADS[name]: values for name, values in series.items() if name in HEADS}


def read_columns(
    path: str | Path, first: int | None = None, last: int | None = None
) -> dict[str, FloatArray]:
    """Read all columns of a log by LAMMPS's own heads ("Step", "v_wall"); else as `read_log`."""
    runs = _runs(Path(path))
    if not runs:
        raise InterpotError(
            f"'{path}' holds no thermo data: expected a LAMMPS log with lines that begin with 'Step' "
            "(thermo_style one or custom)"
        )
    low, high = -np.inf if first is None else first, np.inf if last is None else last
    heads, rows = runs[-1][0], []
    earliest = np.inf
    for names, table in reversed(runs):
        steps = table[:, names.index("Step")]
        if names != heads:
            break
        chosen = table[(steps >= low) & (steps <= high) & (steps < earliest)]
        earliest = min(earliest, steps.min())
        rows.append(chosen)
    table = np.concatenate(rows[::-1])
    if len(table) == 0:
        seen = np.concatenate([t[:, n.index("Step")] for n, t in runs])
        raise InterpotError(
            f"'{path}' has the steps {seen.min():.0f} to {seen.max():.0f}, the reference {low:.0f} to {high:.0f}: "
            "expected the log of the same run"
        )
    return {name: table[:, k].copy() for k, name in enumerate(heads)}


def _runs(path: Path) -> list[tuple[list[str], FloatArray]]:
    """Heads and rows of each table in a log."""
    tables: list[tuple[list[str], list[list[float]]]] = []
    inside = False
    with (
        open_bytes(path) as file,
        TextIOWrapper(cast(BufferedReader, file), encoding="utf-8", errors="replace") as text,
    ):
        for line in text:
            words = line.split()
            if words[:1] == ["Step"]:
                tables.append((words, []))
                inside = True
            elif line.startswith("Loop time"):
                inside = False
            elif inside and (row := _numbers(words, len(tables[-1][0]))):
                tables[-1][1].append(row)
    return [(heads, np.array(rows)) for heads, rows in tables if rows]


def _numbers(words: list[str], count: int) -> list[float]:
    """Return a row, or nothing where a line is none."""
    if len(words) != count:
        return []
    try:
        return [float(word) for word in words]
    except ValueError:
        return []
