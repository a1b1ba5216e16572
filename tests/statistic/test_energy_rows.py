"""Rows of energies and virials against ASE's Lennard-Jones calculator and finite differences of its energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.lj import LennardJones
from statistic_systems import Frames, lattice_gas, lennard_jones, neighbours, with_forces

from interpot import from_atoms
from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame
from interpot.statistic.accumulate import accumulate
from interpot.statistic.basis import Functions, LogSplines
from interpot.statistic.channels import Channel, pair_channels
from interpot.statistic.frame_rows import Wanted
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from interpot.statistic.one_pass import one_pass
from interpot.statistic.recognition import energy_fit, virial_fit
from interpot.statistic.weights import row_sums, weighted

EPSILON, SIGMA, CUTOFF = 0.01, 2.6, 5.0
ARGON = pair_channels(["Ar"], CUTOFF)
MIXTURE = pair_channels(["Ne", "Xe"], 4.5, {"Ne-Ne": 3.9, "Xe-Ne": 5.2})
LJ = {("Ne", "Ne"): (0.004, 2.4), ("Ne", "Xe"): (0.008, 2.6), ("Xe", "Xe"): (0.016, 2.8)}


def ase_frame(atoms: Atoms, shift: bool = True) -> Frame:
    """Forces, energy and stress by ASE, whose calculator shifts its energies unless told otherwise."""
    atoms.calc = LennardJones(sigma=SIGMA, epsilon=EPSILON, rc=CUTOFF, smooth=False)
    atoms.get_forces()
    frame = from_atoms(atoms)
    if shift:
        return frame
    i, _, _ = neighbours(frame, ARGON[0])
    at_cutoff = 4 * EPSILON * ((SIGMA / CUTOFF) ** 12 - (SIGMA / CUTOFF) ** 6)
    assert frame.energy is not None
    return replace(frame, energy=frame.energy + at_cutoff * len(i) / 2)


def boxes(count: int, seed: int = 1, sheared: bool = True) -> list[Atoms]:
    """Small skewed boxes of several sizes and densities, in which a particle meets its own images."""
    random = np.random.default_rng(seed)
    found = []
    for k in range(count):
        sites, spacing = (1, 2, 2, 3)[k % 4], 2.7 + 0.6 * random.random()
        cell = spacing * sites * (np.eye(3) + 0.25 * sheared * np.tril(random.uniform(-1, 1, (3, 3)), -1))
        grid = np.stack(np.meshgrid(*[np.arange(sites)] * 3, indexing="ij"), -1).reshape(-1, 3) / sites
        x = grid @ cell + random.uniform(-0.25, 0.25, (sites**3, 3))
        found.append(Atoms(f"Ar{sites**3}", x, cell=cell, pbc=True))
    return found


def made(frames: Sequence[Frame], channels: Sequence[Channel] = ARGON, **options: object) -> Statistic:
    options = {"energies": "potential", "virials": "given", "cutoffs": "given", **options}
    return accumulate(Frames(frames), channels, **options)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------- the rows


@pytest.mark.parametrize("sheared", [True, False])
def test_rows_of_known_functions(sheared: bool) -> None:
    """Splines through LJ give the energy and the virial that ASE computes, self-images and all."""
    frames = [ase_frame(atoms) for atoms in boxes(8, sheared=sheared)]
    statistic = made(frames)
    [basis] = statistic.bases
    assert isinstance(basis, LogSplines)
    r = basis.nodes()
    phi = 4 * EPSILON * ((SIGMA / r) ** 12 - (SIGMA / r) ** 6)
    k = np.linalg.lstsq(
        basis.matrix(r), phi - 4 * EPSILON * ((SIGMA / CUTOFF) ** 12 - (SIGMA / CUTOFF) ** 6)
    )[0]
    assert statistic.energies is not None and statistic.virials is not None
    energies, virials = (np.concatenate(t.tables) for t in (statistic.energies, statistic.virials))
    np.testing.assert_allclose(energies[:, 2:-1] @ k, energies[:, -1], atol=1e-9 * np.ptp(energies[:, -1]))
    np.testing.assert_allclose(virials[:, 1:-1] @ k, virials[:, -1], atol=1e-8 * np.ptp(virials[:, -1]))
    np.testing.assert_array_equal(energies[:, 0], 1.0)


def test_the_virial_is_minus_the_strain_derivative_of_the_energy() -> None:
    """Of ASE's energy, by finite differences, in a skewed box."""
    [atoms] = boxes(4, seed=3)[1:2]
    frame, step = ase_frame(atoms), 1e-5
    assert frame.virial is not None
    for a, b in ((0, 0), (1, 1), (0, 1), (1, 2)):
        energies = []
        for sign in (1, -1):
            strain = np.eye(3)
            strain[a, b] += sign * step / 2
            strain[b, a] += sign * step / 2
            strained = atoms.copy()
            strained.set_cell(atoms.cell @ strain, scale_atoms=True)
            energies.append(ase_frame(strained).energy)
        assert -(energies[0] - energies[1]) / (2 * step) == pytest.approx(
            frame.virial[a, b], rel=1e-5, abs=1e-7
        )


