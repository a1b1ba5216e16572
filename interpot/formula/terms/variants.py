"""What programs do to a potential where they cut it off: shifted, force-shifted, switched.

Each is a linear operator on φ, so that a variant of a term is a term, and a sum of such variants is the variant of
the sum. With r_c the cutoff and, of a switch, r_on the distance at which it begins:

    shifted              φ - φ(r_c)
    force_shifted        φ - φ(r_c) - (r - r_c) φ'(r_c)
    switched             φ S,   S = 1 - 10x³ + 15x⁴ - 6x⁵,   x = (r - r_on)/(r_c - r_on)
    switched_in_squares  φ S,   S = 1 - 3u² + 2u³,           u = (r² - r_on²)/(r_c² - r_on²)
    force_switched       φ + A t³/3 + B t⁴/4 + C,            t = r - r_on

where x, u and t are 0 below r_on. A, B and C make φ, φ' and φ'' vanish at the cutoff. The shift leaves the forces as
they are: only energies can tell it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R, derivative
from interpot.formula.terms.term import Shape, Term

R_ON = Shape(
    "r_on",
    1,
    lambda r_min, r_max: r_min + (r_max - r_min) * np.array([0.3, 0.5, 0.7, 0.85, 0.95]),
    lambda r_min, r_max: (0.5 * r_min, r_max),
    shared=True,
)
"""Where a switch begins."""

Operator = Callable[[sympy.Expr, sympy.Expr, sympy.Expr], sympy.Expr]
"""From φ(r), r_c and r_on to the variant of φ."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of `VARIANTS`.

    Attributes
    ----------
    operator
        Linear in φ.
    switch
        Whether it has a distance r_on.
    title
        What is added to the name of a form.
    reference
        Where the field has it from.
    """

    operator: Operator
    switch: bool
    title: str
    reference: str


def _at(expression: sympy.Expr, r_c: sympy.Expr) -> sympy.Expr:
    return expression.xreplace({R: r_c})


def _shifted(phi: sympy.Expr, r_c: sympy.Expr, r_on: sympy.Expr) -> sympy.Expr:
    return phi - _at(phi, r_c)


def _force_shifted(phi: sympy.Expr, r_c: sympy.Expr, r_on: sympy.Expr) -> sympy.Expr:
    return phi - _at(phi, r_c) - (R - r_c) * _at(derivative(phi, R), r_c)


def _switched(phi: sympy.Expr, r_c: sympy.Expr, r_on: sympy.Expr) -> sympy.Expr:
    x = sympy.Max(0, (R - r_on) / (r_c - r_on))
    return phi * (1 - x) ** 3 * (1 + 3 * x + 6 * x**2)  # factored, so that it is exact where it vanishes


def _switched_in_squares(phi: sympy.Expr, r_c: sympy.Expr, r_on: sympy.Expr) -> sympy.Expr:
    u = sympy.Max(0, (R**2 - r_on**2) / (r_c**2 - r_on**2))
    return phi * (1 - u) ** 2 * (1 + 2 * u)


def _force_switched(phi: sympy.Expr, r_c: sympy.Expr, r_on: sympy.Expr) -> sympy.Expr:
    width, t = r_c - r_on, sympy.Max(0, R - r_on)
    slope = derivative(phi, R)
    end, first, second = (_at(e, r_c) for e in (phi, slope, derivative(slope, R)))
    A = (width * second - 3 * first) / width**2
    B = (2 * first - width * second) / width**3
    C = width * first / 2 - width**2 * second / 12 - end
    return phi + A * t**3 / 3 + B * t**4 / 4 + C


VARIANTS = {
    "shifted": Variant(
        _shifted, False, "shifted at r_c", "LAMMPS, pair_modify shift yes; GROMACS, potential-shift"
    ),
    "force_shifted": Variant(
        _force_shifted,
        False,
        "force-shifted at r_c",
        "S. D. Stoddard, J. Ford, Phys. Rev. A 8, 1504 (1973); LAMMPS, pair_style lj/smooth/linear",
    ),
    "switched": Variant(
        _switched,
        True,
        "switched between r_on and r_c",
        "OpenMM, setUseSwitchingFunction; GROMACS, potential-switch",
    ),
    "switched_in_squares": Variant(
        _switched_in_squares,
        True,
        "switched in r² between r_on and r_c",
        "B. R. Brooks et al., J. Comput. Chem. 4, 187 (1983): CHARMM; LAMMPS, pair_style lj/charmm/coul/charmm",
    ),
    "force_switched": Variant(
        _force_switched,
        True,
        "force-switched between r_on and r_c",
        "GROMACS, force-switch; LAMMPS, pair_style lj/gromacs",
    ),
}
"""Name → row."""


def apply(variant: str, phi: sympy.Expr, r_c: sympy.Expr, r_on: sympy.Expr = R_ON.symbol) -> sympy.Expr:
    """Apply the operator of a variant to φ(r), a term or a whole formula.

    Raises
    ------
    InterpotError
        Unknown variant, or one that needs slopes which a kinked φ does not have.
    """
    if variant not in VARIANTS:
        raise InterpotError(f"unknown variant '{variant}': expected one of {', '.join(VARIANTS)}")
    found = VARIANTS[variant].operator(phi, r_c, r_on)
    if found.has(sympy.Heaviside, sympy.DiracDelta):
        raise InterpotError(
            f"{phi} has a kink: its variant '{variant}', made of its slopes at r_c, is not defined"
        )
    return found


def varied(term: Term, variant: str, cutoff: float) -> Term:
    """Make a variant of a term of the library or of a user's.

    Parameters
    ----------
    term
        Not itself a variant.
    variant
        Row of `VARIANTS`.
    cutoff
        r_c in Å: where the channel ends. `interpot.formula.naming.name` takes the same one.

    Returns
    -------
    Term
        With the shapes of the term, then, for a switch, the shared shape r_on; `base` is the term.

    Raises
    ------
    InterpotError
        Unknown variant, a variant of a variant, or a cutoff that is not positive.
    """
    if term.base is not None:
        raise InterpotError(f"'{term.name}' is a variant already: expected a term as such")
    if not 0 < cutoff < np.inf:
        raise InterpotError(f"a cutoff of {cutoff:g} was given for '{term.name}': expected a length above 0")
    expression = apply(variant, term.expression, sympy.Float(cutoff, 17))
    row = VARIANTS[variant]
    return replace(
        term,
        name=f"{term.name}, {variant}",
        expression=expression,
        shapes=(*term.shapes, R_ON) if row.switch else term.shapes,
        decays=False,  # it vanishes at the cutoff
        reference=f"{term.reference}; {row.reference}",
        variant=variant,
        base=term,
    )
