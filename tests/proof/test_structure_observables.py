"""Structure that is known exactly: crystals, ideal gases, clusters built by hand; and freud's numbers."""

from __future__ import annotations

import sys
from dataclasses import replace

import ase.build
import freud
import numpy as np
import pytest
from observed_runs import CUBE, SHEAR, curve, found, lattice, number, recorded, walks

from interpot.comparison import Curve
from interpot.neighbours import PairSearch
from interpot.proof.observables.bond_order import bond_order, box_and_places
from interpot.proof.observables.clusters import cluster_sizes
from interpot.proof.observables.radial import first_shell, rdfs, total_rdf
from interpot.proof.observables.scattering import structure_factors, wave_vectors
from interpot.records import Cell, Frame


def gas(vectors: np.ndarray, n: int, frames: int, dimension: int = 3, species: int = 1) -> list[Frame]:
    flat = np.arange(3) < dimension
    places = np.random.default_rng(4).random((frames, n, 3)) * flat @ vectors
    return walks(places, vectors, ("A", "B")[:species], np.arange(n) % species, dimension)


# ---------------------------------------------------------------------------- neighbours


@pytest.mark.parametrize(("kind", "neighbours"), [("sc", 6), ("bcc", 8), ("fcc", 12)])
def test_coordination_of_crystals(kind: str, neighbours: int) -> None:
    measured = found("coordination", recorded(lattice(kind), reach=7.5))["coordination number A-A"]
    assert number(measured)[0] == neighbours
    assert "the first minimum of g(r)" in measured.remark


def test_coordination_in_a_salt_is_told_apart_by_species() -> None:
    """Rock salt: six unlike neighbours, twelve like ones behind them."""
    salt = ase.build.bulk("NaCl", "rocksalt", a=5.6, cubic=True) * (3, 3, 3)
    kinds = np.array([("Cl", "Na").index(s) for s in salt.symbols])
    frame = walks(salt.positions[None], np.array(salt.cell), ("Cl", "Na"), kinds)[0]
    measured = found("coordination", recorded([frame], reach=8.0))
    values = {name.removeprefix("coordination number "): number(m)[0] for name, m in measured.items()}
    assert values == {"Cl-Cl": 12, "Na-Na": 12, "Cl-Na": 6, "Na-Cl": 6}


@pytest.mark.parametrize("name", ["coordination", "clusters"])
def test_the_shell_in_open_space_is_that_of_the_neighbours(name: str) -> None:
    """Not the size of the cloud, at which most distances lie."""
    inside, cube = lattice("fcc"), (False, False, False)
    opened = [replace(f, cell=replace(f.cell, periodic=cube)) for f in inside]
    radii = [
        next(iter(found(name, recorded(frames, reach=20.0)).values())).chosen for frames in (inside, opened)
    ]
    (closed,), (free,) = (list(chosen.values()) for chosen in radii)
    assert free == pytest.approx(closed, rel=0.1)


def test_both_runs_count_to_the_same_radius() -> None:
    run = recorded(lattice("fcc"), reach=7.5)
    wide = replace(run, chosen={"shell A-A": 4.5})  # beyond the second shell at 4 Å
    measured = found("coordination", wide)["coordination number A-A"]
    assert number(measured)[0] == 18 and "the reference's" in measured.remark


def test_the_first_shell_of_curves() -> None:
    x = np.linspace(0.05, 9.95, 100)
    liquid = (x > 3.2) * (1 + 1.8 * np.cos(2 * np.pi * (x - 3.7) / 3.4) * np.exp(-(x - 3.7) / 3))
    assert first_shell(Curve(x, liquid, 0 * x))[0] == pytest.approx(5.5, abs=0.3)
    noisy = liquid + np.random.default_rng(0).normal(0, 0.05, 100) * (x > 3.2)
    assert first_shell(Curve(x, noisy, 0 * x))[0] == pytest.approx(5.5, abs=0.5)
    vapour = (x > 3.2) * (1 + 0.3 * np.exp(-(((x - 4.0) / 0.5) ** 2)))
    radius, criterion = first_shell(Curve(x, vapour, 0 * x))
    assert radius == pytest.approx(6.0, abs=0.1) and criterion.startswith("1.5 times")


