"""ASE: one Python file with a calculator, which stands alone: it needs ase, numpy and numba.

ASE works in eV and Å, so that the file does, whatever the units asked for; of the style ``lj`` its numbers are taken
as they are.
"""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from itertools import count
from keyword import iskeyword
from pathlib import Path
from typing import Any

import ase
import numpy as np
import sympy
from ase import Atoms
from ase.stress import voigt_6_to_full_3x3_stress
from sympy.printing.pycode import PythonCodePrinter

from interpot.files import atomic
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.codegen import R, derivative
from interpot.formula.potential import Potential
from interpot.geometry import complete_vectors
from interpot.proof.calculator import stand_ins
from interpot.proof.export.exporter import ANALYTIC, Exporter
from interpot.proof.export.header import header
from interpot.records import Evaluation, Frame

_IMPORTS = """
import math

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.data import atomic_numbers, chemical_symbols
from ase.stress import full_3x3_to_voigt_6_stress

try:
    from numba import njit
except ImportError:  # the same numbers, but slowly

    def njit(function):
        return function


try:
    from vesin import ase_neighbor_list as neighbor_list
except ImportError:  # the same neighbours, slower
    from ase.neighborlist import neighbor_list
"""

_STEP = '''

@njit
def _step(x):
    """Slope of max(0, x)."""
    return 0.5 if x == 0 else (1.0 if x > 0 else 0.0)
'''

_LOOP = '''

@njit
def _sum(x, i, j, shifts, kinds, energies, forces, virial):
    """Add up all pairs, r_ij = x_j + shift - x_i: energies of atoms, forces and sum of r_ij (x) force on j."""
    d, pull = np.empty(3), np.empty(3)
    for p in range(len(i)):
        channel = CHANNEL[kinds[i[p]], kinds[j[p]]]
        for k in range(3):
            d[k] = x[j[p], k] + shifts[p, k] - x[i[p], k]
        r = math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
        if r < CUTOFF[channel]:
            phi, slope = _pair(channel, r)
            energies[i[p]] += 0.5 * phi
            energies[j[p]] += 0.5 * phi
            for k in range(3):
                pull[k] = slope * d[k] / r
                forces[i[p], k] += pull[k]
                forces[j[p], k] -= pull[k]
            for k in range(3):
                for m in range(3):
                    virial[k, m] -= d[k] * pull[m]


class PairPotential(Calculator):
    """The potential as an ASE calculator: energy, free_energy, energies of atoms, forces and stress.

    types: species -> chemical symbol that stands for it, where they differ, such as {"X1": "W"}.
    skin: how far beyond the cutoff neighbours are listed; the list serves until an atom has moved by half of it.
    """

    implemented_properties = ["energy", "free_energy", "energies", "forces", "stress"]

    def __init__(self, types=None, skin=1.0, **options):
        super().__init__(**options)
        symbols = [(types or {}).get(name, name) for name in SPECIES]
        if set(types or ()) - set(SPECIES) or len(set(symbols)) < len(symbols):
            raise ValueError(f"types={types}: expected one symbol for each of {', '.join(SPECIES)}")
        for name, symbol in zip(SPECIES, symbols):
            if symbol not in atomic_numbers:
                raise ValueError(f"'{symbol}' is no chemical symbol: name one that stands for it in types=")
        self._kind_of = np.full(len(chemical_symbols), -1)
        self._kind_of[[atomic_numbers[symbol] for symbol in symbols]] = range(len(symbols))
        self._skin, self._made_for, self._list = skin, None, None

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        atoms = self.atoms
        kinds = self._kind_of[atoms.numbers]
        if (kinds < 0).any():
            strange = sorted({chemical_symbols[number] for number in atoms.numbers[kinds < 0]})
            raise ValueError(f"the atoms have {', '.join(strange)}: expected {', '.join(SPECIES)}; see types=")
        i, j, images = self._neighbours(atoms)
        energies, forces, virial = np.zeros(len(atoms)), np.zeros((len(atoms), 3)), np.zeros((3, 3))
        _sum(atoms.positions, i, j, images @ atoms.cell.array, kinds, energies, forces, virial)
        energy = float(energies.sum())
        self.results = {"energy": energy, "free_energy": energy, "energies": energies, "forces": forces}
        if atoms.cell.rank == 3:
            self.results["stress"] = full_3x3_to_voigt_6_stress(-virial / atoms.get_volume())

    def _neighbours(self, atoms):
        """Each pair once: atoms i and j, and by how many cell vectors j is shifted."""
        new = (atoms.cell.array.tolist(), atoms.pbc.tolist(), len(atoms))
        if self._made_for is not None and self._made_for[0] == new:
            moved = atoms.positions - self._made_for[1]
            if 4.0 * (moved**2).sum(axis=1).max(initial=0.0) <= self._skin**2:
                return self._list
        i, j, images = neighbor_list("ijS", atoms, float(max(CUTOFF) + self._skin))
        a, b, c = images.T
        own = (i == j) & ((a > 0) | (a == 0) & ((b > 0) | (b == 0) & (c > 0)))  # an atom and its images
        once = (i < j) | own
        self._made_for = new, atoms.positions.copy()
        self._list = i[once], j[once], images[once].astype(float)
        return self._list
'''