@cache
def exact_mixture(count: int, sites: int = 3) -> list[Frame]:
    """Two species with forces, energies and virials from formulas, by ASE's neighbour list alone."""
    random = np.random.default_rng(5)
    frames = []
    for k in range(count):
        frame = lattice_gas(
            random,
            species=("Ne", "Xe"),
            spacing=2.8 + 0.05 * (k % 8),
            rattle=0.3,
            shear=0.5 * (k % 3),
            sites=sites,
        )
        frame = with_forces(frame, MIXTURE, [lennard_jones(*LJ[c.species]) for c in MIXTURE])  # type: ignore[index]
        energy, virial = 0.0, np.zeros((3, 3))
        for c in MIXTURE:
            _, _, vector = neighbours(frame, c)
            r = np.linalg.norm(vector, axis=1)
            e, s = LJ[c.species]  # type: ignore[index]
            energy += 0.5 * float(np.sum(4 * e * ((s / r) ** 12 - (s / r) ** 6)))
            slope = lennard_jones(e, s)(r)
            virial -= 0.5 * (vector * (slope / r)[:, None]).T @ vector
        n = np.bincount(frame.kinds, minlength=2)
        frames.append(replace(frame, energy=energy - 3.5 * n[0] + 2.25 * n[1], virial=virial))
    return frames


def test_species_constants_and_shifts_are_found() -> None:
    """Formulas that are not shifted, energies of two species with constants -3.5 and 2.25 eV."""
    statistic = made(exact_mixture(40), MIXTURE)
    fit = energy_fit(statistic)
    assert fit is not None
    assert fit.constants["Ne"][0] == pytest.approx(-3.5, abs=1e-6)
    assert fit.constants["Xe"][0] == pytest.approx(2.25, abs=1e-6)
    assert fit.rms < 1e-7
    for c in MIXTURE:
        e, s = LJ[c.species]  # type: ignore[index]
        truth = 4 * e * ((s / c.cutoff) ** 12 - (s / c.cutoff) ** 6)
        assert fit.shifts[c.label][0] == pytest.approx(truth, rel=1e-3)
    assert virial_fit(statistic)[0][0] == pytest.approx(1.0, abs=1e-6)  # type: ignore[index]
    remarks = statistic.provenance["remarks"]
    assert any("constants Ne -3.5 ±" in r and "Xe 2.25 ±" in r for r in remarks)
    assert any("does not shift its potential" in r for r in remarks)


def test_a_fixed_composition_has_one_constant() -> None:
    """What -3.5 and 2.25 eV amount to cannot be told apart by frames that all hold the same particles."""
    count = np.bincount(exact_mixture(40)[0].kinds, minlength=2)
    alike = [f for f in exact_mixture(40) * 3 if (np.bincount(f.kinds, minlength=2) == count).all()]
    fit = energy_fit(made(alike, MIXTURE))
    assert fit is not None and list(fit.constants) == ["Ne+Xe"]
    mean = (-3.5 * count[0] + 2.25 * count[1]) / 27
    assert fit.constants["Ne+Xe"][0] == pytest.approx(mean, abs=1e-6)


def test_two_dimensions_have_three_components() -> None:
    random = np.random.default_rng(8)
    frames = []
    for _ in range(30):
        frame = lattice_gas(random, dimension=2, sites=5, spacing=2.9)
        frame = with_forces(frame, ARGON, [lennard_jones(EPSILON, SIGMA)])
        _, _, vector = neighbours(frame, ARGON[0])
        r = np.linalg.norm(vector, axis=1)
        virial = -0.5 * (vector * (lennard_jones(EPSILON, SIGMA)(r) / r)[:, None]).T @ vector
        frames.append(replace(frame, virial=virial))
    statistic = made(frames, energies=None)
    assert statistic.virials is not None and statistic.virials.rows.sum() == 90
    assert virial_fit(statistic)[0][0] == pytest.approx(1.0, abs=1e-6)  # type: ignore[index]


