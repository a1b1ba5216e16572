"""Figures show the numbers that they were given."""

from __future__ import annotations

import logging
import runpy
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from report_samples import METAL, argon, bare, comparison, mixture, observables

from interpot.comparison import Curve, Observable
from interpot.formula.band import band
from interpot.formula.named_forms import FORMS
from interpot.formula.terms import TERMS
from interpot.formula.titles import TITLES
from interpot.report import figures
from interpot.report.cells import ranked
from interpot.report.pareto import pareto_figure
from interpot.report.style import SETTINGS, plain, settle, svg
from interpot.report.words import in_letters


def line(axes: Axes, label: str) -> tuple[np.ndarray, np.ndarray]:
    (found,) = [x for x in axes.lines if x.get_label() == label]
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


def test_potential_and_force_are_the_formulas() -> None:
    findings = argon()
    channel, data = findings.potential.channel(), findings.channels["Ar-Ar"]
    energy, force, seen, rest = figures.potential_figure(findings, channel).axes
    r, y = line(energy, "formula")
    np.testing.assert_array_equal(y, channel.energy(r))
    r, y = line(force, "formula")
    np.testing.assert_array_equal(y, -channel.slope(r))
    assert data.spline is not None
    r, y = line(force, "spline ceiling")
    places = np.searchsorted(data.spline.r, r)
    np.testing.assert_array_equal(data.spline.r[places], r)
    np.testing.assert_array_equal(y, -data.spline.slope[places])
    _, y = line(energy, "spline ceiling")
    shift = y - data.spline.energy[places]
    np.testing.assert_allclose(shift, -0.003, atol=1e-15)  # what the sample was shifted by
    r, y = line(rest, "spline − formula")
    np.testing.assert_allclose(y, channel.slope(r) - data.spline.slope[np.searchsorted(data.spline.r, r)])
    truth = findings.true_channel(channel)
    assert truth is not None and [p.value for p in truth.parameters] == [0.010342, 3.405]
    r, y = line(force, "reference")
    np.testing.assert_array_equal(y, -truth.slope(r))
    r, y = line(rest, "reference − formula")
    np.testing.assert_allclose(y, channel.slope(r) - truth.slope(r))
    wide, narrow = (c.get_paths()[0].get_extents() for c in rest.collections)
    errors = band(
        findings.potential, channel, np.linspace(0.92 * channel.domain[0], channel.cutoff, 601)[:-1]
    )
    assert narrow.y1 == pytest.approx(errors.slope.max()) and wide.y1 == pytest.approx(
        1.96 * errors.slope.max(), 1e-3
    )
    (histogram,) = seen.patches[:1]
    np.testing.assert_array_equal(histogram.get_data().values, data.counts)
    np.testing.assert_array_equal(histogram.get_data().edges, data.edges)
    assert energy.get_ylabel() == "φ (eV)" and force.get_ylabel() == "−φ′ (eV/Å)"
    assert rest.get_xlabel() == "$r$ (Å)"


@pytest.mark.parametrize("findings", [argon(), mixture(), bare()], ids=["argon", "mixture", "bare"])
def test_the_pareto_figure_shows_every_candidate_once(findings) -> None:
    front = findings.front
    front = front[front["channel"] == "Ne-Xe"] if "channel" in front else front
    axes, key = pareto_figure(front, 1.1e-8).axes
    x, y = line(axes, "candidate")
    best = ranked(front)
    np.testing.assert_array_equal(y, best["loss"])
    np.testing.assert_allclose(x, best["constants"], atol=0.8)
    chosen = best[best["chosen"]]
    np.testing.assert_array_equal(line(axes, "chosen")[1], chosen["loss"])
    np.testing.assert_array_equal(line(axes, "spline ceiling")[1], 1.1e-8)
    assert len(key.texts) == 2 * len(best)


def test_numbers_in_the_pareto_figure_do_not_overlap() -> None:
    figure = pareto_figure(argon().front, 1.1e-8)
    settle(figure)
    texts = list(figure.axes[0].texts)
    boxes = [t.get_window_extent() for t in texts]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i]), texts[i].get_text()
    legend = figure.legends[0].get_window_extent()
    assert not any(legend.overlaps(box) for box in boxes)


def test_numbers_of_many_equal_candidates_do_not_overlap() -> None:
    front = argon().front
    same = [front.iloc[[2]].assign(constants=3 + k % 3, loss=2.2e-7 * (1 + 1e-3 * k)) for k in range(25)]
    figure = pareto_figure(pd.concat([front, *same], ignore_index=True), 1.1e-8)
    settle(figure)
    boxes = [t.get_window_extent() for t in figure.axes[0].texts]
    assert len(boxes) == 14
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_a_loss_of_zero_is_drawn() -> None:
    front = argon().front.assign(loss=0.0, cross_validated=np.nan)
    assert svg(pareto_figure(front, 0.0))


def test_the_parity_plot_thins_out_and_keeps_pairs() -> None:
    check = comparison(["Ar-Ar"]).forces
    assert check is not None
    (parity,) = figures.parity_figure(check, METAL).axes
    (rest,) = figures.residual_figure(check, METAL).axes
    x, y = line(parity, "force components")
    assert x.size <= 5000
    every = round(check.sample_reference.size / x.size)
    np.testing.assert_array_equal(x, check.sample_reference[::every])
    np.testing.assert_array_equal(y, check.sample_found[::every])
    size, away = line(rest, "components")
    np.testing.assert_array_equal(size, np.abs(x))
    np.testing.assert_array_equal(away, np.abs(y - x))


