"""Tables for LAMMPS and GROMACS: what is in the files, how they are interpolated, and that they run."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from proof_systems import TRUTH, channel, disordered, lennard_jones, mixture, potential

from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.codegen import R
from interpot.formula.continuation import continued
from interpot.formula.potential import Potential
from interpot.formula.terms import variants
from interpot.proof.engines.lammps import Lammps
from interpot.proof.export import export, gmx, gromacs, lammps_table
from interpot.proof.export.tabulate import Curve, deviation, inner_end, kinks, plain_names
from interpot.proof.export.xvg import Table, read
from interpot.records import Cell, Dynamics, Frame, ReferenceModel
from interpot.units import unit_style


def names_changed(original: Potential, names: dict[str, str]) -> Potential:
    channels = (replace(c, species=tuple(sorted(names[s] for s in c.species))) for c in original.channels)
    return replace(original, channels=tuple(channels))


def switched(variant: str) -> ChannelFormula:
    """Lennard-Jones, switched off from a place that is on no grid."""
    lj = channel("Lennard-Jones 12-6")
    phi = variants.apply(variant, lj.expression, sympy.Float(8.0, 17), sympy.Float(6.3137, 17))
    return replace(lj, expression=phi)


def in_lammps(folder: Path) -> ReferenceModel:
    return ReferenceModel("lammps", (f"variable tables index {folder}", f"include {folder}/potential.lammps"))


def dimers(r: np.ndarray) -> Frame:
    """Pairs of argon atoms that do not see each other."""
    first = np.column_stack([30.0 * np.arange(len(r)), np.zeros((len(r), 2))])
    positions = np.vstack([first, first + np.outer(r, [0.0, 0.6, 0.8])])
    cell = Cell(np.diag([30.0 * len(r), 20.0, 20.0]), np.full(3, -5.0), (False, False, False))
    return Frame(positions, ("Ar",), np.zeros(2 * len(r), dtype=np.int64), cell)


# ---------------------------------------------------------------------------- what both share


def test_inner_end_is_where_no_pair_comes() -> None:
    c = channel("Lennard-Jones 12-6")
    r = inner_end(c)
    span = c.energy(2.5) - c.energy(3.405 * 2 ** (1 / 6))
    assert r < 0.8 * 2.5
    assert c.energy(r) - c.energy(2.5) == pytest.approx(100 * span, rel=0.03)
    coulomb = channel("Coulomb")
    assert inner_end(coulomb) == pytest.approx(0.25)  # 1/r hardly rises: a tenth of what was sampled


def test_force_slope_is_the_derivative_of_the_force() -> None:
    """Also across a continuation, whose Max leaves no delta function behind."""
    curve = Curve(continued(potential(channel("Gaussian"))).channels[0])
    r, h = np.array([1.7, 2.3, 2.7, 6.0]), 1e-5
    expected = (curve.force(r + h) - curve.force(r - h)) / (2 * h)
    np.testing.assert_allclose(curve.force_slope(r), expected, rtol=1e-7)


def test_values_at_the_cutoff_are_the_limit_from_inside() -> None:
    c = replace(channel("Lennard-Jones 12-6"), expression=sympy.Max(0, 8 - R), parameters=())
    assert Curve(c).force(np.array([8.0])) == [1.0]


def test_deviation_sees_a_kink() -> None:
    """A continuation's third derivative jumps at r_c; a coarse table is off there more than anywhere else."""
    c = continued(potential(channel("Gaussian"))).channels[0]
    assert c.core is not None
    table = lammps_table.Section(c, inner_end(c), 2000)
    r = np.linspace(2.2, 2.8, 20001)
    error = np.abs(table.slope(r) + Curve(c).force(r))
    assert r[error.argmax()] == pytest.approx(c.core.r, abs=0.02)
    part = np.sqrt(np.mean(Curve(c).force(np.linspace(2.125, 2.86, 2000)) ** 2))
    assert deviation(c, table) == pytest.approx(error.max() / part, rel=0.2)


@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=6, unique=True))
def test_plain_names(species: list[str]) -> None:
    names = plain_names(species)
    assert list(names) == species
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9]*", name) for name in names.values())
    assert len({name.lower() for name in names.values()}) == len(species)


