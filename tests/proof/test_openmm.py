"""The OpenMM engine against OpenMM's own forces, against ours, against LAMMPS, and in its failures."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import openmm
import pytest
from proof_systems import LIQUID, channel, disordered, lennard_jones, mixture, potential
from systems import statistic_of
from test_lammps import FRAMES, SHEAR

from interpot import discover
from interpot.errors import InterpotError
from interpot.proof.engines import engine
from interpot.proof.engines.openmm import OpenMM
from interpot.proof.engines.openmm_systems import check_agreement
from interpot.proof.forces import PairForces
from interpot.proof.observables.blocks import block_average
from interpot.records import Cell, Dynamics, Frame, MdRun, ReferenceModel
from interpot.trajectory import read
from interpot.units import STYLES, unit_style

METAL = unit_style("metal")
CUTOFF = 8.0
KJ_PER_MOL = METAL.energy / 96.48533212331  # eV, CODATA: F/1000


def argon(atoms: int = 108, periodic: bool = True) -> openmm.System:
    """Lennard-Jones by OpenMM's own NonbondedForce, cut off at 8 Å."""
    system, force = openmm.System(), openmm.NonbondedForce()
    for _ in range(atoms):
        system.addParticle(39.948)
        force.addParticle(0.0, 0.3405, 0.0103 / KJ_PER_MOL)
    force.setNonbondedMethod(force.CutoffPeriodic if periodic else force.CutoffNonPeriodic)
    force.setCutoffDistance(CUTOFF / 10)
    force.setUseDispersionCorrection(False)
    system.addForce(force)
    return system


def cluster() -> Frame:
    """A drop of 13 atoms at the minimum's distance, cold, well inside a long cutoff."""
    ball = [np.zeros(3)]
    golden = (1 + 5**0.5) / 2
    for a in (-1, 1):
        for b in (-golden, golden):
            ball += [np.array(v, float) for v in ((0, a, b), (a, b, 0), (b, 0, a))]
    positions = np.array(ball) / np.sqrt(1 + golden**2) * 3.7
    random = np.random.default_rng(2)
    return Frame(
        positions, ("Ar",), np.zeros(13, dtype=np.int64), Cell(np.zeros((3, 3)), np.zeros(3), (False,) * 3),
        velocities=random.normal(0, 0.015, (13, 3)), masses=np.full(13, 39.948),
    )  # fmt: skip


# ---------------------------------------------------------------------------- values


@pytest.mark.parametrize("name", FRAMES)
def test_values_in_every_cell(name: str) -> None:
    """Small boxes, open axes and sheared cells; energy, forces and virial."""
    found, ours = (
        OpenMM().evaluate(lennard_jones(), FRAMES[name], METAL),
        PairForces(lennard_jones())(FRAMES[name]),
    )
    assert found.energy == pytest.approx(ours.energy, rel=1e-11)
    assert found.virial is not None and ours.virial is not None
    for value, true in ((found.forces, ours.forces), (found.virial, ours.virial)):
        np.testing.assert_allclose(value, true, rtol=0, atol=1e-11 * np.abs(true).max())


@pytest.mark.parametrize("style", [name for name in STYLES if name != "lj"])
def test_forces_in_every_unit_style(style: str) -> None:
    found = mixture().to_units(style)
    frame = disordered(("Ne", "Xe"), (4, 4, 4))
    forces = OpenMM().forces(found, frame, unit_style(style))
    np.testing.assert_allclose(forces, PairForces(mixture())(frame).forces, rtol=0, atol=1e-12)


MILD = np.array([[1.0, 0, 0], [0.3, 1.0, 0], [0.2, -0.3, 1.0]])
BOXES = {
    "periodic": disordered(),
    "triclinic": disordered(repeats=(4, 4, 4), vectors=MILD),
    "left-handed": disordered(repeats=(4, 4, 4), vectors=MILD[[1, 0, 2]]),
    "open": FRAMES["open"],
}


@pytest.mark.parametrize("name", BOXES)
def test_a_reference_is_openmms_own(name: str, tmp_path: Path) -> None:
    """NonbondedForce, given as a System and as its XML, whose thermostat and barostat do not matter."""
    frame, periodic = BOXES[name], name != "open"
    system = argon(len(frame.kinds), periodic)
    if periodic:
        system.addForce(openmm.MonteCarloBarostat(1.0, 300.0))
    system.addForce(openmm.AndersenThermostat(300.0, 1.0))
    path = tmp_path / "argon.xml"
    path.write_text(openmm.XmlSerializer.serialize(system))
    ours = PairForces(lennard_jones())(frame)
    for source in (system, path, str(path)):
        truth = OpenMM().evaluate(ReferenceModel("openmm", source=source), frame, METAL)
        assert truth.energy == pytest.approx(ours.energy, rel=1e-9)
        np.testing.assert_allclose(truth.forces, ours.forces, rtol=0, atol=1e-9 * np.abs(ours.forces).max())
    assert (truth.virial is None) == periodic


