"""Validation against references that LAMMPS made with its own pair styles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write as ase_write
from ase.stress import full_3x3_to_voigt_6_stress
from proof_systems import TRUTH, Frames, channel, disordered, lennard_jones, mixture, potential

from interpot.comparison import Comparison
from interpot.errors import InterpotError
from interpot.proof.engines.lammps import Lammps
from interpot.proof.ensembles import check_dynamics
from interpot.proof.forces import PairForces
from interpot.proof.observables.energies import kinetic_temperature
from interpot.proof.reference_log import logged
from interpot.proof.start import check_state, schedule, start_frame
from interpot.proof.validate import compare, validate
from interpot.records import Dynamics, Frame, MdRun, ReferenceModel
from interpot.trajectory import read
from interpot.units import unit_style

METAL = unit_style("metal")
LIQUID = Dynamics(timestep=0.005, steps=800, every=10, temperature=130.0, equilibration=400)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> MdRun:
    folder = tmp_path_factory.mktemp("reference")
    return Lammps().run(TRUTH, disordered(spacing=5.6), LIQUID, METAL, folder, "argon")


@pytest.fixture(scope="module")
def exact(reference: MdRun, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return validate(lennard_jones(), reference, folder=tmp_path_factory.mktemp("exact"))


def verdicts(comparison: Comparison) -> dict[str, str]:
    return {o.name: o.verdict for o in comparison.observables}


def test_the_true_potential_agrees(exact: Comparison) -> None:
    given = verdicts(exact)
    assert list(given) == [
        "g(r) Ar-Ar", "S(k)", "coordination number Ar-Ar", "largest cluster", "mean cluster", "bond order q₆",
        "mean-square displacement", "diffusion coefficient Ar", "velocity autocorrelation", "vibrational spectrum",
        "speeds Ar", "energy drift", "potential energy since the start", "mean temperature", "mean pressure",
        "pressure tensor", "divergence of trajectories",
    ]  # fmt: skip
    assert exact.agrees
    for name in (
        "g(r) Ar-Ar",
        "S(k)",
        "mean-square displacement",
        "energy drift",
        "mean temperature",
        "speeds Ar",
    ):
        assert given[name] == "agrees"
    assert exact.forces is not None and exact.forces.verdict == "agrees"
    assert exact.forces is not None and exact.forces.relative_error < 1e-9 and exact.forces.frames == 50
    assert exact.engine.startswith("LAMMPS ")
    assert all("standard error" in o.remark or "cluster" in o.name for o in exact.observables[:15])
    for o in exact.observables[:15]:
        assert o.reference is not None
        np.testing.assert_allclose(o.reference.x, o.found.x, rtol=1e-6)
        assert (o.found.error >= 0).all()


def test_it_started_where_the_reference_did_and_ran_as_long(exact: Comparison, reference: MdRun) -> None:
    found = exact.runs["found"]
    assert exact.runs["reference"] is reference and found.trajectory != reference.trajectory
    for name in ("step", "time"):
        np.testing.assert_allclose(found.thermo[name], reference.thermo[name], rtol=1e-12)
    for name in ("potential", "kinetic", "pressure"):
        assert found.thermo[name][0] == pytest.approx(reference.thermo[name][0], rel=1e-9)
    # it is a run of its own, not the reference's numbers again: chaos tells them apart in the end
    assert found.thermo["potential"][-1] != reference.thermo["potential"][-1]


def test_a_wrong_potential_differs(reference: MdRun, tmp_path: Path) -> None:
    comparison = validate(lennard_jones(sigma=3.405 * 1.05), reference, folder=tmp_path)
    assert not comparison.agrees
    found = verdicts(comparison)
    assert found["g(r) Ar-Ar"] == found["mean temperature"] == "differs"
    remark = next(o.remark for o in comparison.observables if o.name == "g(r) Ar-Ar")
    assert "at r = " in remark and "Å" in remark
    assert comparison.forces is not None and comparison.forces.relative_error > 0.1
    assert comparison.forces.verdict == "differs"


def test_a_users_trajectory_tells_all_that_is_needed(
    exact: Comparison, reference: MdRun, tmp_path: Path
) -> None:
    comparison = validate(lennard_jones().to_units("real"), read(reference.trajectory), folder=tmp_path)
    assert list(comparison.runs) == ["found"]
    assert comparison.units == METAL
    observables = {o.name: o for o in comparison.observables}
    for name in ("energy drift", "potential energy since the start", "mean pressure", "pressure tensor"):
        unknown = observables.pop(name)
        assert unknown.verdict == "cannot tell" and unknown.reference is None
        assert "reference: the run holds no" in unknown.remark
        assert "give --log, the LAMMPS log of the reference (log= in Python)" in unknown.remark
    assert observables.pop("divergence of trajectories").verdict == "not judged"
    assert {o.verdict for o in observables.values()} == {"agrees"}
    truth = next(o for o in exact.observables if o.name == "mean temperature")
    mine = observables["mean temperature"]
    assert mine.reference is not None and truth.reference is not None
    assert mine.reference.y[0] == pytest.approx(truth.reference.y[0], rel=1e-6)


@pytest.mark.parametrize("missing", ["", "start"])
def test_the_log_of_the_reference_gives_energies_and_pressure(
    reference: MdRun, exact: Comparison, missing: str, tmp_path: Path
) -> None:
    """LAMMPS's own log, in which the equilibration stands before the recorded run."""
    log = reference.trajectory.with_suffix(".log")
    if missing:  # of the recorded run, whose potential energy is counted from its start
        begin = str(next(iter(read(reference.trajectory))).step)
        lines = log.read_text().splitlines(keepends=True)
        log = tmp_path / "log.lammps"  # the equilibration's last row is of that step, too
        log.write_text("".join(line for line in lines if line.split()[:1] != [begin]))
    comparison = validate(lennard_jones(), read(reference.trajectory), log=log, folder=tmp_path)
    truth = {o.name: o for o in exact.observables}
    told = {o.name: o for o in comparison.observables}
    for name in ("energy drift", "potential energy since the start", "mean pressure", "pressure tensor"):
        mine, other = told[name].reference, truth[name].reference
        if missing and name == "potential energy since the start":
            assert mine is None
            continue
        assert mine is not None and other is not None
        if not missing:  # without its first row a series has other blocks
            np.testing.assert_allclose(mine.y, other.y, rtol=1e-9)
    assert comparison.agrees and (missing or verdicts(comparison) == verdicts(exact))


