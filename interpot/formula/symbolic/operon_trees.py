"""Trees of Operon: how they are bred, what programs and formulas they stand for.

Operon (B. Burlacu, G. Kronberger, M. Kommenda, GECCO Companion 2020, 1562) makes the trees and crosses and mutates
them, in C++; losses and constants come from `interpot.formula.symbolic.operon_kernel`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from interpot.formula.symbolic import operon_kernel as kernel
from interpot.records import FloatArray

NODES = {
    "+": ("Add",),
    "-": ("Sub",),
    "*": ("Mul",),
    "/": ("Div",),
    "^": ("Pow", "Square"),
    "exp": ("Exp",),
    "log": ("Log",),
    "sqrt": ("Sqrt",),
    "tanh": ("Tanh",),
    "sin": ("Sin",),
    "cos": ("Cos",),
}
"""Which nodes an operator allows. Operon knows no erf."""

_CODES = {
    "Constant": kernel.CONSTANT,
    "Variable": kernel.VARIABLE,
    **{names[0]: getattr(kernel, names[0].upper()) for names in NODES.values()},
    "Square": kernel.SQUARE,
}

_MEANING: dict[int, Callable[..., sympy.Expr]] = {
    kernel.ADD: lambda a, b: a + b,
    kernel.SUB: lambda a, b: a - b,
    kernel.MUL: lambda a, b: a * b,
    kernel.DIV: lambda a, b: a / b,
    kernel.POW: lambda a, b: a**b,
    kernel.EXP: sympy.exp,
    kernel.LOG: sympy.log,
    kernel.SQRT: sympy.sqrt,
    kernel.SQUARE: lambda a: a**2,
    kernel.TANH: sympy.tanh,
    kernel.SIN: sympy.sin,
    kernel.COS: sympy.cos,
}

_FUNCTIONS = {
    sympy.exp: kernel.EXP, sympy.log: kernel.LOG, sympy.tanh: kernel.TANH, sympy.sin: kernel.SIN,
    sympy.cos: kernel.COS,
}  # fmt: skip

_SPREAD = 1.0  # of constants that are drawn and of what mutations add to them
_FIRST_LENGTH = 12  # nodes of the longest tree of the first generation


@dataclass(frozen=True, slots=True, eq=False)
class Programs:
    """Trees as `operon_kernel.fit` takes them, one row each of arrays as wide as the longest may be.

    Attributes
    ----------
    codes, slots : (trees, nodes) int64
        What each node is, and which variable.
    theta : (trees, nodes)
        Constants, and factors of variables.
    lengths : (trees,) int64
        How many nodes.
    """

    codes: NDArray[np.int64]
    slots: NDArray[np.int64]
    theta: FloatArray
    lengths: NDArray[np.int64]

    def __getitem__(self, chosen: Any) -> Programs:
        """Return some of them, copied."""
        return Programs(
            *(np.array(part[chosen]) for part in (self.codes, self.slots, self.theta, self.lengths))
        )


class Breeder:
    """Makes trees, and offspring of trees, of no more than some length.

    Parameters
    ----------
    variables
        How many.
    operators
        Rows of `NODES`.
    longest
        Tree, in nodes.
    seed
        Of all that is random here.
    """

    def __init__(self, variables: int, operators: Sequence[str], longest: int, seed: int) -> None:
        import pyoperon as op

        self._op = op
        self.longest = longest
        self._random = op.RandomGenerator(np.uint64(seed))
        self._codes = {int(getattr(op.NodeType, name)): code for name, code in _CODES.items()}
        self._types = {code: getattr(op.NodeType, name) for name, code in _CODES.items()}
        self._kept: list[Any] = []  # Operon's objects hold each other by bare pointers
        dataset = self._keep(op.Dataset(np.asfortranarray(np.zeros((2, variables + 1)))))
        *inputs, target = sorted(dataset.Variables, key=lambda variable: variable.Index)
        self._inputs = [variable.Hash for variable in inputs]
        self._slots = {hash_: slot for slot, hash_ in enumerate(self._inputs)}
        problem = self._keep(op.Problem(dataset))
        problem.Target, problem.InputHashes = target, self._inputs
        names = ["Constant", "Variable", *(name for operator in operators for name in NODES[operator])]
        problem.ConfigurePrimitiveSet(sum(int(getattr(op.NodeType, name)) for name in names))
        self._creator = self._keep(op.BalancedTreeCreator(problem.PrimitiveSet, self._inputs, 0.0))
        self._constants = self._keep(op.NormalCoefficientInitializer())
        self._constants.ParameterizeDistribution(0, _SPREAD)
        self._initial = self._keep(op.UniformLengthTreeInitializer(self._creator))
        self._initial.ParameterizeDistribution(2, min(longest, _FIRST_LENGTH))
        self._initial.MinDepth, self._initial.MaxDepth = 1, longest
        self._generator = self._keep(self._operators(problem))

    def _keep(self, thing: Any) -> Any:
        """Hold what Operon only points to."""
        self._kept.append(thing)
        return thing

    def _operators(self, problem: Any) -> Any:
        """Selection by tournaments, crossover of subtrees, mutations."""
        op, keep, longest = self._op, self._keep, self.longest
        mutation = keep(op.MultiMutation())
        primitives = keep(problem.PrimitiveSet)
        for made in (op.NormalOnePointMutation(), op.NormalMultiPointMutation()):
            made.ParameterizeDistribution(0, _SPREAD)
            mutation.Add(keep(made), 1.0)
        grown = (self._creator, self._constants, longest, longest)
        mutation.Add(keep(op.ReplaceSubtreeMutation(*grown)), 1.0)
        mutation.Add(keep(op.InsertSubtreeMutation(*grown)), 1.0)
        mutation.Add(keep(op.RemoveSubtreeMutation(primitives)), 1.0)
        mutation.Add(keep(op.ChangeFunctionMutation(primitives)), 1.0)
        if len(self._inputs) > 1:
            mutation.Add(keep(op.ChangeVariableMutation(self._inputs)), 1.0)
        selector = keep(op.TournamentSelector(keep(op.SingleObjectiveComparison(0))))
        selector.TournamentSize = 3
        evaluator = keep(op.LengthEvaluator(problem))  # a stand-in: losses are the kernel's
        evaluator.Budget = 2**62
        unused = keep(op.CoefficientOptimizer(keep(op.LMOptimizer(keep(op.DispatchTable()), problem, 0, 0))))
        crossover = keep(op.SubtreeCrossover(0.9, longest, longest))
        return op.BasicOffspringGenerator(evaluator, crossover, mutation, selector, selector, unused)

    def first(self, count: int) -> list[Any]:
        """Return random individuals."""
        made = []
        for _ in range(count):
            tree = self._initial(self._random)
            self._constants(self._random, tree)
            made.append(self.individual(tree))
        return made

    def individual(self, tree: Any) -> Any:
        """Return a tree as Operon breeds it."""
        individual = self._op.Individual(1)
        individual.Genotype = tree
        return individual

    def offspring(self, parents: Sequence[Any], ranks: FloatArray, count: int) -> list[Any]:
        """Cross and mutate parents; those of low rank have more offspring."""
        for parent, rank in zip(parents, ranks, strict=True):
            parent.SetFitness(float(rank), 0)
        pool = self._op.IndividualCollection()
        pool.extend(parents)
        self._generator.Prepare(pool)
        # of crossover, of mutation, and of Operon's own local search, that is of none
        return list(self._generator(self._random, 1.0, 0.25, 0.0, 0.0, count))

    def programs(self, individuals: Sequence[Any]) -> Programs:
        """Read the trees."""
        shape = len(individuals), self.longest
        codes, slots = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        theta, lengths = np.zeros(shape), np.zeros(len(individuals), dtype=np.int64)
        for t, individual in enumerate(individuals):
            nodes = individual.Genotype.Nodes
            n = lengths[t] = len(nodes)
            codes[t, :n] = kinds = [self._codes[int(node.Type)] for node in nodes]
            theta[t, :n] = [node.Value for node in nodes]
            if len(self._inputs) > 1:
                slots[t, :n] = [
                    self._slots[node.HashValue] if kind == kernel.VARIABLE else 0
                    for node, kind in zip(nodes, kinds, strict=True)
                ]
        return Programs(codes, slots, theta, lengths)

    def write(self, individual: Any, codes: NDArray[np.int64], theta: FloatArray) -> None:
        """Give a tree its fitted constants, in Operon's single precision."""
        individual.Genotype.SetCoefficients(theta[codes <= kernel.VARIABLE].astype(np.float32))

    def tree(self, codes: Sequence[int], slots: Sequence[int], theta: Sequence[float]) -> Any:
        """Return the tree of a program."""
        nodes = []
        for code, slot, value in zip(codes, slots, theta, strict=True):
            node = self._op.Node(self._types[code])
            if code <= kernel.VARIABLE:
                node.Value = value
            if code == kernel.VARIABLE:
                node.HashValue = self._inputs[slot]
            nodes.append(node)
        return self._op.Tree(nodes).UpdateNodes()


