"""What a row of the table of exports is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from interpot.formula.potential import Potential
from interpot.records import Evaluation, Frame

Write = Callable[[Potential, Path], None]
"""Writes a potential, in its own units and with its continuations, to a path."""

Evaluate = Callable[[Path, Potential, Sequence[Frame]], list[Evaluation]]
"""Lets the target evaluate what was written at a path; the potential tells units and species, never values."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """One target.

    Attributes
    ----------
    write
        Writes it. The path is a file, or, where `folder`, an existing folder.
    evaluate
        Reads it back as the target's users will; None where nothing can (LaTeX).
    engine
        Name and version of what evaluates. Raises `InterpotError` where it is not installed, with the extra that
        brings it.
    tolerance
        Largest relative deviation from the sympy original: 1e-8 of a formula in double precision, the stated error of
        a table.
    folder
        Whether several files are written.
    single
        Evaluates it in single precision, as its users may run it: the forces of periodic frames may then deviate by
        `SINGLE`. None where that is no use of the target.
    kinds
        Of the channels that it can hold; others are left out, and that is said.
    usage
        How the target is told to use it, in a line; NAME stands for the file, PAIR for two species in quotes.
    """

    write: Write
    evaluate: Evaluate | None
    engine: Callable[[], str]
    tolerance: float
    folder: bool = False
    single: Evaluate | None = None
    usage: str = ""
    kinds: tuple[str, ...] = ("pair",)


EVERY_KIND = ("pair", "wall", "field")

ANALYTIC = 1e-8
"""Largest relative deviation of a formula that is evaluated in double precision."""

SINGLE = 1e-4
"""Largest deviation of a force in single precision, relative to the root mean square of all."""