class _Printer(PythonCodePrinter):  # type: ignore[misc]
    def _print_Float(self, expr: sympy.Float) -> str:  # noqa: N802 (sympy's name)
        return repr(float(expr))  # the shortest digits that read back as the same double

    def _print_Max(self, expr: sympy.Max) -> str:  # noqa: N802
        return f"max({', '.join(map(self.doprint, expr.args))})"

    def _print_Heaviside(self, expr: sympy.Heaviside) -> str:  # noqa: N802
        return f"_step({self.doprint(expr.args[0])})"


def write(potential: Potential, path: Path) -> None:
    """Write a module with the calculator ``PairPotential``."""
    if potential.units.name != "lj":
        potential = potential.to_units("metal")
    text = "\n".join(header(potential)).replace("\\", "/").replace('"""', "'''")
    usage = f"from {path.stem} import PairPotential\natoms.calc = PairPotential()"
    number = {c.species: k for k, c in enumerate(potential.channels)}
    table = [[number[tuple(sorted((a, b)))] for b in potential.species] for a in potential.species]
    functions = "".join(_function(k, c, potential) for k, c in enumerate(potential.channels))
    parts = [
        f'"""{text}\n\n{usage}\n"""\n{_IMPORTS}',
        *([_STEP] if "_step(" in functions else []),
        functions,
        _choice(len(potential.channels)),
        f"\n\nSPECIES = {potential.species!r}\n",
        f"CHANNEL = np.array({table!r})  # of two species\n",
        f"CUTOFF = np.array({[float(c.cutoff) for c in potential.channels]!r})"
        f"  # {potential.units.length_unit}, of the channels\n",
        _LOOP,
    ]
    with atomic(path) as temporary:
        temporary.write_text("".join(parts), encoding="utf-8")


def _function(number: int, channel: ChannelFormula, potential: Potential) -> str:
    """φ and φ' of one channel as the source of a function, with named constants."""
    safe = {p.symbol: sympy.Symbol(p.name + "_" * iskeyword(p.name)) for p in channel.parameters}
    both = [channel.complete, derivative(channel.complete, R)]
    names = {R.name, *(s.name for s in safe.values())}
    fresh = (sympy.Symbol(f"t{k}") for k in count() if f"t{k}" not in names)
    shared, (phi, slope) = sympy.cse([expression.subs(safe) for expression in both], symbols=fresh)
    show = _Printer({"fully_qualified_modules": True}).doprint
    lines = [
        f"def _pair_{number}(r):",
        f'    """phi(r) and its slope, {channel.label}, in {potential.units.energy_unit} and '
        f'{potential.units.length_unit}."""',
        *(
            f"    {safe[p.symbol]} = {float(p.value)!r}{_unit(p.unit(potential.units))}"
            for p in channel.parameters
        ),
        *(f"    {name} = {show(expression)}" for name, expression in shared),
        f"    return {show(phi)}, {show(slope)}",
    ]
    return "\n\n@njit\n" + "\n".join(lines) + "\n"


def _unit(name: str) -> str:
    return f"  # {name}" if name else ""


def _choice(channels: int) -> str:
    """Write the function that calls the one of a channel."""
    cases = (f"    if channel == {k}:\n        return _pair_{k}(r)\n" for k in range(channels - 1))
    return f"\n\n@njit\ndef _pair(channel, r):\n{''.join(cases)}    return _pair_{channels - 1}(r)\n"


def evaluate(path: Path, potential: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
    """Run the file on its own and let ASE ask its calculator."""
    types = stand_ins(potential.species)
    calculator = runpy.run_path(str(path))["PairPotential"](types)
    return [_evaluated(calculator, frame, types) for frame in frames]


def _evaluated(calculator: Any, frame: Frame, types: dict[str, str]) -> Evaluation:
    atoms = Atoms(
        [types[frame.species[kind]] for kind in frame.kinds],
        positions=frame.positions,
        cell=complete_vectors(frame.cell),
        pbc=frame.cell.periodic,
        calculator=calculator,
    )
    virial = -atoms.get_volume() * voigt_6_to_full_3x3_stress(atoms.get_stress())
    return Evaluation(atoms.get_potential_energy(), np.asarray(atoms.get_forces()), np.asarray(virial))


def version() -> str:
    """Name and version of ASE."""
    return f"ASE {ase.__version__}"


EXPORTER = Exporter(
    write, evaluate, version, ANALYTIC, usage="atoms.calc = PairPotential(), imported from NAME"
)
