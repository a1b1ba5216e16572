"""What is settled before the pass, and what is refused or left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from interpot.errors import InterpotError
from interpot.records import Cell, Frame
from interpot.statistic.channels import pair_channels
from interpot.statistic.observed import observe
from interpot.trajectory.motion import Motion
from interpot.units import unit_style

BOX = Cell(20.0 * np.eye(3), np.zeros(3), (True, True, True))


class Made:
    """Frames in memory."""

    sources = ()
    units = unit_style("metal")

    def __init__(self, frames: list[Frame]) -> None:
        self._frames = frames

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._frames)


def frames(shuffled: bool) -> Made:
    """A lattice gas at rest whose atoms tremble, in the same order in every frame or in another."""
    rng = np.random.default_rng(5)
    sites = 4.0 * np.stack(np.meshgrid(*[np.arange(5.0)] * 3), axis=-1).reshape(-1, 3)
    made = []
    for k in range(40):
        positions = sites + 0.02 * rng.normal(size=sites.shape)
        if shuffled:
            positions = rng.permutation(positions)
        made.append(
            Frame(
                positions=positions, species=("Ar",), kinds=np.zeros(len(sites), dtype=np.int64), cell=BOX,
                time=0.01 * k, index=k, source="made", unwrapped=positions, forces=np.zeros_like(positions),
            )
        )  # fmt: skip
    return Made(made)


def test_atoms_in_changing_order_are_refused() -> None:
    channels, motion = pair_channels(["Ar"], 8.0), Motion("positions")
    with pytest.raises(InterpotError, match=r"positions in 'made' jump by .* Å at random.*same order"):
        observe(frames(shuffled=True), channels, motion)
    assert 0 < (observe(frames(shuffled=False), channels, motion).motion.noise or 0) < 0.1


@pytest.mark.parametrize(
    ("motion", "words"),
    [
        (
            Motion("recorded", width=(8,), noise=0.1),
            "target is recorded, in which --width, --noise have no part",
        ),
        (Motion(dynamics="overdamped", target="overdamped", substeps=4), "--substeps has no part"),
    ],
)
def test_options_without_a_part_are_named(motion: Motion, words: str) -> None:
    observed = observe(frames(shuffled=False), pair_channels(["Ar"], 8.0), motion)
    assert words in observed.remarks[0]
    assert not observed.motion.noise and observed.motion.substeps in (None, 1)


def test_masses_of_others_beside_recorded_forces() -> None:
    with pytest.raises(InterpotError, match="'Kr', but there are only Ar"):
        observe(frames(shuffled=False), pair_channels(["Ar"], 8.0), Motion(masses={"Kr": 83.8}))


@pytest.mark.parametrize("target", ["momenta", "positions"])
def test_hard_walls_that_are_given_stand_beside_those_that_are_found(target: str) -> None:
    """A gas between walls that reflect, at y = 0 and 10; the upper one is said to be elsewhere. Style si: metres."""
    random, metre = np.random.default_rng(6), unit_style("si").length
    cell = Cell(np.diag([10.0, 10.0, 10.0]), np.zeros(3), (True, False, True))
    x, v = random.uniform(1, 9, (200, 3)), random.normal(size=(200, 3))
    made = []
    for k in range(80):
        flown = x + 0.1 * k * v
        y, turned = flown[:, 1] % 20, flown[:, 1] % 20 > 10
        flown[:, 1], moving = np.where(turned, 20 - y, y), v.copy()
        moving[turned, 1] *= -1
        made.append(
            Frame(
                flown, ("Ar",), np.zeros(200, dtype=np.int64), cell, velocities=moving if target == "momenta" else None,
                time=0.1 * k, index=k, source="made", masses=np.full(200, 40.0), unwrapped=flown,
            )
        )  # fmt: skip
    gas = Made(made)
    gas.units = unit_style("si")
    motion = Motion(target, width=(2,), substeps=1, hard={"yhi": 10.5 / metre})
    observed = observe(gas, pair_channels(["Ar"], 3.0), motion)
    assert dict(observed.motion.hard) == {"ylo": pytest.approx(0.0, abs=1e-6), "yhi": pytest.approx(10.5)}
    assert any("hard walls ylo, yhi" in said for said in observed.remarks)
    with pytest.raises(InterpotError, match=r"hard wall zlo was given.*periodic along z"):
        observe(gas, pair_channels(["Ar"], 3.0), replace(motion, hard={"zlo": 0.0}))


def test_hard_walls_without_a_name_or_a_place() -> None:
    with pytest.raises(InterpotError, match="unknown hard wall 'lid': expected one of xlo, xhi, ylo"):
        Motion(hard={"lid": 3.0})
    with pytest.raises(InterpotError, match="place of the hard wall zlo is nan: expected a finite"):
        Motion(hard={"zlo": np.nan})


@pytest.mark.parametrize(
    "options", [{"noise": np.nan}, {"timestep": np.inf}, {"masses": {"Ar": np.inf}}, {"noise": -1.0}]
)
def test_numbers_that_are_none(options: Mapping[str, float]) -> None:
    with pytest.raises(InterpotError, match=f"{next(iter(options)).removesuffix('es')}.*expected"):
        Motion(**options)  # type: ignore[arg-type]


def gas(kelvin: float, style: str) -> Made:
    """Argon that flows, its velocities in Å/ps by CODATA's constants, read as numbers in the units of a style."""
    speed = np.sqrt(1.380649e-23 * kelvin / (39.948 * 1.66053907e-27)) / 100
    v = speed * (np.random.default_rng(3).normal(size=(4000, 3)) + 7)
    units = unit_style(style)
    frame = Frame(
        np.zeros_like(v), ("Ar",), np.zeros(4000, dtype=np.int64), BOX, forces=np.zeros_like(v),
        velocities=v * units.velocity, masses=np.full(4000, 39.948), source="made",
    )  # fmt: skip
    made = Made([frame])
    made.units = units
    return made


@pytest.mark.parametrize(
    ("kelvin", "taken"), [(94.0, "real"), (300.0, "real"), (1e-4, "metal"), (5e6, "metal")]
)
def test_velocities_of_no_sensible_temperature(
    kelvin: float, taken: str, caplog: pytest.LogCaptureFixture
) -> None:
    [said] = observe(gas(kelvin, taken), pair_channels(["Ar"], 8.0), Motion()).remarks
    found = re.fullmatch(
        r"the velocities in .*'made' are those of (\S+) K in the units '(\w+)': if .*--units\)", said
    )
    assert found is not None and found[2] == taken and caplog.messages == [said]
    assert float(found[1]) == pytest.approx(kelvin * (1e6 if taken == "real" else 1), rel=0.06)


@pytest.mark.parametrize(
    ("kelvin", "taken"), [(0.02, "metal"), (94.0, "metal"), (1e6, "metal"), (94.0, "lj"), (0, "real")]
)
def test_velocities_of_a_temperature_that_may_be(kelvin: float, taken: str) -> None:
    """Crystals of ions and plasmas, too; in style lj anything."""
    assert not observe(gas(kelvin, taken), pair_channels(["Ar"], 8.0), Motion()).remarks