# ---------------------------------------------------------------------------- constants from one kind alone


def lennard_jones_coefficients(statistic: Statistic) -> tuple[float, float]:
    """A and B of A/r¹² - B/r⁶ that minimise the compressed objective."""
    objective = Objective.of(statistic)
    [r], [M] = objective.nodes, objective.maps
    columns = M @ np.column_stack([(SIGMA / r) ** 12, -((SIGMA / r) ** 6)])
    a, b = np.linalg.lstsq(columns, objective.y)[0]
    return float(a) * SIGMA**12, float(b) * SIGMA**6


@pytest.mark.parametrize("kind", ["energies", "virials"])
@pytest.mark.parametrize("shift", [True, False])
def test_lennard_jones_from_one_kind_alone(kind: str, shift: bool) -> None:
    """The forces weigh nothing; ε and σ come back whether the energies are shifted or not."""
    frames = [ase_frame(atoms, shift) for atoms in boxes(200, seed=7)]
    statistic = made(frames)
    others = {"energies": 0.0, "virials": 0.0, kind: 1.0}
    alone = weighted(statistic, forces=0.0, **others)
    assert alone.rows == {"energies": 200, "virials": 1200}[kind]
    a, b = lennard_jones_coefficients(alone)
    assert b**2 / (4 * a) == pytest.approx(EPSILON, rel=1e-6)
    assert (a / b) ** (1 / 6) == pytest.approx(SIGMA, rel=1e-7)


# ---------------------------------------------------------------------------- the algebra


def test_eliminated_constants_are_those_of_the_textbook() -> None:
    """The Schur complement against least squares with all columns written out, in one block or in many."""
    statistic = made(exact_mixture(40), MIXTURE)
    rows = statistic.energies
    assert rows is not None
    table = np.concatenate(rows.tables)
    pairs = np.zeros((table.shape[1] - 4, 3))
    for c in range(3):
        pairs[statistic.columns(c), c] = 1
    Z, X, f = np.hstack([table[:, :2], table[:, 3:-1] @ pairs]), table[:, 3:-1], table[:, -1]
    Q, _ = np.linalg.qr(Z)
    X, f = X - Q @ (Q.T @ X), f - Q @ (Q.T @ f)
    for some in (statistic, statistic.in_one_block()):
        sums = row_sums(some, "energies")
        assert sums is not None
        packed = sums.gram.sum(axis=0)
        gram = (X.T @ X)[np.triu_indices(X.shape[1])]
        np.testing.assert_allclose(packed, gram, atol=1e-12 * np.abs(gram).max())
        np.testing.assert_allclose(sums.moment.sum(axis=0), X.T @ f, atol=1e-9 * np.abs(X.T @ f).max())
        assert sums.square.sum() == pytest.approx(f @ f, rel=1e-9)


def test_an_offset_of_hundreds_of_electronvolts_costs_no_digits() -> None:
    frames = exact_mixture(40)
    far = [replace(f, energy=f.energy - 1e4 * len(f.positions)) for f in frames]  # type: ignore[operator]
    one, two = (row_sums(made(data, MIXTURE), "energies") for data in (frames, far))
    assert one is not None and two is not None
    assert two.square.sum() == pytest.approx(one.square.sum(), rel=1e-6)
    np.testing.assert_allclose(two.moment, one.moment, atol=1e-6 * np.abs(one.moment).max())


def test_combined_sums_are_weighted_sums() -> None:
    statistic = made(exact_mixture(40), MIXTURE)
    combined = weighted(statistic, energies=3.0, virials=0.5)
    energies, virials = (row_sums(statistic, kind) for kind in ("energies", "virials"))
    assert energies is not None and virials is not None
    moment = statistic.moment + 3 * energies.moment.sum(axis=0) + 0.5 * virials.moment.sum(axis=0)
    np.testing.assert_allclose(combined.moment, moment, rtol=1e-13)
    assert combined.square == pytest.approx(
        statistic.square + 3 * energies.square.sum() + 0.5 * virials.square.sum()
    )
    assert combined.provenance["weights"] == {"forces": 1.0, "energies": 3.0, "virials": 0.5}
    assert len(combined.blocks) == len(statistic.blocks)


