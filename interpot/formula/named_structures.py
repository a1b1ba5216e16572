"""Rows of the table of named forms whose terms the library does not hold: symbolic searches find them.

Their terms are called what they are, as `interpot.formula.symbolic.structure` writes them.
"""

from __future__ import annotations

import sympy

from interpot.formula.codegen import R
from interpot.formula.named_forms import (
    A,
    C,
    D,
    NamedForm,
    a,
    alpha,
    b,
    c,
    delta,
    epsilon,
    gamma,
    k,
    kappa,
    n,
    p,
    q,
    r_0,
    s,
    sigma,
    t,
    w,
)

SHIFTED_GAUSSIAN = "exp(-(r - r_0)**2/(2*w**2))"
DAMPED_COSINE, DAMPED_SINE = "exp(-k_1*r)*cos(k_2*r)", "exp(-k_1*r)*sin(k_2*r)"

TITLES_OF_STRUCTURES = {
    SHIFTED_GAUSSIAN: "shifted Gaussian",
    "1/(exp(k*(r - r_0)) + 1)": "Fermi function",
    "1/sqrt(r**2 + w**2)": "softened r^-1",
    **{f"1/(r**{power} + w**{power})": f"softened r^-{power}" for power in range(2, 13)},
    DAMPED_COSINE: "damped cosine",
    DAMPED_SINE: "damped sine",
    "exp(-(r/w)**n)": "stretched exponential",
}
"""Names of such terms in a sum that has none."""

_sigma = (-2 * a / b - q**7) ** sympy.Rational(1, 7)

STRUCTURES = (
    NamedForm(
        "Lennard-Jones-Gauss",  # M. Engel, H.-R. Trebin, Phys. Rev. Lett. 98, 225505 (2007)
        ("power", "power", SHIFTED_GAUSSIAN),
        (12, 6, None, None),
        4 * epsilon * ((sigma / R) ** 12 - (sigma / R) ** 6) - D * sympy.exp(-((R - r_0) ** 2) / (2 * w**2)),
        {
            epsilon: (b**2 / (4 * a), 1, 0),
            sigma: ((-a / b) ** sympy.Rational(1, 6), 0, 1),
            D: (-c, 1, 0),
            r_0: (s, 0, 1),
            w: (t, 0, 1),
        },
        lambda a, b, c, p, q, s, t: a > 0 > b,
    ),
    NamedForm(
        "Rydberg",  # J. H. Rose, J. Ferrante, J. R. Smith, Phys. Rev. Lett. 47, 675 (1981)
        ("exponential", "r*exp(-k*r)"),
        (None, None),
        -D * (1 + alpha * (R - r_0)) * sympy.exp(-alpha * (R - r_0)),
        {D: (-b * sympy.exp(a * p / b - 1) / p, 1, 0), alpha: (p, 0, -1), r_0: (1 / p - a / b, 0, 1)},
        lambda a, b, p, q: a > 0 > b and abs(p / q - 1) < 1e-12,
        tied=True,
    ),
    NamedForm(
        "Woods-Saxon",  # R. D. Woods, D. S. Saxon, Phys. Rev. 95, 577 (1954)
        ("1/(exp(k*(r - r_0)) + 1)",),
        (None, None),
        A / (1 + sympy.exp((R - r_0) / w)),
        {A: (a, 1, 0), r_0: (q, 0, 1), w: (1 / p, 0, 1)},
        lambda a, p, q: True,
    ),
    NamedForm(
        "Hulthén",  # L. Hulthén, Ark. Mat. Astron. Fys. 28A, 5 (1942)
        ("1/(1 - exp(k*r))",),
        (None,),
        A / (sympy.exp(R / w) - 1),
        {A: (-a, 1, 0), w: (1 / p, 0, 1)},
        lambda a, p: True,
    ),
    NamedForm(
        "Softened Coulomb",  # H. C. Plummer, Mon. Not. R. Astron. Soc. 71, 460 (1911)
        ("1/sqrt(r**2 + w**2)",),
        (None,),
        C / sympy.sqrt(R**2 + w**2),
        {C: (a, 1, 1), w: (p, 0, 1)},
        lambda a, p: True,
        charges=True,
    ),
    NamedForm(
        "Soft-core Lennard-Jones",  # T. C. Beutler et al., Chem. Phys. Lett. 222, 529 (1994)
        ("(r**6 + w**6)**(-2)", "1/(r**6 + w**6)"),
        (None, None),
        4 * epsilon * (sigma**12 / (R**6 + w**6) ** 2 - sigma**6 / (R**6 + w**6)),
        {
            epsilon: (b**2 / (4 * a), 1, 0),
            sigma: ((-a / b) ** sympy.Rational(1, 6), 0, 1),
            w: (p, 0, 1),
        },
        lambda a, b, p, q: a > 0 > b and abs(p / q - 1) < 1e-12,
        tied=True,
    ),
    NamedForm(
        "Kihara",  # T. Kihara, Rev. Mod. Phys. 25, 831 (1953): r_0 is the diameter of the cores
        ("(r - r_0)**(-12)", "(r - r_0)**(-6)"),
        (None, None),
        4 * epsilon * (((sigma - r_0) / (R - r_0)) ** 12 - ((sigma - r_0) / (R - r_0)) ** 6),
        {
            epsilon: (b**2 / (4 * a), 1, 0),
            sigma: (p + (-a / b) ** sympy.Rational(1, 6), 0, 1),
            r_0: (p, 0, 1),
        },
        lambda a, b, p, q: a > 0 > b and p == q,
        tied=True,
    ),
    NamedForm(
        "Buffered 14-7",  # T. A. Halgren, J. Am. Chem. Soc. 114, 7827 (1992), with any δ and γ
        ("1/((r - r_0)**7*(r**7 + w**7))", "(r - r_0)**(-7)"),
        (None, None, None),
        epsilon * ((1 + delta) / (R / sigma + delta)) ** 7 * ((1 + gamma) / ((R / sigma) ** 7 + gamma) - 2),
        {
            epsilon: (-b / (2 * (_sigma - p) ** 7), 1, 0),
            sigma: (_sigma, 0, 1),
            delta: (-p / _sigma, 0, 0),
            gamma: (q**7 / _sigma**7, 0, 0),
        },
        lambda a, b, p, q, s: a > 0 > b and p == s and -2 * a / b > q**7,
        tied=True,
    ),
    NamedForm(
        "Generalised exponential",
        ("exp(-(r/w)**n)",),
        (None, None),
        A * sympy.exp(-((R / w) ** n)),
        {A: (a, 1, 0), w: (p, 0, 1), n: (q, 0, 0)},
        lambda a, p, q: True,
    ),
    NamedForm(
        "Damped oscillation",
        (DAMPED_COSINE, DAMPED_SINE),
        (None,) * 4,
        A * sympy.exp(-kappa * R) * sympy.cos(k * R + delta),
        {
            A: (sympy.sqrt(a**2 + b**2), 1, 0),
            kappa: (p, 0, -1),
            k: (q, 0, -1),
            delta: (sympy.atan2(-b, a), 0, 0),
        },
        lambda a, b, p, q, s, t: p == s and q == t,
        tied=True,
    ),
)
"""Those rows, all of pairs."""
