"""What PySR finds: its table of equations, as it stands in `equations_` and in the file that it keeps while it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import sympy

from interpot.formula.expression import parse_expression
from interpot.formula.symbolic.complexity import complexity
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.pysr_problem import names
from interpot.formula.symbolic.search import Candidate


@dataclass(slots=True, eq=False)
class Equations:
    """Reads PySR's equations into candidates, each text once.

    Attributes
    ----------
    problem
        That they are to solve, and whose loss, symbols and units they are given.
    """

    problem: SearchProblem
    _known: dict[str, Candidate | None] = field(default_factory=dict)

    def candidates(self, table: pd.DataFrame) -> list[Candidate]:
        """Of a table with a column "equation" or "Equation"; what is not real and finite on the nodes is left out."""
        column = next((name for name in table.columns if str(name).lower() == "equation"), None)
        return [] if column is None else self._of(map(str, table[column]))

    def of_file(self, file: Path) -> list[Candidate]:
        """Of the file that PySR writes anew, and then a copy of it, whenever its front has grown.

        No candidates as long as there is no file; of one that is being written, those of its copy.
        """
        for path in (file, file.with_name(file.name + ".bak")):
            try:
                text = path.read_text("utf-8")
            except FileNotFoundError:
                continue
            # a line that is cut short lacks its last quotation mark
            if text.endswith('"\n') and text.count('"') % 2 == 0:
                return self.candidates(pd.read_csv(StringIO(text)))
        return []

    def _of(self, texts: Iterable[str]) -> list[Candidate]:
        found = []
        for text in texts:
            if text not in self._known:
                self._known[text] = self._candidate(text)
            candidate = self._known[text]
            if candidate is not None:
                found.append(candidate)
        return found

    def _candidate(self, text: str) -> Candidate | None:
        try:
            expression = self._expression(text)
        except (ValueError, ZeroDivisionError, OverflowError):
            return None  # no real function, or numbers beyond double precision
        if not expression.free_symbols:
            return None  # a constant, which no force sees
        loss = self.problem.loss(self.problem.values(expression))
        return Candidate(expression, loss, complexity(expression)) if np.isfinite(loss) else None

    def _expression(self, text: str) -> sympy.Expr:
        """Julia's text in units of the problem's energy → φ without its additive constant, eV and Å."""
        symbols = dict(zip(names(self.problem), self.problem.symbols, strict=True))
        scaled = self.problem.energy * parse_expression(text.replace("^", "**"), symbols)
        _, varying = scaled.as_independent(*self.problem.symbols, as_Add=True)
        return varying
