"""Forms with a name are judged whatever else is found (`interpot.formula.named_search`), on synthetic rows."""

from __future__ import annotations

import numpy as np
import pytest
from test_evidence import BASE, NODES, NOISE, Rows, better, candidate, form

from interpot import discover
from interpot.formula.named_search import named_fits
from interpot.formula.naming import name
from interpot.formula.regress.form import Form
from interpot.formula.selection import choose
from interpot.formula.terms import library
from interpot.statistic.objective import Objective

DOMAIN = float(NODES.min()), float(NODES.max())
TANG_TOENNIES = Form(
    library(["exponential", "damped_6", "damped_8", "damped_10"]), np.full(4, 3.6), np.ones((4, 1))
)
ARGON = np.array([1.5e4, -40.0, -270.0, -2300.0])  # eV and Å
HUGGINS = form("exponential power power", 3.2, 6, 8)
SALT = np.array([3.5e3, -72.0, -145.0])


def fits_of(
    truth: Form, a: np.ndarray, noise: float = 0.0, kind: str = "pair", **options: bool
) -> dict[str, object]:
    objective = Objective.of(Rows(truth, a, noise, seed=3).statistic()).without_others(0)
    found = named_fits(objective, library(kind=kind), DOMAIN, kind, **options)
    return {name(f.forms[0], f.coefficients[0], 9.0, kind).name: f for f in found}


@pytest.mark.parametrize(
    ("title", "truth", "a"),
    [("Tang-Toennies C6-C8-C10", TANG_TOENNIES, ARGON), ("Born-Mayer-Huggins", HUGGINS, SALT)],
)
def test_the_true_constants_are_found_from_the_grid(title: str, truth: Form, a: np.ndarray) -> None:
    found = fits_of(truth, a)[title]
    np.testing.assert_allclose(found.forms[0].free, truth.free, rtol=1e-6)  # type: ignore[attr-defined]
    np.testing.assert_allclose(found.coefficients[0], a, rtol=1e-4)  # type: ignore[attr-defined]


def test_all_names_that_the_library_makes_up_are_tried() -> None:
    names = {"Lennard-Jones 12-6", "Mie {n}-{m}", "Morse", "Buckingham exp-6", "Born-Mayer-Huggins"}
    found = set(fits_of(form("power power", 12, 6), np.array([4 * 3.4**12, -4 * 3.4**6]), noise=0.1))
    assert names - {"Mie {n}-{m}"} <= found and any(title.startswith("Mie") for title in found)


def test_coulombs_law_is_added_where_it_is_asked_for() -> None:
    truth, a = form("exponential power power power", 3.2, 6, 8, 1), np.array([*SALT, 14.4])
    found = fits_of(truth, a, charged=True)["Born-Mayer-Huggins + Coulomb"]
    np.testing.assert_allclose(found.coefficients[0], a, rtol=1e-4)  # type: ignore[attr-defined]
    assert not any("+ Coulomb" in title for title in fits_of(truth, a))


@pytest.mark.parametrize(("truth", "a"), [(TANG_TOENNIES, ARGON), (HUGGINS, SALT)])
def test_a_true_form_that_noise_hides_is_in_the_set(truth: Form, a: np.ndarray) -> None:
    """A tenth of noise: something shorter is chosen, and the true form is one that may be true as well."""
    front = discover(Rows(truth, a, noise=0.1, seed=3).statistic(), symbolic="none").front
    terms = name(truth, a, 9.0).name
    assert front[front.chosen].constants.item() < truth.constants
    assert terms in set(front[front.indistinguishable].form)


def test_a_form_with_a_name_is_excluded_by_what_it_explains_alone() -> None:
    """Neither a coefficient that may be zero nor the number of constants speaks against it, and it is not chosen."""
    worse = BASE + NOISE - NOISE.mean() + 7.5e-6  # by three standard errors
    for loss, rivals in ((better(1), [1]), (better(-8), [1]), (better(-12), [])):
        loose = candidate(5, worse, determined=False, loss=loss)
        assert choose([candidate(2, BASE), loose]) == (0, [])
        assert choose([candidate(2, BASE), loose], named=[1]) == (0, rivals)
    far = candidate(5, BASE + 1e-4 + NOISE, determined=False, loss=better(1))
    assert choose([candidate(2, BASE), far], named=[1]) == (0, [])


def test_a_name_alone_is_not_chosen() -> None:
    better_by_chance = candidate(2, BASE - 1e-6 + NOISE, determined=False)
    assert choose([candidate(3, BASE), better_by_chance], named=[1]) == (0, [1])
