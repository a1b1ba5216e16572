"""A search problem as PySR takes it: the exact loss as a Julia function, the settings, formulas to start from.

Values are in units of the problem's energy, and the loss is multiplied such that PySR's mean over the rows of W is
`SearchProblem.loss` (less what no formula reaches): 1 for no function at all. All of this was established with PySR
1.5.10 and SymbolicRegression.jl 1.11.3; where later versions differ is said in `pysr_job.for_version`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from interpot.formula.codegen import R
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.pysr_job import Job
from interpot.formula.symbolic.search import ARITHMETIC, FUNCTIONS

FOUND = 1e-9
"""Loss, of that of no function, at which a search ends even where the data have no noise: constants are refitted."""

FOREVER = 1_000_000
"""Iterations of PySR: what ends a search is its loss, its number of evaluations or its time."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How large the formulas of one stage of a search may be.

    Attributes
    ----------
    maxsize
        Nodes of a formula.
    base
        Nodes of what is raised to a power; the exponent is a constant or a variable.
    argument
        Nodes within a function.
    powers
        How deep powers may stand within a function.
    division
        Whether "/" is used where "^" is there, too, and r^-n says the same.
    """

    maxsize: int
    base: int
    argument: int
    powers: int
    division: bool

    def operators(self, asked: Sequence[str]) -> list[str]:
        """Those of the stage among those asked for."""
        return [o for o in asked if o != "/" or self.division or "^" not in asked]


STAGES = (
    Stage(maxsize=16, base=1, argument=5, powers=0, division=False),
    Stage(maxsize=26, base=3, argument=9, powers=1, division=True),
)
"""The first holds Lennard-Jones, Morse and their like, and is known to find them; with division, nothing was found in
twice the time. The second holds what they do not: wells of Gaussian shape, (r + a)^-n, rational functions."""


def objective(groups: int) -> str:
    """Write the loss in Julia: three arguments, and globals FM_W and FM_y that have to be there before.

    Without the first guard, formulas undefined somewhere would be compared by what is left of them; without the
    second, constants of ±1e12 beat the loss of no function by rounding.

    Parameters
    ----------
    groups
        How many groups of nodes have an additive constant of their own; of several, FM_last is the last node for each
        node (the last of all for one group).
    """
    last, given = ("end", "") if groups == 1 else ("last", ", last = FM_last::Vector{Int64}")
    return f"""let W = FM_W::Matrix{{Float64}}, y = FM_y::Vector{{Float64}}{given}
    function fm_objective(tree, dataset::Dataset{{T,L}}, options)::L where {{T,L}}
        phi, ok = eval_tree_array(tree, dataset.X, options)
        (ok && length(phi) == size(W, 2)) || return L(Inf)
        phi = phi .- phi[{last}]
        maximum(abs, phi) < 1e6 || return L(Inf)
        return sum(abs2, W * phi .- y) / length(y)
    end
end"""


def job_of(problem: SearchProblem, given: Mapping[str, Any]) -> Job:
    """Scale a problem, and add its loss to the settings."""
    rows = np.sqrt(len(problem.y))
    ends = np.flatnonzero(np.diff(problem.groups, append=problem.groups[-1] + 1))
    return Job(
        problem.nodes,
        problem.W * (problem.energy * rows),
        problem.y * rows,
        ends[problem.groups] + 1,
        names(problem),
        dict(given) | {"loss_function": objective(len(ends))},
    )


def names(problem: SearchProblem) -> tuple[str, ...]:
    """What PySR calls the variables: r, and x1, x2 ..., which sympy has no functions of."""
    return tuple("r" if symbol == R else f"x{k}" for k, symbol in enumerate(problem.symbols))


def settings(
    problem: SearchProblem,
    operators: Sequence[str],
    stage: Stage,
    seed: int,
    evaluations: int | None,
    seconds: float | None,
) -> dict[str, Any]:
    """Return what PySRRegressor is made with: serial, and the same for the same seed unless time ends it."""
    active = stage.operators(operators)
    functions = [o for o in active if o in FUNCTIONS]
    powers = ["^"] if "^" in active else []
    inside = dict.fromkeys(functions, 0)
    nested = {f: inside | dict.fromkeys(powers, stage.powers) for f in functions}
    nested |= {p: inside | dict.fromkeys(powers, 0) for p in powers}
    limits: dict[str, Any] = dict.fromkeys(functions, stage.argument) | dict.fromkeys(powers, (stage.base, 1))
    enough = max(float(problem.enough - problem.beyond), FOUND)
    return {
        "binary_operators": [o for o in active if o in ARITHMETIC],
        "unary_operators": functions,
        "constraints": limits,
        "nested_constraints": nested or None,
        "maxsize": stage.maxsize,
        "niterations": FOREVER,
        "max_evals": evaluations,
        "timeout_in_seconds": seconds,
        "early_stop_condition": f"stop_if(loss, complexity) = loss < {enough!r}",
        "random_state": seed,
        "guesses": guesses(problem, active, stage.maxsize) or None,
        "precision": 64,
        "batching": False,
        "deterministic": True,
        "parallelism": "serial",
        "optimizer_iterations": 30,
        "optimizer_nrestarts": 3,
        "optimize_probability": 0.3,
        "verbosity": 0,
        "progress": False,
        "input_stream": "devnull",
    }


def guesses(problem: SearchProblem, operators: Sequence[str], maxsize: int) -> list[str]:
    """Write the formulas to start from that operators and size allow, in Julia, in units of the problem's energy."""
    named = dict(zip(problem.symbols, names(problem), strict=True))
    texts = []
    for seed in problem.seeds:
        text, size = _Guess(named, operators).write(sympy.Float(1 / problem.energy) * seed)
        if text and size <= maxsize:
            texts.append(text)
    return list(dict.fromkeys(texts))


@dataclass(slots=True)
class _Guess:
    """Writes an expression with operators of one and two values only, each in brackets."""

    named: Mapping[sympy.Symbol, str]
    operators: Sequence[str]
    size: int = 0

    def write(self, expression: sympy.Expr) -> tuple[str, int]:
        """Return the text and its number of nodes; no text where an operator is not among those allowed."""
        try:
            return self._text(expression), self.size
        except KeyError:
            return "", 0

    def _text(self, node: sympy.Expr) -> str:
        self.size += 1
        if node.is_number:
            return repr(float(node))
        if node.is_Symbol:
            return self.named[node]
        if node.is_Add or node.is_Mul:
            return self._folded("+" if node.is_Add else "*", node.args)
        if isinstance(node, sympy.exp):
            return self._called("exp", node.args[0])
        if node.is_Pow:
            return self._folded("^", node.args)
        return self._called(node.func.__name__, *node.args)

    def _folded(self, operator: str, parts: Sequence[sympy.Expr]) -> str:
        self._allowed(operator)
        self.size += len(parts) - 2
        text = self._text(parts[0])
        for part in parts[1:]:
            text = f"({text} {operator} {self._text(part)})"
        return text

    def _called(self, function: str, *arguments: sympy.Expr) -> str:
        self._allowed(function)
        (argument,) = arguments
        return f"{function}({self._text(argument)})"

    def _allowed(self, operator: str) -> None:
        if operator not in self.operators:
            raise KeyError(operator)