def test_g_of_all_particles_knows_no_species() -> None:
    frames = gas(SHEAR, 60, 5, species=2)
    alike = [replace(f, species=("A",), kinds=0 * f.kinds) for f in frames]
    total = total_rdf(rdfs(frames, 5.0), frames[0])
    np.testing.assert_allclose(total.y, rdfs(alike, 5.0)["A", "A"].y, rtol=1e-12, atol=1e-12)


# ---------------------------------------------------------------------------- scattering


@pytest.mark.parametrize(("vectors", "dimension"), [(CUBE, 3), (SHEAR, 3), (SHEAR, 2)])
def test_an_ideal_gas_scatters_evenly(vectors: np.ndarray, dimension: int) -> None:
    """S = 1, partial ones δ_ab."""
    measured = found("structure factor", recorded(gas(vectors, 80, 64, dimension, species=2)))
    assert list(measured) == ["S(k)", "S(k) A-A", "S(k) A-B", "S(k) B-B"]
    for name, m in measured.items():
        c, expected = curve(m), float(name != "S(k) A-B")
        assert len(c.x) > 20 and (np.diff(c.x) > 0).all()
        assert np.sqrt(np.mean(((c.y - expected) / c.error) ** 2)) < 2
        assert np.average(c.y, weights=c.error**-2) == pytest.approx(expected, abs=0.05)


def test_a_crystal_scatters_at_its_reflections_only() -> None:
    """S = N at (111) of a face-centred cubic crystal, |k| = 2π√3/a, and nothing before it."""
    (frame,) = lattice("fcc", 3)
    c = curve(found("structure factor", recorded([frame]))["S(k)"])
    first = np.flatnonzero(c.y > 1e-9)[0]
    assert c.x[first] == pytest.approx(2 * np.pi * np.sqrt(3) / 4.0, rel=0.02)
    miller, bins = wave_vectors(frame)
    (single,) = structure_factors([frame], np.array([[3, 3, 3]]), np.zeros(1, dtype=int), [(-1, -1)])
    assert single.y == pytest.approx([len(frame.kinds)]) and len(miller) == len(bins)
    assert c.y[:first].max() < 1e-9


