"""Constants of terms that share shapes, and of variants, are found by variable projection from a start nearby."""

from __future__ import annotations

import numpy as np
import pytest
from systems import Frames, clusters, statistic_of

from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import fit
from interpot.formula.terms import library
from interpot.formula.terms.user import terms_from
from interpot.formula.terms.variants import varied
from interpot.statistic.objective import Objective

R_C = 7.0
TERMS = {
    "Tang-Toennies": (
        library(["exponential", "damped_6", "damped_8"]),
        [3.6, 3.1, 3.1],
        [3e3, -60.0, -300.0],
        1e-5,
    ),
    "Stillinger-Weber": (
        library(["stillinger_weber"] * 2),
        [4, 2.1, R_C, 0, 2.1, R_C],
        [60.0, -3.0],
        1e-6,
    ),
    "Friedel": (library(["cosine", "sine", "exponential"]), [2.9, 3, 2.9, 3, 2.2], [2.0, -1.0, 90.0], 1e-6),
    "ZBL": (library(["zbl", "power"]), [0.9, 6], [300.0, -20.0], 1e-6),
    "Soft cosine": (library(["soft_cosine"]), [R_C], [0.4], 1e-6),
    "force-shifted": (
        tuple(varied(t, "force_shifted", R_C) for t in library(["power", "power"])),
        [12, 6],
        [4e4, -40.0],
        1e-7,
    ),
    "switched": (
        tuple(varied(t, "switched", R_C) for t in library(["exponential", "power"])),
        [2.7, 5.2, 6, 5.2],
        [600.0, -60.0],
        1e-4,  # the third derivative jumps, which no spline follows
    ),
    "user": (terms_from(["exp(-(r/w)**4); w = 1..6 Å", "power"]), [3.3, 6], [1.2, -40.0], 1e-6),
}


@pytest.mark.parametrize("title", TERMS)
def test_constants_are_found(title: str) -> None:
    terms, shapes, coefficients, accuracy = TERMS[title]
    form = Form.of(terms, np.array(shapes, dtype=float))
    slopes = [numpy_function(derivative(t.expression, R), (R, *t.symbols)) for t in terms]

    def slope(r: np.ndarray) -> np.ndarray:
        parts = zip(coefficients, slopes, form.split(), strict=True)
        return np.where(r < R_C, sum(c * f(np.minimum(r, R_C - 1e-9), *s) for c, f, s in parts), 0.0)

    statistic = statistic_of(Frames(clusters(slope, frames=24, low=2.4, high=9.0)), R_C)
    objective = Objective.of(statistic)
    found = fit(objective, [form.moved(form.free * 1.02)])
    np.testing.assert_allclose(found.forms[0].free, form.free, rtol=accuracy)
    np.testing.assert_allclose(found.coefficients[0], coefficients, rtol=100 * accuracy)
