"""What the data support (`interpot.formula.judge`, `interpot.formula.selection`), against synthetic noise and refits.

The statistics are made from rows drawn at random, so that the truth lies exactly in the span of the splines.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from systems import blocks_of

from interpot.formula.candidate import INDIFFERENT, Candidate, information
from interpot.formula.judge import Judge
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.selection import choose
from interpot.formula.terms import library
from interpot.statistic.basis import LogSplines
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Coverage, Statistic
from interpot.statistic.objective import Objective
from interpot.units import unit_style

BASIS = LogSplines(9.0, spacing=1 / 15).covering(3.0)
NODES = BASIS.nodes()
PROJECTION = np.linalg.pinv(BASIS.matrix(NODES))
SPLINES = BASIS.matrix(NODES, derivative=True)


def form(terms: str, *shapes: float, free: list[int] | None = None) -> Form:
    made = Form.of(library(terms.split()), np.array(shapes, dtype=float))
    return made if free is None else made.freed(free)


LJ = form("power power", 12, 6)
MIE = form("power power", 12, 6, free=[0, 1])
MORSE = Form(library(["exponential", "exponential"]), np.array([3.0, 1.5]), np.array([[1.0], [0.5]]))
TRUTHS = {  # forms at their true shapes, coefficients in eV and Å
    "Lennard-Jones": (LJ, np.array([4 * 3.4**12, -4 * 3.4**6])),
    "Mie": (MIE, np.array([4 * 3.4**12, -4 * 3.4**6])),
    "Morse": (MORSE, np.array([np.exp(3.0 * 3.8), -2 * np.exp(1.5 * 3.8)])),
    "Buckingham": (form("exponential power", 3.4, 6), np.array([3e5, -4e3])),
}


# so weak that the constants move in proportion to it
NOISES = {"Lennard-Jones": 0.1, "Mie": 0.01, "Morse": 0.1, "Buckingham": 0.1}


class Rows:
    """Rows of a statistic, per block: features and forces."""

    def __init__(
        self,
        truth: Form,
        a: np.ndarray,
        noise: float,
        seed: int,
        blocks: int = 32,
        rows: int = 60,
        copies: int = 1,
    ) -> None:
        random = np.random.default_rng(seed)
        # forces are slopes: a row adds slopes at a few distances, weighted as pairs in random directions are
        weights = (
            random.normal(size=(blocks, rows, NODES.size))
            * (NODES / 9)
            * (random.uniform(size=(blocks, rows, NODES.size)) < 0.2)
        )
        self.X = weights @ SPLINES
        force = self.X @ (PROJECTION @ (truth.columns(NODES) @ a))
        size = np.sqrt(np.mean(force**2))
        self.F = force + noise * size * random.normal(size=force.shape)
        # frames that hardly differ: the same rows with the same noise again
        self.X, self.F = np.tile(self.X, (1, copies, 1)), np.tile(self.F, (1, copies))

    def statistic(self, keep: np.ndarray | None = None) -> Statistic:
        keep = np.arange(len(self.F)) if keep is None else keep
        X, F = self.X[keep], self.F[keep]
        blocks = blocks_of(
            np.einsum("bri,brj->bij", X, X, optimize=True),
            np.einsum("bri,br->bi", X, F),
            np.sum(F**2, axis=1),
            np.full(len(F), F.shape[1]),
            np.ones(len(F), dtype=np.int64),
        )
        coverage = Coverage(np.ones(BASIS.intervals, dtype=np.int64), 3.0, 9.0)
        return Statistic(
            (Channel("pair", ("Ar", "Ar"), 9.0),), (BASIS,), blocks, (coverage,), unit_style("metal")
        )

    def error(self, f: Fit, blocks: np.ndarray) -> float:
        """Squared force error of a formula on some blocks, row by row."""
        (values,) = f.values([NODES])
        return float(np.sum((self.X[blocks] @ (PROJECTION @ values) - self.F[blocks]) ** 2))


def judged(rows: Rows, *forms: Form) -> tuple[Judge, list[Candidate]]:
    statistic = rows.statistic()
    objective = Objective.of(statistic)
    judge = Judge(statistic, objective)
    return judge, [judge.candidate(fit(objective, [f])) for f in forms]


# ---------------------------------------------------------------------------- errors of the constants


@pytest.mark.parametrize(
    ("name", "blocks", "copies"),
    [
        ("Mie", 32, 1),
        ("Morse", 32, 1),
        ("Buckingham", 32, 1),
        ("Mie", 32, 4),
        ("Mie", 1, 1),
        ("Buckingham", 4, 1),
    ],
)
def test_errors_are_the_spread_over_repeated_experiments(name: str, blocks: int, copies: int) -> None:
    """With many blocks also where rows are copies of each other; with few the rows must be independent."""
    truth, a = TRUTHS[name]
    found, claimed = [], []
    for seed in range(80):
        rows = Rows(
            truth,
            a,
            noise=NOISES[name],
            seed=seed,
            blocks=blocks,
            rows=1920 // blocks // copies,
            copies=copies,
        )
        judge, (candidate,) = judged(rows, truth)
        found.append(np.concatenate([candidate.fit.coefficients[0], candidate.fit.forms[0].free]))
        claimed.append(judge.covariance(candidate.fit))
    true = np.concatenate([a, truth.free])
    spread, error = np.std(found, axis=0, ddof=1), np.sqrt(np.diag(np.mean(claimed, axis=0)))
    np.testing.assert_allclose(error / spread, 1, atol=0.3)  # 80 repeats know a spread to 8 %
    # the mean is the truth, the correlations are those of the spread
    assert (np.abs(np.mean(found, axis=0) - true) < 4 * spread / np.sqrt(80)).all()
    correlation = np.mean(claimed, axis=0) / np.outer(error, error)
    np.testing.assert_allclose(correlation, np.corrcoef(np.transpose(found)), atol=0.2)


def test_the_covariance_is_symmetric_and_positive() -> None:
    for name, (truth, a) in TRUTHS.items():
        judge, (candidate,) = judged(Rows(truth, a, noise=0.05, seed=3), truth)
        covariance = judge.covariance(candidate.fit)
        assert covariance.shape == (truth.constants,) * 2, name
        assert (covariance == covariance.T).all()
        size = np.sqrt(np.diag(covariance))
        assert np.linalg.eigvalsh(covariance / np.outer(size, size)).min() > -1e-9


def test_errors_halve_with_four_times_the_data() -> None:
    truth, a = TRUTHS["Lennard-Jones"]
    errors = []
    for rows in (60, 240):
        judge, (candidate,) = judged(Rows(truth, a, noise=0.1, seed=5, rows=rows), truth)
        errors.append(np.sqrt(np.diag(judge.covariance(candidate.fit))))
    np.testing.assert_allclose(errors[0] / errors[1], 2, rtol=0.35)


def test_without_noise_the_errors_are_those_of_rounding() -> None:
    truth, a = TRUTHS["Lennard-Jones"]
    judge, (candidate,) = judged(Rows(truth, a, noise=0.0, seed=1), truth)
    error = np.sqrt(np.diag(judge.covariance(candidate.fit)))
    off = np.abs(candidate.fit.coefficients[0] - a)
    assert (error > 0).all() and (error < 1e-6 * np.abs(a)).all()
    assert (off <= error).all()


# ---------------------------------------------------------------------------- held-out loss


@pytest.mark.parametrize("blocks", [5, 16, 33])
@pytest.mark.parametrize("name", TRUTHS)
def test_held_out_losses_are_those_of_refits_without_the_fold(name: str, blocks: int) -> None:
    """To second order in how far a fold moves the shapes: next to nothing of what a choice is made by."""
    truth, a = TRUTHS[name]
    rows = Rows(truth, a, noise=NOISES[name], seed=blocks, blocks=blocks, rows=80)
    _, (candidate,) = judged(rows, truth)
    folds = np.array_split(np.arange(blocks), min(blocks, 16))
    mean_square = np.sum(rows.F**2) / len(folds)
    assert len(candidate.held_out) == len(folds)
    for fold, found in zip(folds, candidate.held_out, strict=True):
        training = Objective.of(rows.statistic(np.setdiff1d(np.arange(blocks), fold)))
        refit = fit(training, [candidate.fit.forms[0]])
        explicit = rows.error(refit, fold) / mean_square
        negligible = 1e-9 * explicit if name == "Lennard-Jones" else 0.01 * candidate.held_out.std()
        assert found == pytest.approx(explicit, rel=0, abs=negligible)


def test_losses_are_relative_force_errors() -> None:
    truth, a = TRUTHS["Morse"]
    rows = Rows(truth, a, noise=0.1, seed=2)
    _, (good, bad) = judged(rows, truth, LJ)
    for candidate in (good, bad):
        explicit = np.sqrt(rows.error(candidate.fit, np.arange(32)) / np.sum(rows.F**2))
        assert candidate.loss == pytest.approx(explicit, rel=1e-9)
        assert candidate.cross_validated == pytest.approx(np.sqrt(candidate.held_out.mean()))
    assert good.loss == pytest.approx(0.1, rel=0.05) and bad.loss > 0.13
    # by the delta method: twice the root times its error is the error of the square
    spread = good.held_out.std(ddof=1) / 4
    assert good.cross_validated_error == pytest.approx(spread / (2 * good.cross_validated))


def test_held_out_losses_resolve_what_is_free_of_noise() -> None:
    truth, a = TRUTHS["Lennard-Jones"]
    _, (candidate,) = judged(Rows(truth, a, noise=0.0, seed=1), truth)
    assert candidate.loss < 1e-10 and candidate.cross_validated < 1e-7


@pytest.mark.parametrize("seed", [1, 3])
def test_a_damping_too_short_to_be_seen_gains_nothing_from_leaving_out_a_fold(seed: int) -> None:
    """Data that would have the attraction stronger than undamped, which no damping can do: its rate has no minimum."""
    steep = form("power power exponential", 12, 6, 20, free=[])
    rows = Rows(steep, np.append(TRUTHS["Lennard-Jones"][1], -0.1 * np.exp(20 * 3.0)), noise=1e-3, seed=seed)
    undamped = form("damped_6 power", 20, 12, free=[0])
    _, (plain, damped) = judged(rows, LJ, undamped)
    np.testing.assert_allclose(damped.fit.values([NODES])[0], plain.fit.values([NODES])[0], rtol=1e-9)
    explicit = []
    for fold in np.array_split(np.arange(32), 16):
        training = Objective.of(rows.statistic(np.setdiff1d(np.arange(32), fold)))
        explicit.append(rows.error(fit(training, [undamped]), fold) * 16 / np.sum(rows.F**2))
    for candidate in (plain, damped):
        np.testing.assert_allclose(candidate.held_out, explicit, rtol=1e-7)
    assert choose([plain, damped])[0] == 0 and choose([damped, plain])[0] == 1


def test_a_single_block_has_no_held_out_loss() -> None:
    truth, a = TRUTHS["Lennard-Jones"]
    _, (candidate,) = judged(Rows(truth, a, noise=0.1, seed=1, blocks=1, rows=500), truth)
    assert len(candidate.held_out) == 0
    assert np.isnan(candidate.cross_validated) and np.isnan(candidate.cross_validated_error)


# ---------------------------------------------------------------------------- determined, information


def test_a_coefficient_of_noise_is_undetermined() -> None:
    truth, a = TRUTHS["Lennard-Jones"]
    undetermined = 0
    for seed in range(20):
        rows = Rows(truth, a, noise=0.1, seed=seed)
        _, (right, larger) = judged(rows, truth, form("power power power", 12, 6, 1))
        assert right.determined
        undetermined += not larger.determined
    assert undetermined >= 16  # 95 % of normal deviates are below two, and r^-1 also blurs the other two


@pytest.mark.parametrize("copies", [1, 4])
def test_the_information_criterion_counts_independent_rows(copies: int) -> None:
    truth, a = TRUTHS["Lennard-Jones"]
    rows = Rows(truth, a, noise=0.3, seed=4, rows=120, copies=copies)
    _, (one, two, three) = judged(
        rows, truth, form("power power", 12, 5), form("power power power", 12, 6, 1)
    )
    assert one.rows == pytest.approx(32 * 120, rel=0.35)  # the copies say nothing
    # Schwarz's criterion, with one number of rows for all
    gain = information(two, one.rows) - information(one, one.rows)
    assert gain == pytest.approx(2 * one.rows * np.log(two.loss / one.loss), rel=1e-9)
    cost = information(three, one.rows) - information(one, one.rows)
    assert cost == pytest.approx(np.log(one.rows) + 2 * one.rows * np.log(three.loss / one.loss), rel=1e-9)


# ---------------------------------------------------------------------------- choice


def candidate(
    constants: int, held_out: Any, determined: bool = True, loss: float = 0.1, rows: float = 1000.0
) -> Any:
    held_out = np.array(held_out, dtype=float)
    return Candidate(SimpleNamespace(constants=constants), loss, held_out, determined, rows)


def better(bic: float, rows: float = 1000.0) -> float:
    """The loss whose ln(loss²) gains so much information over a loss of 0.1."""
    return 0.1 * float(np.exp(-bic / (2 * rows)))


RIPPLE = 1e-3 * np.random.default_rng(8).normal(size=16)  # the same frames are difficult for all
NOISE = 1e-5 * np.random.default_rng(9).normal(size=16)
BASE = 1e-2 + RIPPLE


def test_of_nested_formulas_the_simplest() -> None:
    larger = BASE - 2e-6 + NOISE  # better by less than a standard error
    assert choose([candidate(2, BASE), candidate(3, larger)]) == (0, [1])
    assert choose([candidate(3, larger), candidate(2, BASE)]) == (1, [0])


def test_a_clear_difference_is_followed_whatever_it_costs() -> None:
    assert choose([candidate(2, BASE), candidate(6, BASE - 2e-5 + NOISE)]) == (1, [])


def test_equals_of_the_same_size_are_rivals() -> None:
    same = BASE + NOISE - NOISE.mean() + 1e-9
    assert choose([candidate(2, BASE), candidate(2, same), candidate(3, same), candidate(2, 2 * BASE)]) == (
        0,
        [1, 2],
    )


SKEWED = [1e-5] * 7 + [1e-2]  # mean 1.3 standard errors from zero


def test_a_single_fold_decides_nothing() -> None:
    assert choose([candidate(2, BASE[:5] + SKEWED[-5:]), candidate(3, BASE[:5])]) == (0, [1])


def test_decisive_information_decides() -> None:
    larger = BASE - 2e-6 + NOISE
    price = np.log(1000)  # of a constant
    for gain, expected in ((9, (0, [1])), (11, (1, [0]))):
        assert choose([candidate(2, BASE), candidate(3, larger, loss=better(gain + price))]) == expected


def test_information_is_compared_with_one_number_of_rows() -> None:
    """The design effects of two formulas scatter by some per cent, and N ln(loss²) is in the thousands."""
    same = BASE + NOISE - NOISE.mean() + 1e-9
    for rows in (900.0, 1100.0):
        assert choose([candidate(2, BASE), candidate(2, same, rows=rows)]) == (0, [1])


def test_what_fails_in_every_fold_is_no_rival() -> None:
    """By so different amounts that the difference is less than two standard errors: it is not the mean that tells."""
    exact = candidate(2, np.full(16, 1e-20), loss=1e-10)
    uneven = np.full(16, 4e-7)
    uneven[3] = 1.5e-5  # the squared loss of the fold with the closest pair
    wrong = candidate(4, uneven, loss=1e-3)
    assert uneven.mean() < 2 * uneven.std(ddof=1) / 4
    assert choose([exact, wrong]) == (0, [])


def test_uneven_noise_is_judged_by_the_folds_alone() -> None:
    """The BIC may be sure of two more constants where the folds are not; what fails in all of them is out."""
    larger = candidate(4, BASE, loss=better(100))
    simple = candidate(2, BASE + 8e-6 + NOISE)  # worse by some three standard errors
    assert choose([simple, larger]) == (1, [])
    assert choose([simple, larger], even=False) == (0, [1])
    assert choose([candidate(2, BASE + 2e-5 + NOISE), larger], even=False) == (1, [])
    exact = candidate(3, np.full(16, 1e-20), loss=1e-10)
    uneven = np.full(16, 4e-7)
    uneven[3] = 1.5e-5
    assert choose([candidate(2, uneven, loss=1e-3), exact], even=False) == (1, [])


def off_by(errors: float, size: float = 1e-6) -> Any:
    """Losses of 16 folds that are higher than a hundredth by so many standard errors of the mean."""
    pattern = np.resize([1.0, -1.0], 16)
    return 1e-2 + size * (errors / 4 + pattern / pattern.std(ddof=1))


def test_uneven_noise_where_folds_hardly_tell() -> None:
    """Four standard errors exclude, no less; of what is left the fewest constants, then the smaller loss."""
    best = candidate(4, np.full(16, 1e-2), loss=better(100))
    assert choose([candidate(2, off_by(3.99)), best], even=False) == (0, [1])
    assert choose([candidate(2, off_by(4.01)), best], even=False) == (1, [])
    assert choose([candidate(2, off_by(2.0)), candidate(2, off_by(1.0)), best], even=False) == (1, [0, 2])
    many = replace(candidate(2, off_by(3.99)), choices=50.0)  # what was tried is no price
    assert choose([many, best], even=False) == (0, [1])
    assert choose([many, best]) == (1, [])


def test_uneven_noise_of_a_single_block_excludes_nothing() -> None:
    exact, simple = candidate(3, [], loss=1e-3), candidate(2, [], loss=0.1)
    assert choose([exact, simple]) == (0, [])
    assert choose([exact, simple], even=False) == (1, [0])


def test_uneven_noise_leaves_the_undetermined_and_names_what_may_be_true() -> None:
    best = candidate(4, np.full(16, 1e-2), loss=better(100))
    loose = candidate(1, off_by(1.0), determined=False)
    assert choose([loose, best], even=False) == (1, [])
    assert choose([loose, best], named=[0], even=False) == (1, [0])
    assert choose([replace(loose, held_out=off_by(4.01)), best], named=[0], even=False) == (1, [])
    # two standard errors and the BIC together exclude a name only where noise is even
    named = candidate(2, off_by(3.0))
    assert choose([named, best], named=[0]) == (1, [])
    assert choose([named, best], named=[0], even=False) == (0, [1])


def test_below_rounding_all_are_equal() -> None:
    tiny = 0.1 * INDIFFERENT**2
    candidates = [candidate(2, np.full(16, tiny)), candidate(3, np.full(16, 1e-6 * tiny))]
    assert choose(candidates) == (0, [1])
    candidates = [candidate(2, np.full(16, 100 * tiny)), candidate(3, np.full(16, 1e-6 * tiny))]
    assert choose(candidates) == (1, [])


def test_undetermined_formulas_are_the_last_resort() -> None:
    loose = candidate(1, BASE, determined=False)
    assert choose([loose, candidate(3, BASE + NOISE)]) == (1, [])
    assert choose([loose, candidate(2, BASE, determined=False)]) == (0, [1])
    # nor do they set the mark that others have to reach
    best = candidate(4, BASE - 1e-3, determined=False)
    assert choose([best, candidate(2, BASE)]) == (1, [])


def test_a_single_block_is_judged_by_information() -> None:
    """In-sample losses always prefer the larger formula."""
    assert choose([candidate(2, []), candidate(5, [], loss=better(25))]) == (0, [1])  # three cost 20.7
    assert choose([candidate(2, []), candidate(5, [], loss=better(35))]) == (1, [])
    assert choose([candidate(2, []), candidate(2, [], loss=better(-1))]) == (0, [1])


def test_one_candidate_is_chosen() -> None:
    assert choose([candidate(7, [], determined=False)]) == (0, [])


@pytest.mark.parametrize("rate", [1e-7, 1e-6, 1e-5])
def test_a_shape_that_nothing_shows_gains_nothing_from_leaving_out_a_fold(rate: float) -> None:
    """erfc(γr)/r is 1/r for a small γ, whose slope is then made of rounding: the pair is judged as 1/r would be."""
    truth, a = form("yukawa power", 2.0, 1, free=[0]), np.array([-900.0, 14.4])
    statistic = Rows(truth, a, noise=0.05, seed=5).statistic()
    objective = Objective.of(statistic)
    judge = Judge(statistic, objective)
    plain = fit(objective, [truth])
    idle = form("yukawa erfc_coulomb", float(plain.forms[0].free[0]), rate, free=[0, 1])
    screened = judge.candidate(Fit((idle,), plain.coefficients, plain.misfit))
    expected = judge.candidate(plain).held_out
    np.testing.assert_allclose(screened.held_out, expected, rtol=1e-3)


def test_two_terms_that_differ_by_rounding_are_not_determined_and_gain_nothing() -> None:
    """a erfc(γr)/r + C/r with γ → 0 is Coulomb's law and a constant, however large a is; the constant has no force."""
    truth, a = form("power", 1), np.array([14.4])
    statistic = Rows(truth, a, noise=0.05, seed=5).statistic()
    objective = Objective.of(statistic)
    judge = Judge(statistic, objective)
    plain = fit(objective, [truth])
    huge = 3e9
    twin = form("erfc_coulomb power", 3e-6, 1, free=[0])
    coefficients = np.array([huge, plain.coefficients[0][0] - huge])
    left = objective.residual([twin.columns(NODES) @ coefficients])
    found = judge.candidate(Fit((twin,), (coefficients,), float(left @ left)))
    alone = judge.candidate(plain)
    assert alone.determined and not found.determined
    assert found.held_out.mean() - found.loss**2 > 0.9 * (alone.held_out.mean() - alone.loss**2)
