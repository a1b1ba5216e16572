"""Discovery beyond the library: when it is made, what it starts from, what an interrupt leaves, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy
from systems import Frames, clusters, statistic_of

import interpot
from interpot import InterpotError, Statistic
from interpot.formula import discover as discovery
from interpot.formula.codegen import R, numpy_function
from interpot.formula.regress.restriction import Restriction
from interpot.formula.symbolic import asked, beyond, choice
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.search import OPERATORS, Backend, Budget, Candidate, Watch
from interpot.statistic.objective import Objective
from interpot.units import STYLES

CUTOFF = 9.0
LENNARD_JONES = 4 * 0.0104 * ((3.4 / R) ** 12 - (3.4 / R) ** 6)
FEW: dict[str, Any] = {"terms": ["power"], "max_terms": 2}  # of the library, where it is not the subject
WELL = -0.02 * sympy.exp(-2.0 * (R - 5.3) ** 2)
"""A second well, which no term of the library has."""


@cache
def statistic(phi: sympy.Expr) -> Statistic:
    slope = numpy_function(sympy.diff(phi, R), (R,))
    return statistic_of(Frames(_with_forces(clusters(slope, frames=12, atoms=30), slope)), CUTOFF)


def _with_forces(frames: Sequence[interpot.Frame], slope: Callable[..., np.ndarray]) -> list[interpot.Frame]:
    made = []
    for frame in frames:
        apart = frame.positions[None] - frame.positions[:, None]
        r = np.linalg.norm(apart, axis=-1) + np.eye(len(apart)) * 1e9
        pull = np.where(r < CUTOFF, slope(r) / r, 0.0)
        made.append(replace(frame, forces=(pull[..., None] * apart).sum(axis=1)))
    return made


class Fake:
    """A backend that knows what to say, and keeps what it was asked."""

    def __init__(self, *expressions: sympy.Expr, interrupted: bool = False) -> None:
        self.expressions, self.interrupted = expressions, interrupted
        self.problems: list[SearchProblem] = []

    def search(
        self, problem: SearchProblem, operators: Sequence[str], budget: Budget, seed: int, watch: Watch
    ) -> list[Candidate]:
        self.problems.append(problem)
        self.asked = tuple(operators), budget, seed
        found = [Candidate(e, problem.loss(problem.values(e)), k) for k, e in enumerate(self.expressions)]
        watch(0.5, found)
        if self.interrupted:
            raise KeyboardInterrupt
        return found


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fake]:
    """Put a fake in place of all backends."""

    def put(*expressions: sympy.Expr, interrupted: bool = False) -> Fake:
        fake = Fake(*expressions, interrupted=interrupted)
        row = Backend("fake", frozenset(OPERATORS), fake.search)
        monkeypatch.setattr(beyond, "load_backend", lambda name: row)
        monkeypatch.setattr(asked, "load_backend", lambda name: row)
        monkeypatch.setattr(asked, "chosen", lambda name: ([] if name == "none" else ["fake"], "for a test"))
        return fake

    return put


def test_nothing_is_searched_where_the_library_does(backend: Callable[..., Fake]) -> None:
    fake = backend(LENNARD_JONES)
    found = interpot.discover(statistic(LENNARD_JONES))
    assert not fake.problems
    assert found.best.channels[0].form == "Lennard-Jones 12-6"


def test_what_the_library_does_not_have_is_found(backend: Callable[..., Fake]) -> None:
    fake = backend(0.9 * LENNARD_JONES - 0.021 * sympy.exp(-2.1 * (R - 5.25) ** 2))
    found = interpot.discover(statistic(LENNARD_JONES + WELL))
    assert found.best.loss.formula < 1e-7
    r = np.linspace(3.2, 6.0, 50)
    truth = numpy_function(sympy.diff(LENNARD_JONES + WELL, R), (R,))(r)
    np.testing.assert_allclose(-found.best.channels[0].slope(r), -truth, atol=1e-7 * np.abs(truth).max())
    assert any("searched beyond the library by fake" in remark for remark in found.remarks)
    (problem,) = fake.problems
    assert len(problem.seeds) == beyond.SEEDS  # the library's best
    assert min(problem.loss(problem.values(seed)) for seed in problem.seeds) < 0.5


@pytest.mark.parametrize(
    "options", [{"symbolic": "none"}, {"terms": ["power"]}, {"max_terms": 1}, {"method": "omp"}]
)
def test_a_library_that_is_limited_is_not_searched_beyond_unless_asked(
    backend: Callable[..., Fake], options: dict[str, Any]
) -> None:
    fake = backend(LENNARD_JONES + WELL)
    interpot.discover(statistic(LENNARD_JONES + WELL), **{"max_terms": 1, **options})
    assert not fake.problems


def test_a_backend_that_is_named_is_asked_in_any_case(backend: Callable[..., Fake]) -> None:
    fake = backend(LENNARD_JONES + 1e-3 * sympy.exp(-R))
    wanted = Symbolic("fake", ("+", "*", "exp"), Budget(evaluations=77), 5)
    found = interpot.discover(statistic(LENNARD_JONES), symbolic=wanted)
    assert fake.asked == (("+", "*", "exp"), Budget(evaluations=77), 5)
    assert found.best.channels[0].form == "Lennard-Jones 12-6"  # merged with the library, which is simpler
    assert any("nothing better was found" in remark for remark in found.remarks)
    assert found.best.provenance["symbolic"]["evaluations"] == 77


def test_what_was_found_before_an_interrupt_is_kept(backend: Callable[..., Fake]) -> None:
    backend(LENNARD_JONES + WELL, interrupted=True)
    shown: list[tuple[str, float]] = []
    found = interpot.discover(
        statistic(LENNARD_JONES + WELL),
        **FEW,
        symbolic="fake",
        show=lambda title, share, front, units: shown.append((title, share)),
    )
    assert found.best.loss.formula < 1e-7
    assert any("interrupted, the best so far is given" in remark for remark in found.remarks)
    assert shown == [("Ar-Ar: fake", 0.5)]  # no refining is told of what was interrupted


def test_an_empty_front_is_said(backend: Callable[..., Fake]) -> None:
    backend()
    found = interpot.discover(statistic(LENNARD_JONES + WELL), **FEW, symbolic="fake")
    assert any("no formula came of it: allow more operators or a larger budget" in r for r in found.remarks)
    assert found.best.loss.formula > 1e-4  # the library's


def test_a_guess_is_judged_and_started_from(backend: Callable[..., Fake]) -> None:
    fake = backend(LENNARD_JONES)
    guess = "Ar-Ar: 4*0.011*((3.4/r)^12 - (3.4/r)^6) - 0.019*exp(-2.1*(r - 5.2)^2)"
    found = interpot.discover(
        statistic(LENNARD_JONES + WELL), **FEW, symbolic=Symbolic("fake", guesses=(guess,))
    )
    assert found.best.loss.formula < 1e-7
    values = numpy_function(fake.problems[0].seeds[0], (R,))(np.array([3.4, 5.2]))
    expected = 0.044 * ((3.4 / 5.2) ** 12 - (3.4 / 5.2) ** 6) - 0.019
    assert values == pytest.approx([-0.019 * np.exp(-2.1 * 1.8**2), expected])
    alone = interpot.discover(
        statistic(LENNARD_JONES + WELL), **FEW, symbolic=Symbolic("none", guesses=(guess,))
    )
    assert alone.best.loss.formula < 1e-7


def test_a_guess_is_in_the_units_of_the_data() -> None:
    (guess,) = Symbolic(guesses=("0.5*exp(-2*r)",)).guessed("Ar-Ar", STYLES["si"]).values()
    r = 3.1  # Å
    joule, metre = 1 / 1.602176634e-19, 1e10
    truth = 0.5 * joule * np.exp(-2 * r / metre)
    assert numpy_function(guess, (R,))(np.array([r])) == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize(
    "guess, sentence",
    [
        ("log(r - 4)", r"the guess 'log\(r - 4\)' has no value at r = .* Å, where the data are"),
        ("0.3*q", "the guess '0.3\\*q' uses the unknown name 'q'"),
        ("3", "the guess '3' is no function of r"),
        ("2*", "the guess '2\\*' is no formula"),
        ("Ra-Ra: 2/r", "the guess 'Ra-Ra: 2/r': expected one of the channels Ar-Ar"),
    ],
)
def test_a_guess_that_cannot_be_used(backend: Callable[..., Fake], guess: str, sentence: str) -> None:
    backend(LENNARD_JONES)
    with pytest.raises(InterpotError, match=sentence):
        interpot.discover(statistic(LENNARD_JONES), symbolic=Symbolic("fake", guesses=(guess,)))


def test_operators_and_backends_are_checked_before_anything_is_done() -> None:
    with pytest.raises(InterpotError, match=r"unknown operator 'gamma': expected some of \+ - "):
        discovery.check_options(symbolic=Symbolic("grammar", ("+", "gamma")))
    with pytest.raises(InterpotError, match="the search 'operon' knows no operator 'erf'"):
        discovery.check_options(symbolic=Symbolic("operon", ("+", "erf")))
    assert Symbolic("auto", ("+", "erf")).backends()[0] == ["grammar"]  # of the two the one that knows it
    with pytest.raises(InterpotError, match="discovery has no option 'symbolc': it has terms, max_terms"):
        discovery.check_options(symbolc="operon")
    with pytest.raises(InterpotError, match="eureqa"):
        discovery.check_options(symbolic="eureqa")


def test_a_backend_of_distances_leaves_other_coordinates_out() -> None:
    objective = Objective.of(statistic(LENNARD_JONES))
    search = beyond.BeyondLibrary(
        "field on Ar",
        "field",
        (-2.0, 2.0),
        objective,
        0.0,
        Restriction(),
        Symbolic("grammar"),
        STYLES["metal"],
    )
    found, (remark,) = search.run([])
    assert not found
    assert remark.startswith(
        "field on Ar: not searched beyond the library, for grammar knows functions of distances"
    )


@pytest.mark.parametrize("name", ["operon", "grammar,operon"])
def test_operon_by_name_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda package: None)
    with pytest.raises(
        InterpotError, match=r"^search 'operon': Operon is not installed: pip install pyoperon$"
    ):
        choice.chosen(name)


def test_without_operon_the_grammar_searches_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda package: None)
    monkeypatch.setattr(choice, "resolved", lambda: (False, "for a test"))
    names, why = choice.chosen("auto")
    assert names == ["grammar"] and why.startswith(
        "Operon is not installed: pip install pyoperon; PySR is not"
    )