def test_a_log_in_reduced_units_holds_energies_per_particle(tmp_path: Path) -> None:
    """LAMMPS's default there (thermo_modify norm yes), and thermo_style one with E_pair for the potential energy."""
    frame = replace(disordered(spacing=5.6), step=0, time=0.0)
    units = unit_style("lj")
    velocities = np.random.default_rng(0).normal(size=(108, 3))
    frame = replace(frame, velocities=velocities, masses=np.ones(108))
    temperature = kinetic_temperature(frame, units)
    kinetic = 0.5 * float(np.sum(velocities**2))
    for factor in (1, 108):
        log = tmp_path / "log.lammps"
        row = f"{temperature} {-300 / factor} 0 {(kinetic - 300) / factor} 2.5"
        log.write_text(f"Step Temp E_pair E_mol TotEng Press\n0 {row}\n10 {row}\nLoop time of 1\n")
        series = logged(log, Frames((frame, replace(frame, step=10)), units), 0.005)
        np.testing.assert_allclose(series["potential"], [-300, -300])
        np.testing.assert_allclose(series["kinetic"], [kinetic, kinetic])
        np.testing.assert_allclose(series["time"], [0, 0.05])


def test_energies_and_stresses_of_an_extended_xyz_file_are_used(
    reference: MdRun, exact: Comparison, tmp_path: Path
) -> None:
    """ASE writes what LAMMPS evaluated; its stress is -W/V."""
    frames = list(read(reference.trajectory))
    images = []
    for frame in frames:
        told = (
            Lammps().evaluate(TRUTH, frame, METAL) if len(images) < 1 else PairForces(lennard_jones())(frame)
        )
        assert told.virial is not None and frame.velocities is not None
        volume = abs(np.linalg.det(frame.cell.vectors))
        atoms = Atoms("Ar108", frame.positions, masses=frame.masses, cell=frame.cell.vectors, pbc=True)
        atoms.set_velocities(frame.velocities)
        atoms.calc = SinglePointCalculator(
            atoms,
            energy=told.energy,
            forces=told.forces,
            stress=full_3x3_to_voigt_6_stress(-told.virial / volume),
        )
        atoms.info["Time"] = frame.time
        images.append(atoms)
    ase_write(tmp_path / "argon.xyz", images, format="extxyz")
    comparison = validate(
        lennard_jones(),
        read(tmp_path / "argon.xyz", units="metal"),
        timestep=0.005,
        every=10,
        folder=tmp_path,
    )
    truth = {o.name: o.reference for o in exact.observables}
    for o in comparison.observables:
        if o.name in ("potential energy since the start", "mean pressure", "pressure tensor"):
            assert o.reference is not None and truth[o.name] is not None and o.verdict == "agrees"
            np.testing.assert_allclose(o.reference.y, truth[o.name].y, rtol=2e-4, atol=0.05)


