"""Mixing rules: whether the constants of unlike pairs follow from those of like pairs.

A rule predicts the constants x_ab of a pair from those of a-a and b-b. With Σ the covariance of all constants and G
the derivative of the differences Δ = x_ab - f(x_aa, x_bb),

    T² = Δᵀ (G Σ Gᵀ)⁻¹ Δ

is Hotelling's: it follows (ν k/(ν - k + 1)) F(k, ν - k + 1), where k constants are predicted and errors come from ν + 1
blocks. A sharper test fits the potential under the rule and compares the force errors on held-out frames
(`interpot.formula.ruled`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from interpot.formula.channel_formula import ChannelFormula, Parameter
from interpot.formula.potential import Potential
from interpot.records import FloatArray
from interpot.statistic.channels import Channel

EXCLUDED = 0.0027
"""Probability below which a rule is excluded: three standard errors of a normal variable."""

TELLING = 0.02
"""A rule agrees only where the 95 % interval of each difference is narrower than this share of the constant."""

EXACT = 1e-6
"""Relative differences below this exclude nothing, whatever the errors."""

SLIGHT = 1e-3
"""A rule whose constants are closer than this is taken as the one that was meant, with constants that were rounded."""

Numbers = NDArray[np.complex128] | FloatArray
Mix = Callable[[Numbers, Numbers], Sequence[complex] | Numbers]

# ---------------------------------------------------------------------------- the rules


def _lorentz_berthelot(one: Numbers, two: Numbers) -> Sequence[complex]:
    (e1, s1), (e2, s2) = one, two
    return np.sqrt(e1 * e2), (s1 + s2) / 2


def _geometric(one: Numbers, two: Numbers) -> Numbers:
    return np.sqrt(one * two)


def _kong(one: Numbers, two: Numbers) -> Sequence[complex]:
    """Take the geometric mean of C₆ = 4εσ⁶, and of C₁₂ = 4εσ¹² the mean of the 13th roots to the 13th power."""
    (e1, s1), (e2, s2) = one, two
    attraction = np.sqrt(e1 * s1**6 * e2 * s2**6)
    repulsion = (((e1 * s1**12) ** (1 / 13) + (e2 * s2**12) ** (1 / 13)) / 2) ** 13
    return attraction**2 / repulsion, (repulsion / attraction) ** (1 / 6)


def _waldman_hagler(one: Numbers, two: Numbers) -> Sequence[complex]:
    (e1, s1), (e2, s2) = one, two
    sixth = (s1**6 + s2**6) / 2
    return np.sqrt(e1 * e2) * s1**3 * s2**3 / sixth, sixth ** (1 / 6)


def _fender_halsey(one: Numbers, two: Numbers) -> Sequence[complex]:
    (e1, s1), (e2, s2) = one, two
    return 2 * e1 * e2 / (e1 + e2), (s1 + s2) / 2


def _geometric_arithmetic(one: Numbers, two: Numbers) -> Sequence[complex]:
    (A1, rho1), (A2, rho2) = one, two
    return np.sqrt(A1 * A2), (rho1 + rho2) / 2


def _distorted_clouds(one: Numbers, two: Numbers) -> Sequence[complex]:
    """Mix ρ arithmetically and (A/ρ)^ρ geometrically: each atom's cloud is distorted up to a common plane."""
    (A1, rho1), (A2, rho2) = one, two
    rho = (rho1 + rho2) / 2
    return rho * np.exp((rho1 * np.log(A1 / rho1) + rho2 * np.log(A2 / rho2)) / (2 * rho)), rho