def test_chosen_weights_are_the_ratios_of_the_variances() -> None:
    """Noise of known size on each kind of row: forces 0.02 eV/Å, energies 1e-4 eV, virials 5e-4 eV a particle."""
    random = np.random.default_rng(11)
    noisy = []
    for f in exact_mixture(40) * 10:
        n = len(f.positions)
        W = np.triu(random.normal(size=(3, 3)) * 5e-4 * n)
        assert f.energy is not None and f.forces is not None and f.virial is not None
        noisy.append(
            replace(
                f,
                forces=f.forces + 0.02 * random.normal(size=f.forces.shape),
                energy=f.energy + 1e-4 * n * random.normal(),
                virial=f.virial + W + np.triu(W, 1).T,
            )
        )
    statistic = made(noisy, MIXTURE)
    weights = weighted(statistic).provenance["weights"]
    # a variance of 400 and 2,400 rows is known to 7 and 3 percent
    assert weights["energies"] == pytest.approx((0.02 / 1e-4) ** 2, rel=0.25)
    assert weights["virials"] == pytest.approx((0.02 / 5e-4) ** 2, rel=0.1)
    # without forces a weight that is given sets the scale of the one that is chosen
    weights = weighted(statistic, forces=0.0, energies=3.0).provenance["weights"]
    assert weights["virials"] / weights["energies"] == pytest.approx((1e-4 / 5e-4) ** 2, rel=0.25)


# ---------------------------------------------------------------------------- what they hold


def moving(frames: Sequence[Frame], seed: int = 4) -> list[Frame]:
    """The frames with velocities of some temperature."""
    random = np.random.default_rng(seed)
    return [
        replace(
            f,
            velocities=random.normal(size=f.positions.shape) * random.uniform(0.05, 0.15),
            masses=np.array([20.18, 131.29])[f.kinds],
        )
        for f in frames
    ]


def kinetic(frame: Frame) -> FloatArray:
    assert frame.velocities is not None and frame.masses is not None
    return np.einsum("i,ia,ib->ab", frame.masses, frame.velocities, frame.velocities)


def test_kinetic_energy_is_recognised_and_subtracted() -> None:
    frames = moving(exact_mixture(40))
    total = [replace(f, energy=f.energy + 0.5 * np.trace(kinetic(f))) for f in frames]
    assert not any("kinetic" in r for r in made(frames, MIXTURE).provenance["remarks"])
    [remark] = [r for r in made(total, MIXTURE).provenance["remarks"] if "kinetic" in r]
    assert "hold the kinetic energy" in remark and "--energies total" in remark
    mended = made(total, MIXTURE, energies="total")
    assert not any("kinetic" in r for r in mended.provenance["remarks"])
    one, two = energy_fit(mended), energy_fit(made(frames, MIXTURE))
    assert one is not None and two is not None
    assert one.constants["Ne"][0] == pytest.approx(two.constants["Ne"][0], abs=1e-9)
    [remark] = [
        r for r in made(frames, MIXTURE, energies="total").provenance["remarks"] if "do not hold" in r
    ]
    assert "--energies potential" in remark


def test_the_kinetic_part_of_a_virial_is_recognised_and_subtracted() -> None:
    frames = moving(exact_mixture(40))
    total = [replace(f, virial=f.virial + kinetic(f)) for f in frames]  # type: ignore[operator]
    [remark] = [r for r in made(total, MIXTURE).provenance["remarks"] if "hold the kinetic part" in r]
    assert "--virials total" in remark
    mended = made(total, MIXTURE, virials="total")
    assert not any("virials of" in r for r in mended.provenance["remarks"])


def test_an_opposite_sign_is_recognised_and_mended() -> None:
    opposite = [replace(f, virial=-f.virial) for f in exact_mixture(40)]  # type: ignore[operator]
    [remark] = [r for r in made(opposite, MIXTURE).provenance["remarks"] if "run against" in r]
    assert "memory.dump" in remark and "--virials opposite" in remark
    mended = made(opposite, MIXTURE, virials="opposite")
    assert not any("run against" in r for r in mended.provenance["remarks"])
    assert virial_fit(mended)[0][0] == pytest.approx(1.0, abs=1e-6)  # type: ignore[index]


# ---------------------------------------------------------------------------- kept, added, refused