def test_plain_names_stay_readable() -> None:
    names = plain_names(["Ar", "CO", "Co", "Na+", "Cl-", "1"])
    assert list(names.values()) == ["Ar", "CO", "Cox2", "Nap", "Clm", "X1"]


@pytest.mark.parametrize("target", ["lammps-table", "gromacs"])
def test_energies_too_large(target: str, tmp_path: Path) -> None:
    lj = channel("Lennard-Jones 12-6")
    with pytest.raises(InterpotError, match=r"Ar-Ar at r = .* too large for a table.*1e-30 is to be checked"):
        export(potential(replace(lj, domain=(1e-30, 8.0))), target, tmp_path / "x")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------------- LAMMPS


def test_lammps_interpolates_as_foreseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On so few nodes that a table is far from its formula, LAMMPS and our splines still agree to rounding errors."""
    monkeypatch.setattr(lammps_table, "_NODES", (40,))
    monkeypatch.setattr(lammps_table, "TOLERANCE", 100.0)
    original = lennard_jones()
    lammps_table.write(original, tmp_path)
    c = original.channels[0]
    table, r = lammps_table.Section(c, inner_end(c), 40), np.linspace(1.73, 7.999, 60)
    found = Lammps().evaluate(in_lammps(tmp_path), dimers(r), original.units)
    slope = table.slope(r)
    np.testing.assert_allclose(found.forces[:60] @ [0.0, 0.6, 0.8], slope, rtol=1e-9, atol=1e-12)
    assert found.energy == pytest.approx(table.energy(r).sum(), rel=1e-11)
    assert np.abs(slope / c.slope(r) - 1).max() > 1e-2


def test_lammps_table_says_what_it_is(tmp_path: Path) -> None:
    out = tmp_path / "neon-xenon"
    made = export(mixture(), "lammps-table", out, units="real")
    assert made is not None and made.forces < made.tolerance == lammps_table.TOLERANCE
    assert sorted(f.name for f in out.iterdir()) == ["check.json", "potential.lammps", "potential.table"]
    table = (out / "potential.table").read_text(encoding="utf-8").splitlines()
    include = (out / "potential.lammps").read_text(encoding="utf-8")
    assert table[0] == "# UNITS: real"
    sections = [k for k, line in enumerate(table) if line in ("Ne_Ne", "Ne_Xe", "Xe_Xe")]
    n = int(re.search(r"pair_style table spline (\d+)", include)[1])
    for at, cutoff in zip(sections, (6.0, 8.0, 9.5), strict=True):
        words = table[at + 1].split()
        assert words[:3] == ["N", str(n), "RSQ"] and words[5] == "FPRIME"
        last = table[at + 2 + n].split()
        assert last[0] == str(n) and float(last[1]) == float(words[4]) == cutoff
    assert "variable tables index neon-xenon" in include
    assert "pair_coeff 1 2 ${tables}/potential.table Ne_Xe 8.0" in include
    assert "atom types: 1 = Ne, 2 = Xe" in include
    assert "closer than its table begins: Ne-Ne 1.7" in include


def test_lammps_stops_below_the_table(tmp_path: Path) -> None:
    export(lennard_jones(), "lammps-table", tmp_path / "argon", checked=False)
    with pytest.raises(InterpotError, match=r"Pair distance < table inner cutoff"):
        Lammps().evaluate(in_lammps(tmp_path / "argon"), dimers(np.array([1.7])), unit_style("metal"))


def test_a_folder_that_lammps_cannot_name(tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match="folder named 'my argon': name it with letters"):
        export(lennard_jones(), "lammps-table", tmp_path / "my argon")


def test_a_folder_within_one_with_spaces(tmp_path: Path) -> None:
    made = export(lennard_jones(), "lammps-table", tmp_path / "my files" / "argon")
    assert made is not None and made.forces < 1e-6


def test_switches(tmp_path: Path) -> None:
    """A switch with a continuous slope of the force has a table; CHARMM's, whose slope jumps, is refused."""
    smooth, kinked = switched("switched"), switched("switched_in_squares")
    for c in (smooth, kinked):
        assert kinks(c) == pytest.approx([6.3137], abs=1e-6)
    export(potential(smooth), "lammps-table", tmp_path / "smooth")
    with pytest.raises(InterpotError, match="a jump or a kink in the force; export it to 'lammps'"):
        export(potential(kinked), "lammps-table", tmp_path / "kinked")


