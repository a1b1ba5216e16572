"""The recovery benchmark: its truths are what LAMMPS computes, its oracle and its files do what they say."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
from recovering import command, running, summary
from recovering.finding import statistic_of
from recovering.oracle import Oracle
from recovering.potentials import POTENTIALS
from recovering.records import Case, Outcome, Published, StatePoint, Truth
from recovering.simulating import Frames, dimers, drawn, noise_level
from recovering.structure import difference, structure
from recovering.truth import Curve, constants_error
from systems import clusters

from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.formula.terms.power import TERM as POWER
from interpot.proof.engines import engine
from interpot.records import ReferenceModel
from interpot.statistic.basis import Functions
from interpot.statistic.objective import Objective
from interpot.statistic.one_pass import one_pass
from interpot.units import STYLES, unit_style

LENNARD_JONES = POTENTIALS["kob-andersen"].truth["A-A"]
ATOM = Published(
    "atom", "test", "none", "lj", {"Ar": 1.0}, (), {"Ar-Ar": 5.0}, {"Ar-Ar": LENNARD_JONES},
    StatePoint(1, 1), StatePoint(1, 1), 0.001,
)  # fmt: skip


def cloud(truth: Truth, frames: int = 12, atoms: int = 20) -> Frames:
    """Open clusters whose forces are a truth's."""
    made = clusters(Curve(truth).slope, frames, atoms, low=0.95, high=3.4)
    return Frames(made, STYLES["lj"])


# ---------------------------------------------------------------------------- the truths


def test_there_are_enough_potentials_of_many_kinds() -> None:
    published = POTENTIALS.values()
    assert len(POTENTIALS) >= 30
    assert len({p.kind for p in published}) >= 10
    assert {len(p.masses) for p in published} == {1, 2}
    assert all(any(f"({year})" in p.reference for year in range(1930, 2026)) for p in published)


@pytest.mark.parametrize("published", POTENTIALS.values(), ids=POTENTIALS)
def test_lammps_computes_the_stated_formula(published: Published) -> None:
    """Forces of dimers against central differences of the formula, whose text sympy alone evaluates."""
    units = unit_style(published.units)
    model = ReferenceModel("lammps", published.commands)
    frame, made = dimers(published, (0.45, 0.7, 0.95, 1.0001))
    forces = engine("lammps").forces(model, frame, units) / units.force
    for (pair, r), (first, second) in zip(made, forces.reshape(-1, 2, 3), strict=True):
        curve = Curve(published.truth[pair])
        if r > published.cutoffs[pair]:
            assert not first.any()
            continue
        step = 1e-4 * r
        energy = curve.energy(r + step * np.array([-2.0, -1.0, 1.0, 2.0]))
        slope = energy @ np.array([1.0, -8.0, 8.0, -1.0]) / (12 * step)
        assert first[0] == pytest.approx(slope, rel=1e-7)
        assert first[0] == pytest.approx(curve.slope(np.array([r]))[0], rel=1e-11)
        assert (first == -second).all() and not first[1:].any()


# ---------------------------------------------------------------------------- structures

