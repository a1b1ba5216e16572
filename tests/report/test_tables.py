"""Tables come back from CSV as they were, and fit a terminal."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_samples import argon, bare, crowded, mixture, observables
from rich.console import Console

from interpot.formula.channel_formula import Loss
from interpot.report import cells, frames, tables, words


@pytest.mark.parametrize("make", [argon, mixture, bare])
def test_csv_gives_the_same_numbers_back(make, tmp_path: Path) -> None:
    made = frames.all_frames(make())
    frames.write_tables(made, tmp_path)
    assert sorted(p.stem for p in tmp_path.iterdir()) == sorted(made)
    for name, frame in made.items():
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(frame)
        for column in frame:
            back, given = [row[column] for row in rows], frame[column]
            if given.dtype.kind == "f":  # the same doubles, not nearly the same
                np.testing.assert_array_equal([float(x or "nan") for x in back], given.to_numpy())
            else:
                assert back == [str(x) for x in given]


def test_constants_stand_beside_the_truth() -> None:
    frame = frames.constants_frame(mixture()).set_index(["channel", "constant"])
    row = frame.loc[("Ne-Ne", "epsilon")]
    assert row["relative_deviation"] == pytest.approx((0.003125 - 0.003124) / 0.003124, rel=1e-9)
    assert np.isnan(frame.loc[("Ne-Xe", "epsilon"), "truth"])  # the truth names Ne-Ne only
    assert np.isnan(frame.loc[("Xe-Xe", "A"), "relative_deviation"])  # another unit: not comparable


def test_a_tabulated_potential_is_the_potential() -> None:
    channel = argon().potential.channel()
    frame = frames.potential_frame(channel)
    numeric = np.gradient(frame["energy"], frame["r"])
    np.testing.assert_allclose(numeric[20:-2], frame["slope"][20:-2], rtol=0.02, atol=2e-5)
    np.testing.assert_array_equal(frame["force"], -frame["slope"])


def test_curves_and_single_numbers() -> None:
    rdf, msd, diffusion, _, drift = observables(["Ne-Xe"])
    frame = frames.curve_frame(rdf)
    assert list(frame) == ["r", "reference", "reference_error", "found", "found_error"]
    np.testing.assert_array_equal(frame["found"], rdf.found.y)
    table = frames.observables_frame((rdf, msd, diffusion, drift)).set_index("observable")
    assert table.loc["diffusion coefficient", "reference"] == 0.2431
    assert np.isnan(table.loc[rdf.name, "found"])
    assert np.isnan(table.loc["energy drift", "reference"]) and table.loc["energy drift", "found"] == 2e-9


def test_file_names() -> None:
    names = words.unique_names(["g(r) Ne-Xe", "mean-square displacement", "a/b", "a:b", "../../etc", "$"])
    assert names == ["g_of_r_Ne-Xe", "msd", "a_b", "a_b.2", "etc", "unnamed"]


@pytest.mark.parametrize(
    ("plain", "people"),
    [
        ("2.1(3)e-07", "2.1(3)×10⁻⁷"),
        ("-1.5e+10", "−1.5×10¹⁰"),
        ("0.25", "0.25"),
        ("1.389(12)e+4", "1.389(12)×10⁴"),
    ],
)
def test_powers_of_ten(plain: str, people: str) -> None:
    assert words.typeset(plain) == people


@pytest.mark.parametrize(
    ("plain", "people"),
    [("eV·Å^-6", "eV·Å⁻⁶"), ("Å^2/ps", "Å²/ps"), ("Å^0.5", "Å^0.5"), ("1", ""), ("K", "K")],
)
def test_units(plain: str, people: str) -> None:
    assert words.raised(plain) == people


@pytest.mark.parametrize("make", [argon, mixture, bare])
def test_the_terminal_tables_fit_100_columns_and_say_it_all(make) -> None:
    findings = make()
    buffer = io.StringIO()
    console = Console(file=buffer, width=100)
    tables.print_potential(console, findings.potential)
    tables.print_front(console, findings.front, limit=3)
    if findings.comparison:
        tables.print_comparison(console, findings.comparison)
    text = buffer.getvalue()
    assert max(map(len, text.splitlines())) <= 100
    for channel in findings.potential.channels:
        assert channel.label in text and channel.form in text
    assert text.count("▸") == len(findings.potential.channels) + 1  # and once in the legend
    if findings.comparison:
        assert text.count("✗ differs") == 1 and "43 bar above" in text


@pytest.mark.parametrize("make", [argon, mixture, crowded])
@pytest.mark.parametrize("width", [80, 100])
def test_no_number_and_no_verdict_is_broken(make, width: int) -> None:
    comparison = make().comparison
    buffer = io.StringIO()
    tables.print_comparison(Console(file=buffer, width=width), comparison)
    lines = buffer.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    printed = "\n".join(lines)
    for o in comparison.observables:
        for word in (*o.name.split(), cells.value_of(o.found), cells.value_of(o.reference), o.verdict):
            assert word in printed


def test_errors_below_the_resolution_are_bounds() -> None:
    buffer = io.StringIO()
    findings = argon()
    tiny = replace(findings.potential, loss=Loss(2.2e-11, 0.0, 2.5e-11))
    tables.print_potential(Console(file=buffer, width=100), tiny)
    front = findings.front.assign(loss=2.2e-11, cross_validated=2.5e-11)
    tables.print_front(Console(file=buffer, width=100), front)
    text = buffer.getvalue()
    assert (
        "force error: formula < 2×10⁻⁸" in text and "10⁻¹¹" not in text and "resolution of the sums" in text
    )
    buffer = io.StringIO()
    tables.print_front(Console(file=buffer, width=100), front, error="energy error")  # of points, not of sums
    assert "2.2×10⁻¹¹" in buffer.getvalue()


def close_rows() -> pd.DataFrame:
    """Noisy data: errors alike to three digits, of which the differences tell."""
    rows = [
        ("r^-7 + r^-9", 3, 0.0993701, 0.0994551, 0.0, 0.0, False, True, True),
        ("Lennard-Jones 12-6", 2, 0.0993918, 0.0994636, 8.5e-6, 3.1e-5, True, False, True),
        ("r^-n + Gaussian", 4, 0.0993080, 0.0993762, -7.9e-5, 6e-5, False, False, False),
        ("Mie 11-8", 2, 0.0995555, 0.0996268, 1.7e-4, 9e-5, False, True, True),
        ("Morse", 3, 0.1009730, 0.1010880, 1.6e-3, 2e-4, False, False, True),
        ("r^-n + Yukawa", 4, 0.0993690, 0.0994660, 1.1e-5, 2e-6, False, False, True),
    ]
    names = "form constants loss cross_validated worse_by worse_by_stderr chosen indistinguishable determined"
    return pd.DataFrame(rows, columns=names.split()).assign(formula="r", terms=2, stderr=2.7e-3)


def test_errors_have_the_digits_that_tell_the_rows_apart() -> None:
    made = cells.candidates(close_rows(), 12, "force error")
    assert len({c.loss for c in made}) == len(made) and {c.cross_validated for c in made} > {"0.099(3)"}
    told = {c.form: (c.loss, c.worse_by) for c in made}
    assert told["Lennard-Jones 12-6"] == ("0.099392", "+0.01(3) %")
    assert told["r^-7 + r^-9"] == ("0.099370", "best")
    assert told["r^-n + Gaussian"] == ("0.099308", "−0.08(6) %")
    assert told["r^-n + Yukawa"][1] == "+0.0111(20) %"
    assert cells.telling_digits([0.1, 0.2]) == 3 and cells.telling_digits([0.1, 0.1000001]) == 3
    assert cells.telling_digits([0.12345, 0.12346]) == 5


def test_a_best_error_that_is_not_resolved_bounds_how_much_worse_others_are() -> None:
    """What is 1e-10 may be anything below the resolution of the data."""
    rows = pd.DataFrame(
        [("LJ", 2, 4e-11, 2e-10, 0.0, 0.0, True), ("Morse", 3, 3.9e-4, 4e-4, 4e-4, 1e-5, False)],
        columns=["form", "constants", "loss", "cross_validated", "worse_by", "worse_by_stderr", "chosen"],
    ).assign(formula="r", terms=2, stderr=1e-5, indistinguishable=False, determined=True)
    made = cells.candidates(rows, 12, "force error")
    assert [c.worse_by for c in made] == ["–", "> 2×10⁶ %"]  # of 2e-8, what double precision resolves
    assert made[0].loss == "< 2×10⁻⁸"
    close = rows.assign(cross_validated=[1e-9, 2.1e-8], worse_by=[0.0, 2e-8])
    assert cells.candidates(close, 12, "force error")[1].worse_by == "> 5 %"  # the best one's may be 2e-8


@pytest.mark.parametrize(
    ("own", "difference", "stderr", "text"),
    [
        (0.01, 0.132, 0.012, "+1320(120) %"), (0.01, 0.007, 0.005, "+70(50) %"), (0.01, 5e-12, 3e-13, "+5.0(3)×10⁻⁸ %"),
        (0.01, 300.0, 20.0, "+3.00(20)×10⁶ %"),
        (0.01, 0.13237, 0.01172, "+1320(120) %"), (0.01, 0.007, 20.0, "+0(20)×10⁴ %"),
    ],
)  # fmt: skip
def test_differences_are_plain_numbers_where_these_are_short(
    own: float, difference: float, stderr: float, text: str
) -> None:
    row = {"worse_by": difference, "worse_by_stderr": stderr, "cross_validated": own + difference}
    assert cells._worse_by(row, 2e-8) == text


def test_words_are_broken_before_numbers() -> None:
    """Many channels in a narrow terminal."""
    rows = close_rows().assign(channel="Xenon-Xenon", form="Born-Mayer-Huggins + Coulomb")
    buffer = io.StringIO()
    tables.print_front(Console(file=buffer, width=66), rows)
    assert all(text in buffer.getvalue() for text in ("0.099392", "0.099(3)", "+0.0111(20) %"))


def test_rows_stand_in_the_order_that_is_stated() -> None:
    """The chosen one, what may be true by the number of constants, what is passed over, what the data speak against."""
    made = cells.candidates(close_rows(), 12, "force error")
    assert [(c.mark, c.form) for c in made] == [
        ("▸", "Lennard-Jones 12-6"), ("≈", "Mie 11-8"), ("≈", "r^-7 + r^-9"), ("○", "r^-n + Gaussian"),
        ("", "r^-n + Yukawa"), ("", "Morse"),
    ]  # fmt: skip
    said = cells.order_sentence(close_rows())
    assert cells.ORDER in said and cells.WORSE_BY in said
    without = cells.order_sentence(close_rows().drop(columns="worse_by").assign(determined=True))
    assert "passed over" not in without and "Worse by" not in without


def test_the_best_and_some_of_every_mark_are_listed() -> None:
    many = pd.concat([close_rows().assign(constants=k) for k in range(2, 9)], ignore_index=True)
    many.loc[many.index[6:], ["chosen"]] = False
    many.loc[many.worse_by == 0, "worse_by"] = [0.0, *[1e-6] * 6]
    made = cells.candidates(many, 12, "force error")
    assert {c.mark for c in made} == {"▸", "≈", "○", ""} and "best" in {c.worse_by for c in made}
    assert [c.number for c in made] == sorted(c.number for c in made) and len(made) == 12


def test_heads_of_numbers_do_not_wrap_beside_a_long_form() -> None:
    buffer = io.StringIO()
    long = close_rows().replace("Lennard-Jones 12-6", "Gaussian + Gaussian + Gaussian + Gaussian + Gaussian")
    tables.print_front(Console(file=buffer, width=80), long)
    assert any(
        "constants  force error" in line and "worse by" in line for line in buffer.getvalue().splitlines()
    )
