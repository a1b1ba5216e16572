"""OpenMM: a force field in one XML file, for ``openmm.app.ForceField`` and alone or beside others.

All pairs of species are one ``CustomNonbondedForce`` whose energy selects the formula by the species of the two
particles. (With a force per pair and interaction groups OpenMM's CPU platform has no neighbour list: 4000 atoms of two
species take 80 ms a step, and 4 ms so.) Each formula ends at its own cutoff by itself, whatever the box is and however
``createSystem`` is called.

OpenMM counts in nm, kJ/mol, amu, ps. Of a potential in reduced units one σ is one nm there, one ε one kJ/mol, one m one
amu; then one τ is one ps, and T* = 1 is 120.27 K.

Source: http://docs.openmm.org/latest/userguide/application/06_creating_ffs.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from xml.sax.saxutils import quoteattr

from ase.data import atomic_masses, atomic_numbers

from interpot.files import atomic
from interpot.formula.potential import Potential
from interpot.proof.dialects.openmm import KIND, energy_expression, is_element, native, native_units
from interpot.proof.export.exporter import ANALYTIC, Exporter
from interpot.proof.export.header import header
from interpot.records import Evaluation, Frame
from interpot.units import UnitStyle

_SCRIPT = f"""\
from openmm import CustomNonbondedForce, unit
reach = {{reach!r}} * unit.nanometer
nonbonded = [force for force in sys.getForces() if hasattr(force, "getCutoffDistance")]
for force in nonbonded:
    own = isinstance(force, CustomNonbondedForce) and force.getNumPerParticleParameters() > 0
    if own and force.getPerParticleParameterName(0) == "{KIND}":
        # alone it sees exactly as far as it reaches; beside others it keeps their cutoff where that is longer
        if len(nonbonded) == 1 or force.getCutoffDistance() < reach:
            force.setCutoffDistance(reach)
"""
# OpenMM tells residues from each other by their elements only
_MATCHER = """\
names = {names!r}
def by_name(forcefield, residue, *others):
    atoms = list(residue.atoms())
    if len(atoms) == 1 and atoms[0].element is None and atoms[0].name in names:
        return forcefield._templates[atoms[0].name]
self.registerTemplateMatcher(by_name)
"""
_RECIPE = """\
    forcefield = openmm.app.ForceField("{name}")
    system = forcefield.createSystem(topology, nonbondedMethod=openmm.app.CutoffPeriodic)

or NoCutoff in open space. The potential's own cutoffs are set here, and no pair is excluded. An atom that is a residue
of its own is recognised by its element, or by its name where that is no element's:

    residue = topology.addResidue("{atom}", topology.addChain())
    topology.addAtom("{atom}", {element}, residue)

In larger residues give atoms the types below, by templates of your own."""


def write(potential: Potential, path: Path) -> None:
    """Write the force field."""
    found = native(potential)
    reach = max(float(c.cutoff) for c in found.channels)
    types = [
        f"<Type name={quoteattr(s)} class={quoteattr(s)} {_element(s, potential.units)}/>"
        for s in potential.species
    ]
    residues = [
        f"<Residue name={quoteattr(s)}><Atom name={quoteattr(s)} type={quoteattr(s)}/></Residue>"
        for s in potential.species
    ]
    atoms = [f'<Atom type={quoteattr(s)} {KIND}="{k}"/>' for k, s in enumerate(potential.species, 1)]
    energy = indent(energy_expression(found), "  ").strip()
    unknown = [s for s in potential.species if not is_element(s)]
    matcher = _MATCHER.format(names=unknown)
    lines = [
        "<ForceField>",
        f"<Info><![CDATA[\n{_about(potential, path.name)}]]></Info>",
        *("<AtomTypes>", *(f"  {line}" for line in types), "</AtomTypes>"),
        *("<Residues>", *(f"  {line}" for line in residues), "</Residues>"),
        f'<CustomNonbondedForce bondCutoff="0" energy="\n  {energy}">',
        f'  <PerParticleParameter name="{KIND}"/>',
        *(f"  {line}" for line in atoms),
        "</CustomNonbondedForce>",
        f"<Script><![CDATA[\n{_SCRIPT.format(reach=reach)}]]></Script>",
        *([f"<InitializationScript><![CDATA[\n{matcher}]]></InitializationScript>"] if unknown else []),
        *("</ForceField>", ""),
    ]
    with atomic(path) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8")


def _element(species: str, units: UnitStyle) -> str:
    """Attributes of a type: the mass is the element's, or 1."""
    if not is_element(species):
        return 'mass="1.0"'
    mass = 1.0 if units.name == "lj" else float(atomic_masses[atomic_numbers[species]])
    return f'element="{species}" mass="{mass!r}"'


def _about(potential: Potential, name: str) -> str:
    """What the file says of itself, and how it is used."""
    species = next(filter(is_element, potential.species), potential.species[0])
    element = f"openmm.app.Element.getBySymbol({species!r})" if is_element(species) else "None"
    reduced = potential.units.name == "lj"
    here = "in nm and kJ/mol"
    if reduced:
        here = "1 nm stands for sigma, 1 kJ/mol for epsilon, 1 amu for m, 1 ps for tau"
    lines = [*header(potential), "", f"Here {here}. Use:", ""]
    lines += _RECIPE.format(name=name, atom=species, element=element).splitlines()
    unknown = [s for s in potential.species if not is_element(s)]
    if unknown and not reduced:
        lines.append(f"The mass of {', '.join(unknown)} is not known: put it in the place of the 1.0 below.")
    return "\n".join([*lines, ""]).replace("]]>", "]] >")


def evaluate(path: Path, potential: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
    """Let OpenMM's double-precision platform evaluate what ``ForceField`` makes of the file."""
    return _evaluate(path, potential, frames, "Reference")


def evaluate_single(path: Path, potential: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
    """Do the same on its CPU platform, which counts forces in single precision."""
    return _evaluate(path, potential, frames, "CPU")


def _evaluate(path: Path, potential: Potential, frames: Sequence[Frame], platform: str) -> list[Evaluation]:
    # the engine itself uses the expressions above: it is loaded on use
    from interpot.proof.engines.openmm_systems import ForceFieldFile
    from interpot.proof.engines.pair_sums import evaluate_pairs

    reach = max(c.cutoff for c in potential.channels) * potential.units.length
    file = ForceFieldFile(path, native_units(potential.units))
    return [evaluate_pairs(file, frame, reach, platform) for frame in frames]


def version() -> str:
    """Name and version of OpenMM."""
    from interpot.proof.engines.openmm import OpenMM

    return OpenMM().version()


EXPORTER = Exporter(
    write, evaluate, version, ANALYTIC, single=evaluate_single,
    usage='app.ForceField("NAME").createSystem(topology, nonbondedMethod=app.CutoffPeriodic)',
)  # fmt: skip
