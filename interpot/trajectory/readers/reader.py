"""What a reader is, what it is asked for, and how it says that a file ends too early."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame, IntArray
from interpot.units import UnitStyle


class Mark(NamedTuple):
    """A place between two frames of a file.

    Attributes
    ----------
    frame
        Number of the frame that begins here, from 0.
    offset
        The byte at which it begins, in what decompressing the file gives.
    line
        Number of its first line, from 1.
    """

    frame: int = 0
    offset: int = 0
    line: int = 1


START = Mark()


@dataclass(frozen=True, slots=True, eq=False)
class NamedAtoms:
    """The atoms of a trajectory, as another file tells them.

    Attributes
    ----------
    source
        That file, for messages.
    species, kinds : names, (n,) int64
        As of a `Frame`.
    masses : (n,) float64, amu, or None
    """

    source: str
    species: tuple[str, ...]
    kinds: IntArray
    masses: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a file.

    Attributes
    ----------
    units
        The style in which the file is written.
    wanted
        Whether the frame of this number (from 0, in this file) is wanted.
    remark
        To be called with what the user should know although it does not stop the walk.
    species
        The user's names for the file's names of the species. The frames keep the file's own; a reader looks
        here only to see which of a file's two namings (elements, type numbers) is meant.
    dimension
        2 or 3 as told by the user, None for automatic.
    begin
        Where to begin; beyond the first frame only for an `Indexed` reader on a file that is not compressed.
    learnt
        What the reader has seen in earlier frames of this file on which its reading of later ones depends; its
        own words, which it adds.
    told
        Names of numbers that are wanted in `Frame.told`, where the format has such.
    atoms
        Which atoms these are, as the user's topology file says; None without one.
    """

    units: UnitStyle
    wanted: Callable[[int], bool]
    remark: Callable[[str], None]
    species: Mapping[str, str] | None = None
    dimension: int | None = None
    begin: Mark = START
    learnt: set[str] = field(default_factory=set)
    told: tuple[str, ...] = ()
    atoms: NamedAtoms | None = None


class Reader(Protocol):
    """The functions that a reader's module has.

    The frames of `walk` are in internal units and carry the file's own names of the species. They have
    dimension 2 only where the file has no z; `interpot.trajectory.reading` sees to the rest, and to numbers
    that are not finite. None stands for a frame that is not wanted: it is passed by, not read.
    """

    def stated_units(self, path: Path) -> str | None:
        """Return the name of the unit style that the file states, None where it is silent."""

    def walk(self, path: Path, request: Request) -> Iterator[Frame | None]:
        """Walk the frames in constant memory; raises `CutShortError` at the end of what is whole."""


class Indexed(Reader, Protocol):
    """A reader that also finds out, faster than by reading them, where the frames of a file begin.

    Its row of `interpot.trajectory.readers.READERS` says so; `interpot.trajectory.index` keeps what is found.
    """

    def ends(self, path: Path, request: Request) -> Iterator[Mark]:
        """Yield the place behind each frame that `walk` would pass; raises what it would raise."""


class CutShortError(InterpotError):
    """The file ends within a frame.

    Attributes
    ----------
    whole
        Number of whole frames before it, those not wanted included.
    """

    def __init__(self, path: Path, whole: int, reason: str) -> None:
        super().__init__(f"'{path}' ends within frame {whole} ({reason})")
        self.path, self.whole, self.reason = path, whole, reason

    def no_frame(self) -> InterpotError:
        """Say that there is no whole frame at all."""
        return InterpotError(f"'{self.path}' holds no whole frame: it ends within the first ({self.reason})")


def cut_short(path: Path, index: int, found: int, atoms: int, torn: bool) -> CutShortError:
    """Say how much of a frame is there; a line without its end may hold half a number, and does not count."""
    unfinished = " and a line without its end" if torn else ""
    return CutShortError(path, index, f"{found} of its {atoms} atoms{unfinished}")


def not_told(key: str, where: str, known: Iterable[object]) -> InterpotError:
    """Say that a file does not tell a number that is wanted with each frame, and what it does tell."""
    return InterpotError(
        f"{where} does not tell a number '{key}': it has {', '.join(map(str, known)) or 'none'}; name one of those"
    )


def no_topology(path: Path) -> InterpotError:
    """Say that a file does not tell its atoms, and what to do."""
    return InterpotError(
        f"'{path}' does not say which atoms it is of: name a file that does with --topology FILE (topology= in "
        "Python), a PDB, GRO, PSF, prmtop, LAMMPS data or extended XYZ file"
    )


def named_atoms(path: Path, request: Request, count: int) -> NamedAtoms:
    """Return which atoms a file of `count` atoms, that names none, is of; raises where that is not known."""
    atoms = request.atoms
    if atoms is None:
        raise no_topology(path)
    if len(atoms.kinds) != count:
        raise InterpotError(
            f"'{path}' has {count} atoms, but the topology '{atoms.source}' {len(atoms.kinds)}: give the topology of "
            "just these atoms"
        )
    return atoms


def no_numbers(path: Path, key: str) -> InterpotError:
    """Say that a format holds no further numbers with each frame."""
    return not_told(key, f"'{path}'", ())