def test_forces_of_a_slightly_wrong_potential_differ_though_short_runs_cannot_tell(
    reference: MdRun, tmp_path: Path
) -> None:
    """A hundredth of σ: a few frames show nothing, the forces do."""
    few = read(reference.trajectory, frames="0:20")
    comparison = validate(lennard_jones(sigma=3.405 * 1.01), few, unseen=[few], folder=tmp_path)
    assert comparison.forces is not None and comparison.forces.verdict == "differs"
    assert "is this the potential that was found from these data?" in comparison.forces.remark
    assert comparison.elsewhere[0].verdict == "differs" and not comparison.agrees


@pytest.mark.parametrize("frames", ["0:6", "0:12", "0:81"])
def test_a_run_at_another_temperature_differs(reference: MdRun, frames: str, tmp_path: Path) -> None:
    """However few frames there are: 400 K are not 130 K."""
    seen = read(reference.trajectory, frames=frames)
    start = replace(next(iter(seen)), velocities=None)
    hot = replace(LIQUID, temperature=400.0, equilibration=0, steps=10 * (int(frames[2:]) - 1))
    run = Lammps().run(TRUTH, start, hot, METAL, tmp_path, "hot")
    comparison = compare(lennard_jones(), seen, run)
    observable = next(o for o in comparison.observables if o.name == "mean temperature")
    assert observable.verdict == "differs" and not comparison.agrees
    assert observable.remark.startswith("differs by +")
    if frames != "0:81":
        assert "times as far off as single measurements of the reference scatter" in observable.remark


def test_temperature_is_the_engines(reference: MdRun) -> None:
    values = [kinetic_temperature(frame, METAL) for frame in read(reference.trajectory)]
    np.testing.assert_allclose(values, reference.thermo["temperature"], rtol=1e-9)


def test_a_short_run_cannot_tell(reference: MdRun, tmp_path: Path) -> None:
    comparison = validate(lennard_jones(), read(reference.trajectory, frames="0:12"), folder=tmp_path)
    assert set(verdicts(comparison).values()) == {"cannot tell", "not judged"}
    assert "12 recorded frames are too few" in comparison.observables[0].remark
    assert "run 1.3 times as long (about 150 steps)" in comparison.observables[0].remark
    assert comparison.agrees  # nothing differs


def test_a_run_at_other_intervals_still_compares_structure(reference: MdRun, tmp_path: Path) -> None:
    comparison = validate(lennard_jones(), reference, every=20, steps=1600, folder=tmp_path)
    observables = {o.name: o for o in comparison.observables}
    assert "different intervals" in observables["divergence of trajectories"].remark
    moved = observables["mean-square displacement"]  # at the times that both recorded
    assert moved.reference is not None and len(moved.found.x) == 4
    np.testing.assert_allclose(moved.found.x, [0.1, 0.2, 0.3, 0.4])
    assert comparison.agrees and observables["g(r) Ar-Ar"].verdict == "agrees"


