"""What forms are special cases of others."""

from __future__ import annotations

import numpy as np
import pytest

from interpot.formula.regress.form import Form
from interpot.formula.terms import library


def form(terms: str, *shapes: float, free: tuple[int, ...] = ()) -> Form:
    made = Form.of(library(terms.split()), np.array(shapes))
    return made.freed(sorted({*np.flatnonzero(made.driven).tolist(), *free}))


LJ = form("power power", 12, 6)
TIED = form("exponential exponential", 3.0, 1.5)
MORSE = Form(TIED.terms, TIED.shapes, np.array([[1.0], [0.5]]))


@pytest.mark.parametrize(
    ("one", "other", "holds"),
    [
        (form("power power", 11.3, 6, free=(0,)), LJ, True),  # Mie n-6
        (form("power power", 6.2, 11.3, free=(0, 1)), LJ, True),  # in any order
        (form("power power power", 12, 8, 6), LJ, True),
        (form("power damped_6", 12, 3.0), LJ, True),  # as the damping goes to zero length
        (form("power damped_8", 12, 3.0), LJ, False),
        (form("power power", 11.3, 7, free=(0,)), LJ, False),
        (form("exponential power", 3.0, 6), LJ, False),
        (form("power power", 11, 6), LJ, False),  # as many constants
        (LJ, LJ, False),
        (LJ, form("power", 12), True),
        (LJ, form("power", 11.5, free=(0,)), False),
        (TIED, MORSE, True),
        (MORSE, form("exponential", 3.0), False),
    ],
)
def test_special_cases(one: Form, other: Form, holds: bool) -> None:
    assert one.contains(other) is holds


def test_a_special_case_is_never_better() -> None:
    """Where a form holds another, its best fit is at least as good: here of random data."""
    random, r = np.random.default_rng(3), np.linspace(2.5, 9.0, 60)
    y = random.normal(size=60)
    larger = form("power power power", 12, 8, 6)
    left = [
        np.linalg.lstsq(f.columns(r) / np.linalg.norm(f.columns(r), axis=0), y)[1][0] for f in (larger, LJ)
    ]
    assert larger.contains(LJ) and left[0] <= left[1]