@pytest.mark.parametrize("vectors", [SHEAR, SHEAR[[1, 0, 2]], SHEAR[[2, 1, 0]]])
def test_what_openmm_misses_in_a_sheared_box_is_noticed(vectors: np.ndarray) -> None:
    """Its double-precision platform (8.6.1) forgets pairs in the first: right values or a sentence."""
    frame = disordered(repeats=(4, 4, 4), vectors=vectors)
    ours = PairForces(lennard_jones())(frame)
    try:
        truth = OpenMM().evaluate(ReferenceModel("openmm", source=argon(256)), frame, METAL)
    except InterpotError as error:
        assert "misses pairs in this sheared box" in str(error)
    else:
        np.testing.assert_allclose(truth.forces, ours.forces, rtol=0, atol=1e-9 * np.abs(ours.forces).max())


def test_agreement_of_platforms() -> None:
    forces = np.random.default_rng(1).normal(size=(20, 3))
    check_agreement(forces, forces * (1 + 1e-5))
    with pytest.raises(InterpotError, match="misses pairs"):
        check_agreement(forces, forces + 0.01)


def test_openmms_truth_is_rediscovered(tmp_path: Path) -> None:
    model = ReferenceModel("openmm", source=argon())
    start = disordered(spacing=5.9)
    dynamics = Dynamics(0.002, 600, 40, temperature=300.0, equilibration=300)
    run = OpenMM().run(model, start, dynamics, METAL, tmp_path)
    best = discover(statistic_of(read(run.trajectory), CUTOFF), terms=["power"], max_terms=2).best
    [found] = best.channels
    values = {p.name: p.value for p in found.parameters}
    assert found.form == "Lennard-Jones 12-6"
    assert values["epsilon"] == pytest.approx(0.0103, rel=1e-7)
    assert values["sigma"] == pytest.approx(3.405, rel=1e-7)


# ---------------------------------------------------------------------------- dynamics


@pytest.fixture(scope="module")
def liquid(tmp_path_factory: pytest.TempPathFactory) -> MdRun:
    return OpenMM().run(
        lennard_jones(), disordered(), LIQUID, METAL, tmp_path_factory.mktemp("liquid"), "argon"
    )


def test_a_run_records_what_it_says(liquid: MdRun) -> None:
    frames = list(read(liquid.trajectory))
    assert [frame.step for frame in frames] == list(range(0, 401, 10))
    assert list(liquid.trajectory.parent.iterdir()) == [liquid.trajectory]
    np.testing.assert_allclose(liquid.thermo["time"], 0.005 * liquid.thermo["step"], atol=1e-12)
    for k in (0, 17, 40):
        frame, ours = frames[k], PairForces(lennard_jones())(frames[k])
        np.testing.assert_allclose(frame.forces, ours.forces, rtol=0, atol=1e-12)
        assert frame.energy == pytest.approx(ours.energy, rel=1e-12)
        assert frame.masses is not None and frame.velocities is not None and ours.virial is not None
        twice_kinetic = float(frame.masses @ (frame.velocities**2).sum(axis=1))
        assert liquid.thermo["kinetic"][k] == pytest.approx(twice_kinetic / 2, rel=1e-12)
        freedom = 3 * 107 * METAL.boltzmann
        assert liquid.thermo["temperature"][k] == pytest.approx(twice_kinetic / freedom, rel=1e-12)
        volume = np.linalg.det(frame.cell.vectors)
        pressure = (twice_kinetic + np.trace(ours.virial)) / (3 * volume) * METAL.nktv2p
        # OpenMM's is a difference of energies in single precision under scaling
        assert liquid.thermo["pressure"][k] == pytest.approx(pressure, rel=2e-3, abs=2.0)


@pytest.mark.parametrize("name", ["triclinic", "left-handed"])
def test_a_run_in_a_sheared_cell_is_told_in_that_cell(name: str, tmp_path: Path) -> None:
    start = disordered(repeats=(4, 4, 4), vectors=SHEAR if name == "triclinic" else SHEAR[[1, 0, 2]])
    run = OpenMM().run(lennard_jones(), start, Dynamics(0.002, 20, 10), METAL, tmp_path)
    first, *_, last = read(run.trajectory)
    np.testing.assert_allclose(first.positions, start.positions, atol=1e-12)
    np.testing.assert_allclose(first.velocities, start.velocities, atol=1e-14)
    np.testing.assert_allclose(last.cell.vectors, start.cell.vectors, atol=1e-12)
    np.testing.assert_allclose(last.forces, PairForces(lennard_jones())(last).forces, rtol=0, atol=1e-12)


