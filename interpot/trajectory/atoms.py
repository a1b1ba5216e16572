"""ASE's Atoms into frames. ASE's units are the internal ones."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray, Frame
from interpot.trajectory.dimension import settle_dimension

if TYPE_CHECKING:
    from ase import Atoms


def from_atoms(atoms: Atoms, dimension: int = 3) -> Frame:
    """Make a frame of ASE's Atoms: the start of an experiment, say.

    Parameters
    ----------
    atoms
        In ASE's units. The species are the chemical symbols; velocities are taken over where there are
        momenta, forces where there is a calculator (constraints not applied) or an array "forces". Energy and
        virial are what the calculator has at hand then, or the entries "energy" and "virial" of ``atoms.info``; a
        stress is ASE's, σ = -W/V.
    dimension
        2 opens the z axis and leaves out z components; all z must then be equal.

    Returns
    -------
    Frame
        Its arrays are copies. Without any cell vector, the cell is the box that
        spans the atoms; single missing vectors are completed with length 1 (the axis is open).

    Raises
    ------
    InterpotError
        A periodic axis without a cell vector, or different z in two dimensions.
    """
    from ase.data import chemical_symbols

    numbers, first_kinds, counts = np.unique(atoms.numbers, return_inverse=True, return_counts=True)
    symbols = [chemical_symbols[number] for number in numbers]
    species = tuple(sorted(symbols))
    forces = _forces(atoms)
    frame = Frame(
        positions=_copy(atoms.positions),
        species=species,
        kinds=np.array([species.index(symbol) for symbol in symbols], dtype=np.int64)[first_kinds],
        cell=_cell(atoms),
        forces=None if forces is None else _copy(forces),
        energy=_energy(atoms),
        virial=_virial(atoms),
        velocities=_copy(atoms.get_velocities()) if atoms.has("momenta") else None,
        masses=_copy(atoms.get_masses()),
        source="".join(
            f"{name}{n if n > 1 else ''}" for name, n in sorted(zip(symbols, counts, strict=True))
        ),
    )
    return settle_dimension(frame, dimension)


def _copy(values: ArrayLike) -> FloatArray:
    return np.array(values, dtype=np.float64, order="C")


def _forces(atoms: Atoms) -> ArrayLike | None:
    from ase.calculators.calculator import PropertyNotImplementedError

    if atoms.calc is not None:
        with suppress(PropertyNotImplementedError):  # a calculator that holds energies only
            return cast(ArrayLike, atoms.get_forces(apply_constraint=False))
    return next((atoms.arrays[name] for name in ("forces", "force") if name in atoms.arrays), None)


def _at_hand(atoms: Atoms, name: str) -> Any:
    """Return a property of the atoms as a whole that needs no calculation, None where there is none."""
    from ase.calculators.calculator import PropertyNotImplementedError

    if atoms.calc is not None:
        with suppress(PropertyNotImplementedError, AttributeError):
            found = atoms.calc.get_property(name, atoms, allow_calculation=False)
            if found is not None:
                return found
    return atoms.info.get(name)


def _energy(atoms: Atoms) -> float | None:
    energy = _at_hand(atoms, "energy")
    try:
        return None if energy is None else float(energy)
    except (TypeError, ValueError):
        raise InterpotError(f"its energy is {energy!r}: expected a number, in eV") from None


def _virial(atoms: Atoms) -> FloatArray | None:
    """W, from the entry "virial" or as -V σ."""
    for name, factor in (("virial", 1.0), ("stress", -float(atoms.cell.volume))):
        given = atoms.info.get(name) if name == "virial" else _at_hand(atoms, name)
        if given is None:
            continue
        try:
            values = np.array(given, dtype=np.float64)
            square = values[[[0, 5, 4], [5, 1, 3], [4, 3, 2]]] if values.shape == (6,) else values
            return _copy(factor * square.reshape(3, 3))
        except (TypeError, ValueError, IndexError):
            raise InterpotError(
                f"its {name} is {given!r}: expected 9 numbers, or 6 in Voigt's order"
            ) from None
    return None


def _cell(atoms: Atoms) -> Cell:
    periodic = tuple(bool(p) for p in atoms.pbc)
    given = atoms.cell.any(axis=1)
    for axis, repeats, vector in zip("abc", periodic, given, strict=True):
        if repeats and not vector:
            raise InterpotError(
                f"{atoms.get_chemical_formula()} is periodic along {axis} but has no cell vector there: "
                "set one or make that axis open (pbc)"
            )
    vectors = _copy(atoms.cell.complete())
    origin = np.zeros(3)
    if not given.any() and len(atoms):
        origin = atoms.positions.min(axis=0).astype(np.float64)
        extent = np.ptp(atoms.positions, axis=0)
        vectors = np.diag(np.where(extent > 0, extent, 1.0))
    return Cell(vectors, origin, (periodic[0], periodic[1], periodic[2]))