def test_scattering_is_that_of_freud() -> None:
    """freud averages over the octant of wave vectors with no negative component."""
    (frame,) = gas(CUBE, 40, 1)
    width, count = np.pi / 12, 12  # half the shortest wave vector; vectors on an edge belong above it
    theirs = freud.diffraction.StaticStructureFactorDirect(count, count * width * (1 - 1e-5), 0.0)
    theirs.compute(box_and_places(frame))
    octant = np.stack(np.meshgrid(*[np.arange(8)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    bins = (2 * np.linalg.norm(octant, axis=1) + 1e-3).astype(int)
    inside = (bins > 0) & (bins < count)
    (mine,) = structure_factors([frame], octant[inside], bins[inside], [(-1, -1)])
    np.testing.assert_allclose(mine.y, np.asarray(theirs.S_k)[2:], rtol=1e-5)


def test_wave_vectors_depend_on_the_cells_shape_only() -> None:
    (frame,) = gas(SHEAR, 40, 1)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turned = replace(
        frame, cell=Cell(SHEAR @ turn, np.zeros(3), (True, True, True)), positions=frame.positions @ turn
    )
    for one, two in zip(wave_vectors(frame), wave_vectors(turned), strict=True):
        np.testing.assert_array_equal(one, two)
    a, b = (curve(found("structure factor", recorded([f]))["S(k)"]) for f in (frame, turned))
    np.testing.assert_allclose(a.y, b.y, rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------------------- clusters


def test_clusters_are_counted_across_boundaries() -> None:
    """Five in a row through the boundary, three elsewhere, one alone."""
    row = np.array([[x % 12.0, 1.0, 1.0] for x in (10.0, 11.0, 12.0, 13.0, 14.0)])
    three = np.array([[5.0, 6.0, 6.0], [5.0, 7.0, 6.0], [5.0, 6.5, 6.8]])
    places = np.concatenate([row, three, [[9.0, 9.0, 9.0]]])
    frames = walks(np.repeat(places[None], 3, axis=0))
    sizes = cluster_sizes(frames[0], PairSearch(1.2))
    assert sorted(sizes) == [1, 3, 5]
    measured = found("clusters", recorded(frames, chosen={"cluster radius": 1.2}))
    assert number(measured["largest cluster"])[0] == 5
    assert number(measured["mean cluster"])[0] == pytest.approx((25 + 9 + 1) / 9)
    opened = walks(np.repeat(places[None], 3, axis=0), periodic=False)
    assert sorted(cluster_sizes(opened[0], PairSearch(1.2))) == [1, 2, 3, 3]


# ---------------------------------------------------------------------------- bond order


def test_bond_order_of_crystals() -> None:
    """Steinhardt, Nelson and Ronchetti's q₆ of twelve neighbours; the triangular lattice's ψ₆."""
    assert bond_order(lattice("fcc")[0]) == pytest.approx(0.57452, abs=1e-4)
    hcp = ase.build.bulk("Mg", "hcp", a=3.0, c=3.0 * np.sqrt(8 / 3)) * (5, 5, 4)
    assert bond_order(walks(hcp.positions[None], np.array(hcp.cell))[0]) == pytest.approx(0.48476, abs=1e-3)
    cell = 3.0 * np.array([[6, 0, 0], [3, 3 * np.sqrt(3), 0], [0, 0, 1]])
    grid = np.stack(np.meshgrid(*[np.arange(6)] * 2), axis=-1).reshape(-1, 2) / 6
    plane = walks((grid @ cell[:2])[None], cell, dimension=2)
    assert bond_order(plane[0]) == pytest.approx(1, abs=1e-4)
    (measured,) = found("bond order", recorded(plane)).values()
    assert measured.quantity.name.startswith("hexatic")


def test_a_missing_freud_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "freud", None)
    (measured,) = found("bond order", recorded(lattice("fcc"))).values()
    assert measured.curve is None and "pip install 'interpot[analysis]'" in measured.remark


# ---------------------------------------------------------------------------- profiles


def slab(frames: int = 32) -> list[Frame]:
    """Hot and dense below, cold and thin above, in a film that is open along z."""
    random = np.random.default_rng(7)
    places = random.random((frames, 300, 3)) * [12.0, 12.0, 5.0]
    places[:, 200:, 2] += 5.0
    hot = np.where(np.arange(300) < 200, 2.0, 1.0)[:, None]  # k T with unit masses
    velocities = random.normal(0, 1, places.shape) * np.sqrt(hot)
    made = walks(places, velocities=velocities)
    film = Cell(CUBE, np.zeros(3), (True, True, False))
    return [replace(f, cell=film, positions=q) for f, q in zip(made, places, strict=True)]


def test_profiles_along_the_open_axis() -> None:
    measured = found("profiles", recorded(slab(), units="lj"))
    assert list(measured) == ["density along z", "temperature along z"]
    density, heat = (curve(m) for m in measured.values())
    lower, upper = (density.x > 0.5) & (density.x < 4.5), (density.x > 5.5) & (density.x < 9.5)
    assert density.y[lower].mean() == pytest.approx(200 / (144 * 5), rel=0.03)
    assert density.y[upper].mean() == pytest.approx(100 / (144 * 5), rel=0.04)
    width = density.x[1] - density.x[0]
    assert np.sum(density.y) * width * 144 == pytest.approx(300)
    below, above = heat.x < 4.5, (heat.x > 5.5) & (heat.x < 9.5)
    assert np.average(heat.y[below], weights=heat.error[below] ** -2) == pytest.approx(2.0, rel=0.03)
    assert np.average(heat.y[above], weights=heat.error[above] ** -2) == pytest.approx(1.0, rel=0.03)


def test_profiles_along_a_chosen_axis() -> None:
    assert not found("profiles", recorded(gas(SHEAR, 50, 8)))
    measured = found("profiles", recorded(gas(SHEAR, 400, 16), axes=(2,)))
    density = curve(measured["density along z"])
    assert density.x[-1] < 13.0 and measured["temperature along z"].curve is None
    assert density.y.mean() == pytest.approx(400 / np.linalg.det(SHEAR), rel=1e-9)