SAME = [
    ("4*epsilon*((sigma/r)**12 - (sigma/r)**6)", "a/r**12 + b/r**6"),
    ("n/(n - m)*(n/m)**(m/(n - m))*epsilon*((sigma/r)**n - (sigma/r)**m)", "a*r**(-p) + b*r**(-q)"),
    ("D*(exp(-2*alpha*(r - r_0)) - 2*exp(-alpha*(r - r_0)))", "a*exp(-2*k*r) + b*exp(-k*r)"),
    ("A*exp(-r/rho)", "A*exp((s - r)/rho)"),
    ("A*exp(-r**2/(2*w**2))", "A*exp(-(r/w)**2)"),
    ("A*cos(k*r - delta)/r**3", "A_1*cos(k*r)/r**3 + A_2*sin(k*r)/r**3"),
    ("K*(r_c - r)**2", "K_2*r**2 + K_1*r + K_0"),
    ("-K*log(r)", "K*log(r/r_c)"),
    ("A*(1 + cos(pi*r/r_s))", "A*(1 + cos(pi*r/r_c))"),
]
DIFFERENT = [
    ("a/r**12 + b/r**6", "a/r**12 + b/r**7"),
    ("a/r**12 + b/r**6", "a*r**(-n) + b/r**6"),
    ("a*exp(-2*k*r) + b*exp(-k*r)", "a*exp(-k*r) + b*exp(-l*r)"),
    ("A*exp(-r/rho)", "A*exp(-r/rho)/r"),
    ("a/r**4*exp(s/(r - c)) + b*exp(s/(r - c))", "a/r**4*exp(s/(r - c)) + b*exp(t/(r - c))"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_formulas_of_one_form_have_one_structure(one: str, other: str) -> None:
    assert structure(one) == structure(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_formulas_of_different_forms_differ(one: str, other: str) -> None:
    assert structure(one) != structure(other)


def test_false_and_missed_terms_are_counted() -> None:
    assert difference(structure("a/r**12 + b/r**6 + c/r"), structure("a/r**12 + d*exp(-k*r)")) == (2, 1)


def test_constants_do_not_depend_on_how_the_form_is_stated() -> None:
    r = np.linspace(0.9, 2.5, 200)
    moved = replace(LENNARD_JONES, constants={"epsilon": 1.02, "sigma": 0.99})
    assert constants_error(LENNARD_JONES, r, Curve(moved).slope(r)) == pytest.approx(0.02, rel=1e-9)
    assert np.isnan(constants_error(LENNARD_JONES, r, -1.0 / r**2))


# ---------------------------------------------------------------------------- the oracle


def powers(*exponents: float, free: Sequence[int] = ()) -> list[list[Fit]]:
    """What a search returns that knows a single form, a sum of powers, some of whose exponents are free."""
    form = Form.of((POWER,) * len(exponents), np.array(exponents)).freed(list(free))
    return [[Fit((form,), (np.ones(len(exponents)),), 0.0)]]


def test_the_oracle_knows_what_can_be_told() -> None:
    """The truth's rivals are one with a free exponent, which costs ln N, and one that is far away."""
    frames = cloud(LENNARD_JONES)
    statistic = statistic_of(ATOM, frames)
    level = noise_level(frames.frames, 0.01)
    rows, noise = statistic.rows, statistic.rows * level**2
    alone = Oracle(ATOM, statistic, Objective.of(statistic), powers(12, 6))  # the truth itself is no rival
    assert alone.verdict(level, []).margin == np.inf and alone.verdict(level, []).reached_clean

    held = Oracle(ATOM, statistic, Objective.of(statistic), powers(12, 6, free=[1])).verdict(level, [])
    assert held.margin == pytest.approx(log(rows), abs=1e-3) and held.margin_apart == np.inf
    assert held.identifiable == (log(rows) > 10) and held.identifiable_apart and not held.reached_clean

    slopes = [lambda r: -9 * r**-10.0]
    basis = [Functions(slopes, ("r^-9",))]
    textbook = one_pass(frames, statistic.channels, bases=basis)
    misfit = textbook.square - textbook.moment[0] ** 2 / textbook.gram[0, 0]
    apart = Oracle(ATOM, statistic, Objective.of(statistic), []).verdict(
        level, powers(9)
    )  # it came up with the noise
    expected = rows * log((misfit + noise) / noise) - log(rows)
    assert apart.margin == apart.margin_apart == pytest.approx(expected, rel=1e-3)
    assert apart.identifiable and apart.rival == "Ar-Ar r^-9"

    drowned = Oracle(ATOM, statistic, Objective.of(statistic), []).verdict(1e4 * level, powers(9))
    assert not drowned.identifiable_apart and drowned.margin < 0 and drowned.resolution < 4


def test_the_oracles_errors_are_those_of_repeats() -> None:
    """Scatter of the constants over noisy repeats against the oracle's standard error."""
    frames = cloud(LENNARD_JONES, frames=8)
    level = noise_level(frames.frames, 0.05)
    statistic = statistic_of(ATOM, frames)
    oracle = Oracle(ATOM, statistic, Objective.of(statistic), [])
    curve, r = Curve(LENNARD_JONES), oracle.objective.nodes[0]
    J = oracle.objective.maps[0] @ curve.jacobian(r)
    random = np.random.default_rng(1)
    moves = np.linalg.lstsq(J, level * random.normal(size=(len(J), 4000)))[0]
    assert oracle.verdict(level, []).resolution == pytest.approx(1 / moves.std(axis=1).max(), rel=0.05)


# ---------------------------------------------------------------------------- cases and files


def asked(folder: Path, data: Path, **others: object) -> Namespace:
    given = {
        "only": "wca",
        "density": ["dense"],
        "noise": [0.0, 0.01],
        "frames": [10],
        "jobs": 1,
        "peers": False,
    }
    return Namespace(out=folder, data=data, **(given | others))


def test_noise_is_what_it_is_called_and_the_same_every_time() -> None:
    frames = cloud(LENNARD_JONES, frames=40)
    case = Case("wca", "dense", 0.1, 40)
    noisy, again = drawn(frames, case), drawn(frames, case)
    added = np.concatenate([a.forces - b.forces for a, b in zip(noisy.frames, frames.frames, strict=True)])
    size = np.sqrt(np.mean(np.concatenate([f.forces for f in frames.frames]) ** 2))
    assert added.std() == pytest.approx(0.1 * size, rel=0.05)
    assert all((a.forces == b.forces).all() for a, b in zip(noisy.frames, again.frames, strict=True))
    assert [f.index for f in drawn(frames, replace(case, frames=3)).frames] == [0, 20, 39]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with results, and that of the trajectories."""
    folder, data = tmp_path_factory.mktemp("done"), tmp_path_factory.mktemp("data")
    assert command.run(asked(folder, data)) == 0
    return folder, data


def test_cheap_cases_from_end_to_end(finished: tuple[Path, Path]) -> None:
    folder, _ = finished
    cases = running.cases("wca", ["dense"], [0.0, 0.01], [10])
    clean, noisy = running.outcomes(cases, folder)
    assert clean.found[0].exact and clean.found[0].error < 1e-6 and clean.found[0].false_terms == 0
    assert noisy.found[0].in_set and noisy.verdict.reached
    assert clean.verdict.identifiable_apart and not clean.verdict.identifiable  # 3,240 rows: ln N < 10
    page = (folder / "results.md").read_text()
    assert "| wca | Lennard-Jones | 0/2 |" in page and "5237 (1971)" in page
    assert (folder / "recovery.png").stat().st_size > 1000


@pytest.mark.slow
def test_a_stopped_run_goes_on_where_it_was(finished: tuple[Path, Path], tmp_path: Path) -> None:
    folder, data = finished
    (tmp_path / "cases").mkdir()
    kept = next((folder / "cases").glob("*.dense.0.10.json"))
    (tmp_path / "cases" / kept.name).write_bytes(kept.read_bytes())
    (tmp_path / "cases" / ".half-written.json").write_text("{")  # what a killed process leaves behind
    assert command.run(asked(tmp_path, data)) == 0
    one, other = (summary.table(running.outcomes(running.cases("wca", ["dense"], [0.0, 0.01], [10]), f))
                  for f in (folder, tmp_path))  # fmt: skip
    assert one.drop(columns="seconds").equals(other.drop(columns="seconds"))
    assert (tmp_path / "cases" / kept.name).read_bytes() == kept.read_bytes()


def test_outcomes_come_back_as_they_were_written(finished: tuple[Path, Path]) -> None:
    for file in (finished[0] / "cases").glob("*.json"):
        document = json.loads(file.read_text())
        again = json.dumps(Outcome.of(document).document(), sort_keys=True)
        assert again == json.dumps(document, sort_keys=True)
