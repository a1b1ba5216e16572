"""A table of GROMACS, read back: the cubic through V and -V' at both ends of each interval, and its slope.

Source: GROMACS manual, "Cubic splines for potentials".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.units import ENERGIES, UnitStyle


@dataclass(frozen=True, eq=False)
class Table:
    """The table of one pair of species; as `PairFunctions` in units of the potential.

    Attributes
    ----------
    r, energies, forces : (m,) float64
        Nodes, V and -V' on them (nm, kJ/mol, kJ/mol/nm).
    cutoff
        r_c; there and beyond, the functions are zero (nm).
    shift
        φ(r_c), which V lacks and φ has again (kJ/mol).
    units
        Style of φ and its argument.
    """

    r: FloatArray
    energies: FloatArray
    forces: FloatArray
    cutoff: float
    shift: float
    units: UnitStyle

    @property
    def length(self) -> float:
        """One length unit of the style in nm."""
        return self.units.length / 10

    @property
    def unit(self) -> float:
        """One energy unit of the style in kJ/mol."""
        return self.units.energy / ENERGIES["kj/mol"]

    def energy(self, r: FloatArray) -> FloatArray:
        """φ(r), interpolated; zero from the cutoff on."""
        x = np.asarray(r) * self.length
        return np.where(x < self.cutoff, self.values(x)[0] + self.shift, 0.0) / self.unit

    def slope(self, r: FloatArray) -> FloatArray:
        """φ'(r), the slope of what is interpolated; zero from the cutoff on."""
        x = np.asarray(r) * self.length
        return np.where(x < self.cutoff, self.values(x)[1], 0.0) * self.length / self.unit

    def values(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """V and V' at x (nm, kJ/mol, kJ/mol/nm)."""
        return self._cubics(x), self._cubics(x, 1)

    @cached_property
    def _cubics(self) -> CubicHermiteSpline:
        return CubicHermiteSpline(self.r, self.energies, -self.forces)


def ends_comment(cutoff: float, shift: float) -> str:
    """Write the two numbers that are not in the columns as `read` finds them."""
    return f"cutoff r_c = {cutoff:.15g} nm, phi(r_c) = {shift:.15g} kJ/mol, which the energies lack"


def read(path: Path, units: UnitStyle, kind: type[Table] = Table) -> Table:
    """Read the table of a pair as GROMACS does, its last two columns being V and -V'.

    Parameters
    ----------
    path
        A file that interpot wrote.
    units
        Style in which it is to be evaluated.
    kind
        How: by the cubic, or by GROMACS itself.

    Raises
    ------
    InterpotError
        The file does not say its cutoff.
    """
    found = re.search(r"r_c = (\S+) nm, phi\(r_c\) = (\S+) kJ/mol", path.read_text(encoding="utf-8"))
    if found is None:
        raise InterpotError(f"'{path}' does not say its cutoff: expected a table that interpot wrote")
    r, *_, energies, forces = np.loadtxt(path, unpack=True)
    return kind(r, energies, forces, float(found[1]), float(found[2]), units)