@pytest.mark.parametrize("system", ["mixture", "plane", "cloud", "sheared"])
def test_other_systems(system: str, tmp_path: Path) -> None:
    coefficients = ("pair_coeff 1 1 0.0031 2.74 6.0", "pair_coeff 1 2 0.0064 3.35 8.0")
    truth, found = TRUTH, lennard_jones()
    temperature = 60.0
    if system == "mixture":
        start = disordered(("Ne", "Xe"))
        truth = ReferenceModel(
            "lammps", ("pair_style lj/cut 9.5", *coefficients, "pair_coeff 2 2 0.0190 4.10 9.5")
        )
        found = mixture()
    elif system == "plane":
        start, temperature = disordered(repeats=(8, 8, 1), spacing=6.2, dimension=2), 200.0  # a fluid
    elif system == "sheared":  # left-handed, so that LAMMPS runs its mirror image
        shear = np.array([[-0.3, 1.1, 0.2], [1.0, 0.2, 0.1], [0.1, 0.3, 1.0]])
        start = disordered(vectors=shear)
    else:
        start = disordered(periodic=(False, False, False), repeats=(3, 3, 2))
    dynamics = replace(LIQUID, temperature=temperature, timestep=0.004, steps=480)
    reference = Lammps().run(truth, start, dynamics, METAL, tmp_path, "reference")
    comparison = validate(found, reference, folder=tmp_path)
    assert comparison.agrees, verdicts(comparison)
    assert comparison.forces is not None and comparison.forces.relative_error < 1e-8
    names = [name for name in verdicts(comparison) if name[:4] in ("g(r)", "pair")]
    expected = {
        "mixture": ["g(r) Ne-Ne", "g(r) Ne-Xe", "g(r) Xe-Xe"],
        "plane": ["g(r) Ar-Ar"],
        "sheared": ["g(r) Ar-Ar"],
        "cloud": ["pair distances Ar-Ar"],
    }
    assert names == expected[system]
    pressure = next(o for o in comparison.observables if o.name == "mean pressure")
    assert (pressure.reference is not None) == (system != "cloud")
    if system == "cloud":
        assert pressure.remark == "the box is open and has no volume"
        assert {"density along x", "temperature along z"} <= set(verdicts(comparison))
    parted = comparison.observables[-1]
    assert parted.name == "divergence of trajectories" and parted.found.y[:10].max() < 1e-3
    tail = comparison.observables[0].found
    if system == "plane":  # its normalisation is that of the plane
        assert tail.y[-20:].mean() == pytest.approx(1, abs=0.1)


# ---------------------------------------------------------------------------- refusals


def test_nothing_is_compared_with_itself(reference: MdRun) -> None:
    with pytest.raises(InterpotError, match="would be compared with itself"):
        compare(lennard_jones(), reference, reference)
    before = reference.trajectory.read_bytes()
    with pytest.raises(InterpotError, match="would be compared with itself"):
        validate(lennard_jones(), reference, folder=reference.trajectory.parent, label="argon")
    assert reference.trajectory.read_bytes() == before


def test_species_must_match(reference: MdRun, tmp_path: Path) -> None:
    krypton = potential(channel("Lennard-Jones 12-6", ("Kr", "Kr")))
    with pytest.raises(
        InterpotError, match=r"argon\.lammpstrj.*has the species Ar, but the potential is for Kr"
    ):
        validate(krypton, reference, folder=tmp_path)


def test_a_found_potential_that_blows_up(reference: MdRun, tmp_path: Path) -> None:
    collapsing = potential(channel("Buckingham", C_6=1e5))
    with pytest.raises(InterpotError, match="blew up"):
        validate(collapsing, reference, folder=tmp_path)


def memory(count: int = 20, **changes: object) -> Frames:
    frame = replace(disordered(repeats=(1, 1, 1)), source="user.xyz")
    frames = (
        replace(frame, index=k, step=100 + 5 * k, time=(100 + 5 * k) * 0.002 * METAL.time)
        for k in range(count)
    )
    return Frames(tuple(replace(f, **changes) for f in frames))


def test_the_schedule_is_found() -> None:
    plan = schedule(memory())
    assert (plan.timestep, plan.steps, plan.every) == (0.002, 95, 5)
    plan = schedule(memory(time=None), timestep=0.003)
    assert (plan.timestep, plan.steps, plan.every) == (0.003, 95, 5)
    plan = schedule(memory(step=None), timestep=0.001)
    assert (plan.timestep, plan.steps, plan.every) == (0.001, 190, 10)
    plan = schedule(memory(step=None, time=None), timestep=0.001, every=4)
    assert (plan.timestep, plan.steps, plan.every) == (0.001, 76, 4)