def test_the_energys_error_falls_as_the_square_of_the_timestep(tmp_path: Path) -> None:
    """Velocity Verlet: halve the timestep, and the energy varies a quarter as much."""
    found, spread = lennard_jones(50.0), []
    for k in (1, 2, 4):
        dynamics = Dynamics(0.01 / k, 400 * k, 4 * k)
        run = OpenMM("Reference").run(found, cluster(), dynamics, METAL, tmp_path, f"step{k}")
        spread.append(run.thermo["total"].std())
    ratios = np.array(spread[:-1]) / spread[1:]
    np.testing.assert_allclose(ratios, 4.0, rtol=0.05)


def test_a_run_is_lammpss_run(tmp_path: Path) -> None:
    """The same places after 100 steps, up to single precision and LAMMPS's rounded constants."""
    start, dynamics = disordered(("Ne", "Xe"), (4, 4, 4)), Dynamics(0.002, 100, 100)
    last = []
    for name in ("lammps", "openmm"):
        run = engine(name).run(mixture(), start, dynamics, METAL, tmp_path, name)
        last.append(list(read(run.trajectory))[-1])
    moved = last[1].positions - last[0].positions
    moved -= 21.6 * np.round(moved / 21.6)
    assert np.abs(moved).max() < 1e-5
    np.testing.assert_allclose(last[1].velocities, last[0].velocities, atol=1e-6)


def test_the_thermostat(tmp_path: Path) -> None:
    start = replace(disordered(), velocities=None)
    dynamics = Dynamics(0.005, 4000, 20, ensemble="nvt", temperature=90.0, equilibration=1000)
    run = OpenMM().run(lennard_jones(), start, dynamics, METAL, tmp_path)
    mean, error = block_average(run.thermo["temperature"])
    assert error < 1.5 and abs(mean - 90.0) < 3 * error
    # canonical: the kinetic energy of f degrees of freedom has the variance f (kT)²/2
    spread = run.thermo["temperature"].std() / 90.0
    assert spread == pytest.approx(np.sqrt(2 / (3 * 107)), rel=0.25)


def test_constant_pressure_is_that_of_the_forces(tmp_path: Path) -> None:
    """As in LAMMPS; with the step of the energy at the cutoff it would be 200 bar more."""
    found, start = lennard_jones(6.5), disordered(spacing=6.25)
    dynamics = Dynamics(0.01, 10000, 20, "npt", 120.0, 2000, pressure=300.0)
    runs = {
        name: engine(name).run(found, start, dynamics, METAL, tmp_path, name).thermo
        for name in ("lammps", "openmm")
    }
    # blocks of one run make the error of a pressure that the barostat moves slowly too small: it is that between runs
    short = replace(dynamics, steps=5000)
    others = [
        OpenMM()
        .run(found, start, replace(short, seed=k), METAL, tmp_path, f"seed{k}")
        .thermo["pressure"]
        .mean()
        for k in range(1, 5)
    ]
    error = 5.84 * np.std(others, ddof=1) / 2  # Student's t for 99 % and 3 degrees of freedom
    assert error < 150.0 and abs(np.mean(others) - 300.0) < error
    (ours, a), (theirs, b) = (block_average(runs[name]["volume"]) for name in ("openmm", "lammps"))
    assert abs(ours - theirs) < 3 * np.hypot(a, b) < 0.06 * theirs
    last = list(read(tmp_path / "openmm.npz"))[-1]
    assert np.linalg.det(last.cell.vectors) == pytest.approx(runs["openmm"]["volume"][-1])
    np.testing.assert_allclose(last.forces, PairForces(found)(last).forces, rtol=0, atol=1e-12)


def test_a_seed_gives_the_same_run(tmp_path: Path) -> None:
    start = replace(disordered(), velocities=None)
    hot = Dynamics(0.002, 40, 40, temperature=80.0, ensemble="npt", pressure=1.0)
    runs = [
        OpenMM().run(lennard_jones(7.0), start, replace(hot, seed=seed), METAL, tmp_path, f"seed{k}").thermo
        for k, seed in enumerate((1, 1, 2))
    ]
    assert runs[0]["temperature"][0] == pytest.approx(80.0)
    assert runs[0]["potential"][-1] == runs[1]["potential"][-1] != runs[2]["potential"][-1]


