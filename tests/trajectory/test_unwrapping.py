"""Paths across boundaries, against walks that ASE has wrapped and runs of LAMMPS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.geometry import wrap_positions
from hypothesis import given, settings
from hypothesis import strategies as st
from lammps_runs import dump_path, run_lammps
from scipy.integrate import quad_vec

from interpot import read
from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray, Frame
from interpot.trajectory import from_atoms
from interpot.trajectory.unwrapping import Unwrapping

ORTHOGONAL = np.diag([11.0, 12.0, 13.0])
TRICLINIC = np.array([[11.0, 0.0, 0.0], [4.0, 12.0, 0.0], [-5.0, 3.0, 10.0]])
GENERAL = TRICLINIC @ np.linalg.qr(np.random.default_rng(8).normal(size=(3, 3)))[0]

BOXES = {
    "orthogonal": (ORTHOGONAL, (True, True, True)),
    "triclinic": (TRICLINIC, (True, True, True)),
    "general": (GENERAL, (True, True, True)),
    "slab": (TRICLINIC * [[1.0], [1.0], [0.0]] + np.diag([0.0, 0.0, 30.0]), (True, True, False)),
    "wire": (np.diag([9.0, 0.0, 0.0]), (True, False, False)),
    "open": (np.zeros((3, 3)), (False, False, False)),
}


def frame_at(positions: FloatArray, vectors: FloatArray, periodic: tuple[bool, bool, bool]) -> Frame:
    wrapped = wrap_positions(positions, vectors, pbc=periodic) if any(periodic) else positions
    return from_atoms(Atoms(f"Ar{len(positions)}", positions=wrapped, cell=vectors, pbc=periodic))


def walk(steps: int, atoms: int, vectors: FloatArray, size: float, seed: int) -> FloatArray:
    """Positions, (steps, atoms, 3), that move by less than `size` of the box along each axis."""
    random = np.random.default_rng(seed)
    basis = np.where(vectors.any(axis=1)[:, None], vectors, 10 * np.eye(3))
    moves = random.uniform(-size, size, (steps, atoms, 3)) + 0.3 * size * np.sign(
        random.normal(size=(1, atoms, 3))
    )
    moves = np.clip(moves, -size, size)
    moves[0] = random.uniform(0, 1, (atoms, 3))
    return np.asarray(np.cumsum(moves, axis=0) @ basis)


@given(st.sampled_from(sorted(BOXES)), st.floats(0.01, 0.34), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_walks_are_followed_across_boundaries(box: str, size: float, seed: int) -> None:
    vectors, periodic = BOXES[box]
    truth = walk(30, 5, vectors, size, seed)
    frames = [frame_at(positions, vectors, periodic) for positions in truth]
    unwrapping = Unwrapping()
    start = unwrapping.begin(frames[0])
    assert start is frames[0].positions
    for frame, positions in zip(frames[1:], truth[1:], strict=True):
        np.testing.assert_allclose(unwrapping.go_on(frame) - start, positions - truth[0], atol=1e-10)


def test_two_dimensions() -> None:
    vectors = np.array([[10.0, 0.0, 0.0], [3.0, 9.0, 0.0], [0.0, 0.0, 1.0]])
    truth = walk(40, 6, vectors, 0.3, seed=5)
    truth[:, :, 2] = 0.25
    frames = [replace(frame_at(x, vectors, (True, True, False)), dimension=2) for x in truth]
    unwrapping = Unwrapping()
    start = unwrapping.begin(frames[0])
    for frame, positions in zip(frames[1:], truth[1:], strict=True):
        np.testing.assert_allclose(unwrapping.go_on(frame) - start, positions - truth[0], atol=1e-11)


# ---------------------------------------------------------------------------- boxes that change


def box_at(time: float) -> FloatArray:
    """A box that breathes and shears."""
    shear = np.zeros((3, 3))
    shear[1, 0], shear[2, 1] = 0.1 * np.sin(2 * time), 0.08 * np.cos(1.7 * time)
    return np.asarray(TRICLINIC * (1 + 0.05 * np.sin(3 * time)) @ (np.eye(3) + shear))


def scaled_at(time: float) -> FloatArray:
    """Scaled coordinates of three particles, one of them several boxes away."""
    return np.array(
        [[0.9 + 0.3 * time, 0.2, -0.1], [5.1, 0.4 + 0.2 * np.sin(time), 0.3], [0.5, -4.0 - time, 0.4 * time]]
    )


def peculiar(time: float) -> FloatArray:
    """ṡ·H, the velocity that the box has no part in."""
    step = 1e-6
    return np.asarray((scaled_at(time + step) - scaled_at(time - step)) / (2 * step) @ box_at(time))


@pytest.mark.parametrize("told", [False, True])
def test_a_box_that_changes_moves_no_particle(told: bool) -> None:
    errors = []
    for intervals in (20, 40):
        unwrapping = Unwrapping()
        for k, time in enumerate(np.linspace(0, 2, intervals + 1)):
            vectors, corner = box_at(time), np.array([time, -2 * time, 0.5])
            placed = scaled_at(time) @ vectors
            frame = frame_at(placed, vectors, (True, True, True))
            frame = replace(
                frame,
                positions=frame.positions + corner,
                cell=Cell(vectors, corner, (True, True, True)),
                unwrapped=placed + corner if told else None,
            )
            if not k:
                start = path = unwrapping.begin(frame)
            else:
                path = unwrapping.go_on(frame)
        truth, _ = quad_vec(peculiar, 0, 2)
        errors.append(np.abs(path - start - truth).max())
    assert errors[1] < 2e-2 and errors[0] / errors[1] == pytest.approx(
        4, rel=0.1
    )  # midpoint rule: second order


def test_open_axes_are_left_alone() -> None:
    """LAMMPS shrinks open boxes around the particles, frame by frame."""
    random = np.random.default_rng(2)
    truth = walk(20, 8, np.diag([9.0, 9.0, 9.0]), 0.3, seed=3)
    unwrapping = Unwrapping()
    for k, positions in enumerate(truth):
        vectors = np.diag([9.0, 9.0, random.uniform(5, 20)])
        corner = np.array([0.0, 0.0, random.normal()])
        frame = frame_at(positions, vectors, (True, True, False))
        frame = replace(frame, cell=Cell(vectors, corner, (True, True, False)))
        if not k:
            start = unwrapping.begin(frame)
        path = unwrapping.go_on(frame)
        np.testing.assert_allclose(path - start, positions - truth[0], atol=1e-12)


def test_the_same_lattice_by_other_vectors() -> None:
    """Boxes that are flipped back and forth, as LAMMPS does with strong tilts."""
    flips = [
        np.eye(3),
        np.array([[1, 0, 0], [-1, 1, 0], [0, 0, 1]]),
        np.array([[1, 0, 0], [-1, 1, 0], [1, -1, 1]]),
    ]
    truth = walk(30, 6, TRICLINIC, 0.15, seed=11)
    unwrapping = Unwrapping()
    for k, positions in enumerate(truth):
        frame = frame_at(positions, flips[k % 3] @ TRICLINIC, (True, True, True))
        if not k:
            start = unwrapping.begin(frame)
        np.testing.assert_allclose(unwrapping.go_on(frame) - start, positions - truth[0], atol=1e-11)


_NPT = """
units metal
lattice fcc 5.4
region box prism 0 3 0 3 0 3 {tilt} 0.2 0.1
create_box 1 box
create_atoms 1 box
mass 1 39.948
pair_style lj/cut 8
pair_coeff 1 1 0.0104 3.4
neighbor 1.0 bin
velocity all create 80 4711
fix drift all momentum 1 linear 1 1 1
run 0
unfix drift
velocity all set {drift} sum yes
timestep 0.001
fix npt all npt temp 80 80 0.1 tri {pressure} 0 {damping}
dump d all custom 5 npt.lammpstrj id type x y z ix iy iz vx vy vz
dump_modify d format float %.15g
run 600
"""


@pytest.mark.parametrize(
    ("run", "flips"),
    [
        ({"tilt": 1.499, "drift": "1.5 -1 1", "pressure": 4000, "damping": 0.2}, 0),
        ({"tilt": 0.3, "drift": "9 -6 7", "pressure": 20000, "damping": 0.1}, 1),
    ],
)
def test_the_path_in_a_barostat_has_the_velocities_of_lammps(
    tmp_path: Path, run: dict[str, object], flips: int
) -> None:
    """Their momenta are m H ṡ; unwrapped positions as they stand are off by ω q."""
    run_lammps(_NPT.format(**run), tmp_path)
    trajectory = read(dump_path(tmp_path, "npt"), units="metal", species={"1": "Ar"})
    frames = list(trajectory)[12:]  # the barostat begins with a shock
    vectors = np.array([frame.cell.vectors for frame in frames])
    assert np.ptp(np.linalg.det(vectors)) > 0.02 * np.linalg.det(vectors[0])
    assert np.count_nonzero(np.abs(np.diff(vectors, axis=0)).max(axis=(1, 2)) > 4) == flips
    truth = np.array([frame.velocities for frame in frames[1:-1]])

    def error(paths: list[FloatArray]) -> float:
        found = (np.array(paths[2:]) - np.array(paths[:-2])) / (2 * 0.005 * trajectory.units.time)
        return float(np.sqrt(np.mean((found - truth) ** 2) / np.mean(truth**2)))

    for told in (True, False):
        unwrapping = Unwrapping()
        given_frames = frames if told else [replace(frame, unwrapped=None) for frame in frames]
        assert error([unwrapping.begin(given_frames[0]), *map(unwrapping.go_on, given_frames[1:])]) < 3e-3
    assert error([frame.unwrapped for frame in frames]) > 0.1


# ---------------------------------------------------------------------------- what the file tells


@pytest.mark.parametrize("name", ["x", "xs"])
def test_image_flags_unwrapped_columns_and_neither_agree(lammps_dumps: Path, name: str) -> None:
    wrapped = list(read(dump_path(lammps_dumps, name), units="real"))
    told = list(read(dump_path(lammps_dumps, "xu"), units="real"))
    assert any(np.abs(a.positions - b.positions).max() > 1 for a, b in zip(wrapped, told, strict=True))
    ways = {
        "flags": wrapped,
        "unwrapped": told,
        "neither": [replace(frame, unwrapped=None) for frame in wrapped],
        "lost": [frame if k < 3 else replace(frame, unwrapped=None) for k, frame in enumerate(wrapped)],
        "late": [frame if k > 3 else replace(frame, unwrapped=None) for k, frame in enumerate(wrapped)],
    }
    for way, frames in ways.items():
        unwrapping = Unwrapping()
        paths = [unwrapping.begin(frames[0]), *map(unwrapping.go_on, frames[1:])]
        for path, truth in zip(paths, told, strict=True):
            np.testing.assert_allclose(
                path - paths[0], truth.unwrapped - told[0].unwrapped, atol=1e-11, err_msg=way
            )


def test_what_the_file_tells_may_be_far() -> None:
    frame = frame_at(np.zeros((1, 3)), ORTHOGONAL, (True, True, True))
    frame = replace(frame, unwrapped=np.zeros((1, 3)))
    unwrapping = Unwrapping()
    unwrapping.begin(frame)
    assert unwrapping.go_on(replace(frame, unwrapped=np.array([[8.0, 0, 0]]))).tolist() == [[8, 0, 0]]


@pytest.mark.parametrize("ids", [None, np.array([7, 42])])
def test_a_particle_that_moved_too_far_is_named(ids: np.ndarray | None) -> None:
    before = frame_at(np.array([[1.0, 1, 1], [2, 2, 2]]), ORTHOGONAL, (True, True, True))
    after = frame_at(np.array([[1.0, 1, 1], [2, 2 + 0.36 * 12, 2]]), ORTHOGONAL, (True, True, True))
    unwrapping = Unwrapping()
    unwrapping.begin(replace(before, ids=ids))
    name = "the 2. atom" if ids is None else "atom 42"
    with pytest.raises(
        InterpotError,
        match=rf"{name} has moved by 0.36 of the box along b since the frame before frame 4 \(step 400\) of 'a.dump'.*"
        "save frames more often, or with image flags or unwrapped positions",
    ):
        unwrapping.go_on(replace(after, ids=ids, source="a.dump", index=4, step=400))