def test_a_timestep_that_contradicts_the_file_is_refused() -> None:
    for timestep in (0.001, 0.1, 0.0021):
        with pytest.raises(
            InterpotError, match=rf"--timestep {timestep:g} contradicts memory, .* 5 steps of 0.002 ps"
        ):
            schedule(memory(), timestep)
    assert schedule(memory(), 0.0020001).timestep == 0.0020001  # as files round
    halved = schedule(memory(), 0.001, every=10)  # frames as far apart as the reference's
    assert (halved.timestep, halved.steps, halved.every) == (0.001, 190, 10)


def test_an_ensemble_lacks_or_does_not_need_its_numbers() -> None:
    start = memory()
    frames = [
        replace(start.frames[0], velocities=f * start.frames[0].velocities) for f in (1.0, np.sqrt(2.0))
    ]
    mean = 1.5 * kinetic_temperature(frames[0], METAL)
    for given, message in (
        (("nvt", None, None), rf"give --temperature {mean:.4g}, the mean of the reference"),
        (("npt", 100.0, None), r"give --pressure \(pressure= in Python\) in bar"),
        (("nvt", 100.0, 1.0), "--pressure 1 was given, but the ensemble nvt holds no pressure"),
        (("nve", None, 0.0), "--pressure 0 was given, but the ensemble nve"),
    ):
        with pytest.raises(InterpotError, match=message):
            check_state(*given, frames, METAL)
    check_state("npt", 100.0, 0.0, frames, METAL)


@pytest.mark.parametrize("temperature", [-5.0, 0.0, float("nan")])
def test_a_temperature_is_positive(temperature: float) -> None:
    with pytest.raises(
        InterpotError, match=r"temperature .* was given \(--temperature\): expected a positive"
    ):
        check_dynamics(replace(LIQUID, temperature=temperature), disordered())


def test_a_schedule_that_cannot_be_known() -> None:
    uneven = Frames(memory().frames[:3] + memory().frames[5:])
    for trajectory, timestep, message in (
        (memory(time=None), None, "does not tell its timestep"),
        (memory(step=None), None, "does not number its steps"),
        (uneven, None, "5 to 15 steps apart"),
        (memory(1), None, "holds 1 frames"),
    ):
        with pytest.raises(InterpotError, match=message):
            schedule(trajectory, timestep)


def test_masses_and_velocities_of_the_start() -> None:
    def mass(frame: Frame) -> float:
        assert frame.masses is not None
        return float(frame.masses[0])

    assert mass(start_frame(memory())) == 39.948
    assert mass(start_frame(memory(masses=None))) == pytest.approx(39.95, abs=0.01)
    assert mass(start_frame(memory(), {"Ar": 40.0})) == 40.0
    numbered = memory(masses=None, species=("1",))
    assert mass(start_frame(numbered, {"1": 2.0})) == 2.0
    for trajectory, masses, message in (
        (numbered, None, "the mass of '1' in user.xyz is unknown"),
        (replace(memory(masses=None), units=unit_style("lj")), None, "the mass of 'Ar'"),
        (memory(), {"Ne": 20.0}, "masses were given for Ne"),
        (memory(velocities=None), None, "holds no velocities"),
    ):
        with pytest.raises(InterpotError, match=message):
            start_frame(trajectory, masses)
    assert start_frame(memory(velocities=None), temperature=100.0).velocities is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"charges": {"Kr": 1.0}}, "charges were given for Kr"),
        ({"axes": (7,)}, "along the axis 7"),
        (
            {"truth": ReferenceModel("lammps", ("pair_style lj/cut 8.0", "pair_coeff 1 1 0.0103"))},
            "LAMMPS stopped",
        ),
        ({"truth": ReferenceModel("abacus")}, "unknown engine 'abacus'"),
        ({"unseen": [Frames((disordered(),))]}, "holds no forces"),
        (
            {"unseen": [Frames((replace(disordered(("Ne", "Xe")), forces=np.ones((108, 3))),))]},
            "no channel Ne-Ne",
        ),
    ],
)
def test_what_is_wrong_is_told_before_the_run(
    wrong: dict[str, object], message: str, reference: MdRun, tmp_path: Path
) -> None:
    with pytest.raises(InterpotError, match=message):
        validate(lennard_jones(), reference, folder=tmp_path / "run", **wrong)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()
