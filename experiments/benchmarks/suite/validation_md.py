"""Validation MD: the liquid moved by a formula, beside the engine's own style or calculator for the same potential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from interpot import export
from interpot.formula.continuation import continued
from interpot.formula.expression import parse_expression
from interpot.formula.potential import ChannelFormula, Loss, Parameter, Potential
from interpot.proof.engines import engine
from interpot.proof.export.lammps_table import INCLUDE
from interpot.records import Dynamics, Engine, Frame, ReferenceModel
from interpot.units import STYLES
from suite.measuring import in_turns
from suite.peers import Peer
from suite.records import Figure, NotMeasured, Row, Setting, Wish
from suite.systems import CUTOFF, liquid

SIZES = (864, 4000)
CLOSEST = 0.85
"""Smallest distance of two atoms in the liquid, σ: what a discovered formula is given as its range."""

TEMPERATURE, TIMESTEP = 0.72, 0.005
AGREEMENT = 1e-5
"""Of the forces of two models that are the same, relative: ten times the stated error of a table."""

FORMULA = Wish("≤ 3.5 times as long", least=1 / 3.5)
TABLE = Wish("≤ 1.5 times as long", least=1 / 1.5)

# No constant is 1, which formulas leave out: fitted ones never are.
EPSILON, SIGMA = 1.02, 0.99
A, RHO, C_6 = 9e5, 0.0802, 3.5

Model = Potential | ReferenceModel


@dataclass(frozen=True, slots=True)
class Runner:
    """A model as an engine runs it.

    Attributes
    ----------
    name
        For the table.
    model
        Of the liquid.
    work
        Steps times atoms of a run, so many that what begins and ends it counts for a hundredth.
    """

    name: str
    model: Model
    work: float


@dataclass(frozen=True, slots=True)
class Contest:
    """Models that one engine runs in turns.

    Attributes
    ----------
    engine
        A row of `interpot.proof.engines.ENGINES`, and the package that it comes with.
    runners
        By a key.
    pairs
        Keys of ours and theirs, and the wish.
    remark
        For all rows.
    """

    engine: str
    runners: Mapping[str, Runner]
    pairs: tuple[tuple[str, str, Wish | None], ...]
    remark: str


def steps(setting: Setting) -> Iterator[Row]:
    """NVE from the same melted liquid, velocities drawn alike; only the first and the last step are recorded.

    OpenMM comes last: where it is missing, only its own rows are.
    """
    Peer("lammps").need()
    with TemporaryDirectory(prefix="interpot-") as folder:
        for made in (in_lammps, in_ase, in_openmm):
            for atoms in SIZES:
                yield from _measured(setting, made(Path(folder), atoms), atoms, Path(folder))


def in_lammps(folder: Path, atoms: int) -> Contest:
    """The exported files, included as their users do, beside lj/cut and buck.

    pair_style lepton parses, differentiates and compiles its formulas at every step, the longer the more slowly, which
    tells where atoms are few.
    """
    files = {name: folder / name for name in ("lj.lammps", "lj-table", "buckingham.lammps")}
    # unchecked, because forces of the files and of LAMMPS's own styles are compared before anything is timed
    export(lennard_jones(), "lammps", files["lj.lammps"], checked=False)
    export(lennard_jones(), "lammps-table", files["lj-table"], checked=False)
    export(buckingham(), "lammps", files["buckingham.lammps"], checked=False)
    table = (f"variable tables index {files['lj-table']}", f"include {files['lj-table'] / INCLUDE}")
    lines = {
        "formula": ("Lennard-Jones, pair_style lepton", (f"include {files['lj.lammps']}",)),
        "table": ("Lennard-Jones, pair_style table", table),
        "lj/cut": ("lj/cut", (f"pair_style lj/cut {CUTOFF}", f"pair_coeff 1 1 {EPSILON} {SIGMA}")),
        "continued": (
            "Buckingham, continued inwards, pair_style lepton",
            (f"include {files['buckingham.lammps']}",),
        ),
        "buck": ("buck", (f"pair_style buck {CUTOFF}", f"pair_coeff 1 1 {A} {RHO} {C_6}")),
    }
    return Contest(
        "lammps",
        {key: Runner(name, ReferenceModel("lammps", said), 1.6e6) for key, (name, said) in lines.items()},
        (("formula", "lj/cut", FORMULA), ("table", "lj/cut", TABLE), ("continued", "buck", None)),
        "loop time",
    )


def in_openmm(folder: Path, atoms: int) -> Contest:
    """A custom force beside NonbondedForce on the CPU platform, one thread; σ = 1 nm, ε = 1 kJ/mol, m = 1 u."""
    Peer("openmm").need()
    return Contest(
        "openmm",
        {
            "formula": Runner("Lennard-Jones, CustomNonbondedForce", lennard_jones(), 8e5),
            "own": Runner("NonbondedForce", ReferenceModel("openmm", source=_nonbonded(atoms)), 8e5),
        },
        (("formula", "own", None),),
        "CPU platform, one thread, single precision",
    )


def in_ase(folder: Path, atoms: int) -> Contest:
    """Its VelocityVerlet with interpot's calculator, and with ASE's own, which takes seconds for a few steps."""
    from ase.calculators.lj import LennardJones

    own = LennardJones(epsilon=EPSILON, sigma=SIGMA, rc=CUTOFF)
    return Contest(
        "ase",
        {
            "formula": Runner("Lennard-Jones, interpot's ASE calculator", lennard_jones(), 8e5),
            "own": Runner("LennardJones", ReferenceModel("ase", source=own), 8e4),
        },
        (("formula", "own", None),),
        "VelocityVerlet; ASE's calculator makes a tenth of the steps",
    )


def lennard_jones() -> Potential:
    """As a discovery would give it."""
    return _found(
        "Lennard-Jones 12-6",
        "4*epsilon*((sigma/r)**12 - (sigma/r)**6)",
        (Parameter("epsilon", EPSILON, 0.0, 1, 0), Parameter("sigma", SIGMA, 0.0, 0, 1)),
    )


def buckingham() -> Potential:
    """Of about the same depth and range; far inwards, where it would fall, it is continued."""
    return _found(
        "Buckingham",
        "A*exp(-r/rho) - C_6/r**6",
        (Parameter("A", A, 0.0, 1, 0), Parameter("rho", RHO, 0.0, 0, 1), Parameter("C_6", C_6, 0.0, 1, 6)),
    )


def _found(form: str, text: str, parameters: tuple[Parameter, ...]) -> Potential:
    expression = parse_expression(text, {p.name: p.symbol for p in parameters})
    channel = ChannelFormula(("Ar", "Ar"), CUTOFF, (CLOSEST, CUTOFF), form, expression, parameters)
    count = len(parameters)
    return continued(Potential(STYLES["lj"], (channel,), np.zeros((count, count)), Loss(0.0, 0.0, 0.0)))


def _nonbonded(atoms: int) -> Any:
    """Lennard-Jones in OpenMM's own force, truncated as it is."""
    import openmm

    system, force = openmm.System(), openmm.NonbondedForce()
    force.setNonbondedMethod(force.CutoffPeriodic)
    force.setCutoffDistance(CUTOFF)
    force.setUseDispersionCorrection(False)
    for _ in range(atoms):
        system.addParticle(1.0)
        force.addParticle(0.0, SIGMA, EPSILON)
    system.addForce(force)
    return system


