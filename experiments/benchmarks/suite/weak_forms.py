"""Rates of the pass over windows, relative to that over recorded forces on the same frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from interpot import read
from suite.measuring import Job, in_turns
from suite.passes import MIDDLE, NARROW, WIDE, Pass, from_positions
from suite.records import Figure, Row, Setting
from suite.systems import CUTOFF, MOVING, Frames, dump, sampled

RATE = "atom-frames/s"
PARTS, NOISE = 4, 0.005
"""Places per interval, which is every step of the integrator; errors of the positions, in σ."""

CLOSER = 0.97
"""Of the closest pair of the frames: pairs of the path between them, and of noisier positions, come as close."""

MOTIONS = {
    f"momenta, half-width {WIDE}": replace(from_positions(WIDE), target="momenta"),
    f"positions, half-width {NARROW}": from_positions(NARROW),
    f"positions, half-width {WIDE}": from_positions(WIDE),
    f"positions, half-width {WIDE}, {PARTS} places per interval": from_positions(WIDE, PARTS),
    f"positions, half-width {WIDE}, with errors": from_positions(WIDE, noise=NOISE),
}
"""Where positions have errors, some of the first rows are made three times more (`interpot.statistic.less_noise`)."""


def rates(setting: Setting) -> Iterator[Row]:
    """All ways in turns."""
    count = max(setting.frames(MOVING.frames), 100)
    frames = Frames(list(read(dump(setting, MOVING), units="lj", frames=(0, count))))
    closest, _ = sampled(frames, CUTOFF)
    recorded = Pass(("1",), CUTOFF, CLOSER * closest, MIDDLE)
    jobs: dict[str, Job] = {"recorded": partial(recorded, frames)}
    for name, motion in MOTIONS.items():
        jobs[name] = partial(Pass(("1",), CUTOFF, CLOSER * closest, MIDDLE, motion), frames)
    times = in_turns(setting.repeats, jobs)
    theirs = Figure.rate(frames.atoms, times["recorded"])
    for name in MOTIONS:
        yield Row(
            f"{name}, 864 atoms, K = {recorded.size}",
            RATE,
            Figure.rate(frames.atoms, times[name]),
            "recorded forces",
            theirs,
            remark=f"frames: {count}",
        )
