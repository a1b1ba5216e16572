"""An ASE calculator of a potential: energy, forces, stress and energies of atoms.

ASE's units are the internal ones. Its stress is σ = -W/V (`interpot.geometry`), in the order xx, yy, zz, yz, xz, xy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.data import atomic_numbers, chemical_symbols
from ase.stress import full_3x3_to_voigt_6_stress

from interpot.errors import InterpotError
from interpot.formula.continuation import continued
from interpot.formula.potential import Potential
from interpot.proof.checks import check_pairs_only
from interpot.proof.pair_loop import PairLoop
from interpot.records import Cell, Frame


def calculator(
    potential: Potential, types: Mapping[str, str] | None = None, skin: float | None = None
) -> Calculator:
    """Make an ASE calculator of a potential.

    Below the sampled range a formula that does not repel there is continued (`interpot.formula.continuation`).

    Parameters
    ----------
    potential
        In any units; in the style ``lj`` its numbers are taken for eV and Å.
    types
        Species → chemical symbol that stands for it in ASE's Atoms, where they are not the same: {"X1": "W"}.
    skin
        Å, how far beyond the cutoff neighbours are listed, so that a list serves many steps; a tenth of the largest
        cutoff unless given. It changes no value.

    Returns
    -------
    ase.calculators.calculator.Calculator
        With energy, free_energy, energies, forces and, where there is a cell, stress. While it calculates it raises
        `InterpotError` for atoms of a species, or a pair, that the potential does not have.

    Raises
    ------
    InterpotError
        A species that is no chemical symbol and has none in `types`, or two with the same; a potential with walls or
        fields.
    """
    check_pairs_only(potential, "the calculator")
    return PairCalculator(continued(potential), types or {}, skin)


def stand_ins(species: Sequence[str]) -> dict[str, str]:
    """Chemical symbols by species: their own where they have one, else of elements that none of them is."""
    free = (symbol for symbol in reversed(chemical_symbols) if symbol not in species)
    return {name: name if atomic_numbers.get(name, 0) else next(free) for name in species}


class PairCalculator(Calculator):  # type: ignore[misc]
    """See `calculator`; the potential's functions are taken as they are."""

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "energies", "forces", "stress"]

    def __init__(self, potential: Potential, types: Mapping[str, str], skin: float | None = None) -> None:
        super().__init__()
        self.potential = potential
        self._kinds = _kinds(potential.species, types)
        self._loop = PairLoop(self.potential, skin)

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        """Calculate all properties at once."""
        super().calculate(atoms, properties, system_changes)
        sums = self._loop(self._frame(self.atoms))
        energy = float(sums.energies.sum())
        self.results: dict[str, Any] = {
            "energy": energy,
            "free_energy": energy,
            "energies": sums.energies,
            "forces": sums.forces,
        }
        if self.atoms.cell.rank == 3:
            self.results["stress"] = full_3x3_to_voigt_6_stress(-sums.virial / self.atoms.get_volume())

    def check_state(self, atoms: Atoms, tol: float = 0.0) -> list[str]:
        """Tell what differs from the atoms that were calculated last, exactly: ASE's own comparison takes longer."""
        last = self.atoms
        if last is None or len(last) != len(atoms):
            return list(all_changes)
        return [
            name
            for name, here, there in (
                ("positions", atoms.positions, last.positions),
                ("numbers", atoms.numbers, last.numbers),
                ("cell", atoms.cell.array, last.cell.array),
                ("pbc", atoms.pbc, last.pbc),
            )
            if not np.array_equal(here, there)
        ]

    def _frame(self, atoms: Atoms) -> Frame:
        kinds = self._kinds[atoms.numbers]
        if kinds.min(initial=0) < 0:
            strange = sorted({chemical_symbols[k] for k in atoms.numbers[kinds < 0]})
            raise InterpotError(
                f"{atoms.get_chemical_formula()} has {', '.join(strange)}, but the potential is for "
                f"{', '.join(self.potential.species)}: say with types= which symbol stands for which species"
            )
        x, y, z = (bool(p) for p in atoms.pbc)
        return Frame(
            np.ascontiguousarray(atoms.positions),
            self.potential.species,
            kinds,
            Cell(np.array(atoms.cell), np.zeros(3), (x, y, z)),
            source="the atoms",
        )


def _kinds(species: Sequence[str], types: Mapping[str, str]) -> np.typing.NDArray[np.int64]:
    """By atomic number the place of the species that it stands for, -1 where there is none."""
    unknown = sorted(set(types) - set(species))
    if unknown:
        raise InterpotError(
            f"types= names {', '.join(unknown)}: the species of the potential are {', '.join(species)}"
        )
    kinds = np.full(len(chemical_symbols), -1, dtype=np.int64)
    for place, name in enumerate(species):
        symbol = types.get(name, name)
        if symbol not in atomic_numbers:
            raise InterpotError(
                f"the species '{name}' is no chemical symbol, by which ASE tells atoms: say with "
                f"types={{{name!r}: ...}} (calculator) which symbol stands for it"
                if name not in types
                else f"types= maps '{name}' to '{symbol}', which is no chemical symbol"
            )
        if kinds[atomic_numbers[symbol]] >= 0:
            raise InterpotError(f"the symbol {symbol} stands for two species: give each its own with types=")
        kinds[atomic_numbers[symbol]] = place
    return kinds
