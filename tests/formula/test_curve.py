"""From tables of energies to formulas: exact constants, honest errors, the right form."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from interpot import CurveDiscovery, EnergyCurve, InterpotError, Potential, discover_curves
from interpot.formula.curve import CurveProblem, folds
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import fit
from interpot.formula.terms import library
from interpot.report.curve import curve_figure, print_residuals, residual_frame
from interpot.statistic.curve import errors_of
from interpot.trajectory import read_curves
from interpot.units import STYLES

R = np.geomspace(2.4, 9.0, 16)
(POWER,) = library(["power"])
LJ = Form((POWER, POWER), np.array([12.0, 6.0]), np.zeros((2, 0)))
Function = Callable[[np.ndarray], np.ndarray]


def curve(energy: np.ndarray, units: str = "metal", r: np.ndarray = R, **more) -> EnergyCurve:
    return EnergyCurve(("Ar", "Ar"), r, energy, STYLES[units], source="table.csv", **more)


def constants(found: CurveDiscovery) -> dict[str, float]:
    return {p.name: p.value for p in found.best.channel().parameters}


def mie(epsilon: float, sigma: float, n: float, m: float) -> Function:
    prefactor = n / (n - m) * (n / m) ** (m / (n - m))
    return lambda r: prefactor * epsilon * ((sigma / r) ** n - (sigma / r) ** m)


def morse(D: float, alpha: float, r_0: float) -> Function:
    return lambda r: D * ((1 - np.exp(-alpha * (r - r_0))) ** 2 - 1)


# form → function (eV, Å), constants and their units energy^a length^b
TRUTHS: dict[str, tuple[Function, dict[str, tuple[float, float, float]]]] = {
    "Lennard-Jones 12-6": (mie(0.0104, 3.4, 12, 6), {"epsilon": (0.0104, 1, 0), "sigma": (3.4, 0, 1)}),
    "Mie 14-7": (mie(0.011, 3.3, 14, 7), {"epsilon": (0.011, 1, 0), "sigma": (3.3, 0, 1)}),
    "Morse": (morse(0.012, 1.7, 3.8), {"D": (0.012, 1, 0), "alpha": (1.7, 0, -1), "r_0": (3.8, 0, 1)}),
    "Buckingham exp-6": (
        lambda r: 6000 * np.exp(-r / 0.28) - 60 / r**6,
        {"A": (6000, 1, 0), "rho": (0.28, 0, 1), "C_6": (60, 1, 6)},
    ),
}


@pytest.mark.parametrize("units", ["metal", "real", "electron", "lj"])
@pytest.mark.parametrize("form", TRUTHS)
def test_the_truth_comes_back(form: str, units: str) -> None:
    function, truth = TRUTHS[form]
    found = discover_curves(curve(function(R), units), terms=["power", "exponential"], max_terms=2)
    assert found.best.channel().form == form
    style = STYLES[units]
    expected = {n: v / style.energy**a / style.length**b for n, (v, a, b) in truth.items()}
    assert constants(found) == pytest.approx(expected, rel=1e-9)
    for p in found.best.parameters:
        assert 0 < p.stderr < 1e-9 * abs(p.value)
    assert found.best.loss.of == "energies" and found.best.loss.formula < 1e-10
    assert np.isnan(found.best.loss.ceiling) and found.best.loss.cross_validated < 1e-9
    r = found.points.r.to_numpy()
    assert r * style.length == pytest.approx(R, rel=1e-14)
    assert found.best.energy(r) == pytest.approx(function(R) / style.energy, rel=1e-9, abs=1e-14)


def test_all_the_library_finds_argon() -> None:
    found = discover_curves(curve(mie(0.0104, 3.4, 12, 6)(R)))
    assert found.best.channel().form == "Lennard-Jones 12-6"
    assert found.front.chosen.sum() == 1 and set(found.front.channel) == {"Ar-Ar"}
    assert found.best.channel().cutoff == 2 * R[-1] and found.best.channel().domain == (R[0], R[-1])


@pytest.mark.parametrize("given", [True, False], ids=["errors given", "errors assumed"])
def test_the_errors_cover_the_noise(given: bool) -> None:
    """Of 200 noisy tables, as many have the true ε within one and two standard errors as there should be."""
    sigma, random, pulls = np.full(R.size, 2e-4), np.random.default_rng(3), []
    for _ in range(200):
        energy = mie(0.0104, 3.4, 12, 6)(R) + sigma * random.standard_normal(R.size)
        problem = CurveProblem.of(
            curve(energy, error=sigma if given else None), None if given else "equal", False
        )
        found = fit(problem.objective, [LJ])
        a, b = found.coefficients[0]
        gradient = np.array([-(b**2) / (4 * a**2), b / (2 * a)])  # of ε = b²/4a
        error = np.sqrt(gradient @ problem.covariance(found) @ gradient)
        pulls.append(abs(b**2 / (4 * a) - 0.0104) / error)
    assert 0.60 < np.mean(np.array(pulls) < 1) < 0.78 and 0.91 < np.mean(np.array(pulls) < 2) < 0.99


def test_noise_leaves_the_form() -> None:
    """Noise of 1 % of the depth of the well: the form, and constants within three of their errors."""
    sigma = 1e-4
    energy = mie(0.0104, 3.4, 12, 6)(R) + sigma * np.random.default_rng(8).standard_normal(R.size)
    found = discover_curves(curve(energy, error=np.full(R.size, sigma)), terms=["power"], max_terms=2)
    assert found.best.channel().form == "Lennard-Jones 12-6"
    for p, truth in zip(found.best.parameters, (0.0104, 3.4), strict=True):
        assert abs(p.value - truth) < 3 * p.stderr < 0.03 * truth


def test_a_form_with_a_name_is_judged_however_many_terms_it_has() -> None:
    """Tang and Toennies' form, with constants of argon's size, has four terms, where combinations end at three."""
    form = Form.of(
        library(["exponential", "damped_6", "damped_8", "damped_10"]), np.array([3.58, 3.58, 3.58, 3.58])
    )
    energy = form.columns(R) @ np.array([1.97e4, -38.0, -254.0, -2070.0])
    noise = 1e-3 * np.random.default_rng(5).normal(size=len(R))
    front = discover_curves(curve(energy * (1 + noise))).front
    title = "Tang-Toennies C6-C8-C10"
    assert title in set(front.form[front.chosen | front.indistinguishable])
    assert "Morse" in set(front.form[front.excluded])
    asked = discover_curves(curve(energy * (1 + noise)), terms=["exponential", "power"]).front
    assert not asked.excluded.any() and title not in set(asked.form)


def test_given_errors_make_the_constants_errors() -> None:
    """Twice the errors of the energies are twice those of the constants, whatever the residuals."""
    energy = mie(0.0104, 3.4, 12, 6)(R)
    once, twice = (
        discover_curves(curve(energy, error=np.full(R.size, s)), terms=["power"], max_terms=2).best
        for s in (1e-5, 2e-5)
    )
    for p, q in zip(once.parameters, twice.parameters, strict=True):
        assert q.stderr == pytest.approx(2 * p.stderr, rel=1e-6)


def test_residuals_larger_than_the_errors_widen_them_and_are_told() -> None:
    energy = mie(0.0104, 3.4, 12, 6)(R) + 1e-3 * np.sin(40 * R)
    found = discover_curves(curve(energy, error=np.full(R.size, 1e-6)), terms=["power"], max_terms=2)
    assert any("times as large as the errors" in remark for remark in found.remarks)


@pytest.mark.parametrize("terms", [["power"], ["power", "exponential", "polynomial"]])
def test_total_energies_have_a_constant(terms: list[str]) -> None:
    energy = mie(0.0104, 3.4, 12, 6)(R) - 1054.5
    found = discover_curves(curve(energy), offset=True, terms=terms, max_terms=2)
    assert found.best.channel().form == "Lennard-Jones 12-6"
    assert constants(found)["sigma"] == pytest.approx(3.4, rel=1e-8)
    assert found.points.offset.iloc[0] == pytest.approx(-1054.5, rel=1e-12)
    assert found.points.residual.abs().max() < 1e-11
    assert any("e_0 = -1054.5" in remark for remark in found.remarks)


def test_a_function_that_does_not_decay_ends_with_its_table() -> None:
    r = np.linspace(0.8, 1.2, 12)
    found = discover_curves(curve(3.0 * r**2 - 7, r=r), offset=True, terms=["polynomial"], max_terms=1)
    channel = found.best.channel()
    assert (channel.zero, channel.cutoff) == ("cutoff", 1.2)
    assert constants(found)["K_2"] == pytest.approx(3.0, rel=1e-9)
    assert channel.energy(1.0) == pytest.approx(3.0 - 3.0 * 1.44, rel=1e-9)
    assert found.points.offset.iloc[0] == pytest.approx(3.0 * 1.44 - 7, rel=1e-9)


def test_several_pairs_are_one_potential(tmp_path) -> None:
    argon = curve(mie(0.0104, 3.4, 12, 6)(R))
    neon = replace(argon, species=("Ar", "Ne"), energy=TRUTHS["Buckingham exp-6"][0](R))
    found = discover_curves(
        [argon, neon], terms=["power", "exponential"], max_terms=2, cutoffs={"Ar-Ne": 8.0}
    )
    assert [c.form for c in found.best.channels] == ["Lennard-Jones 12-6", "Buckingham exp-6"]
    assert [c.cutoff for c in found.best.channels] == [18.0, 8.0]
    assert found.best.covariance.shape == (5, 5) and not found.best.covariance[:2, 2:].any()
    alone = discover_curves(neon, terms=["power", "exponential"], max_terms=2)
    assert found.front[found.front.channel == "Ar-Ne"].loss.tolist() == alone.front.loss.tolist()
    found.best.save(tmp_path / "potential.json")
    again = Potential.load(tmp_path / "potential.json")
    assert again.loss.of == "energies" and again.channel("Ar", "Ne").energy(4.0) == found.best.energy(
        4.0, "Ar", "Ne"
    )


def test_the_file_says_what_its_errors_are_of(tmp_path) -> None:
    path = tmp_path / "potential.json"
    discover_curves(curve(mie(0.0104, 3.4, 12, 6)(R)), terms=["power"], max_terms=2).best.save(path)
    document = json.loads(path.read_text())
    assert document["loss"]["of"] == "energies" and document["loss"]["ceiling"] is None
    document["loss"]["of"] = "pressures"
    path.write_text(json.dumps(document))
    with pytest.raises(
        InterpotError, match=r"'loss.of' is the text \"pressures\", expected 'forces', 'energies' or"
    ):
        Potential.load(path)
    del document["loss"]["of"]
    path.write_text(json.dumps(document))
    assert Potential.load(path).loss.of == "forces"


def test_few_points_are_not_matched_by_many_constants() -> None:
    """Seven points of a smooth function: no formula of more than four constants, however well it would do."""
    r = np.linspace(1.6, 4.8, 7)
    found = discover_curves(curve(mie(0.001, 2.6, 11.3, 6.2)(r) + 1e-5 * np.cos(9 * r), r=r))
    assert found.front.constants.max() == 4


def test_an_exact_tail_tells_dispersion() -> None:
    """Where the tail counts, the exponent of dispersion is 6; noise there, or few digits, and it does not count."""
    energy = 1.5e4 * np.exp(-3.6 * R) - 40 / R**6 - 1500 / R**9
    assert "to E beyond" in errors_of(curve(energy), None, False).sentence
    assert "to E beyond" not in errors_of(curve(energy, resolution=1e-6), None, False).sentence
    noisy = energy + 1e-4 * np.random.default_rng(1).standard_normal(R.size)
    assert "to E beyond" not in errors_of(curve(noisy), None, False).sentence
    found = discover_curves(curve(energy), terms=["power", "exponential"])
    assert constants(found)["C_6"] == pytest.approx(-40, rel=1e-6)


def test_held_out_points_are_not_seen() -> None:
    """The loss of a fold is that of a least-squares fit to the other points, done by other means."""
    random = np.random.default_rng(5)
    table = curve(mie(0.0104, 3.4, 12, 6)(R) + 1e-4 * random.standard_normal(R.size))
    problem = CurveProblem.of(table, "well", False)
    lj = fit(problem.objective, [LJ])
    candidate, sigma = problem.candidate(lj), problem.errors.sigma
    X = np.column_stack([R**-12.0, R**-6.0]) / sigma[:, None]
    for k in range(R.size):
        others = np.arange(R.size) != k
        a = np.linalg.lstsq(X[others], (table.energy / sigma)[others], rcond=None)[0]
        left = (X[k] @ a - table.energy[k] / sigma[k]) ** 2
        assert candidate.held_out[k] * problem.objective.square / R.size == pytest.approx(left, rel=1e-6)


def test_long_tables_leave_out_runs_of_neighbours() -> None:
    assert [len(fold) for fold in folds(30)] == [1] * 30
    long = folds(100)
    assert len(long) == 40 and np.array_equal(np.concatenate(long), np.arange(100))


BAD = {
    "terms that do not decay": ({"terms": ["power", "polynomial"]}, "'polynomial' does not vanish"),
    "unknown weights": ({"weights": "big"}, "unknown weights 'big'"),
    "no terms": ({"terms": []}, "at least one"),
    "unknown term": ({"terms": ["spline"]}, "spline"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_requests(case: str) -> None:
    options, words = BAD[case]
    with pytest.raises(InterpotError, match=words):
        discover_curves(curve(mie(0.0104, 3.4, 12, 6)(R)), **options)


def test_curves_that_cannot_be_fitted() -> None:
    flat = curve(np.zeros(R.size))
    with pytest.raises(InterpotError, match="are the same"):
        discover_curves(flat)
    with pytest.raises(InterpotError, match="an energy of 0"):
        discover_curves(flat, weights="relative")
    with pytest.raises(InterpotError, match="several curves"):
        discover_curves([flat, flat])
    with pytest.raises(InterpotError, match="the same units"):
        discover_curves([flat, replace(flat, species=("He", "He"), units=STYLES["real"])])
    with pytest.raises(InterpotError, match="no curve"):
        discover_curves([])


def test_residuals_are_shown_in_the_unit_of_the_table(tmp_path: Path) -> None:
    """Energies in meV: so is what the formula leaves of them, whatever the unit of the potential."""
    r = np.linspace(3.2, 8, 20)
    energy = 1e3 * 4 * 0.0103 * ((3.4 / r) ** 12 - (3.4 / r) ** 6)
    rows = [f"{x:.6f},{e:.9f}" for x, e in zip(r, energy, strict=True)]
    (tmp_path / "dimer.csv").write_text("\n".join(["r_angstrom,energy_meV", *rows]))
    found = discover_curves(read_curves(tmp_path / "dimer.csv", pair="Ar-Ar"))
    assert found.best.units.name == "metal" and set(found.points.table_unit) == {"meV"}
    row = residual_frame(found.points, found.best.units).iloc[0]
    assert row.unit == "meV" and row.depth == pytest.approx(-energy.min(), rel=1e-6)
    console = Console(width=150, record=True, file=StringIO())
    print_residuals(console, found.points, found.best.units)
    assert " meV " in console.export_text()
    figure = curve_figure(found.best.channel(), found.points, found.best.units)
    assert "meV" in figure.axes[2].get_ylabel() and "meV" not in figure.axes[0].get_ylabel()
