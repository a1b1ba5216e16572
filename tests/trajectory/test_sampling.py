"""Strides that are too long, in motion whose frequencies are known."""

from __future__ import annotations

import re

import numpy as np
import pytest
from argon_frames import METAL
from lammps_runs import dump_path, run_lammps

from interpot import read
from interpot.records import Cell, FloatArray, Frame
from interpot.trajectory.following import Instant, follow
from interpot.trajectory.motion import Motion
from interpot.trajectory.sampling import undersampled

BOX = Cell(np.eye(3), np.zeros(3), (False, False, False))


def instants(
    paths: FloatArray, interval: float, velocities: FloatArray | None = None, kinds: FloatArray | None = None
) -> list[Instant]:
    """Argon, and beside it neon, on paths (T, n, 3), an interval in ps apart."""
    n = paths.shape[1]
    return [
        Instant(
            Frame(
                path,
                ("Ar", "Ne"),
                np.zeros(n, dtype=np.int64) if kinds is None else kinds,
                BOX,
                velocities=None if velocities is None else velocities[k],
            ),
            path,
            k * interval * METAL.time,
            None,
            np.ones(n),
            k == 0,
        )
        for k, path in enumerate(paths)
    ]


def vibrations(
    period: float, interval: float, length: int = 200, n: int = 40
) -> tuple[FloatArray, FloatArray]:
    """Positions and velocities of independent oscillators of one period, in ps."""
    random = np.random.default_rng(6)
    phase = random.uniform(0, 2 * np.pi, (n, 3))
    size = random.rayleigh(0.1, (n, 3))
    angle = 2 * np.pi * interval / period * np.arange(length)[:, None, None] + phase
    return size * np.cos(angle), -size * 2 * np.pi / (period * METAL.time) * np.sin(angle)


def test_vibrations_sampled_often_enough() -> None:
    for per_period in (40, 12, 6):
        paths, velocities = vibrations(0.3, 0.3 / per_period)
        assert undersampled(instants(paths, 0.3 / per_period), METAL) is None
        assert undersampled(instants(paths, 0.3 / per_period, velocities), METAL) is None


def test_vibrations_sampled_too_rarely() -> None:
    paths, _ = vibrations(0.3, 0.1)
    assert undersampled(instants(paths, 0.1), METAL) == (
        "the fastest motion of Ar has a period of about 0.3 ps or less, and frames are 0.1 ps apart: at least 5 per "
        "period are needed to find forces from motion; save one every 0.03 ps, or oftener, as what is not resolved "
        "looks slower than it is"
    )


def test_the_species_that_is_too_fast_is_named() -> None:
    slow, _ = vibrations(1.0, 0.06)
    fast, _ = vibrations(0.2, 0.06)
    both, kinds = np.concatenate([slow, fast], axis=1), np.repeat([0, 1], 40)
    sentence = undersampled(instants(both, 0.06, kinds=kinds), METAL)
    assert sentence is not None and "the fastest motion of Ne has a period of about 0.2 ps" in sentence


def test_velocities_see_through_aliases() -> None:
    """Frames 13/12 of a period apart show a slow vibration; so do frames with a wrong time between them."""
    paths, velocities = vibrations(0.3, 0.3 * 13 / 12)
    assert undersampled(instants(paths, 0.3 * 13 / 12), METAL) is None
    sentence = undersampled(instants(paths, 0.3 * 13 / 12, velocities), METAL)
    assert sentence is not None and re.search(
        r"Ar advances by 0.0\d+ times what its velocities say", sentence
    )
    paths, velocities = vibrations(0.3, 0.02)
    assert undersampled(instants(paths, 0.2, velocities), METAL) == (
        "Ar advances by 0.1 times what its velocities say in the 0.2 ps between frames: expected about 1; the time "
        "between frames is wrong (--timestep, --interval), or the unit of velocities, or frames are so far apart that "
        "the motion between them is lost"
    )


def test_too_few_data_say_nothing() -> None:
    paths, _ = vibrations(0.3, 0.1, length=6, n=10)
    assert undersampled(instants(paths, 0.1), METAL) is None
    assert undersampled(instants(np.zeros((50, 20, 3)), 0.1), METAL) is None
    assert undersampled([], METAL) is None


# ---------------------------------------------------------------------------- liquid argon

_ARGON = """
units metal
lattice fcc 5.75
region box block 0 4 0 4 0 4
create_box 1 box
create_atoms 1 box
mass 1 39.948
pair_style lj/cut 8
pair_coeff 1 1 0.010344 3.405
velocity all create 600 1234
timestep 0.004
fix 1 all nvt temp 94 94 0.1
run 1000
unfix 1
fix 1 all nve
reset_timestep 0
dump d all custom 10 argon.lammpstrj id type x y z vx vy vz
run 4000
"""


@pytest.fixture(scope="module")
def argon(tmp_path_factory: pytest.TempPathFactory) -> list[Frame]:
    """A frame every 40 fs."""
    folder = tmp_path_factory.mktemp("argon")
    run_lammps(_ARGON, folder)
    return list(read(dump_path(folder, "argon"), units="metal", species={"1": "Ar"}))


def verdict(frames: list[Frame], stride: int, noise: float = 0.0, runs: int = 1) -> str | None:
    """Of every n-th frame, from positions with an error, in several short runs."""
    random = np.random.default_rng(1)
    made = []
    for k, frame in enumerate(frames[::stride]):
        error = random.normal(0, noise, frame.positions.shape)
        length = -(-len(frames[::stride]) // runs)
        made.append(
            Frame(
                frame.positions + error,
                frame.species,
                frame.kinds,
                frame.cell,
                velocities=None if noise else frame.velocities,
                step=(k % length) * stride * 10,
            )
        )
    motion = Motion(timestep=0.004, masses={"Ar": 39.948}).internal(METAL)
    return undersampled(follow(made, motion, METAL, lambda _: None), METAL)


@pytest.mark.parametrize("noise", [0.0, 0.0034, 0.034])
def test_liquid_argon(argon: list[Frame], noise: float) -> None:
    """Its fastest motion has some 0.5 ps, whether or not positions have an error of up to 1 % of σ."""
    for usable in (1, 2):
        assert verdict(argon, usable, noise) is None
    sentence = verdict(argon, 10, noise)
    assert sentence is not None and sentence.startswith(
        "the fastest motion of Ar has a period of about 1.2 ps or less, and frames are 0.4 ps apart"
    )


def test_liquid_argon_in_short_runs(argon: list[Frame]) -> None:
    assert verdict(argon, 2, runs=10) is None
    assert "the fastest motion of Ar" in (verdict(argon, 5, runs=10) or "")
