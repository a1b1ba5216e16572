"""An ASE calculator whose failures are sentences, and whose answers are numbers of the right shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms

from interpot.errors import InterpotError
from interpot.records import FloatArray

_FARTHEST = 5.0  # Å (σ in the style lj): no atom moves as far in one step, unless it has been shot off
_SCALED = 1e-4  # change of lengths that gives tr W


class NoNumberError(InterpotError):
    """Energies or forces are no numbers, or an atom has been shot off: a run has blown up."""


class BlackBox:
    """Stands between ASE's Atoms and their calculator, for one run; Atoms take it for the calculator.

    Parameters
    ----------
    inner
        Any ASE calculator.
    dimension
        2 leaves z components of forces and stresses out.
    """

    def __init__(self, inner: Any, dimension: int = 3) -> None:
        if not callable(getattr(inner, "get_forces", None)):
            raise InterpotError(
                f"an ASE calculator was expected, but '{type(inner).__name__}' has no get_forces: "
                "give ReferenceModel('ase', source=calculator)"
            )
        self.inner, self.dimension = inner, dimension
        self.name = type(inner).__name__
        known = getattr(inner, "implemented_properties", ())
        self.has_stress = "stress" in known
        self._consistent = {"force_consistent": True} if "free_energy" in known else {}
        self.last: FloatArray | None = None
        """Positions that were asked for last and were in order."""

    def get_potential_energy(self, atoms: Atoms, force_consistent: bool = True) -> float:
        """Return the energy whose derivatives the forces are, in eV."""
        energy = self._ask("get_potential_energy", atoms, (), **self._consistent)
        return float(energy)

    def get_forces(self, atoms: Atoms) -> FloatArray:
        """Return the forces, (n, 3) in eV/Å."""
        if self.last is not None:
            self._check_moves(atoms)
        forces = self._ask("get_forces", atoms, (len(atoms), 3))
        self.last = atoms.positions.copy()
        if self.dimension == 2:
            forces[:, 2] = 0.0
        return forces

    def get_stress(self, atoms: Atoms) -> FloatArray:
        """Return σ = -W/V in ASE's order, (6,) in eV/Å³."""
        stress = self._ask("get_stress", atoms, (6,))
        if self.dimension == 2:
            stress[2:5] = 0.0
        return stress

    def trace(self, atoms: Atoms) -> float:
        """Return tr W = -dE/dln λ in eV, all lengths multiplied by λ: for calculators that know no stress."""
        energies = []
        for factor in (1 - _SCALED, 1 + _SCALED):
            scaled = atoms.copy()
            scaled.set_cell(atoms.cell * factor)
            scaled.positions = atoms.positions * factor
            energies.append(self.get_potential_energy(scaled))
        return (energies[0] - energies[1]) / (2 * _SCALED)

    def _check_moves(self, atoms: Atoms) -> None:
        moved = np.abs(atoms.positions - self.last).max(axis=1)
        if not (moved < _FARTHEST).all():  # NaN is not
            raise NoNumberError(f"atom {int(np.nan_to_num(moved, nan=np.inf).argmax()) + 1} was shot off")

    def _ask(self, method: str, atoms: Atoms, shape: tuple[int, ...], **options: bool) -> FloatArray:
        what = method.removeprefix("get_").replace("_", " ")
        try:
            values = np.array(getattr(self.inner, method)(atoms, **options), dtype=np.float64)
        except InterpotError:
            raise
        except Exception as error:  # whatever a calculator raises
            getattr(self.inner, "reset", lambda: None)()  # or it may hold half of its results
            words = " ".join(str(error).split())
            raise InterpotError(
                f"the ASE calculator {self.name} gives no {what} for {atoms.get_chemical_formula()}: "
                f"{type(error).__name__}{': ' if words else ''}{words}"
            ) from error
        if values.shape != shape:
            raise InterpotError(
                f"the ASE calculator {self.name} gives {what} of shape {values.shape}: expected {shape}"
            )
        if not np.isfinite(values).all():
            raise NoNumberError(
                f"the ASE calculator {self.name} gives NaN or infinity as {what} of {atoms.get_chemical_formula()}"
            )
        return values
