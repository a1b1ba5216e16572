"""The options that commands share, and what their words mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from interpot.errors import InterpotError
from interpot.formula.constraints import CONSTRAINTS
from interpot.formula.constraints import parse as parse_constraint
from interpot.formula.regress import METHODS
from interpot.formula.symbolic import BACKENDS
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.search import ARITHMETIC, FUNCTIONS, OPERATORS, Budget
from interpot.formula.terms import TERMS, library
from interpot.records import Trajectory
from interpot.statistic.merge import is_statistic
from interpot.trajectory import parse_frames, parse_species, read
from interpot.units import STYLES

Script = Annotated[
    Path, typer.Argument(metavar="EXPERIMENT.py", help="Defines experiment, an Experiment or a function")
]
ShowOptions = Annotated[bool, typer.Option("--options", help="Show which options the script takes, no more")]
PotentialFile = Annotated[Path, typer.Argument(metavar="potential.json", help="What interpot has found")]
FORMATS = (
    "LAMMPS dump (.gz, .zst), extended XYZ, .npz, GROMACS .xtc and .trr, DCD, AMBER .nc, H5MD, ASE .traj, VASP XDATCAR "
    "and vasprun.xml"
)
Trajectories = Annotated[list[str], typer.Argument(metavar="TRAJECTORY...", help=FORMATS)]
Units = Annotated[
    str | None,
    typer.Option(metavar="STYLE", help=f"Unit style, needed where files are silent: {', '.join(STYLES)}"),
]
Species = Annotated[
    str | None,
    typer.Option(metavar="OLD=NEW,...", help="Names for the files' types or elements, such as 1=Ne,2=Xe"),
]
Topology = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Which atoms there are, where trajectories do not say: PDB, GRO, PSF, prmtop, LAMMPS data, extended XYZ",
    ),
]
Stride = Annotated[int, typer.Option(metavar="N", help="Take every N-th frame", min=1)]
Frames = Annotated[
    str | None, typer.Option(metavar="A:B", help="Take frames A to B-1, counted from 0 over all files")
]
Dimension = Annotated[
    int | None, typer.Option(metavar="2|3", help="Told from the data unless given", min=2, max=3)
]
Walls = Annotated[
    list[str] | None,
    typer.Option(
        "--wall",
        metavar="NAME=POSITION",
        help="A wall that acts on the particles; repeat for several: zlo=edge, zhi=40, 'zhi=40 - 0.5*t', "
        "zhi=piston.dat, zhi=log.lammps:v_z, cylinder_z=12@0,0, sphere=20@0,0,0",
    ),
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="FIELD",
        help="A function of one coordinate; repeat for several: z, of one species Ar@z, of all charges charge@z, of "
        "the distance from a centre r:10,10,10",
    ),
]
ChargesOf = Annotated[
    str | None, typer.Option("--charges", metavar="A=Q,...", help="Of the species, for fields of charges")
]
KeepCutoff = Annotated[
    bool, typer.Option("--keep-cutoff", help="Do not look for a force that the reference truncated")
]
Method = Annotated[str, typer.Option(metavar="NAME", help=f"Of regression: {', '.join(METHODS)}")]
Library = Annotated[
    str | None,
    typer.Option("--library", metavar="TERM,...", help=f"Combine these terms only, of {', '.join(TERMS)}"),
]
MaxTerms = Annotated[
    int | None,
    typer.Option(
        "--max-terms", metavar="N", help="In a formula; 3 unless given, or 4 of the commonest", min=1
    ),
]
Terms = Annotated[
    list[str] | None,
    typer.Option(
        "--term",
        metavar="TERM",
        help="Added to the library; repeat for several: stillinger_weber, or your own with bounds, "
        "'exp(-(r/w)**4); w = 0.5..5 Å'",
    ),
]
Search = Annotated[
    str,
    typer.Option(
        metavar="auto|none|NAME,...",
        help=f"Beyond the library: auto where that does not do, or always by {', '.join(BACKENDS)}",
    ),
]
Operators = Annotated[
    str | None,
    typer.Option(
        metavar="OPERATOR,...",
        help=f"Of --search: all for the grammar, {','.join(OPERATORS)} for others, unless given; there are "
        f"{' '.join((*ARITHMETIC, *FUNCTIONS))}",
    ),
]
BudgetOf = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="N|TIME",
        help="Of --search, each search of a channel: so many evaluations, 500k, or so long, 90s, 5min, 1h",
    ),
]
Seed = Annotated[int, typer.Option(metavar="N", help="Of --search, where it is random", min=0)]
Guesses = Annotated[
    list[str] | None,
    typer.Option(
        "--guess",
        metavar="FORMULA",
        help="To start --search from, with numbers in the units of the data: '0.01*exp(-(r-5)**2)', for one pair "
        "'Ne-Xe: ...'; repeat for several",
    ),
]
VariablesOf = Annotated[
    list[str] | None,
    typer.Option(
        "--variable",
        metavar="NAME: A-B=X,...",
        help="One formula for all pairs, of the distance and of a number of each pair, 'qq: Na-Na=1, Cl-Na=-1, "
        "Cl-Cl=1', or of each species, 'qq = q_i*q_j: Na=1, Cl=-1'; repeat for several",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        metavar="ROLE=NAME[:UNIT],...",
        help="Of --curve: which column is r, energy, error, weight or pair, such as r=R:bohr,energy=V:meV",
    ),
]
Pair = Annotated[
    str | None,
    typer.Option(
        metavar="A-B", help="Of --curve: take this pair only; names the pair of a table that names none"
    ),
]
WeightsOf = Annotated[
    str | None,
    typer.Option(
        metavar="well|relative|equal|FLOOR,FRACTION",
        help="Of --curve: errors of the energies, √(E² + D²) with the depth D of the well unless the table has its own",
    ),
]
Offset = Annotated[
    bool, typer.Option("--offset", help="Of --curve: fit a constant energy too, as total energies need it")
]
Energies = Annotated[
    str | None,
    typer.Option(
        metavar="potential|total",
        help="Use the energies, too; 'total' ones hold the kinetic energy, which is subtracted",
    ),
]
Virials = Annotated[
    str | None,
    typer.Option(
        metavar="given|opposite|total",
        help="Use the virials or stresses, too: W = -Vσ as given, of opposite sign, or with the kinetic part",
    ),
]
EnergyWeight = Annotated[
    str,
    typer.Option(
        metavar="W", help="Of (energy/n)² beside force², in 1/Å²; by the variances unless given, 0 for none"
    ),
]
VirialWeight = Annotated[str, typer.Option(metavar="W", help="Of (virial/n)², likewise")]
StatisticOut = Annotated[Path, typer.Option("--out", "-o", metavar="STATISTICS.h5", help="To be written")]
Require = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CONSTRAINT",
        help=f"That formulas must meet; repeat for several: {', '.join(CONSTRAINTS)}, 'power:6 < 0', "
        "'exponential.alpha in 2..6', 'Ne-Xe: smooth'",
    ),
]
KnownParts = Annotated[
    list[str] | None,
    typer.Option(
        "--known",
        metavar="FORMULA|potential.json",
        help="What is known of φ(r) already, in the units of the data: '2.3/r', or 'Ne-Xe: 2.3/r' for a pair",
    ),
]
SharedForm = Annotated[
    str,
    typer.Option(
        "--shared-form", metavar="auto|yes|no", help="One form for all pairs, each with constants of its own"
    ),
]
CUTOFF = typer.Option(
    metavar="R|A-B=R",
    help="Reach of the functions of pairs and walls in the files' length unit, which is nm for GROMACS .xtc and .trr; "
    "repeat for single ones: Ne-Xe=8, Ne-zlo=7, zlo=7, Ne@z=50",
)


def read_files(
    files: Sequence[str],
    units: str | None,
    species: str | None,
    stride: int,
    frames: str | None,
    dimension: int | None,
    walls: Sequence[str] | None = None,
    topology: Path | None = None,
) -> Trajectory:
    """Open trajectories as the options say."""
    return read(
        *files,
        units=units,
        species=parse_species(species) if species else None,
        stride=stride,
        frames=parse_frames(frames) if frames else None,
        dimension=dimension,
        walls=walls or (),
        topology=topology,
    )


def parse_cutoffs(options: Sequence[str]) -> tuple[float, dict[str, float]]:
    """Sort ``--cutoff 10 --cutoff Ne-Xe=8`` into the common cutoff and the exceptions."""
    common: list[float] = []
    pairs: dict[str, float] = {}
    for option in options:
        label, _, text = option.rpartition("=")
        value = positive(text, f"--cutoff {option}", "10, or Ne-Xe=8 for a pair")
        if label in pairs:
            raise InterpotError(f"--cutoff names '{label}' twice: give each pair once")
        if label:
            pairs[label] = value
        else:
            common.append(value)
    if len(common) != 1:
        raise InterpotError(
            f"{len(common) or 'no'} cutoffs for all pairs were given: expected one, such as --cutoff 10, beside "
            "those of single pairs"
        )
    return common[0], pairs


def discovery_options(
    method: str,
    max_terms: int | None,
    of_library: str | None,
    terms: Sequence[str] | None,
    require: Sequence[str] | None,
    known: Sequence[str] | None,
    shared_form: str,
) -> dict[str, Any]:
    """Options of `interpot.discover`; what cannot be read is refused before any file is."""
    shared = {"auto": "auto", "yes": True, "no": False}
    if shared_form not in shared:
        raise InterpotError(f"--shared-form {shared_form}: expected auto, yes or no")
    return {
        "method": method,
        "max_terms": max_terms,
        "terms": terms_asked_for(of_library, terms),
        "constraints": [parse_constraint(text) for text in require or ()],
        "known": list(known) if known else None,
        "shared_form": shared[shared_form],
    }


def symbolic_search(
    search: str, operators: str | None, budget: str | None, seed: int, guesses: Sequence[str] | None
) -> Symbolic:
    """How formulas beyond the library are searched; what cannot be read is refused before any file is."""
    named = None if operators is None else tuple(name.strip() for name in operators.split(","))
    if search == "none":
        given = {"operators": operators, "budget": budget, "seed": seed}
        refuse(given, "--search none makes no search")
    asked = Symbolic(search, named, parse_budget(budget), seed, tuple(guesses or ()))
    asked.check()
    return asked


_TIMES = {"s": 1.0, "min": 60.0, "h": 3600.0}
_COUNTS = {"": 1, "k": 1_000, "M": 1_000_000}
_BUDGET = re.compile(r"(?P<number>\d+(\.\d+)?([eE]\d+)?)\s*(?P<unit>[a-zA-Z]*)")


def parse_budget(text: str | None) -> Budget:
    """Read "500k" (evaluations) or "90s" (time)."""
    if text is None:
        return Budget()
    found = _BUDGET.fullmatch(text.strip())
    number = float(found["number"]) if found else 0.0
    number = number if number < 1e300 else 0.0
    if found and number > 0 and found["unit"] in _TIMES:
        return Budget(seconds=number * _TIMES[found["unit"]])
    if found and number >= 1 and found["unit"] in _COUNTS:
        return Budget(evaluations=round(number * _COUNTS[found["unit"]]))
    raise InterpotError(
        f"--budget {text}: expected a number of evaluations such as 500k, or a time such as 90s or 5min"
    )


def terms_asked_for(of_library: str | None, own: Sequence[str] | None) -> list[str] | None:
    """Names of ``--library``, and what ``--term`` adds; None for the default library."""
    if of_library is None and not own:
        return None
    if of_library is None:
        return [*(term.name for term in library(TERMS) if term.default), *(own or ())]
    names = [name.strip() for name in of_library.split(",")]
    if not all(names):
        raise InterpotError(
            f"--library '{of_library}' lacks the name of a term: expected some of {', '.join(TERMS)}"
        )
    return [*names, *(own or ())]


def parse_weights(text: str) -> str | tuple[float, float]:
    """Read ``--weights well`` or ``--weights 0.001,0.01``."""
    if "," not in text:
        return text
    floor, _, fraction = text.partition(",")
    example = "0.001,0.01: the error at zero energy and its fraction of the energy"
    return positive(floor, f"--weights {text}", example), positive(fraction, f"--weights {text}", example)


def refuse(options: Mapping[str, object], reason: str) -> None:
    """Stop at options that were given where they mean nothing."""
    for name, value in options.items():
        if value:
            raise InterpotError(f"--{name.replace('_', '-')} was given, but {reason}: leave it out")


def parse_masses(text: str) -> dict[str, float]:
    """Read ``--masses Ne=20.18,Xe=131.29``."""
    return {
        name: positive(mass, f"--masses {text}", "Ne=20.18,Xe=131.29")
        for name, mass in parse_species(text).items()
    }


def parse_charges(text: str) -> dict[str, float]:
    """Read ``--charges Na=1,Cl=-1``."""
    try:
        return {name: float(charge) for name, charge in parse_species(text).items()}
    except ValueError:
        raise InterpotError(f"--charges {text}: a charge is no number: expected, e.g., Na=1,Cl=-1") from None


def parse_axes(text: str) -> tuple[int, ...]:
    """Read ``--profiles z`` or ``xz``: numbers of the axes."""
    if not text or set(text) - set("xyz") or len(set(text)) < len(text):
        raise InterpotError(f"--profiles '{text}': expected axes, such as z or xyz")
    return tuple("xyz".index(axis) for axis in text)


def positive(text: str, option: str, example: str) -> float:
    """Read a positive number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise InterpotError(f"{option}: '{text}' is no positive number: expected, e.g., {example}")
    return value


