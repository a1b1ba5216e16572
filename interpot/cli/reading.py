"""The options of reading: which frames of which files, and what is around the particles in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from interpot.cli.words import parse_charges
from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.records import Trajectory
from interpot.report.terminal import Terminal
from interpot.statistic.merge import is_statistic
from interpot.trajectory import known_units, parse_frames, parse_species, read
from interpot.units import STYLES

FORMATS = (
    "LAMMPS dump (.gz, .zst), extended XYZ, .npz, GROMACS .xtc and .trr, DCD, AMBER .nc, H5MD, ASE .traj, VASP XDATCAR "
    "and vasprun.xml"
)
Trajectories = Annotated[list[str], typer.Argument(metavar="TRAJECTORY...", help=FORMATS)]
StatisticOut = Annotated[Path, typer.Option("--out", "-o", metavar="STATISTICS.h5", help="To be written")]
Species = Annotated[
    str | None,
    typer.Option(metavar="OLD=NEW,...", help="Names for the files' types or elements, such as 1=Ne,2=Xe"),
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
Topology = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Which atoms there are, where trajectories do not say: PDB, GRO, PSF, prmtop, LAMMPS data, extended XYZ",
    ),
]
CUTOFF = typer.Option(
    metavar="R|A-B=R",
    help="Reach of the functions of pairs and walls in the files' length unit, which is nm for GROMACS .xtc and .trr; "
    "repeat for single ones: Ne-Xe=8, Ne-zlo=7, zlo=7, Ne@z=50",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Which frames of the files are taken, and how they are understood."""

    units: Annotated[
        str | None,
        typer.Option(metavar="STYLE", help=f"Unit style, needed where files are silent: {', '.join(STYLES)}"),
    ] = None
    species: Species = None
    stride: Annotated[int, typer.Option(metavar="N", help="Take every N-th frame", min=1)] = 1
    frames: Annotated[
        str | None, typer.Option(metavar="A:B", help="Take frames A to B-1, counted from 0 over all files")
    ] = None
    dimension: Annotated[
        int | None, typer.Option(metavar="2|3", help="Told from the data unless given", min=2, max=3)
    ] = None
    wall: Walls = None
    topology: Topology = None

    def open(self, files: Sequence[str]) -> Trajectory:
        """Open trajectories as the options say."""
        return read(
            *files,
            units=self.units,
            species=parse_species(self.species) if self.species else None,
            stride=self.stride,
            frames=parse_frames(self.frames) if self.frames else None,
            dimension=self.dimension,
            walls=self.wall or (),
            topology=self.topology,
        )


@dataclass(frozen=True, slots=True)
class PassOptions:
    """What the one pass looks for beside the forces of pairs."""

    keep_cutoff: Annotated[
        bool, typer.Option("--keep-cutoff", help="Do not look for a force that the reference truncated")
    ] = False
    energies: Annotated[
        str | None,
        typer.Option(
            metavar="potential|total",
            help="Use the energies, too; 'total' ones hold the kinetic energy, which is subtracted",
        ),
    ] = None
    virials: Annotated[
        str | None,
        typer.Option(
            metavar="given|opposite|total",
            help="Use the virials or stresses, too: W = -Vσ as given, of opposite sign, or with the kinetic part",
        ),
    ] = None
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="FIELD",
            help="A function of one coordinate; repeat for several: z, of one species Ar@z, of all charges charge@z, "
            "of the distance from a centre r:10,10,10",
        ),
    ] = None
    charges: Annotated[
        str | None, typer.Option(metavar="A=Q,...", help="Of the species, for fields of charges")
    ] = None

    @property
    def cutoffs(self) -> str:
        """Whether truncated forces are looked for, as `interpot.accumulate` takes it."""
        return "given" if self.keep_cutoff else "find"

    @property
    def charge_of(self) -> dict[str, float] | None:
        """Charges by species."""
        return parse_charges(self.charges) if self.charges else None


def in_units_of(found: Potential, file: str) -> str | None:
    """Units for a file that does not state its own: those of a potential."""
    if known_units(file) is not None:
        return None
    Terminal().note(
        f"'{file}' does not state its units: those of the potential ({found.units.name}) are taken"
    )
    return found.units.name


def check_there(files: Sequence[str]) -> None:
    """Stop at a file that does not exist, before anything is said of options."""
    for file in files:
        if not Path(file).exists():
            raise InterpotError(f"no such file: '{file}'")


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