def test_lammps_runs_on_the_table(tmp_path: Path) -> None:
    """NVE of 864 argon atoms, by the table and by LAMMPS's own lj/cut."""
    export(lennard_jones(), "lammps-table", tmp_path / "argon")
    model, metal, start = in_lammps(tmp_path / "argon"), unit_style("metal"), disordered(repeats=(6, 6, 6))
    found, truth = (Lammps().evaluate(m, start, metal) for m in (model, TRUTH))
    size = np.sqrt(np.mean(truth.forces**2))
    assert np.abs(found.forces - truth.forces).max() < lammps_table.TOLERANCE * size
    dynamics = Dynamics(timestep=0.005, steps=400, every=5)
    drifts = []
    for label, m in (("table", model), ("truth", TRUTH)):
        total = Lammps().run(m, start, dynamics, metal, tmp_path, label).thermo["total"]
        drifts.append(np.abs(total - total[0]).max())
    assert drifts[0] == pytest.approx(drifts[1], rel=0.02)


# ---------------------------------------------------------------------------- GROMACS


def argon() -> Potential:
    """Literature's argon: ε = 0.996 kJ/mol, σ = 0.34 nm, in LAMMPS's style real."""
    lj = channel("Lennard-Jones 12-6", cutoff=8.5, epsilon=0.996 / 4.184, sigma=3.4)
    return potential(replace(lj, domain=(3.0, 8.5)), units="real")


def columns(path: Path) -> np.ndarray:
    return np.loadtxt(path, unpack=True)


def test_gromacs_units(tmp_path: Path) -> None:
    export(argon(), "gromacs", tmp_path / "argon", checked=False)
    r, f, minus_df, g, minus_dg, h, minus_dh = columns(tmp_path / "argon" / "table_Ar_Ar.xvg")
    end = 4 * 0.996 * ((0.34 / 0.85) ** 12 - (0.34 / 0.85) ** 6)
    at = np.flatnonzero(np.isclose(r, 0.34, atol=1e-9))
    assert h[at] == pytest.approx(0.0 - end, abs=1e-9)
    assert minus_dh[at] == pytest.approx(24 * 0.996 / 0.34, rel=1e-7)
    assert h.min() == pytest.approx(-0.996 - end, rel=1e-4)  # between two nodes
    assert not g.any() and not minus_dg.any()
    np.testing.assert_allclose(f[r > 0.1], 1 / r[r > 0.1], rtol=1e-9)
    np.testing.assert_allclose(minus_df[r > 0.1], 1 / r[r > 0.1] ** 2, rtol=1e-9)


def test_gromacs_tables_from_nothing_to_beyond_the_list(tmp_path: Path) -> None:
    """They begin at 0, are evenly spaced, end behind cutoff, buffer and extension, and are zero beyond each cutoff."""
    export(mixture(), "gromacs", tmp_path / "x", checked=False)
    for pair, cutoff in (("Ne_Ne", 0.6), ("Ne_Xe", 0.8), ("Xe_Xe", 0.95)):
        r, *_, h, minus_dh = columns(tmp_path / "x" / f"table_{pair}.xvg")
        assert r[0] == 0 and r[-1] >= 0.95 + 0.2 + 1.0
        np.testing.assert_allclose(np.diff(r), r[1], rtol=1e-6)
        assert not h[r > cutoff + r[1]].any() and not minus_dh[r > cutoff + r[1]].any()
        assert np.all(minus_dh[r < cutoff] != 0)
        assert abs(h[r < cutoff][-1]) < 1e-3 * np.abs(minus_dh[r < cutoff][-1])  # no jump of the energy
        assert np.all(np.diff(h[r < 0.2]) < 0)  # repels down to 0
    *_, h, minus_dh = columns(tmp_path / "x" / "table.xvg")
    assert not h.any() and not minus_dh.any()