def test_kept_and_added(tmp_path: Path) -> None:
    frames = exact_mixture(24)
    close = [replace(f, positions=f.positions * 0.97) for f in frames]
    one, two = made(frames, MIXTURE), made(close, MIXTURE)
    assert one.bases != two.bases
    one.save(tmp_path / "one.h5")
    loaded = Statistic.load(tmp_path / "one.h5")
    for mine, theirs in zip(one.blocks.tables, loaded.blocks.tables, strict=True):
        assert (mine.label, mine.leading) == (theirs.label, theirs.leading)
        np.testing.assert_array_equal(np.concatenate(mine.tables), np.concatenate(theirs.tables))
        np.testing.assert_array_equal(mine.rows, theirs.rows)
    total, whole = loaded + two, made([*frames, *close], MIXTURE)
    for kind in ("energies", "virials"):
        a, b = row_sums(total, kind), row_sums(whole, kind)
        assert a is not None and b is not None
        np.testing.assert_allclose(a.gram.sum(0), b.gram.sum(0), atol=1e-11 * b.gram.sum(0).max())
    # a weighted statistic is kept as what it was made of
    weighted(one).save(tmp_path / "weighted.h5")
    again = Statistic.load(tmp_path / "weighted.h5")
    np.testing.assert_array_equal(again.gram, one.gram)
    assert "weights" not in again.provenance


@pytest.mark.parametrize("threads", [1, 2])
def test_many_blocks_and_threads(threads: int) -> None:
    """Blocks are joined and rows become factors; the products stay those of the rows."""
    frames = (exact_mixture(40, 2) * 4)[:140]
    bases = [LogSplines(c.cutoff, 1 / 3) for c in MIXTURE]  # few columns, so that there are factors
    statistic = one_pass(Frames(frames), MIXTURE, bases, threads=threads, wanted=Wanted("potential", "given"))
    one = one_pass(Frames(frames), MIXTURE, bases, wanted=Wanted("potential", "given"))
    for a, b in zip(statistic.blocks.tables, one.blocks.tables, strict=True):
        assert all(np.array_equal(s, t) for s, t in zip(a.tables, b.tables, strict=True))
        assert a.rows.sum() == 140 * (6 if a.kind == "virials" else 1)
    virials = one.virials
    assert virials is not None and len(virials.tables[0]) < virials.rows[0] * 3
    E = np.concatenate([f.virial[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]] / len(f.positions) for f in frames])  # type: ignore[index]
    square = sum(float(t[:, -1] @ t[:, -1]) for t in virials.tables)
    assert square == pytest.approx(E @ E, rel=1e-12)


def test_refusals() -> None:
    frames = exact_mixture(4)
    with pytest.raises(InterpotError, match=r"no energy in frame 0 of .*--energies.*LAMMPS dumps hold none"):
        made([replace(frames[0], energy=None), *frames], MIXTURE)
    with pytest.raises(InterpotError, match=r"no virial in frame 0 of"):
        made([replace(frames[0], virial=None)], MIXTURE)
    with pytest.raises(InterpotError, match=r"no velocities in frame 0 of .*'total'"):
        made(frames, MIXTURE, energies="total")
    with pytest.raises(InterpotError, match=r"the energy of frame 0 of .* is not finite"):
        made([replace(frames[0], energy=np.nan)], MIXTURE)
    with pytest.raises(InterpotError, match="energies is 'all': expected one of potential, total"):
        made(frames, MIXTURE, energies="all")
    with pytest.raises(InterpotError, match="need splines: leave out bases"):
        made(frames, MIXTURE, bases=[Functions([np.ones_like], ("one",))] * 3)
    statistic = made(frames, MIXTURE, virials=None)
    with pytest.raises(InterpotError, match="the virials are to weigh 2, but the statistic holds none"):
        weighted(statistic, virials=2.0)
    with pytest.raises(InterpotError, match="weight of the energies is -1: expected a number"):
        weighted(statistic, energies=-1)
    with pytest.raises(InterpotError, match="all weigh nothing"):
        weighted(statistic, energies=0, forces=0)
    with pytest.raises(InterpotError, match="alone holds rows of energies"):
        statistic + made(frames, MIXTURE, energies=None, virials=None)
    with pytest.raises(InterpotError, match="add them first, then weight the sum"):
        weighted(statistic) + weighted(statistic)
    with pytest.raises(InterpotError, match="holds no forces any more"):
        weighted(weighted(statistic, forces=0))
    plain = made(frames, MIXTURE, energies=None, virials=None)
    np.testing.assert_array_equal(weighted(plain).gram, plain.gram)
    np.testing.assert_array_equal(weighted(weighted(statistic), energies=0).gram, statistic.gram)