def row_weight(text: str, option: str) -> float | str:
    """Read ``--energy-weight 2.5``, or auto."""
    if text == "auto":
        return text
    try:
        return float(text)
    except ValueError:
        raise InterpotError(f"{option}: '{text}' is no number: expected, e.g., 2.5, 0 or auto") from None


def sorted_out(files: Sequence[str], **options: object) -> bool:
    """Tell statistics from trajectories: whether the files are statistics, for which no option of reading counts.

    Raises
    ------
    InterpotError
        Some are and some are not, or an option was given that statistics have no use for.
    """
    statistics = [is_statistic(file) for file in files]
    if not any(statistics):
        return False
    if not all(statistics):
        one, other = files[statistics.index(True)], files[statistics.index(False)]
        raise InterpotError(
            f"'{one}' is a statistic, but '{other}' is not: accumulate the trajectories first, then give their "
            "statistics"
        )
    for name, value in options.items():
        if value:
            raise InterpotError(
                f"--{name.replace('_', '-')} was given, but '{files[0]}' is a statistic, in which that is settled: "
                "leave it out"
            )
    return True


_FACTORS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def memory_size(text: str) -> int:
    """Read a size such as 500M or 2G, in bytes.

    >>> memory_size("1.5G")
    1500000000
    """
    word = text.strip().upper().removesuffix("B")
    number, factor = (word[:-1], word[-1:]) if word[-1:] in _FACTORS else (word, "")
    return int(positive(number, f"--memory {text}", "500M or 2G") * _FACTORS[factor])