def sensible(codes: Sequence[int]) -> bool:
    """Whether a tree is worth a fit.

    Not: a function of constants alone, an exponent that varies, a power of a power or of an exponential, an
    exponential or logarithm within another, and a wave within a wave.
    """
    # of each subtree: whether it varies, has exponentials, powers in powers, waves, and is but a power or exponential
    stack: list[tuple[bool, bool, int, bool, bool]] = []
    for code in codes:
        if code <= kernel.VARIABLE:
            stack.append((code == kernel.VARIABLE, False, 0, False, False))
            continue
        varies, exponential, powers, wave, pure = stack.pop()
        if code <= kernel.POW:
            other = stack.pop()
            if not (varies or other[0]):
                return False
            if code == kernel.POW:
                if other[0] or pure or powers > 1:
                    return False
                stack.append((True, exponential, powers + 1, wave, True))
                continue
            pure = (pure or other[4]) and code >= kernel.MUL
            stack.append((True, exponential or other[1], max(powers, other[2]), wave or other[3], pure))
            continue
        if not varies:
            return False
        if code in (kernel.SQRT, kernel.SQUARE):
            if pure:
                return False
            stack.append((True, exponential, powers, wave, True))
        elif code in (kernel.SIN, kernel.COS):
            if wave or exponential:
                return False
            stack.append((True, exponential, powers, True, False))
        else:
            if exponential:
                return False
            stack.append((True, True, powers, wave, True))
    return stack[-1][0]


