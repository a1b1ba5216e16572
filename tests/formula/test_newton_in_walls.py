"""From positions and momenta alone: particles in a field, in two dimensions, between walls that are soft or reflect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from systems import Frames

from interpot import Motion, accumulate
from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray, Frame, Surface
from interpot.statistic.channels import asked_channels
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from interpot.units import STYLES

OPEN = Cell(np.diag([8.0, 8.0, 1.0]), np.zeros(3), (False, False, False))
STEP, EVERY = 0.002, 10


@dataclass
class Slit:
    """Particles in two dimensions by velocity Verlet: V(x) = 3 x²/2 each, and 4(r⁻¹² - r⁻⁶) of pairs where wanted.

    Along y there is a wall at 0 and one at 6: both reflect, or both repel softly as s⁻⁹.
    Frames tell of walls that reflect, or do not.
    """

    particles: int
    frames: int
    pairs: bool
    soft: bool
    told: bool = True

    def forces(self, q: FloatArray) -> FloatArray:
        """By the definition."""
        force = np.zeros_like(q)
        force[:, 0] = -3 * q[:, 0]
        if self.soft:
            force[:, 1] = 9 * (q[:, 1] ** -10 - (6 - q[:, 1]) ** -10)
        if self.pairs:
            d = q[:, None] - q
            square = (d**2).sum(axis=-1) + np.eye(len(q))
            pull = 24 * (2 * square**-7 - square**-4)
            np.fill_diagonal(pull, 0.0)
            force += (pull[..., None] * d).sum(axis=1)
        return force

    def __iter__(self) -> Iterator[Frame]:
        random = np.random.default_rng(3)
        q, v = np.zeros((2, self.particles, 3))
        q[:, 1] = (np.arange(self.particles) + 0.5) * 6 / self.particles
        v[:, :2] = random.normal(size=(self.particles, 2))
        force = self.forces(q)
        ends = (("ylo", 1, 0.0), ("yhi", -1, 6.0))
        walls = tuple(Surface(name, "plane", 1, inward, at, hard=not self.soft) for name, inward, at in ends)
        kinds, masses = np.zeros(self.particles, dtype=np.int64), np.ones(self.particles)
        for step in range(self.frames * EVERY):
            if step % EVERY == 0:
                yield Frame(
                    q.copy(), ("A",), kinds, OPEN, dimension=2, velocities=v.copy(), masses=masses,
                    time=step * STEP, step=step, index=step // EVERY, source="made", surfaces=walls * self.told,
                )  # fmt: skip
            v = v + STEP / 2 * force
            q = q + STEP * v
            out = (q[:, 1] < 0) | (q[:, 1] > 6)
            if not self.soft:
                q[out, 1] = np.where(q[out, 1] < 0, -q[out, 1], 12 - q[out, 1])
                v[out, 1] *= -1
            force = self.forces(q)
            v = v + STEP / 2 * force


def passed(slit: Slit, target: str, width: tuple[int, ...] = (4,)) -> Statistic:
    frames = list(slit)
    if target == "positions":
        frames = [replace(frame, velocities=None) for frame in frames]
    cutoffs = {"A@x": 6.0} | ({"A-ylo": 3.0, "A-yhi": 3.0} if slit.soft else {})
    channels = asked_channels(("A",), frames[0], 3.0, cutoffs, ("A@x",), {}, 1.0)
    channels = tuple(c for c in channels if slit.pairs or c.kind != "pair")
    motion = Motion(target, width=width, substeps=1)
    return accumulate(Frames(frames, STYLES["lj"]), channels, motion=motion, cutoffs="given")


def amplitudes(statistic: Statistic, terms: dict[str, tuple[int, ...]]) -> dict[str, FloatArray]:
    """Least squares of powers of each channel's coordinate, jointly."""
    objective = Objective.of(statistic)
    columns, owners = [], []
    for c, channel in enumerate(statistic.channels):
        for power in terms[channel.label]:
            column = np.zeros(statistic.gram.shape[0])
            column[statistic.columns(c)] = objective.projections[c] @ objective.nodes[c] ** float(power)
            columns.append(column)
            owners.append(channel.label)
    K = np.array(columns).T
    found = np.linalg.solve(K.T @ statistic.gram @ K, K.T @ statistic.moment)
    return {label: found[[owner == label for owner in owners]] for label in terms}


@pytest.mark.parametrize("target", ["momenta", "positions"])
def test_one_particle_in_a_field(target: str) -> None:
    statistic = passed(Slit(1, 3000, pairs=False, soft=False), target)
    found = amplitudes(statistic, {"A@x": (2,)})
    assert found["A@x"] == pytest.approx([1.5], rel=1e-3)


@pytest.mark.parametrize("width", [(150,), (1, 150)])
def test_windows_in_which_everybody_is_turned_back(width: tuple[int, ...]) -> None:
    with pytest.raises(
        InterpotError, match=r"hits ylo, yhi within every window of half-width 150, .*smaller --width"
    ):
        passed(Slit(1, 1200, pairs=False, soft=False), "momenta", width)


@pytest.mark.parametrize("told", [pytest.param(True, marks=pytest.mark.slow), False])
@pytest.mark.parametrize("target", ["momenta", "positions"])
def test_pairs_between_walls_that_reflect(target: str, told: bool) -> None:
    statistic = passed(Slit(6, 2000, pairs=True, soft=False, told=told), target)
    assert {"ylo", "yhi"} == set(statistic.provenance["target"]["hard"])
    found = amplitudes(statistic, {"A-A": (-12, -6), "A@x": (2,)})
    assert found["A-A"] == pytest.approx([4.0, -4.0], rel=2e-3)
    assert found["A@x"] == pytest.approx([1.5], rel=1e-3)
    # of those who are left in, forces do not add up to zero
    assert np.isnan(statistic.net)


@pytest.mark.parametrize("target", ["momenta", "positions"])
def test_walls_that_repel_softly(target: str) -> None:
    statistic = passed(Slit(4, 1500, pairs=False, soft=True), target)
    found = amplitudes(statistic, {"A@x": (2,), "A-ylo": (-9,), "A-yhi": (-9,)})
    assert found["A-ylo"] == pytest.approx([1.0], rel=2e-3) and found["A-yhi"] == pytest.approx(
        [1.0], rel=2e-3
    )
    assert found["A@x"] == pytest.approx([1.5], rel=1e-3)
    assert not statistic.provenance["target"].get("hard")
