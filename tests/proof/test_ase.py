"""The ASE engine: dynamics against what is known of it, any calculator as the reference, and failures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from ase.calculators.morse import MorsePotential
from ase.calculators.tersoff import Tersoff, TersoffParameters
from ase.cluster import Octahedron
from proof_systems import channel, disordered, lennard_jones, mixture, potential

import interpot
from interpot.errors import InterpotError
from interpot.proof.engines.ase import Ase
from interpot.proof.engines.lammps import Lammps
from interpot.proof.forces import PairForces
from interpot.records import Dynamics, Frame, MdRun, ReferenceModel
from interpot.trajectory import from_atoms, read
from interpot.units import unit_style

METAL = unit_style("metal")
NVE = Dynamics(0.002, 60, 20)
SILICON = TersoffParameters(
    A=1830.8, B=471.18, lambda1=2.4799, lambda2=1.7322, lambda3=0.0, m=1.0, gamma=1.0, n=0.78734,
    beta=1.1e-6, c=100390.0, d=16.217, h=-0.59825, R=2.85, D=0.15,
)  # fmt: skip


def reference(calculator: Any) -> ReferenceModel:
    return ReferenceModel("ase", source=calculator)


def argon() -> LennardJones:
    return LennardJones(epsilon=0.0103, sigma=3.405, rc=8.0)


# ---------------------------------------------------------------------------- dynamics


def test_ase_and_lammps_make_the_same_motion(tmp_path: Path) -> None:
    """The same steps by the same constants: frames and series agree to what LAMMPS prints."""
    start = disordered(("Ne", "Xe"))
    ours, theirs = (e.run(mixture(), start, NVE, METAL, tmp_path, "run") for e in (Ase(), Lammps()))
    assert set(theirs.thermo) <= set(ours.thermo)
    for name, series in theirs.thermo.items():
        size = np.abs(series).max()
        np.testing.assert_allclose(ours.thermo[name], series, rtol=0, atol=1e-8 * size, err_msg=name)
    for one, other in zip(read(ours.trajectory), read(theirs.trajectory), strict=True):
        moved = (one.positions - other.positions) / np.diag(start.cell.vectors)
        np.testing.assert_allclose(moved, np.round(moved), atol=1e-9)
        np.testing.assert_allclose(one.forces, other.forces, rtol=0, atol=1e-8)
        assert one.step == other.step and one.time == pytest.approx(other.time)


def test_frames_hold_all_that_is_known_of_them(tmp_path: Path) -> None:
    start = disordered(vectors=np.array([[1.0, 0.2, 0.1], [-0.3, 1.1, 0.2], [0.1, 0.3, 0.9]]))
    start = replace(start, cell=replace(start.cell, origin=np.array([1.0, -2.0, 3.0])))
    run = Ase().run(lennard_jones(), start, NVE, METAL, tmp_path)
    fresh = PairForces(lennard_jones())
    for frame, total in zip(read(run.trajectory), run.thermo["potential"], strict=True):
        wanted = fresh(frame)
        assert frame.energy == pytest.approx(wanted.energy, rel=1e-13) and frame.energy == total
        np.testing.assert_allclose(frame.forces, wanted.forces, rtol=0, atol=1e-12)
        np.testing.assert_allclose(frame.virial, wanted.virial, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(frame.cell.origin, start.cell.origin)
        np.testing.assert_array_equal(frame.cell.vectors, start.cell.vectors)
    assert [p.name for p in tmp_path.iterdir()] == ["md.npz"] and run.seconds > 0


def cluster(seed: int = 4, velocity: float = 0.005) -> Frame:
    """Thirteen atoms that no cutoff reaches."""
    atoms = Octahedron("Ar", 3, cutoff=1, latticeconstant=5.4)
    frame = from_atoms(atoms)
    random = np.random.default_rng(seed)
    velocities = random.normal(0, velocity, frame.positions.shape)
    return replace(frame, velocities=velocities - velocities.mean(axis=0))


def test_energy_errors_fall_with_the_square_of_the_timestep(tmp_path: Path) -> None:
    errors = []
    for timestep in (0.02, 0.01, 0.005):
        plan = Dynamics(timestep, round(4 / timestep), round(0.04 / timestep))
        total = Ase().run(lennard_jones(50.0), cluster(), plan, METAL, tmp_path).thermo["total"]
        errors.append(np.abs(total - total[0]).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, 2.0, atol=0.15)


@pytest.fixture(scope="module")
def bath(tmp_path_factory: pytest.TempPathFactory) -> MdRun:
    """Five atoms that are held together by springs of sorts, so few that it matters how freedoms are counted."""
    held = potential(channel("Gaussian", cutoff=60.0, A=-0.5, w=8.0))
    positions = 3.0 * np.random.default_rng(2).normal(size=(5, 3))
    start = from_atoms(Atoms("Ar5", positions))
    plan = Dynamics(0.02, 20_000, 10, "nvt", temperature=100.0, equilibration=1000)
    return Ase().run(held, start, plan, METAL, tmp_path_factory.mktemp("bath"))


def test_the_thermostat_is_canonical(bath: MdRun) -> None:
    """K has the gamma distribution of 3 n - 3 = 12 degrees of freedom: mean 6 kT, variance 6 (kT)²."""
    kt = METAL.boltzmann * 100.0
    kinetic = bath.thermo["kinetic"] / kt
    assert bath.thermo["temperature"].mean() == pytest.approx(
        100.0, rel=0.08
    )  # 25 % for 15 degrees of freedom
    assert kinetic.mean() == pytest.approx(6.0, rel=0.1)
    assert kinetic.var() == pytest.approx(6.0, rel=0.3)


def test_the_thermostat_leaves_forces_and_momentum_alone(bath: MdRun) -> None:
    held = potential(channel("Gaussian", cutoff=60.0, A=-0.5, w=8.0))
    for frame in list(read(bath.trajectory))[::400]:
        assert frame.velocities is not None and frame.masses is not None
        np.testing.assert_allclose(frame.forces, PairForces(held)(frame).forces, rtol=0, atol=1e-14)
        np.testing.assert_allclose(frame.masses @ frame.velocities, 0, atol=1e-11)


def test_constant_pressure(tmp_path: Path) -> None:
    """A dense gas of soft spheres: pressure and temperature are those asked for, the box stays a cube."""
    soft = potential(channel("Gaussian", cutoff=8.0, A=0.05, w=1.6))
    start = replace(disordered(repeats=(2, 2, 2), spacing=6.0), velocities=None)
    plan = Dynamics(0.01, 4000, 10, "npt", temperature=300.0, equilibration=500, pressure=2000.0)
    run = Ase().run(soft, start, plan, METAL, tmp_path)
    kept = {name: series[50:] for name, series in run.thermo.items()}
    assert kept["pressure"].mean() == pytest.approx(2000.0, rel=0.06)
    assert kept["temperature"].mean() == pytest.approx(300.0, rel=0.06)
    assert np.ptp(kept["volume"]) > 0.02 * kept["volume"].mean()
    frames = list(read(run.trajectory))
    for frame, volume in zip(frames[::50], run.thermo["volume"][::50], strict=True):
        edges = frame.cell.vectors / frame.cell.vectors[0, 0]
        np.testing.assert_allclose(edges, np.eye(3), atol=1e-12)
        assert np.linalg.det(frame.cell.vectors) == pytest.approx(volume)
        np.testing.assert_allclose(frame.forces, PairForces(soft)(frame).forces, rtol=0, atol=1e-13)


def test_the_plane(tmp_path: Path) -> None:
    class Tilted(MorsePotential):  # type: ignore[misc]
        def calculate(self, *arguments: Any) -> None:
            super().calculate(*arguments)
            self.results["forces"] = self.results["forces"] + (0.0, 0.0, 0.1)

    start = replace(disordered(repeats=(4, 4, 1), dimension=2, spacing=5.0), velocities=None)
    plan = Dynamics(0.005, 200, 20, "nvt", temperature=90.0, equilibration=100)
    for model in (lennard_jones(), reference(Tilted(epsilon=0.01, r0=3.8, rho0=6.0))):
        run = Ase().run(model, start, plan, METAL, tmp_path)
        for frame in read(run.trajectory):
            assert frame.dimension == 2 and frame.forces is not None and frame.velocities is not None
            assert not (
                frame.positions[:, 2].any() or frame.forces[:, 2].any() or frame.velocities[:, 2].any()
            )
    area = abs(np.linalg.det(start.cell.vectors[:2, :2]))
    assert run.thermo["volume"][0] == pytest.approx(area)
    with pytest.raises(InterpotError, match="no constant pressure in two dimensions"):
        Ase().run(lennard_jones(), start, replace(plan, ensemble="npt", pressure=0.0), METAL, tmp_path)


def test_drawn_velocities_follow_temperature_and_seed(tmp_path: Path) -> None:
    start = replace(disordered(), velocities=None)
    plan = Dynamics(0.002, 40, 20, "nvt", temperature=80.0)
    runs = [
        Ase().run(lennard_jones(), start, replace(plan, seed=s), METAL, tmp_path, f"{k}")
        for k, s in enumerate((1, 1, 2))
    ]
    assert runs[0].thermo["temperature"][0] == pytest.approx(80.0)
    first, again, other = ([f.positions for f in read(run.trajectory)] for run in runs)
    np.testing.assert_array_equal(first, again)
    assert np.abs(np.array(first) - other).max() > 1e-3


@pytest.mark.parametrize("style", ["real", "electron", "nano"])
def test_a_run_is_the_same_in_other_units(style: str, tmp_path: Path) -> None:
    units = unit_style(style)
    plan = replace(NVE, timestep=0.002 * METAL.time / units.time)
    runs = [
        Ase().run(lennard_jones(), disordered(), p, u, tmp_path, u.name)
        for u, p in ((METAL, NVE), (units, plan))
    ]
    one, other = (list(read(run.trajectory))[-1] for run in runs)
    np.testing.assert_allclose(other.positions, one.positions, rtol=0, atol=1e-10)
    np.testing.assert_allclose(other.velocities, one.velocities, rtol=0, atol=1e-12)
    for name, factor in (("potential", METAL.energy / units.energy), ("volume", units.length**-3)):
        np.testing.assert_allclose(runs[1].thermo[name], runs[0].thermo[name] * factor, rtol=1e-10)


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    plan = Dynamics(0.002, 60, 20, temperature=50.0, equilibration=50)
    run = Ase().run(lennard_jones(), disordered(), plan, METAL, tmp_path, progress=lambda *p: seen.append(p))
    assert [total for _, total in seen] == [110] * len(seen)
    done = [d for d, _ in seen]
    assert done[0] == 0 and done[-1] == 110 and done == sorted(done)
    assert run.thermo["step"].tolist() == [0, 20, 40, 60]


# ---------------------------------------------------------------------------- black boxes


@pytest.mark.parametrize(
    ("calculator", "atoms"),
    [
        (argon(), bulk("Ar", "fcc", a=5.4, cubic=True).repeat(2)),
        (MorsePotential(epsilon=0.3, r0=2.9, rho0=4.0), bulk("Cu", "fcc", a=3.6, cubic=True)),
        (EMT(), bulk("Cu", "fcc", a=3.6, cubic=True).repeat(2)),
        (EMT(), molecule("CH3OH")),
        (Tersoff({("Si", "Si", "Si"): SILICON}), bulk("Si", "diamond", a=5.4, cubic=True)),
    ],
    ids=["LennardJones", "Morse", "EMT", "EMT of a molecule", "Tersoff"],
)
def test_any_calculator_is_asked_as_it_is(calculator: Calculator, atoms: Atoms) -> None:
    atoms.rattle(0.1, seed=1)
    found = Ase().evaluate(reference(calculator), from_atoms(atoms), METAL)
    alone = atoms.copy()
    alone.calc = calculator
    assert found.energy == pytest.approx(alone.get_potential_energy(force_consistent=True), rel=1e-12)
    np.testing.assert_allclose(found.forces, alone.get_forces(), rtol=0, atol=1e-12)
    if atoms.cell.rank == 3:
        assert found.virial is not None
        np.testing.assert_allclose(
            found.virial, -atoms.get_volume() * alone.get_stress(voigt=False), atol=1e-12
        )


def test_without_a_stress_the_pressure_is_the_energys_change_under_scaling(tmp_path: Path) -> None:
    class Silent(LennardJones):  # type: ignore[misc]
        implemented_properties = ("energy", "forces")

    start = disordered()
    known = Ase().run(reference(argon()), start, Dynamics(0.002, 2, 1), METAL, tmp_path, "known")
    silent = Silent(epsilon=0.0103, sigma=3.405, rc=8.0)
    assert Ase().evaluate(reference(silent), start, METAL).virial is None
    run = Ase().run(reference(silent), start, Dynamics(0.002, 2, 1), METAL, tmp_path, "silent")
    assert "pxx" not in run.thermo and all(frame.virial is None for frame in read(run.trajectory))
    np.testing.assert_allclose(run.thermo["pressure"], known.thermo["pressure"], rtol=1e-4)


def test_black_box_in_formula_out(tmp_path: Path) -> None:
    start = from_atoms(bulk("Ar", "fcc", a=5.5, cubic=True).repeat(3))
    plan = Dynamics(0.002, 200, 20, temperature=300.0, equilibration=100)
    run = Ase().run(reference(argon()), start, plan, METAL, tmp_path)
    frames = interpot.read(run.trajectory)
    found = interpot.discover(
        interpot.accumulate(frames, interpot.pair_channels(frames, 9.0)), terms=["power"], max_terms=2
    )
    assert found.best.channel().form == "Lennard-Jones 12-6"
    constants = {p.name: p.value for p in found.best.parameters}
    assert constants == pytest.approx({"epsilon": 0.0103, "sigma": 3.405}, rel=1e-6)


def test_what_ase_ran_ase_validates(tmp_path: Path) -> None:
    """Both ways: the found potential in ASE against a black box, and a wrong one that is told from it."""
    start = from_atoms(bulk("Ar", "fcc", a=5.5, cubic=True).repeat(3))
    plan = Dynamics(0.002, 200, 10, temperature=150.0, equilibration=50)
    run = Ase().run(reference(argon()), start, plan, METAL, tmp_path, "reference")
    check = interpot.validate(lennard_jones(), run, engine="ase", folder=tmp_path)
    assert check.agrees and check.engine.startswith("ASE")
    assert check.forces is not None and check.forces.relative_error < 1e-12
    wrong = interpot.validate(lennard_jones(epsilon=0.02), run, engine="ase", folder=tmp_path, label="wrong")
    assert not wrong.agrees


def test_a_metals_cluster_has_no_pair_formula(tmp_path: Path) -> None:
    """What the atoms of an embedded-atom metal do to each other is not in the pairs, however free the function."""
    start = from_atoms(Octahedron("Cu", 3, cutoff=1))
    plan = Dynamics(0.002, 800, 10, temperature=1500.0, equilibration=200)
    run = Ase().run(reference(EMT()), start, plan, METAL, tmp_path)
    frames = interpot.read(run.trajectory)
    statistic = interpot.accumulate(frames, interpot.pair_channels(frames, 6.5))
    found = interpot.discover(statistic, terms=["power"], max_terms=2)
    assert found.best.loss.ceiling > 0.1
    assert any("no pair formula will do" in remark for remark in found.remarks)


# ---------------------------------------------------------------------------- failures


class Broken(LennardJones):  # type: ignore[misc]
    """A calculator whose results something is done to."""

    def __init__(self, change: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(epsilon=0.0103, sigma=3.405, rc=8.0)
        self.change = change

    def calculate(self, *arguments: Any) -> None:
        super().calculate(*arguments)
        results, self.results = self.results, {}  # or ASE keeps what was there before a failure
        self.change(results)
        self.results = results


def license_lost(_: dict[str, Any]) -> None:
    raise RuntimeError("the licence server\nis down")


def test_calculators_that_fail_are_quoted(tmp_path: Path) -> None:
    start = disordered()
    for source, message in (
        (
            Broken(license_lost),
            r"calculator Broken gives no .* for Ar108: RuntimeError: the licence server is down",
        ),
        (
            Broken(lambda r: r.update(forces=r["forces"][:-1])),
            r"forces of shape \(107, 3\): expected \(108, 3\)",
        ),
        (Broken(lambda r: r.update(free_energy=np.nan)), "NaN or infinity as potential energy of Ar108"),
        (Broken(lambda r: r.update(forces=np.full((108, 3), np.inf))), "NaN or infinity as forces of Ar108"),
        (EMT(), "calculator EMT gives no .* for Ar108: NotImplementedError: No EMT-potential for Ar"),
        (42, "an ASE calculator was expected, but 'int' has no get_forces"),
        (None, r"holds no calculator: give ReferenceModel\('ase', source=calculator\)"),
    ):
        for what in (
            lambda m: Ase().evaluate(m, start, METAL),
            lambda m: Ase().run(m, start, NVE, METAL, tmp_path),
        ):
            with pytest.raises(InterpotError, match=message):
                what(reference(source))
    assert not list(tmp_path.iterdir())


def test_starts_that_cannot_be_run(tmp_path: Path) -> None:
    start, hot = disordered(), replace(NVE, temperature=100.0, ensemble="nvt")
    for frame, model, plan, message in (
        (replace(start, masses=None), lennard_jones(), NVE, "holds no masses"),
        (replace(start, velocities=None), lennard_jones(), NVE, "without velocities needs a temperature"),
        (replace(start, velocities=np.zeros((108, 3))), lennard_jones(), hot, "are at rest"),
        (
            replace(start, species=("Kr",)),
            lennard_jones(),
            NVE,
            "the species Kr, but the potential is for Ar",
        ),
        (
            replace(start, species=("A1",)),
            reference(argon()),
            NVE,
            "species A1, which are no chemical symbols",
        ),
        (start, ReferenceModel("lammps"), NVE, "written for the engine 'lammps', not for ase"),
        (start, lennard_jones(), replace(NVE, steps=65), "65 steps are no multiple of 20"),
        (start, lennard_jones(), replace(hot, ensemble="npt"), "needs a pressure"),
    ):
        with pytest.raises(InterpotError, match=message):
            Ase().run(model, frame, plan, METAL, tmp_path)
    assert not list(tmp_path.glob("*.npz"))


def test_a_run_that_blows_up_names_the_pair(tmp_path: Path) -> None:
    """Two atoms on each other's core, in steps that are far too long."""
    start = disordered()
    positions = start.positions.copy()
    positions[70] = positions[12] + (1.2, 0.0, 0.0)
    (tmp_path / "md.npz").write_bytes(b"an earlier run")
    with pytest.raises(InterpotError, match=r"blew up: at step \d+ .*atoms 13 \(Ar\) and 71 \(Ar\).* 1\.2"):
        Ase().run(lennard_jones(), replace(start, positions=positions), NVE, METAL, tmp_path)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"an earlier run"]
