"""What is asked of a symbolic search: backends, operators, budget, seed, and formulas to start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R
from interpot.formula.expression import parse_expression
from interpot.formula.symbolic import load_backend
from interpot.formula.symbolic.choice import chosen
from interpot.formula.symbolic.search import ARITHMETIC, FUNCTIONS, Budget
from interpot.units import UnitStyle


@dataclass(frozen=True, slots=True)
class Symbolic:
    """How formulas beyond the library are searched, as `interpot.discover` takes it.

    Attributes
    ----------
    search
        "auto": where no formula of the library explains the forces to chance, `grammar` and, where that does not do
        either, PySR where it is set up and else Operon. "none": never. Names of
        `interpot.formula.symbolic.BACKENDS`, separated by commas: these, in any case.
    operators
        That formulas are made of, of those in `interpot.formula.symbolic.search`; each backend's usual ones unless
        given. "auto" leaves out a backend that lacks one of them.
    budget
        Of each backend, for each channel.
    seed
        Of the searches that are random.
    guesses
        Formulas φ(r), with numbers, in the units of the data: "2.3*exp(-r)/r", or "Ne-Xe: 2.3*exp(-r)/r" for one
        channel. Their constants are fitted and they are judged with all others; random searches start from them.
    """

    search: str = "auto"
    operators: tuple[str, ...] | None = None
    budget: Budget = field(default_factory=Budget)
    seed: int = 0
    guesses: tuple[str, ...] = ()

    @classmethod
    def of(cls, asked: Symbolic | str) -> Symbolic:
        """Return what was asked for; a word stands for the search alone."""
        return asked if isinstance(asked, Symbolic) else cls(asked)

    @property
    def always(self) -> bool:
        """Whether it is made even where the library does."""
        return self.search not in ("auto", "none")

    def backends(self) -> tuple[list[str], str]:
        """Return the backends that are asked, in order, and why these, as a clause."""
        names, why = chosen(self.search)
        if self.search != "auto":
            return names, why
        able = [name for name in names if set(self.operators or ()) <= load_backend(name).operators]
        return able, why if able == names else ""

    def check(self) -> None:
        """Refuse backends, operators and guesses that there are not, before any work is done.

        Raises
        ------
        InterpotError
            Also where a backend that was named is not set up.
        """
        for operator in self.operators or ():
            if operator not in (*ARITHMETIC, *FUNCTIONS):
                known = " ".join((*ARITHMETIC, *FUNCTIONS))
                raise InterpotError(f"unknown operator '{operator}': expected some of {known}")
        for name in self.backends()[0]:
            load_backend(name).check(self.operators or ())
        for text in self.guesses:
            _parsed(text)

    def check_labels(self, labels: Iterable[str]) -> None:
        """Refuse guesses for channels that there are not.

        Raises
        ------
        InterpotError
            Names them and the channels.
        """
        known = list(labels)
        for text in self.guesses:
            label = text.rpartition(":")[0].strip()
            if label and label not in known:
                raise InterpotError(f"the guess '{text}': expected one of the channels {', '.join(known)}")

    def guessed(self, label: str, units: UnitStyle) -> dict[str, sympy.Expr]:
        """Return the guesses for one channel by their text, in eV and Å."""
        own = {}
        for text in self.guesses:
            if text.rpartition(":")[0].strip() in ("", label):
                own[text] = units.energy * _parsed(text).xreplace({R: R / units.length})
        return own

    @property
    def recorded(self) -> dict[str, Any]:
        """What provenance keeps."""
        given = {
            "operators": list(self.operators or ()),
            "evaluations": self.budget.evaluations,
            "seconds": self.budget.seconds,
            "guesses": list(self.guesses),
        }
        return {"search": self.search, "seed": self.seed} | {k: v for k, v in given.items() if v}


def _parsed(text: str) -> sympy.Expr:
    """φ(r) in the units of the data."""
    formula = text.rpartition(":")[2].strip()
    try:
        given = parse_expression(formula.replace("^", "**"), {})
    except ValueError as error:
        raise InterpotError(f"the guess '{text}' {error}") from None
    if R not in given.free_symbols:
        raise InterpotError(
            f"the guess '{text}' is no function of r: expected one such as '0.01*exp(-2*r)/r'"
        )
    return given
