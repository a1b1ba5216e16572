"""What stood for the force, as people read it."""

from __future__ import annotations

import pytest

from interpot.report.target_words import SOURCES, told
from interpot.trajectory.motion import RECORDED, Motion, motion_of
from interpot.trajectory.targets import TARGETS
from interpot.units import unit_style


@pytest.mark.parametrize(
    ("units", "motion", "sentence"),
    [
        (
            "metal",
            Motion("positions", timestep=0.002, interval=0.01, width=(6,), substeps=5),
            "force from positions, windows of ±6 frames (60 fs), on the path at 5 places per interval, steps of 2 fs",
        ),
        ("real", Motion("momenta", width=(4, 8)), "force from momenta, windows of ±4 and ±8 frames"),
        ("real", Motion("positions", interval=20.0, width=(2,), noise=0.03),
         "force from positions, windows of ±2 frames (40 fs), positions uncertain by 0.03 Å"),
        ("lj", Motion("positions", width=(1,)), "force from positions, windows of three frames"),
        ("lj", Motion("overdamped", "overdamped", width=(2,), drag={"A": 1.5}),
         "force from displacements of overdamped dynamics, over 2 frames ahead, ζ = 1.5 (A) in units of mass/time"),
    ],
)  # fmt: skip
def test_motions_are_told_in_the_units_of_the_data(units: str, motion: Motion, sentence: str) -> None:
    style = unit_style(units)
    kept = motion_of(motion.internal(style).written())
    assert told(kept, style) == sentence


def test_all_targets_have_words() -> None:
    assert set(SOURCES) == set(TARGETS)
    assert told(RECORDED, unit_style("lj")) == "forces as recorded"
