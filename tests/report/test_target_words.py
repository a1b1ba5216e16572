"""What stood for the force, as people read it."""

from __future__ import annotations

import pytest

from interpot.report.origin import facts_of
from interpot.report.target_words import ERRORS, SOURCES, told
from interpot.trajectory.motion import RECORDED, Motion, motion_of
from interpot.trajectory.targets import TARGETS
from interpot.units import unit_style


@pytest.mark.parametrize(
    ("units", "motion", "spacing", "sentence"),
    [
        (
            "metal",
            Motion("positions", timestep=0.002, width=(6,), substeps=5),
            0.01,
            "force from positions, windows of ±6 frames (±60 fs), on the path at 5 places per interval, steps of 2 fs",
        ),
        ("real", Motion("momenta", width=(4, 8)), None, "force from momenta, windows of ±4 and ±8 frames"),
        # the interval that was given is that of the file, of whose frames every third was used
        ("real", Motion("positions", interval=20.0, width=(2,), noise=0.03), 60.0,
         "force from positions, windows of ±2 frames (±120 fs), positions uncertain by 0.03 Å"),
        ("lj", Motion("positions", width=(1,)), 0.01, "force from positions, windows of three frames (±0.01 τ)"),
        ("lj", Motion("overdamped", "overdamped", width=(2,), drag={"A": 1.5}), 0.01,
         "force from displacements of overdamped dynamics, over 2 frames ahead (0.02 τ), ζ = 1.5 (A) in units of "
         "mass/time"),
    ],
)  # fmt: skip
def test_motions_are_told_in_the_units_of_the_data(
    units: str, motion: Motion, spacing: float | None, sentence: str
) -> None:
    style = unit_style(units)
    kept = motion_of(motion.internal(style).written())
    assert told(kept, style, None if spacing is None else spacing * style.time) == sentence


def test_all_targets_have_words() -> None:
    assert set(SOURCES) == set(ERRORS) == set(TARGETS)
    assert told(RECORDED, unit_style("lj")) == "forces as recorded"


def test_provenance_is_told_in_the_units_of_the_data() -> None:
    style = unit_style("metal")
    motion = Motion("positions", timestep=0.002, interval=0.01, masses={"A": 2.0}, width=(3,))
    provenance = {
        "frames": 7,
        "target": motion.internal(style).written(),
        "spacing": 0.03 * style.time,
        "thermal energy": 300 * style.boltzmann,
        "heat baths": {"A": {}},
    }
    assert dict(facts_of(provenance, style)) == {
        "frames": "7",
        "target": "positions",
        "observed": "force from positions, windows of ±3 frames (±90 fs), steps of 2 fs",
        "time between recorded frames, as given": "10 fs",
        "masses, as given": "2 (A)",
        "time between frames": "30 fs",
        "temperature by the displacements": "300 K",
    }