@dataclass(frozen=True, slots=True)
class Part:
    """How a rule mixes some constants of some forms.

    Attributes
    ----------
    constants
        Their names.
    mix
        Constants of a-a and of b-b → those of a-b; analytic, so that derivatives come from a complex step.
    forms
        Beginnings of the names of the forms that it is for; all if empty.
    """

    constants: tuple[str, ...]
    mix: Mix
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table of mixing rules."""

    parts: tuple[Part, ...]
    reference: str


_LJ, _MIE = ("Lennard-Jones 12-6",), ("Lennard-Jones 12-6", "Mie")
_EXP = ("Buckingham", "Born-Mayer")
_WELL, _WALL = ("epsilon", "sigma"), ("A", "rho")
_DISPERSION = (Part(("C_6",), _geometric, _EXP), Part(("C_8",), _geometric, _EXP))

RULES = {
    "Lorentz-Berthelot": Rule(
        (Part(_WELL, _lorentz_berthelot, _MIE),),
        "H. A. Lorentz, Ann. Phys. 248, 127 (1881); D. Berthelot, C. R. Acad. Sci. 126, 1703 (1898)",
    ),
    "geometric": Rule(
        (Part(_WELL, _geometric, _MIE), Part(_WALL, _geometric_arithmetic, _EXP), *_DISPERSION),
        "R. J. Good, C. J. Hope, J. Chem. Phys. 53, 540 (1970); ρ is the arithmetic mean",
    ),
    "Kong": Rule(
        (Part(_WELL, _kong, _LJ), Part(_WALL, _distorted_clouds, _EXP), *_DISPERSION),
        "C. L. Kong, J. Chem. Phys. 59, 2464 (1973); C. L. Kong, M. R. Chakrabarty, J. Phys. Chem. 77, 2668 (1973)",
    ),
    "Waldman-Hagler": Rule(
        (Part(_WELL, _waldman_hagler, _LJ),), "M. Waldman, A. T. Hagler, J. Comput. Chem. 14, 1077 (1993)"
    ),
    "Fender-Halsey": Rule(
        (Part(_WELL, _fender_halsey, _MIE),), "B. E. F. Fender, G. D. Halsey, J. Chem. Phys. 36, 1881 (1962)"
    ),
    "product of charges": Rule((Part(("C",), _geometric),), "C. A. de Coulomb (1785): C = q₁q₂/(4πε₀)"),
}
"""The table of mixing rules. Charges may have either sign: |C| is what is predicted."""


# ---------------------------------------------------------------------------- the test


@dataclass(frozen=True, slots=True)
class Mixed:
    """One constant of an unlike pair, found and predicted.

    Attributes
    ----------
    name
        Of the constant.
    found, predicted
        In the potential's units.
    stderr
        Of their difference.
    """

    name: str
    found: float
    predicted: float
    stderr: float

    @property
    def deviation(self) -> float:
        """Relative to the prediction."""
        return self.found / self.predicted - 1

    @property
    def errors(self) -> float:
        """The difference in standard errors."""
        return (self.found - self.predicted) / self.stderr if self.stderr > 0 else np.inf


@dataclass(frozen=True, slots=True)
class RuleTest:
    """What the data say of one rule for one unlike pair.

    Attributes
    ----------
    pair
        Label of the channel.
    rule
        Row of `RULES`.
    constants
        What the rule predicts.
    probability
        Of differences as large as these if the rule holds.
    verdict
        "agrees", "nearly holds" (differs by what no one would notice), "excluded" or "cannot tell".
    held_out
        Relative force error on held-out frames of the best potential under the rule; NaN where there is none.
    held_out_free
        The same without the rule.
    held_out_errors
        Paired difference of their squares over the folds, in standard errors.
    """

    pair: str
    rule: str
    constants: tuple[Mixed, ...]
    probability: float
    verdict: str
    held_out: float = np.nan
    held_out_free: float = np.nan
    held_out_errors: float = np.nan

    @property
    def sentence(self) -> str:
        """The verdict, with how far the constants are off: "excluded (epsilon by -15 %, sigma by -0.2 %)"."""
        if self.verdict not in ("excluded", "nearly holds"):
            return self.verdict
        return (
            f"{self.verdict} ({', '.join(f'{m.name} by {100 * m.deviation:+.2g} %' for m in self.constants)})"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """The differences that a rule wants to vanish, Δ_k = x_k,ab - f_k(x_aa, x_bb).

    Attributes
    ----------
    pair
        Label of the unlike pair's channel.
    rule
        Row of `RULES`.
    names
        Of the constants.
    rows : (3, k) int64
        Where the constants of a-b, a-a and b-b stand among those of the potential.
    mixes
        Functions with how many constants each takes.
    """

    pair: str
    rule: str
    names: tuple[str, ...]
    rows: NDArray[np.int64]
    mixes: tuple[tuple[Mix, int], ...]

    def predicted(self, values: Numbers) -> Numbers:
        """f(x_aa, x_bb), with the sign that x_ab has."""
        found, one, two = (values[row] for row in self.rows)
        parts, first = [], 0
        for mix, count in self.mixes:
            part = slice(first, first + count)
            parts.append(np.asarray(mix(one[part], two[part])))
            first += count
        return np.asarray(np.concatenate(parts) * np.sign(found.real))

    def gradient(self, values: FloatArray) -> FloatArray:
        """∂Δ/∂x, (k, constants), by a complex step."""
        G = np.zeros((len(self.names), len(values)))
        G[np.arange(len(self.names)), self.rows[0]] = 1.0
        for row in self.rows[1:].ravel():
            step = 1e-30 * abs(values[row])
            shifted = values.astype(np.complex128)
            shifted[row] += 1j * step
            G[:, row] -= self.predicted(shifted).imag / step
        return G


def relations(forms: Sequence[tuple[str, Sequence[str], str, Sequence[Parameter]]]) -> list[Relation]:
    """All rules that apply to the unlike pairs of a potential.

    Parameters
    ----------
    forms
        Per channel: its label, its two species (none where it is no pair's), the name of its form and its constants.
    """
    starts = np.cumsum([0, *(len(parameters) for *_, parameters in forms)])
    channels = {tuple(species): k for k, (_, species, _, _) in enumerate(forms) if species}
    made = []
    for (one, two), cross in channels.items():
        like = [channels.get((s, s)) for s in (one, two)]
        if one == two or None in like:
            continue
        trio = [cross, *(k for k in like if k is not None)]
        if len({forms[k][2] for k in trio}) > 1:
            continue
        rows = [{p.name: int(starts[k]) + i for i, p in enumerate(forms[k][3])} for k in trio]
        values = [{p.name: p.value for p in forms[k][3]} for k in trio[1:]]
        for name, rule in RULES.items():
            parts = [p for p in rule.parts if _applies(p, forms[cross][2], rows, values)]
            names = tuple(n for part in parts for n in part.constants)
            if names:
                table = np.array([[row[n] for n in names] for row in rows])
                mixes = tuple((part.mix, len(part.constants)) for part in parts)
                made.append(Relation(forms[cross][0], name, names, table, mixes))
    return made


def pair_of(channel: Channel | ChannelFormula) -> tuple[str, ...]:
    """The two species of a pair channel, none of a wall or a field."""
    return channel.species if channel.kind == "pair" else ()


def _applies(
    part: Part, form: str, rows: Sequence[Mapping[str, int]], values: Sequence[Mapping[str, float]]
) -> bool:
    if not all(name in row for row in rows for name in part.constants):
        return False
    if part.forms and not form.startswith(part.forms):
        return False
    # a mean of constants of different sign, or of a wall that attracts, is none
    return all(values[0][n] * values[1][n] > 0 for n in part.constants) and (
        len(part.constants) == 1 or all(v[n] > 0 for v in values for n in part.constants)
    )


def check_rules(potential: Potential, blocks: int | None = None) -> list[RuleTest]:
    """Test every mixing rule on every unlike pair whose form is that of both like pairs.

    Parameters
    ----------
    potential
        With the covariance of its constants.
    blocks
        From which the covariance was estimated; None takes it as exact.

    Returns
    -------
    list of RuleTest
        By pair, in the order of `RULES`; without held-out errors (`interpot.formula.ruled` adds these).
    """
    forms = [(c.label, pair_of(c), c.form, c.parameters) for c in potential.channels]
    values = np.array([p.value for p in potential.parameters])
    return [_tested(relation, values, potential.covariance, blocks) for relation in relations(forms)]


def _tested(relation: Relation, values: FloatArray, covariance: FloatArray, blocks: int | None) -> RuleTest:
    G = relation.gradient(values)
    found, predicted = values[relation.rows[0]], np.asarray(relation.predicted(values).real)
    difference, C = found - predicted, G @ covariance @ G.T
    stderr = np.sqrt(np.maximum(np.diag(C), 0.0))
    scale = np.where(stderr > 0, stderr, 1.0)
    inverse = np.linalg.pinv(C / scale / scale[:, None], rcond=1e-12, hermitian=True)
    square = float(difference / scale @ inverse @ (difference / scale))
    constants = tuple(
        Mixed(name, float(x), float(f), float(e))
        for name, x, f, e in zip(relation.names, found, predicted, stderr, strict=True)
    )
    probability = _probability(square, len(constants), blocks)
    return RuleTest(relation.pair, relation.rule, constants, probability, _verdict(constants, probability))


def _probability(square: float, count: int, blocks: int | None) -> float:
    """How likely a T² as large as this is."""
    if not np.isfinite(square):
        return np.nan
    freedom = np.inf if blocks is None else blocks - 1
    if freedom - count + 1 < 1:
        return np.nan
    if np.isinf(freedom):
        return float(stats.chi2.sf(square, count))
    return float(stats.f.sf(square * (freedom - count + 1) / (freedom * count), count, freedom - count + 1))


def _verdict(constants: Sequence[Mixed], probability: float) -> str:
    if probability < EXCLUDED and not all(abs(m.deviation) < EXACT for m in constants):
        return exclusion(constants)
    precise = all(4 * m.stderr < TELLING * abs(m.predicted) for m in constants)
    return "agrees" if precise and not np.isnan(probability) else "cannot tell"


def exclusion(constants: Sequence[Mixed]) -> str:
    """The verdict on a rule that the data tell from the truth: by how much it is off decides what that means."""
    return "nearly holds" if all(abs(m.deviation) < SLIGHT for m in constants) else "excluded"


def _size(tests: Sequence[RuleTest]) -> str:
    """By how much the constants differ at most."""
    return f"{100 * max(abs(m.deviation) for t in tests for m in t.constants):.1g} %"


_SAID = {
    "agrees": ("agrees with the data", "agree with the data"),
    "nearly holds": ("holds but for {size}, which the data tell", "hold but for {size}, which the data tell"),
    "excluded": ("is excluded", "are excluded"),
    "cannot tell": ("cannot be told from them", "cannot be told from them"),
}
"""Verdict → what is said of one rule and of several."""


def remarks(tests: Sequence[RuleTest]) -> list[str]:
    """One sentence per unlike pair."""
    sentences = []
    for pair in dict.fromkeys(t.pair for t in tests):
        own = [t for t in tests if t.pair == pair]
        words = [
            f"{', '.join(t.rule for t in of)} {says[len(of) > 1].format(size=_size(of))}"
            for verdict, says in _SAID.items()
            if (of := [t for t in own if t.verdict == verdict])
        ]
        sentences.append(f"{pair}, mixing rules: {'; '.join(words)}")
    return sentences
