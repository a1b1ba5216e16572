"""How far an exported file is from the original, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.text import Text

from interpot.comparison import ExportCheck
from interpot.report.tables import new_table, table_row
from interpot.report.words import short


def print_checks(console: Console, checks: Sequence[ExportCheck]) -> None:
    """Print the largest deviations of energy, forces and virial that each target's own program gives."""
    if not checks:
        return
    table = new_table("export", "evaluated by", ">frames", ">energy", ">forces", ">virial", ">allowed")
    for c in checks:
        deviations = [short(value, 2) for value in (c.energy, c.forces, c.virial)]
        table_row(table, [c.target, c.engine, str(c.frames), *deviations, short(c.tolerance, 2)])
    console.print("", table, "")
    console.print(Text("largest deviations from the formula, relative to the sizes in the frame"))
    for c in checks:
        if not np.isnan(c.single):
            console.print(Text(f"{c.target} in single precision: forces within {short(c.single, 2)}"))