def expression(
    codes: Sequence[int], slots: Sequence[int], theta: Sequence[float], symbols: Sequence[sympy.Expr]
) -> list[sympy.Expr]:
    """Return what each node of a program stands for, the whole last."""
    stack: list[sympy.Expr] = []
    made: list[sympy.Expr] = []
    for code, slot, value in zip(codes, slots, theta, strict=True):
        if code == kernel.CONSTANT:
            stack.append(sympy.Float(value))
        elif code == kernel.VARIABLE:
            stack.append(sympy.Float(value) * symbols[slot])
        elif code <= kernel.POW:
            first, second = stack.pop(), stack.pop()
            stack.append(_MEANING[code](first, second))
        else:
            stack.append(_MEANING[code](stack.pop()))
        made.append(stack[-1])
    return made


def program_of(
    formula: sympy.Expr, symbols: Sequence[sympy.Symbol], units: Sequence[float], operators: Sequence[str]
) -> tuple[list[int], list[int], list[float]] | None:
    """Return a formula's codes, slots and constants, variables in their units; None where a node is not allowed."""
    allowed = {_CODES[name] for operator in operators for name in NODES[operator]}
    out: list[tuple[int, int, float]] = []

    def write(part: sympy.Expr) -> bool:
        if part.is_number:
            out.append((kernel.CONSTANT, 0, float(part)))
            return True
        if part in symbols:
            slot = symbols.index(part)
            out.append((kernel.VARIABLE, slot, units[slot]))
            return True
        if part.is_Add or part.is_Mul:
            code, (first, *others) = kernel.ADD if part.is_Add else kernel.MUL, reversed(part.args)
            known = write(first)
            for other in others:
                known = known and write(other)
                out.append((code, 0, 1.0))
            return known and code in allowed
        if part.is_Pow and not isinstance(part, sympy.exp):
            out.append((kernel.CONSTANT, 0, float(part.exp)) if part.exp.is_number else (-1, 0, 0.0))
            known = part.exp.is_number and write(part.base)
            out.append((kernel.POW, 0, 1.0))
            return known and kernel.POW in allowed
        code = _FUNCTIONS.get(type(part), -1)
        known = code in allowed and write(part.args[0])
        out.append((code, 0, 1.0))
        return known

    if not write(formula):
        return None
    codes, slots, theta = (list(column) for column in zip(*out, strict=True))
    return codes, slots, theta


def tidied(formula: sympy.Expr) -> sympy.Expr:
    """Take factors out of sums within products and powers, and constants out of exponents: fewer numbers, one function.

    (2 r - 3)^-12 is 2^-12 (r - 1.5)^-12, and exp(1 - 2 r) is e exp(-2 r).
    """
    if formula.is_Atom:
        return formula
    formula = formula.func(*(tidied(part) for part in formula.args))
    if isinstance(formula, sympy.exp):
        constant, rest = formula.args[0].as_independent(*formula.free_symbols, as_Add=True)
        return sympy.exp(constant) * sympy.exp(rest)
    if formula.is_Pow and formula.exp.is_number:
        factor, rest = _normalised(formula.base)
        return factor**formula.exp * rest**formula.exp
    if formula.is_Mul:
        pairs = [_normalised(part) for part in formula.args]
        return sympy.Mul(*(factor for factor, _ in pairs), *(rest for _, rest in pairs))
    return formula


def _normalised(formula: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Return a positive factor and a sum whose first varying part has the factor 1 or -1."""
    if not formula.is_Add:
        return sympy.Integer(1), formula
    _, rest = formula.as_independent(*formula.free_symbols, as_Add=True)
    factor = abs(sympy.Add.make_args(rest)[0].as_independent(*formula.free_symbols, as_Add=False)[0])
    if not (factor.is_number and factor.is_finite and factor > 0):
        return sympy.Integer(1), formula
    parts = []
    for part in formula.args:
        number, varying = (part / factor).as_coeff_Mul()
        parts.append((sympy.sign(number) if abs(abs(number) - 1) < 1e-15 else number) * varying)
    return factor, sympy.Add(*parts)
