from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms

from interpot.errors import InterpotError
from interpot.trajectory import from_atoms
from interpot.trajectory.motion import DYNAMICS, Motion, motion_of
from interpot.trajectory.targets import TARGETS, target_rows
from interpot.trajectory.targets.recorded import recorded
from interpot.units import unit_style


def test_the_rows_of_the_table_load() -> None:
    for row in TARGETS.values():
        assert callable(row.load()) and set(row.dynamics) <= set(DYNAMICS)


def test_recorded_forces() -> None:
    atoms = Atoms("Ar2", positions=[[0, 0, 0], [1, 1, 1]])
    atoms.new_array("forces", np.arange(6.0).reshape(2, 3))
    frame = from_atoms(atoms)
    (windows,) = recorded([frame])
    assert windows.is_instant and windows.frames == (frame,)
    assert windows.targets.tolist() == [[[0, 1, 2], [3, 4, 5]]]
    silent = replace(frame, forces=None, source="x.lammpstrj", index=4, step=400)
    with pytest.raises(
        InterpotError, match=r"no force columns \(fx fy fz\) in frame 4 \(step 400\) of 'x.lammpstrj'"
    ):
        list(recorded([frame, silent]))


def test_recording_goes_on_while_frames_come() -> None:
    atoms = Atoms("Ar5", positions=np.random.default_rng(3).normal(size=(5, 3)))
    atoms.new_array("forces", np.random.default_rng(4).normal(size=(5, 3)))
    frame = from_atoms(atoms)

    def endless():  # type: ignore[no-untyped-def]
        while True:
            yield frame

    assert next(iter(recorded(endless()))).targets.shape == (1, 5, 3)


def test_frames_that_do_not_count_are_remarked() -> None:
    path = np.random.default_rng(3).normal(size=(5, 3)) + 0.01 * np.arange(20.0)[:, None, None]
    frames = []
    for k, positions in enumerate(path):
        frame = from_atoms(Atoms("Ar5", positions=positions))
        frames.append(replace(frame, index=k, time=float(k), unwrapped=positions))
    remarks: list[str] = []
    motion = Motion("positions", width=(3,))
    used = [w.fresh for w in target_rows(frames, motion, unit_style("metal"), remarks.append)]
    assert sum(map(len, used)) == 14
    assert remarks[-1].startswith("14 of 20 frames are counted")


def test_motions_are_written_and_read() -> None:
    assert Motion("recorded").written() == "recorded"
    metal = unit_style("metal")
    motion = Motion("positions", "newton", timestep=0.002, masses={"Ar": 39.95}, width=(4, 8), noise=0.03)
    inside = motion.internal(metal)
    assert inside.timestep == pytest.approx(0.002 * metal.time) and inside.noise == pytest.approx(0.03)
    assert motion_of(inside.written()) == inside


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"dynamics": "quantum"}, "unknown dynamics 'quantum': expected one of newton, langevin, overdamped"),
        ({"timestep": 0.0}, "the timestep is 0: expected a positive time"),
        ({"interval": -1.0}, "the interval is -1: expected a positive time"),
        ({"masses": {"Ar": 0.0}}, "the mass of Ar is 0: expected a positive number"),
        ({"width": (0,)}, "a width of 0 frames was given: expected 1 or more"),
        ({"noise": -0.1}, "a noise of -0.1 was given"),
    ],
)
def test_impossible_motions_are_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(InterpotError, match=words):
        Motion(**wrong)  # type: ignore[arg-type]