def test_residuals_in_bins_are_those_of_the_noise() -> None:
    rng = np.random.default_rng(1)
    forces = rng.normal(size=24_000)
    noise = 0.01 * (1 + 2 * (np.abs(forces) > 1)) * rng.normal(size=forces.size)
    check = replace(comparison(["Ar-Ar"]).forces, sample_reference=forces, sample_found=forces + noise)
    size, mean, error = figures.binned_residuals(check)
    expected = np.where(size > 1.1, 0.03, 0.01)
    clear = np.abs(size - 1) > 0.15  # bins on one side of the step
    assert clear.sum() > 8 and (np.abs(mean - expected) < 4 * error)[clear].all()
    # an rms of m numbers has a standard error of rms/sqrt(2 m)
    np.testing.assert_allclose(error[clear], (mean / np.sqrt(2 * 2000))[clear], rtol=0.7)


def test_observables_are_drawn_as_they_are() -> None:
    rdf = observables(["Ne-Xe"])[0]
    axes, deviation = figures.observable_figure(rdf).axes
    assert rdf.reference is not None
    for label, curve in (("reference", rdf.reference), ("found", rdf.found)):
        x, y = line(axes, label)
        np.testing.assert_array_equal(x, curve.x)
        np.testing.assert_array_equal(y, curve.y)
    _, sigma = line(deviation, "deviation")
    known = np.isfinite(sigma)
    error = np.hypot(rdf.reference.error, rdf.found.error)
    np.testing.assert_array_equal(known, error > 0)
    np.testing.assert_allclose((sigma * error)[known], (rdf.found.y - rdf.reference.y)[known], atol=1e-15)


def test_energy_is_per_particle_and_starts_at_zero() -> None:
    runs = comparison(["Ar-Ar"]).runs
    (axes,) = figures.energy_figure(runs, METAL, 864).axes
    x, y = line(axes, "found")
    total = runs["found"].thermo["total"]
    np.testing.assert_allclose(y, (total - total[0]) / 864, atol=1e-18)
    np.testing.assert_array_equal(x, runs["found"].thermo["time"])


def all_figures() -> dict[str, Figure]:
    drawn = {}
    for name, findings in (("argon", argon()), ("mixture", mixture()), ("bare", bare())):
        for c in findings.potential.channels:
            drawn[f"{name} {c.label}"] = figures.potential_figure(findings, c)
    return drawn


def test_nothing_leaves_the_figure_and_ticks_do_not_collide() -> None:
    for name, figure in all_figures().items():
        settle(figure)
        page = figure.bbox
        for axes in figure.axes:
            box = axes.get_tightbbox()
            assert box.x0 >= -1 and box.x1 <= page.x1 + 1 and box.y0 >= -1 and box.y1 <= page.y1 + 1, name


def test_drawing_leaves_matplotlib_alone() -> None:

    before = dict(mpl.rcParams)
    figures.energy_figure(comparison(["Ar-Ar"]).runs, METAL, None)
    assert dict(mpl.rcParams) == before


def test_figures_are_the_same_every_time() -> None:
    runs = comparison(["Ar-Ar"]).runs
    assert svg(figures.energy_figure(runs, METAL, 864)) == svg(figures.energy_figure(runs, METAL, 864))


PROOF_FORMS = runpy.run_path(str(Path(__file__).parents[1] / "proof" / "proof_systems.py"))["FORMS"]

LABELS = (
    *TERMS, *TITLES.values(), *(form.name for form in FORMS), *PROOF_FORMS,
    "r⁻⁵ + r^-n₂", "eV·Å⁻⁷", "C₆/r⁶ − r^-n_1", "$5 Å^-1", "r⁻ⁿ₂ + Å^0.5", "< 2×10⁻⁸ σ ε φ′", "bond order q₆", "Ne–Xe …",
)  # fmt: skip


@pytest.mark.parametrize("words", [name.format(n="n_1", m="m", p="p", k="k") for name in LABELS])
def test_every_letter_of_a_label_is_drawn(words: str, caplog: pytest.LogCaptureFixture) -> None:
    with (
        mpl.rc_context(SETTINGS),
        caplog.at_level(logging.WARNING, "matplotlib"),
    ):  # other warnings are errors
        figure = Figure(figsize=(3, 1))
        figure.text(0, 0.2, plain(words))
        figure.text(
            0, 0.6, f"{plain(in_letters(words))} for {plain('r^-n')} and $r$"
        )  # mathtext sets all of it
        figure.savefig(BytesIO(), format="svg")
    assert not [message for message in caplog.messages if "glyph" in message]


def test_raised_letters_become_formulas() -> None:
    assert plain("r⁻ⁿ₂ in Å⁻⁷, q₆, $") == r"r$^{-n_{2}}$ in Å$^{-7}$, q$_{6}$, \$"
    assert in_letters("r^-n_2 + r^-12 + Å^0.5") == "r⁻ⁿ₂ + r⁻¹² + Å^0.5"


def test_the_components_of_a_tensor_are_points_that_no_line_joins() -> None:
    x, one = np.arange(1.0, 7.0), np.ones(6)
    curves = Curve(x, 400 * one, 9 * one), Curve(x, 420 * one, 9 * one)
    tensor = Observable("pressure tensor", "Voigt component", "", "bar", *curves, 1.6, "agrees", limit=4.4)
    for observable in (tensor, replace(tensor, reference=None)):
        for axes in figures.observable_figure(observable).axes:
            long = [drawn for drawn in axes.lines if len(drawn.get_xdata()) == 6]
            assert long and all(drawn.get_linestyle() == "None" for drawn in long)
    below = figures.observable_figure(tensor).axes[1]
    (shaded,) = below.patches
    assert shaded.get_extents().transformed(below.transData.inverted()).get_points()[:, 1] == pytest.approx(
        [-4.4, 4.4]
    )