@pytest.mark.parametrize("style", ["real", "electron"])
def test_a_run_is_the_same_in_other_units(style: str, tmp_path: Path) -> None:
    units = unit_style(style)
    last = []
    for u, timestep in ((METAL, 0.002), (units, 0.002 * METAL.time / units.time)):
        run = OpenMM().run(lennard_jones(), disordered(), Dynamics(timestep, 100, 100), u, tmp_path, u.name)
        last.append(list(read(run.trajectory))[-1].positions)
    np.testing.assert_allclose(last[1], last[0], atol=1e-7)


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    OpenMM().run(lennard_jones(), disordered(), LIQUID, METAL, tmp_path, progress=lambda *p: seen.append(p))
    assert [total for _, total in seen] == [600] * len(seen)
    done = [d for d, _ in seen]
    assert done[0] == 0 and done[-1] == 600 and done == sorted(done) and len(set(done)) == 61


# ---------------------------------------------------------------------------- failures


def test_version_and_platforms() -> None:
    assert OpenMM().version() == f"OpenMM {openmm.__version__}"
    with pytest.raises(InterpotError, match="no platform 'Abacus' here: expected one of Reference, CPU"):
        OpenMM("Abacus")


def test_it_may_not_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openmm", None)
    with pytest.raises(InterpotError, match=r"pip install 'interpot\[openmm\]'"):
        OpenMM()


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (disordered(repeats=(5, 5, 1), dimension=2), "two dimensions, which OpenMM does not know"),
        (disordered(periodic=(True, False, True)), "repeats along some axes only"),
        (disordered(repeats=(2, 3, 3)), r"cutoff of 8 Å is more than half of the box of the start \(10\.8 Å"),
        (replace(disordered(), masses=None), "holds no masses"),
        (replace(disordered(), species=("Kr",)), "the species Kr, but the potential"),
    ],
)
def test_starts_that_cannot_be_run(frame: Frame, message: str, tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match=message):
        OpenMM().run(lennard_jones(), frame, Dynamics(0.002, 10, 10), METAL, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_missing_temperature(tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match="a thermostat needs a temperature"):
        OpenMM().run(lennard_jones(), disordered(), Dynamics(0.002, 10, 10, "nvt"), METAL, tmp_path)


def test_references_that_cannot_be_run(tmp_path: Path) -> None:
    stiff = argon()
    stiff.addConstraint(0, 1, 0.3)
    other, missing, force = tmp_path / "text.xml", tmp_path / "none.xml", tmp_path / "force.xml"
    other.write_text("argon")
    force.write_text(openmm.XmlSerializer.serialize(openmm.NonbondedForce()))
    for source, message in (
        (stiff, "has constraints"),
        (argon(7), "has 7 particles, the frame 108"),
        (argon(periodic=False), "is open, but the frame is periodic"),
        (None, "is NoneType: expected an OpenMM System"),
        (other, "OpenMM cannot read the reference model"),
        (missing, "cannot read the reference model"),
        (force, "holds NonbondedForce: expected a System"),
    ):
        with pytest.raises(InterpotError, match=message):
            model = ReferenceModel("openmm", source=source)
            OpenMM().run(model, disordered(), Dynamics(0.002, 10, 10), METAL, tmp_path / "run")
    with pytest.raises(InterpotError, match="written for the engine 'lammps'"):
        OpenMM().forces(ReferenceModel("lammps"), disordered(), METAL)


def test_a_failure_shows_the_engines_own_words(tmp_path: Path) -> None:
    model = ReferenceModel("openmm", source=argon(32))
    with pytest.raises(InterpotError, match=r"OpenMM cannot .* the .*: .*cutoff distance cannot be greater"):
        OpenMM().run(model, disordered(repeats=(2, 2, 2)), Dynamics(0.002, 10, 10), METAL, tmp_path)


def test_a_run_that_blows_up_is_a_sentence(tmp_path: Path) -> None:
    falling = potential(channel("Coulomb", C_1=-2e3))
    with pytest.raises(
        InterpotError, match=r"the run blew up: at step \d+ .* closest were atoms \d+ \(Ar\) and \d+ \(Ar\)"
    ):
        OpenMM().run(falling, disordered(), replace(LIQUID, timestep=0.5), METAL, tmp_path)
    assert not list(tmp_path.iterdir())


INTERRUPTED = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from proof_systems import disordered, lennard_jones
from interpot.proof.engines.openmm import OpenMM
from interpot.records import Dynamics
from interpot.units import unit_style
dynamics = Dynamics(0.001, 10**7, 10**5)
OpenMM().run(lennard_jones(), disordered(), dynamics, unit_style("metal"), Path({folder!r}), "long",
             progress=lambda done, total: print(done, flush=True))
"""


def test_an_interrupt_leaves_no_half_written_file(tmp_path: Path) -> None:
    script = INTERRUPTED.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline().strip() == "0"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode != 0 and "KeyboardInterrupt" in error
    assert not list(tmp_path.iterdir())
