"""Runs under a thermostat that scales all momenta: found out from the motion, and fitted as if it were not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from moving_gas import BOX, CUTOFF, SIDE, STEP, forces
from systems import Frames

from interpot import InterpotError, Motion, accumulate, pair_channels
from interpot.records import Cell, FloatArray, Frame
from interpot.statistic.freed import Freed
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from interpot.units import STYLES

EVERY = 4
SCALED = "all momenta are scaled alike"


def test_products_are_those_of_a_fit_with_the_factors_as_unknowns() -> None:
    """Against least squares in all unknowns at once; one column is twice another, as for windows without particles."""
    random = np.random.default_rng(5)
    rows, along = random.normal(size=(60, 5)), random.normal(size=(60, 4))
    along[:, 3] = 2 * along[:, 2]
    products, freed = rows.T @ rows, Freed(4, 5)
    for part in np.array_split(np.arange(60), 3):
        freed.see(along[part], rows[part])
    assert freed.take_out(products) == 3
    found = np.linalg.solve(products[:4, :4], products[:4, 4])
    whole, square, *_ = np.linalg.lstsq(np.column_stack([rows[:, :4], along[:, :3]]), rows[:, 4], rcond=None)
    assert found == pytest.approx(whole[:4], rel=1e-10)
    assert products[4, 4] - found @ products[:4, 4] == pytest.approx(square[0], rel=1e-10)


def gas(factor: Callable[[float], float], frames: int = 240, kinds: int = 1) -> list[Frame]:
    """A dense gas whose velocities are scaled at every step of velocity Verlet by 1 - ξ(t) δ."""
    random = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(*[np.arange(SIDE)] * 3, indexing="ij"), -1).reshape(-1, 3)
    q = (grid + 0.5) * BOX / SIDE
    v = random.normal(size=q.shape)
    v -= v.mean(axis=0)
    box = Cell(np.eye(3) * BOX, np.zeros(3), (True, True, True))
    species, of = ("A", "B")[:kinds], np.arange(len(q)) % kinds
    made, force = [], forces(q)
    for step in range(frames * EVERY):
        if step % EVERY == 0:
            now = {"time": step * STEP, "step": step, "index": step // EVERY, "source": "made"}
            made.append(Frame(q % BOX, species, of, box, velocities=v.copy(), masses=np.ones(len(q)), **now))
        v = v + STEP / 2 * force
        q = q + STEP * v
        force = forces(q)
        v = (v + STEP / 2 * force) * (1 - factor((step + 1) * STEP) * STEP)
    return made


def rising_and_falling(time: float) -> float:
    """ξ(t) of a Nosé-Hoover thermostat, roughly."""
    return 0.6 * np.sin(2 * time)


def passed(frames: list[Frame], target: str, thermostat: str = "auto") -> Statistic:
    if target == "positions":
        frames = [replace(frame, velocities=None) for frame in frames]
    motion = Motion(target, timestep=STEP, thermostat=thermostat)
    channels = pair_channels(Frames(frames, STYLES["lj"]), CUTOFF)
    return accumulate(Frames(frames, STYLES["lj"]), channels, motion=motion, cutoffs="given")


def strengths(statistic: Statistic) -> FloatArray:
    """A of φ = A (1 - r/1.75)⁴ per channel; 12 in truth."""
    objective = Objective.of(statistic)
    columns = np.zeros((len(statistic.moment), len(statistic.channels)))
    for c in range(len(statistic.channels)):
        kernel = (1 - objective.nodes[c] / CUTOFF) ** 4
        columns[statistic.columns(c), c] = objective.projections[c] @ kernel
    return np.linalg.solve(columns.T @ statistic.gram @ columns, columns.T @ statistic.moment)


@pytest.mark.parametrize(
    ("target", "kinds"),
    [
        ("momenta", 1),
        pytest.param("momenta", 2, marks=pytest.mark.slow),
        ("positions", 2),
        pytest.param("positions", 1, marks=pytest.mark.slow),
    ],
)
def test_a_thermostat_is_seen_and_left_out(target: str, kinds: int) -> None:
    frames = gas(rising_and_falling, 120, kinds)
    statistic = passed(frames, target)
    assert statistic.provenance["target"]["thermostat"] == "global"
    assert any(SCALED in remark for remark in statistic.provenance["remarks"])
    error = np.abs(strengths(statistic) / 12 - 1).max()
    assert error < 1e-3
    assert np.abs(strengths(passed(frames, target, "none")) / 12 - 1).max() > 3 * error


@pytest.mark.parametrize("target", ["momenta", "positions"])
def test_none_is_seen_where_there_is_none(target: str) -> None:
    statistic = passed(gas(lambda _: 0.0), target)
    assert "thermostat" not in statistic.provenance["target"]
    assert not any(SCALED in remark for remark in statistic.provenance["remarks"])


def test_a_constant_friction_is_one_too() -> None:
    """Windows lose nothing by having a factor each; scaling at the ends of steps is friction up to ξδ/2."""
    frames = gas(lambda _: 0.05, frames=160)
    assert strengths(passed(frames, "momenta", "global")) == pytest.approx([12.0], rel=0.05 * STEP / 2)


def test_two_particles_in_eight_frames_are_too_few() -> None:
    few = [
        replace(f, positions=f.positions[:2], kinds=f.kinds[:2], velocities=v[:2], masses=np.ones(2))
        for f in gas(lambda _: 0.0, frames=8)
        if (v := f.velocities) is not None
    ]
    with pytest.raises(InterpotError, match=r"^'made' has too few particles or frames to free the forces"):
        passed(few, "momenta", "global")


def test_no_triangular_factor_is_kept() -> None:
    frames = Frames(gas(lambda _: 0.0, frames=60), STYLES["lj"])
    motion = Motion("momenta", timestep=STEP, thermostat="global", width=(2,), substeps=1)
    with pytest.raises(
        InterpotError, match=r"have no triangular factor: leave out factor='qr', or take the thermo"
    ):
        accumulate(frames, pair_channels(frames, CUTOFF), motion=motion, cutoffs="given", factor="qr")
