"""The table of named forms: which terms make it up, and how its constants follow from their coefficients and shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.damped_dispersion import damped
from interpot.formula.terms.steele import steele
from interpot.formula.terms.zbl import screened

COEFFICIENTS = a, b, c, d = sympy.symbols("a b c d", real=True, cls=sympy.Dummy)
SHAPES = p, q, s, t, u, v = sympy.symbols("p q s t u v", positive=True, cls=sympy.Dummy)

A, B, C, C_6, C_8, C_10, D, r_0 = sympy.symbols("A B C C_6 C_8 C_10 D r_0", real=True)
epsilon, sigma, n, m, alpha, rho, kappa, w, gamma = sympy.symbols(
    "epsilon sigma n m alpha rho kappa w gamma", real=True
)
rate, end, k, delta, k_rf, r_s = sympy.symbols("b a k delta k_rf r_s", real=True)
r_c, x_0, E, F = sympy.symbols("r_c x_0 E F", real=True)
zeta, c_2, beta = sympy.symbols("zeta c_2 beta", real=True)
_mie = n / (n - m) * (n / m) ** (m / (n - m))  # makes ε the depth of the well


@dataclass(frozen=True, slots=True)
class NamedForm:
    """One row of the table of named forms.

    Attributes
    ----------
    name
        {n} and {m} stand for exponents.
    terms
        Names of the terms whose coefficients are a, b, c, d and whose shapes, one after the other, p, q, s, t, u, v.
    exponents
        Whole numbers that shapes must be, None where any value will do.
    expression
        φ(r) in the constants.
    constants
        Constant → (value in a ... d, p ... v; energy dimension; length dimension, in the shapes if it varies).
    valid
        Of the numbers a ... d, p ... v (those there are): what makes it this form.
    tied
        Whether shapes of different names or terms must be tied to each other.
    charges
        Whether it is of the kind that is added to other forms: Coulomb's law and what simulations make of it.
    kind
        Of the channels in which it has this name: a row of `interpot.statistic.channels.CHANNELS`, or "charge" for
        fields that act on charges.
    """

    name: str
    terms: tuple[str, ...]
    exponents: tuple[int | None, ...]
    expression: sympy.Expr
    constants: dict[sympy.Symbol, tuple[sympy.Expr, float, sympy.Expr | float]]
    valid: Callable[..., bool]
    tied: bool = False
    charges: bool = False
    kind: str = "pair"


def _tang_toennies(orders: tuple[int, ...], tied: bool) -> NamedForm:
    """A e^{-br} - Σ C_n f_n(br)/r^n, where the damping rate is that of the repulsion, or another one."""
    dispersion = dict(zip((C_6, C_8, C_10), zip(orders, COEFFICIENTS[1:], strict=False), strict=False))
    series = " ".join(["-".join(f"C{order}" for order in orders)])
    repulsion = A * sympy.exp(-rate * R if tied else -R / rho)
    rates = {rate: (p, 0, -1)} if tied else {rho: (1 / p, 0, 1), rate: (q, 0, -1)}
    return NamedForm(
        f"Tang-Toennies {series}" if tied else f"Born-Mayer with damped dispersion {series}",
        ("exponential", *(f"damped_{order}" for order in orders)),
        (None,) * (len(orders) + 1),
        repulsion - sum(constant * damped(order, rate) for constant, (order, _) in dispersion.items()),
        {A: (a, 1, 0), **rates, **{x: (-y, 1, order) for x, (order, y) in dispersion.items()}},
        lambda a, b, *rest: a > 0 > b and (not tied or abs(rest[-2] / rest[-1] - 1) < 1e-12),
        tied=tied,
    )


FORMS = (
    NamedForm(
        "Lennard-Jones 12-6",
        ("power", "power"),
        (12, 6),
        4 * epsilon * ((sigma / R) ** 12 - (sigma / R) ** 6),
        {epsilon: (b**2 / (4 * a), 1, 0), sigma: ((-a / b) ** sympy.Rational(1, 6), 0, 1)},
        lambda a, b, p, q: a > 0 > b,
    ),
    NamedForm(
        "Mie {n}-{m}",
        ("power", "power"),
        (None, None),
        _mie * epsilon * ((sigma / R) ** n - (sigma / R) ** m),
        {
            epsilon: (-b / _mie.subs({n: p, m: q}) * (-a / b) ** (-q / (p - q)), 1, 0),
            sigma: ((-a / b) ** (1 / (p - q)), 0, 1),
            n: (p, 0, 0),
            m: (q, 0, 0),
        },
        lambda a, b, p, q: a > 0 > b and p > q,
    ),
    NamedForm(
        "Morse",
        ("exponential", "exponential"),
        (None, None),
        D * (sympy.exp(-2 * alpha * (R - r_0)) - 2 * sympy.exp(-alpha * (R - r_0))),
        {D: (b**2 / (4 * a), 1, 0), alpha: (q, 0, -1), r_0: (sympy.log(-2 * a / b) / q, 0, 1)},
        lambda a, b, p, q: a > 0 > b and p > q,
        tied=True,
    ),
    NamedForm(
        "Buckingham exp-6",
        ("exponential", "power"),
        (None, 6),
        A * sympy.exp(-R / rho) - C_6 / R**6,
        {A: (a, 1, 0), rho: (1 / p, 0, 1), C_6: (-b, 1, 6)},
        lambda a, b, p, q: a > 0 > b,
    ),
    NamedForm(
        "Born-Mayer-Huggins",
        ("exponential", "power", "power"),
        (None, 6, 8),
        A * sympy.exp(-R / rho) - C_6 / R**6 - C_8 / R**8,
        {A: (a, 1, 0), rho: (1 / p, 0, 1), C_6: (-b, 1, 6), C_8: (-c, 1, 8)},
        lambda a, b, c, p, q, s: a > 0 > b,
    ),
    NamedForm(
        "Born-Mayer",
        ("exponential",),
        (None,),
        A * sympy.exp(-R / rho),
        {A: (a, 1, 0), rho: (1 / p, 0, 1)},
        lambda a, p: True,
    ),
    NamedForm(
        "Yukawa",
        ("yukawa",),
        (None,),
        A * sympy.exp(-kappa * R) / R,
        {A: (a, 1, 1), kappa: (p, 0, -1)},
        lambda a, p: True,
    ),
    NamedForm(
        "Gaussian",
        ("gaussian",),
        (None,),
        A * sympy.exp(-(R**2) / (2 * w**2)),
        {A: (a, 1, 0), w: (p, 0, 1)},
        lambda a, p: True,
    ),
    NamedForm("Coulomb", ("power",), (1,), C / R, {C: (a, 1, 1)}, lambda a, p: True, charges=True),
    NamedForm(
        "Coulomb of Gaussian charges",
        ("erf_coulomb",),
        (None,),
        C * sympy.erf(gamma * R) / R,
        {C: (a, 1, 1), gamma: (p, 0, -1)},
        lambda a, p: True,
        charges=True,
    ),
    NamedForm(
        "Screened Coulomb erfc",
        ("erfc_coulomb",),
        (None,),
        C * sympy.erfc(gamma * R) / R,
        {C: (a, 1, 1), gamma: (p, 0, -1)},
        lambda a, p: True,
        charges=True,
    ),
    NamedForm(
        "Reaction-field Coulomb",
        ("power", "polynomial"),
        (1, 2),
        C * (1 / R + k_rf * R**2),
        {C: (a, 1, 1), k_rf: (b / a, 0, -3)},
        lambda a, b, p, q: a * b > 0,
        charges=True,
    ),
    *(_tang_toennies((6, 8, 10)[:count], tied) for count in (3, 2, 1) for tied in (True, False)),
    NamedForm(
        "ZBL",
        ("zbl",),
        (None,),
        C * screened(end),
        {C: (a, 1, 1), end: (p, 0, 1)},
        lambda a, p: a > 0,
    ),
    NamedForm(
        "Stillinger-Weber {n}-{m} pair part",
        ("stillinger_weber", "stillinger_weber"),
        (None,) * 6,
        A * (B * (sigma / R) ** n - (sigma / R) ** m) * sympy.exp(sigma / (R - end * sigma)),
        {
            A: (-b * q ** (-t), 1, 0),  # εA of the paper: energies alone do not tell ε
            B: (-a / b * q ** (t - p), 0, 0),
            sigma: (q, 0, 1),
            end: (s / q, 0, 0),
            n: (p, 0, 0),
            m: (t, 0, 0),
        },
        lambda a, b, p, q, s, t, u, v: a > 0 > b and p > t,
    ),
    NamedForm(
        "Friedel oscillation r^-{n}",
        ("cosine", "sine"),
        (None,) * 4,
        A * sympy.cos(k * R + delta) / R**n,
        {
            A: (sympy.sqrt(a**2 + b**2), 1, q),
            k: (p, 0, -1),
            delta: (sympy.atan2(-b, a), 0, 0),
            n: (q, 0, 0),
        },
        lambda a, b, p, q, s, t: q == t,
    ),
    NamedForm(
        "Soft cosine",
        ("soft_cosine",),
        (None,),
        A * (1 + sympy.cos(sympy.pi * R / r_s)),
        {A: (a, 1, 0), r_s: (p, 0, 1)},
        lambda a, p: True,
    ),
    NamedForm(
        "Lennard-Jones wall 9-3",
        ("power", "power"),
        (9, 3),
        epsilon * (sympy.Rational(2, 15) * (sigma / R) ** 9 - (sigma / R) ** 3),
        {
            epsilon: (-b / sympy.sqrt(-15 * a / (2 * b)), 1, 0),
            sigma: ((-15 * a / (2 * b)) ** sympy.Rational(1, 6), 0, 1),
        },
        lambda a, b, p, q: a > 0 > b,
        kind="wall",
    ),
    NamedForm(
        "Lennard-Jones wall 12-6",
        ("power", "power"),
        (12, 6),
        4 * epsilon * ((sigma / R) ** 12 - (sigma / R) ** 6),
        {epsilon: (b**2 / (4 * a), 1, 0), sigma: ((-a / b) ** sympy.Rational(1, 6), 0, 1)},
        lambda a, b, p, q: a > 0 > b,
        kind="wall",
    ),
    NamedForm(
        "Steele wall 10-4-3",
        ("steele",),
        (None,),
        epsilon * steele(sigma),
        {epsilon: (a, 1, 0), sigma: (p, 0, 1)},
        lambda a, p: a > 0,
        kind="wall",
    ),
    NamedForm(
        "Harmonic wall",
        ("harmonic_wall",),
        (None,),
        epsilon * sympy.Max(0, r_c - R) ** 2,
        {epsilon: (a, 1, -2), r_c: (p, 0, 1)},
        lambda a, p: a > 0,
        kind="wall",
    ),
    NamedForm(
        "Exponential wall",
        ("exponential",),
        (None,),
        A * sympy.exp(-R / rho),
        {A: (a, 1, 0), rho: (1 / p, 0, 1)},
        lambda a, p: True,
        kind="wall",
    ),
    NamedForm(
        "Uniform electric field",
        ("linear",),
        (),
        -E * R,
        {E: (-a, 1, -1)},
        lambda a: True,
        kind="charge",
    ),
    NamedForm("Uniform field", ("linear",), (), -F * R, {F: (-a, 1, -1)}, lambda a: True, kind="field"),
    NamedForm(
        "Harmonic trap",
        ("quadratic",),
        (),
        k / 2 * R**2,
        {k: (2 * a, 1, -2)},
        lambda a: a > 0,
        kind="field",
    ),
    NamedForm(
        "Harmonic trap",
        ("quadratic", "linear"),
        (),
        k / 2 * (R - x_0) ** 2,
        {k: (2 * a, 1, -2), x_0: (-b / (2 * a), 0, 1)},
        lambda a, b: a > 0,
        kind="field",
    ),
    NamedForm(
        "Double well",
        ("quartic", "quadratic"),
        (),
        D * ((R / x_0) ** 2 - 1) ** 2,
        {D: (b**2 / (4 * a), 1, 0), x_0: (sympy.sqrt(-b / (2 * a)), 0, 1)},
        lambda a, b: a > 0 > b,
        kind="field",
    ),
    NamedForm(
        "Gaussian barrier",
        ("hill",),
        (None, None),
        A * sympy.exp(-((R - x_0) ** 2) / (2 * w**2)),
        {A: (a, 1, 0), x_0: (p, 0, 1), w: (q, 0, 1)},
        lambda a, p, q: a > 0,
        kind="field",
    ),
    NamedForm(
        "Gaussian well",
        ("hill",),
        (None, None),
        -A * sympy.exp(-((R - x_0) ** 2) / (2 * w**2)),
        {A: (-a, 1, 0), x_0: (p, 0, 1), w: (q, 0, 1)},
        lambda a, p, q: a < 0,
        kind="field",
    ),
    NamedForm(
        "Standing wave",
        ("wave_cosine", "wave_sine"),
        (None, None),
        A * sympy.cos(k * R + delta),
        {A: (sympy.sqrt(a**2 + b**2), 1, 0), k: (p, 0, -1), delta: (sympy.atan2(-b, a), 0, 0)},
        lambda a, b, p, q: True,
        kind="field",
    ),
    NamedForm(
        "Standing wave",
        ("wave_cosine",),
        (None,),
        A * sympy.cos(k * R),
        {A: (a, 1, 0), k: (p, 0, -1)},
        lambda a, p: True,
        kind="field",
    ),
    NamedForm(
        "Standing wave",
        ("wave_sine",),
        (None,),
        A * sympy.sin(k * R),
        {A: (a, 1, 0), k: (p, 0, -1)},
        lambda a, p: True,
        kind="field",
    ),
    NamedForm(
        "Linear drag",
        ("quadratic",),
        (),
        zeta / 2 * R**2,
        {zeta: (2 * a, 1, -2)},
        lambda a: a > 0,
        kind="friction",
    ),
    NamedForm(
        "Quadratic drag",
        ("cubic",),
        (),
        c_2 / 3 * R**3,
        {c_2: (3 * a, 1, -3)},
        lambda a: a > 0,
        kind="friction",
    ),
    NamedForm("Coulomb friction", ("linear",), (), F * R, {F: (a, 1, -1)}, lambda a: a > 0, kind="friction"),
    NamedForm(
        "Linear and quadratic drag",
        ("quadratic", "cubic"),
        (),
        zeta / 2 * R**2 + c_2 / 3 * R**3,
        {zeta: (2 * a, 1, -2), c_2: (3 * b, 1, -3)},
        lambda a, b: a > 0 < b,
        kind="friction",
    ),
    NamedForm(
        "Rayleigh-Helmholtz friction",
        ("quartic", "quadratic"),
        (),
        beta / 4 * R**4 - alpha / 2 * R**2,
        {alpha: (-2 * b, 1, -2), beta: (4 * a, 1, -4)},
        lambda a, b: a > 0 > b,
        kind="friction",
    ),
)
"""The table of named forms, the more special before the more general."""

ROWS = {
    "pair": (("pair", ""),),
    "wall": (("wall", ""), ("pair", " wall")),
    "field": (("field", ""),),
    "charge": (("charge", ""), ("field", "")),
    "friction": (("friction", ""),),
}
"""Kind of a channel → the kinds of rows that are looked through for its form, and what is added to their names."""
