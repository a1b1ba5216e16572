"""The options of discovery: which formulas are looked for, in the library and beyond it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from interpot.cli.words import refuse
from interpot.errors import InterpotError
from interpot.formula.constraints import CONSTRAINTS
from interpot.formula.constraints import parse as parse_constraint
from interpot.formula.invariants import read_variable
from interpot.formula.regress import METHODS
from interpot.formula.symbolic import BACKENDS
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.search import ARITHMETIC, FUNCTIONS, OPERATORS, Budget
from interpot.formula.terms import TERMS
from interpot.formula.terms import library as terms_called


@dataclass(frozen=True, slots=True)
class LibraryOptions:
    """Which formulas of the library, and what they must meet."""

    method: Annotated[str, typer.Option(metavar="NAME", help=f"Of regression: {', '.join(METHODS)}")] = (
        "exhaustive"
    )
    max_terms: Annotated[
        int | None,
        typer.Option(
            "--max-terms", metavar="N", help="In a formula; 3 unless given, or 4 of the commonest", min=1
        ),
    ] = None
    library: Annotated[
        str | None,
        typer.Option(
            "--library", metavar="TERM,...", help=f"Combine these terms only, of {', '.join(TERMS)}"
        ),
    ] = None
    term: Annotated[
        list[str] | None,
        typer.Option(
            "--term",
            metavar="TERM",
            help="Added to the library; repeat for several: stillinger_weber, or your own with bounds, "
            "'exp(-(r/w)**4); w = 0.5..5 Å'",
        ),
    ] = None
    require: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONSTRAINT",
            help=f"That formulas must meet; repeat for several: {', '.join(CONSTRAINTS)}, 'power:6 < 0', "
            "'exponential.alpha in 2..6', 'Ne-Xe: smooth'",
        ),
    ] = None
    known: Annotated[
        list[str] | None,
        typer.Option(
            "--known",
            metavar="FORMULA|potential.json",
            help="What is known of φ(r) already, in the units of the data: '2.3/r', or 'Ne-Xe: 2.3/r' for a pair",
        ),
    ] = None
    shared_form: Annotated[
        str,
        typer.Option(
            "--shared-form",
            metavar="auto|yes|no",
            help="One form for all pairs, each with constants of its own",
        ),
    ] = "auto"
    energy_weight: Annotated[
        str,
        typer.Option(
            metavar="W",
            help="Of (energy/n)² beside force², in 1/Å²; by the variances unless given, 0 for none",
        ),
    ] = "auto"
    virial_weight: Annotated[str, typer.Option(metavar="W", help="Of (virial/n)², likewise")] = "auto"

    @property
    def terms(self) -> list[str] | None:
        """Names of ``--library``, and what ``--term`` adds; None for the default library."""
        own = self.term or ()
        if self.library is None:
            return [*(t.name for t in terms_called(TERMS) if t.default), *own] if own else None
        names = [name.strip() for name in self.library.split(",")]
        if not all(names):
            raise InterpotError(
                f"--library '{self.library}' lacks the name of a term: expected some of {', '.join(TERMS)}"
            )
        return [*names, *own]

    @property
    def restricting(self) -> str:
        """An option that was given and keeps discovery within the library, "" if none was."""
        given = {"method": self.method != "exhaustive", "library": self.library, "term": self.term}
        return next((name for name, value in (given | {"max-terms": self.max_terms}).items() if value), "")

    @property
    def row_weights(self) -> dict[str, float | str]:
        """Of energies and virials beside forces."""
        return {
            "energies": row_weight(self.energy_weight, "--energy-weight"),
            "virials": row_weight(self.virial_weight, "--virial-weight"),
        }

    def asked(self) -> dict[str, Any]:
        """Options of `interpot.discover`; what cannot be read is refused before any file is."""
        shared = {"auto": "auto", "yes": True, "no": False}
        if self.shared_form not in shared:
            raise InterpotError(f"--shared-form {self.shared_form}: expected auto, yes or no")
        return {
            "method": self.method,
            "max_terms": self.max_terms,
            "terms": self.terms,
            "constraints": [parse_constraint(text) for text in self.require or ()],
            "known": list(self.known) if self.known else None,
            "shared_form": shared[self.shared_form],
        }


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How formulas beyond the library are searched."""

    search: Annotated[
        str,
        typer.Option(
            metavar="auto|none|NAME,...",
            help=f"Beyond the library: auto where that does not do, or always by {', '.join(BACKENDS)}",
        ),
    ] = "auto"
    operators: Annotated[
        str | None,
        typer.Option(
            metavar="OPERATOR,...",
            help=f"Of --search: all for the grammar, {','.join(OPERATORS)} for others, unless given; there are "
            f"{' '.join((*ARITHMETIC, *FUNCTIONS))}",
        ),
    ] = None
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            metavar="N|TIME",
            help="Of --search, each search of a channel: so many evaluations, 500k, or so long, 90s, 5min, 1h",
        ),
    ] = None
    seed: Annotated[int, typer.Option(metavar="N", help="Of --search, where it is random", min=0)] = 0
    guess: Annotated[
        list[str] | None,
        typer.Option(
            "--guess",
            metavar="FORMULA",
            help="To start --search from, with numbers in the units of the data: '0.01*exp(-(r-5)**2)', for one pair "
            "'Ne-Xe: ...'; repeat for several",
        ),
    ] = None
    variable: Annotated[
        list[str] | None,
        typer.Option(
            "--variable",
            metavar="NAME: A-B=X,...",
            help="One formula for all pairs, of the distance and of a number of each pair, 'qq: Na-Na=1, Cl-Na=-1, "
            "Cl-Cl=1', or of each species, 'qq = q_i*q_j: Na=1, Cl=-1'; repeat for several",
        ),
    ] = None

    def asked(self) -> Symbolic:
        """Put the options together; what cannot be read is refused before any file is."""
        named = None if self.operators is None else tuple(n.strip() for n in self.operators.split(","))
        if self.search == "none":
            given = {"operators": self.operators, "budget": self.budget, "seed": self.seed}
            refuse(given, "--search none makes no search")
        asked = Symbolic(self.search, named, parse_budget(self.budget), self.seed, tuple(self.guess or ()))
        asked.check()
        return asked

    def variables(self) -> list[str] | None:
        """Variables of one formula for all pairs; what is not understood is said before the pass."""
        for text in self.variable or ():
            read_variable(text)
        return self.variable


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


def row_weight(text: str, option: str) -> float | str:
    """Read ``--energy-weight 2.5``, or auto."""
    if text == "auto":
        return text
    try:
        return float(text)
    except ValueError:
        raise InterpotError(f"{option}: '{text}' is no number: expected, e.g., 2.5, 0 or auto") from None