# ---------------------------------------------------------------------------- measuring


def _measured(setting: Setting, contest: Contest, atoms: int, folder: Path) -> Iterator[Row]:
    """The rows of an engine and a size, all of their models run in turns."""
    program, start = engine(contest.engine), _start(setting, atoms)
    runners = contest.runners
    for ours, theirs, _ in contest.pairs:
        check(program, runners[ours].model, runners[theirs].model, start)
    counts = {key: _steps(setting, runner.work, atoms) for key, runner in runners.items()}
    jobs = {
        key: partial(_seconds, program, runner.model, start, counts[key], folder)
        for key, runner in runners.items()
    }
    times = in_turns(setting.repeats, jobs)
    for ours, theirs, wish in contest.pairs:
        rates = [Figure.rate(atoms * counts[key], times[key]) for key in (ours, theirs)]
        yield Row(
            f"{runners[ours].name}, {atoms:,} atoms",
            "atom-steps/s",
            rates[0],
            f"{Peer(contest.engine).title} {runners[theirs].name}",
            rates[1],
            wish,
            f"{_compared(rates[0].median / rates[1].median)}; {counts[ours]:,} steps; {contest.remark}",
        )


def _compared(ratio: float) -> str:
    return f"{ratio:.3g} times as fast" if ratio > 1 else f"{1 / ratio:.3g} times as long"


def _start(setting: Setting, atoms: int) -> Frame:
    """The melted liquid, as atoms of one element and of mass 1, which ASE insists on; velocities are yet to draw."""
    frame = liquid(setting, atoms, 1).frames[0]
    return replace(frame, species=("Ar",), masses=np.ones(atoms))


def _steps(setting: Setting, work: float, atoms: int) -> int:
    return max(round(work / atoms / (10 if setting.quick else 1)), 1)


def check(program: Engine, ours: Model, theirs: Model, start: Frame) -> None:
    """Refuse to compare models that are not the same potential.

    Raises
    ------
    NotMeasured
        Their forces differ.
    """
    one, two = (program.forces(model, start, STYLES["lj"]) for model in (ours, theirs))
    error = np.linalg.norm(one - two) / np.linalg.norm(two)
    if error > AGREEMENT:
        raise NotMeasured(f"{program.version()}: the forces of the two models differ by {error:.2g}")


def _seconds(program: Engine, model: Model, start: Frame, count: int, folder: Path) -> float:
    """What a run took, as the engine tells it: starting the program and compiling are left out."""
    plan = Dynamics(TIMESTEP, count, every=count, temperature=TEMPERATURE)
    return program.run(model, start, plan, STYLES["lj"], folder, "validation").seconds