def test_gromacs_run_files(tmp_path: Path) -> None:
    odd = names_changed(mixture(), {"Ne": "Na+", "Xe": "bead 1"})
    export(odd, "gromacs", tmp_path / "x")
    files = sorted(f.name for f in (tmp_path / "x").iterdir())
    tables = ["table.xvg", "table_Nap_Nap.xvg", "table_Nap_bead1.xvg", "table_bead1_bead1.xvg"]
    assert files == ["check.json", "forcefield.itp", *tables[:1], *tables[1:], "tables.mdp"]
    topology = (tmp_path / "x" / "forcefield.itp").read_text(encoding="utf-8")
    assert "; Na+-Na+: Lennard-Jones 12-6" in topology
    assert "bead1  0  0.0  0.0  A  0.0  1.0  ; bead 1: no element" in topology
    assert "Nap  bead1  1  0.0  1.0" in topology
    parameters = (tmp_path / "x" / "tables.mdp").read_text(encoding="utf-8")
    assert re.search(r"^energygrps +=\ Nap bead1$", parameters, re.M)
    assert re.search(r"^energygrp-table +=\ Nap Nap  Nap bead1  bead1 bead1$", parameters, re.M)
    assert re.search(r"^rvdw += 0.95$", parameters, re.M)
    assert "GROMACS 4 to 2019" in parameters


def test_masses_of_elements(tmp_path: Path) -> None:
    export(lennard_jones(), "gromacs", tmp_path / "x", checked=False)
    topology = (tmp_path / "x" / "forcefield.itp").read_text(encoding="utf-8")
    assert "Ar  18  39.948" in topology


def test_a_cubic_is_off_as_the_manual_says() -> None:
    """By V'''' h^4/384, and its slope by V'''' h^3/(72 sqrt(3))."""
    h, nodes = 0.002, 0.002 * np.arange(1, 600)
    fourth = 12 * 13 * 14 * 15 / 0.3**16
    table = Table(nodes, nodes**-12.0, 12 * nodes**-13.0, 1.0, 0.0, unit_style("nano"))
    r = np.linspace(0.3, 0.3 + h, 501)
    energy, slope = table.values(r)
    assert np.abs(energy - r**-12.0).max() == pytest.approx(fourth * h**4 / 384, rel=0.1)
    assert np.abs(slope + 12 * r**-13.0).max() == pytest.approx(fourth * h**3 / (72 * np.sqrt(3)), rel=0.1)


def test_reduced_units_have_no_table(tmp_path: Path) -> None:
    lj = replace(channel("Lennard-Jones 12-6", cutoff=2.5, epsilon=1.0, sigma=1.0), domain=(0.9, 2.5))
    with pytest.raises(
        InterpotError, match="GROMACS needs nm and kJ/mol, to which a potential in 'lj' units has no fixed"
    ):
        export(potential(lj, units="lj"), "gromacs", tmp_path / "x")


def test_too_steep_for_gromacs(tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match=r"every 0.0001 nm is still off by .*: its formula is too steep"):
        export(
            potential(replace(channel("Lennard-Jones 12-6"), domain=(0.05, 8.0))), "gromacs", tmp_path / "x"
        )


def test_without_gmx_the_formula_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    made = export(mixture(), "gromacs", tmp_path / "x")
    assert made is not None
    assert made.engine == "GROMACS's cubic interpolation (gmx not found)"
    assert 0 < made.forces < gromacs.TOLERANCE


@pytest.mark.skipif(gmx.command() is None, reason="GROMACS is not installed (apt install gromacs)")
def test_gmx_agrees_with_its_formula(tmp_path: Path) -> None:
    made = export(mixture(), "gromacs", tmp_path / "x", frames=[])
    assert made is not None
    assert re.match(r"GROMACS \d+.* in (mixed|double) precision \(as tables of bonds\)", made.engine)
    file, metal = tmp_path / "x" / "table_Ne_Xe.xvg", unit_style("metal")
    table, bonds = read(file, metal), read(file, metal, gmx.Bonds)
    r = np.array([2.6, 3.1, 4.0, 7.9, 8.1, 9.4])
    np.testing.assert_allclose(bonds.energy(r), table.energy(r), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(bonds.slope(r), table.slope(r), rtol=2e-5, atol=1e-8)
    assert not bonds.energy(r)[4:].any() and bonds.slope(np.array([9.0])) == 0


@pytest.mark.skipif(gmx.command() is None, reason="GROMACS is not installed (apt install gromacs)")
def test_gmx_explains_itself(tmp_path: Path) -> None:
    export(lennard_jones(), "gromacs", tmp_path / "x", checked=False)
    table = read(tmp_path / "x" / "table_Ar_Ar.xvg", unit_style("metal"))
    with pytest.raises(InterpotError, match=r"gmx mdrun stopped: .*table"):
        gmx.bond_table(table, np.array([5.0]))
