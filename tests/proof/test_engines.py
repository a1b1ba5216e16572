"""What every engine promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proof_systems import channel, disordered, lennard_jones, mixture, potential

from interpot.proof.engines import ENGINES, engine
from interpot.proof.forces import PairForces
from interpot.records import Cell, Dynamics, Frame
from interpot.trajectory import read
from interpot.units import unit_style

METAL = unit_style("metal")


@pytest.mark.parametrize("name", ENGINES)
def test_forces_are_those_of_the_potential(name: str) -> None:
    for found, frame in ((lennard_jones(), disordered()), (mixture(), disordered(("Ne", "Xe")))):
        forces = engine(name).forces(found, frame, METAL)
        np.testing.assert_allclose(forces, PairForces(found)(frame).forces, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ENGINES)
def test_a_run_can_be_read_and_weighed(name: str, tmp_path: Path) -> None:
    start = disordered(("Ne", "Xe"), (4, 4, 4))  # more than two cutoffs across, or OpenMM could not run it
    run = engine(name).run(mixture(), start, Dynamics(0.002, 60, 20), METAL, tmp_path / "new", "run")
    frames = list(read(run.trajectory))
    assert [frame.step for frame in frames] == [0, 20, 40, 60] == run.thermo["step"].tolist()
    times = [frame.time / METAL.time for frame in frames if frame.time is not None]
    np.testing.assert_allclose(times, run.thermo["time"], atol=1e-12)
    first = frames[0]
    moved = (first.positions - start.positions) / np.diag(start.cell.vectors)
    np.testing.assert_allclose(moved, np.round(moved), atol=1e-11)
    np.testing.assert_allclose(first.velocities, start.velocities, rtol=1e-10, atol=1e-13)
    np.testing.assert_array_equal(first.masses, start.masses)
    assert first.species == ("Ne", "Xe") and (first.kinds == start.kinds).all()
    forces = [PairForces(mixture())(frame).forces for frame in frames]
    for frame, force in zip(frames, forces, strict=True):
        np.testing.assert_allclose(frame.forces, force, rtol=0, atol=1e-9)
    energies = run.thermo["potential"] + run.thermo["kinetic"]
    np.testing.assert_allclose(energies, run.thermo["total"], rtol=1e-12)


@pytest.mark.parametrize("name", ENGINES)
def test_reduced_units(name: str, tmp_path: Path) -> None:
    """Two particles of mass 1 around the minimum: ω² = 2 φ''(r0), φ'' = 72/2^(1/3) for ε = σ = m = 1."""
    found = potential(channel("Lennard-Jones 12-6", ("A", "A"), 2.5, epsilon=1.0, sigma=1.0), units="lj")
    distance = 2 ** (1 / 6) + 1e-4
    cell = Cell(8 * np.eye(3), np.zeros(3), (True, True, True))
    start = Frame(
        np.array([[1.0, 1, 1], [1.0 + distance, 1, 1]]), ("A",), np.zeros(2, dtype=np.int64), cell,
        velocities=np.zeros((2, 3)), masses=np.ones(2),
    )  # fmt: skip
    run = engine(name).run(found, start, Dynamics(1e-3, 1000, 10), unit_style("lj"), tmp_path)
    stretch = [np.ptp(frame.positions[:, 0]) - 2 ** (1 / 6) for frame in read(run.trajectory)]
    omega = np.sqrt(2 * 72 / 2 ** (1 / 3))
    np.testing.assert_allclose(stretch, 1e-4 * np.cos(omega * run.thermo["time"]), atol=2e-6)
