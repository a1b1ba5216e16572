"""Forces on recorded frames, and the choice of frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from proof_systems import Frames, disordered, lennard_jones, mixture

from interpot.errors import InterpotError
from interpot.proof.forces import PairForces, check_forces, evenly_spaced
from interpot.units import unit_style


def recorded(count: int, **values: float) -> Frames:
    truth = PairForces(lennard_jones(**values))
    frames = (replace(disordered(seed=k), index=k) for k in range(count))
    return Frames(tuple(replace(frame, forces=truth(frame).forces) for frame in frames))


def test_forces_are_the_gradient_of_the_energy() -> None:
    frame, h = disordered(("Ne", "Xe")), 1e-5
    evaluate = PairForces(mixture())
    forces = evaluate(frame).forces
    np.testing.assert_allclose(forces.sum(axis=0), 0, atol=1e-13)
    for atom, axis in ((0, 0), (17, 1), (50, 2)):
        step = np.zeros_like(frame.positions)
        step[atom, axis] = h
        energies = [evaluate(replace(frame, positions=frame.positions + s * step)).energy for s in (1, -1)]
        assert -(energies[0] - energies[1]) / (2 * h) == pytest.approx(forces[atom, axis], rel=1e-6)


def test_the_relative_error_is_that_of_the_constant() -> None:
    check = check_forces(lennard_jones(epsilon=0.0103 * 1.001), recorded(3))
    assert check.relative_error == pytest.approx(1e-3, rel=1e-9)
    assert check.frames == 3
    np.testing.assert_allclose(check.sample_found, 1.001 * check.sample_reference, rtol=1e-9)
    assert len(check.sample_found) == 3 * 3 * 108
    assert check.worst == pytest.approx(1e-3 * np.abs(check.sample_reference).max())
    assert check.rms == pytest.approx(1e-3 * np.sqrt(np.mean(check.sample_reference**2)))


def test_units_of_the_check_are_those_of_the_trajectory() -> None:
    metal, real = (replace(recorded(1), units=unit_style(name)) for name in ("metal", "real"))
    wrong = lennard_jones(epsilon=0.0104)
    ratio = check_forces(wrong.to_units("real"), real).rms / check_forces(wrong, metal).rms
    assert ratio == pytest.approx(1 / unit_style("real").energy, rel=1e-9)


def test_frames_without_forces_and_foreign_species() -> None:
    bare = Frames((disordered(),))
    with pytest.raises(InterpotError, match="holds no forces"):
        check_forces(lennard_jones(), bare)
    frame = disordered(("Ne", "Xe"))
    with pytest.raises(InterpotError, match="no channel Ne-Ne"):
        check_forces(lennard_jones(), Frames((replace(frame, forces=frame.positions),)))


@pytest.mark.parametrize("total", [1, 7, 50, 51, 100, 201, 1234])
def test_frames_are_evenly_spaced(total: int) -> None:
    frames = tuple(replace(disordered(repeats=(1, 1, 1)), index=k) for k in range(total))
    chosen = [frame.index for frame in evenly_spaced(Frames(frames), 50)]
    assert len(chosen) == min(total, 50)
    assert chosen[0] == 0 and chosen[-1] >= 0.94 * (total - 1)
    assert np.ptp(np.diff(chosen, append=chosen[-1] + total / 50)) <= max(1, 0.5 * total / 50)
