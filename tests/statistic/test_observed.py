"""What is settled before the pass, and what is refused or left out."""

from __future__ import annotations

from collections.abc import Mapping

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


@pytest.mark.parametrize(
    "options", [{"noise": np.nan}, {"timestep": np.inf}, {"masses": {"Ar": np.inf}}, {"noise": -1.0}]
)
def test_numbers_that_are_none(options: Mapping[str, float]) -> None:
    with pytest.raises(InterpotError, match=f"{next(iter(options)).removesuffix('es')}.*expected"):
        Motion(**options)  # type: ignore[arg-type]
