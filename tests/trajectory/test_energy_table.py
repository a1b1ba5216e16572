"""Tables of energies: columns and units by name, and every mistake in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from interpot import EnergyCurve, InterpotError, read_curves
from interpot.units import ENERGIES, LENGTHS, STYLES

R = np.array([3.0, 3.4, 3.8, 4.5, 6.0, 8.0])  # Å
E = np.array([0.08, 0.003, -0.0123, -0.0061, -0.001, -0.0002])  # eV

# CODATA 2018: eV and Å per unit; later adjustments moved the digits beyond the ninth
HARTREE, BOHR, KELVIN, WAVENUMBER = 27.211386245988, 0.529177210903, 8.617333262e-5, 1.2398419843e-4


def write(folder: Path, header: str, *columns: np.ndarray, separator: str = ",") -> Path:
    rows = [separator.join(repr(float(v)) for v in row) for row in zip(*columns, strict=True)]
    path = folder / "table.csv"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def only(path: Path, **options) -> EnergyCurve:
    (curve,) = read_curves(path, **options)
    return curve


HEADERS: dict[str, tuple[str, float, float, str]] = {
    "names with units": ("r_angstrom,energy_meV", 1.0, 1e-3, "metal"),
    "slashes": ("R/Å,V/K", 1.0, KELVIN, "metal"),
    "parentheses": ("r (nm),E (kJ/mol)", 10.0, 1.0364269656e-2, "metal"),
    "brackets": ("distance [bohr],V [hartree]", BOHR, HARTREE, "electron"),
    "kcal": ("r_A,Eint_kcal_mol", 1.0, 4.3364104241e-2, "real"),
    "wavenumbers": ("R/pm,E/cm^-1", 0.01, WAVENUMBER, "metal"),
    "any order, other columns": ("r_A,V_eV,F_eV_per_A,set", 1.0, 1.0, "metal"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_units_by_name(case: str, tmp_path: Path) -> None:
    header, length, energy, style = HEADERS[case]
    more = [R] * (header.count(",") - 1)
    curve = only(write(tmp_path, header, R / length, E / energy, *more))
    assert curve.r == pytest.approx(R, rel=2e-9)
    assert curve.energy == pytest.approx(E, rel=2e-9)
    assert curve.units.name == style
    assert curve.error is None and curve.weight is None and curve.label == "X-X"


@pytest.mark.parametrize("style", STYLES)
def test_units_by_style(style: str, tmp_path: Path) -> None:
    units = STYLES[style]
    curve = only(write(tmp_path, "r,energy", R / units.length, E / units.energy), units=style)
    assert curve.r == pytest.approx(R, rel=1e-14) and curve.energy == pytest.approx(E, rel=1e-14)
    assert curve.units is units


def test_units_by_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "distance,CCSD(T),dE", R / BOHR, E / HARTREE, np.full(6, 1e-3))
    curve = only(path, columns={"r": "distance:bohr", "energy": "CCSD(T):hartree", "error": "dE:meV"})
    assert curve.r == pytest.approx(R, rel=2e-9) and curve.energy == pytest.approx(E, rel=2e-9)
    assert curve.error == pytest.approx(np.full(6, 1e-6), rel=1e-12)


@pytest.mark.parametrize("separator", [",", ";", "\t", "  "])
def test_separators(separator: str, tmp_path: Path) -> None:
    path = write(tmp_path, separator.join(["r_A", "V_eV", "weight"]), R, E, R, separator=separator)
    curve = only(path)
    assert np.array_equal(curve.r, R) and np.array_equal(curve.energy, E)
    assert curve.weight is not None and np.array_equal(curve.weight, R)


def test_header_in_the_last_comment(tmp_path: Path) -> None:
    curve = only(write(tmp_path, "# argon, CCSD(T)\n#\n# r_A  V_eV", R, E, separator="  "))
    assert np.array_equal(curve.energy, E)


def test_pairs_in_the_order_of_the_file_sorted_by_distance(tmp_path: Path) -> None:
    rows = [
        f"{pair},{r!r},{e!r}"
        for r, e in zip(R[::-1].tolist(), E[::-1].tolist(), strict=True)
        for pair in ("Ne-Ar", "Ar-Ar")
    ]
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join(["pair,r_A,V_eV", *rows, rows[0]]))  # a point twice is one point
    curves = read_curves(path)
    assert [c.label for c in curves] == ["Ar-Ne", "Ar-Ar"]
    for curve in curves:
        assert np.array_equal(curve.r, R) and np.array_equal(curve.energy, E)
    assert [c.label for c in read_curves(path, pair="Ne-Ar")] == ["Ar-Ne"]
    assert only(write(tmp_path, "r_A,V_eV", R, E), pair="Xe-Kr").label == "Kr-Xe"


def test_resolution_is_the_last_digit(tmp_path: Path) -> None:
    path = tmp_path / "rounded.csv"
    path.write_text("r_A,V_meV\n" + "\n".join(f"{r},{1e3 * e:.2f}" for r, e in zip(R, E, strict=True)))
    assert only(path).resolution == pytest.approx(1e-5, rel=1e-12)


def test_tables_of_units_hold_small_letters() -> None:
    assert all(name == name.lower() or name == "Å" for name in (*LENGTHS, *ENERGIES))


HEAD = "r_A,V_eV\n"
ROWS = "".join(f"{r},{e}\n" for r, e in zip(R, E, strict=True))

# name → text of the file, options, what the sentence holds
BAD: dict[str, tuple[str, dict[str, object], tuple[str, ...]]] = {
    "empty": ("", {}, ("holds no table",)),
    "no header": (ROWS, {}, ("line 1", "numbers", "header")),
    "no units": ("r,V\n" + ROWS, {}, ("does not state the unit of the distance ('r')", "--units metal")),
    "energies without units": ("r_A,V\n" + ROWS, {}, ("does not state the unit of the energy ('V')",)),
    "no energies": ("r_A,b\n" + ROWS, {}, ("no column is known for the energy among r_A, b", "--columns energy=")),
    "two energies": ("r_A,V_eV,E_eV\n" + "3,1,1\n", {}, ("'V_eV', 'E_eV'", "--columns energy=V_eV")),
    "unknown column": (HEAD + ROWS, {"columns": {"r": "R"}}, ("no column 'R'", "r_A, V_eV")),
    "unknown unit": (HEAD + ROWS, {"columns": {"r": "r_A:parsec"}}, ("unknown unit 'parsec'", "angstrom")),
    "unknown style": (HEAD + ROWS, {"units": "cgs"}, ("unknown unit style 'cgs'",)),
    "reduced": (HEAD + ROWS, {"units": "lj"}, ("states physical units", "--units lj")),
    "few points": (HEAD + "3,1\n4,2\n", {}, ("X-X has 2 points", "at least 5")),
    "zero distance": (HEAD + ROWS + "0,1\n", {}, ("line 8", "distance is 0", "positive")),
    "negative distance": (HEAD + "-3,1\n" + ROWS, {}, ("line 2", "distance is -3")),
    "NaN": (HEAD + ROWS + "9,nan\n", {}, ("line 8", "energy is 'nan'", "finite")),
    "infinite": (HEAD + ROWS + "9,-inf\n", {}, ("line 8", "energy is '-inf'")),
    "a word": (HEAD + ROWS + "9,none\n", {}, ("line 8", "energy is 'none'")),
    "a missing column": (HEAD + ROWS + "9\n", {}, ("line 8", "1 columns", "expected 2")),
    "two energies at a distance": (HEAD + ROWS + "3.0,9\n", {}, ("line 8", "line 2", "one energy per distance")),
    "a pair that is none": ("pair,r_A,V_eV\nAr2,3,1\n", {}, ("line 2", "'Ar2'", "Ar-Kr")),
    "an absent pair": ("pair,r_A,V_eV\nAr-Ar,3,1\n", {"pair": "He-He"}, ("no pair He-He", "Ar-Ar")),
    "errors of zero": ("r_A,V_eV,err_eV\n3,1,0\n", {}, ("line 2", "standard error is 0", "positive")),
    "errors and weights": ("r_A,V_eV,err_eV,w\n3,1,1,1\n", {}, ("'err_eV'", "'w'", "leave one")),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_tables(case: str, tmp_path: Path) -> None:
    text, options, holds = BAD[case]
    path = tmp_path / "table.csv"
    path.write_text(text)
    read: Callable[..., object] = read_curves
    with pytest.raises(InterpotError) as caught:
        read(path, **options)
    sentence = str(caught.value)
    for words in holds:
        assert words in sentence
    assert "\n" not in sentence


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match="no such file"):
        read_curves(tmp_path / "absent.csv")
    (tmp_path / "binary").write_bytes(bytes(range(128, 256)))
    with pytest.raises(InterpotError, match="is no text"):
        read_curves(tmp_path / "binary")
    with pytest.raises(InterpotError, match="cannot be read"):
        read_curves(tmp_path)
