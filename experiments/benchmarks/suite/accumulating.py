"""Rates of the one pass with arrays in memory: liquid, gas, mixture, small box."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from interpot import accumulate
from interpot.statistic.channels import Channel, pair_channels, wall_channels
from suite.dense import Update
from suite.measuring import Job, in_turns
from suite.passes import LARGE, MIDDLE, SIZES, SMALL, Pass
from suite.records import Figure, Row, Setting, Wish
from suite.systems import CRYSTAL_CUTOFF, CUTOFF, between_walls, gas, liquid, mixed, sampled, silicon

RATE = "atom-frames/s"
REACH = {
    SMALL: Wish("1.0M", 1.0e6),
    MIDDLE: Wish("300k", 300e3),
    LARGE: Wish("110k", 110e3),
}
"""What the issue asks of 864 atoms, by K."""

SAME = Wish("same (≥ 0.9)", 0.9)
FRAMES = {864: 100, 10_976: 8, 100_000: 2}
"""By number of atoms; two frames of the largest are already 5.5 million pairs."""


def sizes(setting: Setting) -> Iterator[Row]:
    """864 atoms against the reach, larger systems against 864 atoms."""
    systems = {n: liquid(setting, n, setting.frames(frames)) for n, frames in FRAMES.items()}
    found = {n: sampled(frames, CUTOFF) for n, frames in systems.items()}
    closest = min(distance for distance, _ in found.values())
    for size in SIZES:
        setting.say(f"K = {size}")
        run = Pass(("1",), CUTOFF, closest, size)
        times = in_turns(setting.repeats, {str(n): partial(run, frames) for n, frames in systems.items()})
        rates = {n: Figure.rate(frames.atoms, times[str(n)]) for n, frames in systems.items()}
        for n, frames in systems.items():
            case = f"{n:,} atoms, K = {run.size}"
            remark = f"{found[n][1]:,.0f} pairs a frame, frames: {len(frames.frames)}"
            if n == 864:
                yield Row(case, RATE, rates[n], wish=REACH[size], remark=remark)
            else:
                yield Row(case, RATE, rates[n], "864 atoms", rates[864], SAME, remark)


def dilute(setting: Setting) -> Iterator[Row]:
    """Against the dense update alone, which is what a pass that did not scatter would do at the very least."""
    frames = gas(setting, setting.frames(100))
    closest, pairs = sampled(frames, CUTOFF)
    for size in (MIDDLE, LARGE):
        run = Pass(("1",), CUTOFF, closest, size)
        update = Update.fastest(3 * 864, run.size)
        jobs: dict[str, Job] = {"pass": partial(run, frames), "dense": partial(update, 3 * frames.atoms)}
        times = in_turns(setting.repeats, jobs)
        yield Row(
            f"864 atoms, K = {run.size}",
            RATE,
            Figure.rate(frames.atoms, times["pass"]),
            f"dense update alone ({update})",
            Figure.rate(update.rows(3 * frames.atoms) / 3, times["dense"]),
            Wish("≥ 3", 3.0),
            f"{2 * pairs / 864:.1f} neighbours an atom",
        )


def mixture(setting: Setting) -> Iterator[Row]:
    """Six channels against one, the sum of their basis functions being about the same."""
    pure = liquid(setting, 864, setting.frames(100))
    three = mixed(pure)
    closest, _ = sampled(pure, CUTOFF)
    for size in (MIDDLE, LARGE):
        many = Pass(three.frames[0].species, CUTOFF, closest, size)
        one = Pass(("1",), CUTOFF, closest, many.size)
        times = in_turns(setting.repeats, {"many": partial(many, three), "one": partial(one, pure)})
        yield Row(
            f"864 atoms, 3 species, 6 channels, K = {many.size}",
            RATE,
            Figure.rate(three.atoms, times["many"]),
            f"1 species, K = {one.size}",
            Figure.rate(pure.atoms, times["one"]),
            SAME,
        )


def walls(setting: Setting) -> Iterator[Row]:
    """Two walls and a field, with splines of the usual spacing, beside the pairs of the same frames alone."""
    for name, frames in (
        ("liquid", liquid(setting, 864, setting.frames(200))),
        ("gas", gas(setting, setting.frames(100))),
    ):
        between = between_walls(frames)
        pairs = pair_channels(["1"], CUTOFF)
        height = max(frame.cell.vectors[2, 2] for frame in between.frames)
        field = Channel("field", ("1",), 1.01 * height, "z")
        all_of = (*pairs, *wall_channels(["1"], ("zlo", "zhi"), CUTOFF), field)
        jobs = {"all": partial(accumulate, between, all_of, cutoffs="given"),
                "pairs": partial(accumulate, between, pairs, cutoffs="given")}  # fmt: skip
        sizes = {job: sum(basis.size for basis in run().bases) for job, run in jobs.items()}
        times = in_turns(setting.repeats, jobs)
        yield Row(
            f"{name}, 864 atoms, two walls and a field, K = {sizes['all']}",
            RATE,
            Figure.rate(between.atoms, times["all"]),
            f"pairs alone, K = {sizes['pairs']}",
            Figure.rate(between.atoms, times["pairs"]),
            Wish("≥ 0.77 (time < 1.3)", 1 / 1.3) if name == "liquid" else None,
            f"frames: {len(between.frames)}",
        )


def small_box(setting: Setting) -> Iterator[Row]:
    """Rates per pair; a pair of images counts once."""
    small, large = silicon(1, setting.frames(300)), silicon(4, setting.frames(10))
    (near, few), (close, many) = sampled(small, CRYSTAL_CUTOFF), sampled(large, CRYSTAL_CUTOFF)
    for size in (SMALL, MIDDLE):
        run = Pass(("Si",), CRYSTAL_CUTOFF, min(near, close), size)
        times = in_turns(setting.repeats, {"small": partial(run, small), "large": partial(run, large)})
        yield Row(
            f"64 atoms in 10.9 Å, cutoff 10 Å, K = {run.size}",
            "pairs/s",
            Figure.rate(few * len(small.frames), times["small"]),
            "4,096 atoms in 43.4 Å",
            Figure.rate(many * len(large.frames), times["large"]),
            Wish("≥ 0.5", 0.5),
            f"{few / 64:.0f} pairs an atom",
        )
