"""Is there anybody where a channel reaches, or too many? Cutoffs of another unit, or beyond all pairs; far walls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Frame, Trajectory
from interpot.statistic.channels import Channel, collectors
from interpot.statistic.channels.wall import outside
from interpot.statistic.normal_equations import Coverage, Statistic
from interpot.units import UnitStyle

NEARLY = 0.95
"""Of a cutoff: who comes that far has reached it."""


MOST_NEIGHBOURS = 20_000
"""Of a particle: 37 Å in water, many times what a force reaches."""


def check_cutoffs(channels: Sequence[Channel], frame: Frame, units: UnitStyle) -> None:
    """Refuse a cutoff that can only be meant in another unit, such as 10 (Å) for a file in nm.

    Raises
    ------
    InterpotError
        In a periodic box, a particle would have more than `MOST_NEIGHBOURS`.
    """
    d, pairs = frame.dimension, [channel for channel in channels if channel.kind == "pair"]
    if not pairs or d < 2 or not all(frame.cell.periodic[:d]):
        return
    vectors, numbers = frame.cell.vectors[:d, :d], np.bincount(frame.kinds, minlength=len(frame.species))
    of = dict(zip(frame.species, numbers.tolist(), strict=True))

    def neighbours(channel: Channel) -> float:
        ball = 4 / 3 * np.pi * channel.cutoff**3 if d == 3 else np.pi * channel.cutoff**2
        most = max(of.get(name, 0) for name in channel.species)
        return float(most * ball / abs(np.linalg.det(vectors)))

    worst = max(pairs, key=neighbours)
    if neighbours(worst) > MOST_NEIGHBOURS:
        unit, edges = units.length_unit, np.linalg.norm(vectors, axis=1) / units.length
        raise InterpotError(
            f"within the cutoff of {worst.cutoff / units.length:g} {unit} for {worst.label} a particle of "
            f"'{frame.source}' has {neighbours(worst):,.0f} neighbours, in a box of "
            f"{' x '.join(f'{edge:.4g}' for edge in edges)} {unit}: expected a cutoff in {unit}, the unit of the data, "
            "as far as forces reach"
        )


def beyond_box(statistic: Statistic, frames: Trajectory) -> list[str]:
    """Say which pairs reach farther than a periodic box is long, so that particles meet themselves."""
    frame, length, unit = next(iter(frames)), statistic.units.length, statistic.units.length_unit
    edges = np.linalg.norm(frame.cell.vectors, axis=1)
    shortest = min(
        (float(edges[k]) for k in range(frame.dimension) if frame.cell.periodic[k]), default=np.inf
    )
    longer = [c for c in statistic.channels if c.kind == "pair" and c.cutoff > shortest]
    if not longer:
        return []
    return [
        f"the cutoff of {max(c.cutoff for c in longer) / length:g} {unit} for {', '.join(c.label for c in longer)} is "
        f"larger than the periodic box, {shortest / length:.6g} {unit} at its shortest edge: a particle meets its own "
        "images, and others several times"
    ]


def check_cutoffs_in_reach(statistic: Statistic, frames: Trajectory) -> None:
    """Refuse a cutoff that no pair of a cluster reaches; between the shells of a crystal there are pairs beyond.

    Raises
    ------
    InterpotError
        No two particles are as far from each other as the cutoff.
    """
    length, unit = statistic.units.length, statistic.units.length_unit
    for channel, seen in _short_of(statistic, "pair"):
        if not _meet_beyond(channel, next(iter(frames))):
            raise InterpotError(
                f"the cutoff of {channel.cutoff / length:g} {unit} for {channel.label} lies beyond the largest sampled "
                f"distance, {seen.maximum / length:.6g} {unit}: give one within it, such as "
                f"--cutoff {channel.label}={0.99 * seen.maximum / length:.3g}"
            )


def beyond_all(statistic: Statistic, frames: Trajectory) -> list[str]:
    """Sentences on walls whose cutoff is beyond all particles, which the other wall, say, keeps away."""
    length, unit = statistic.units.length, statistic.units.length_unit
    return [
        f"no {channel.species[0]} is ever farther than {seen.maximum / length:.6g} {unit} from the wall "
        f"{channel.site}: its force is known up to there, not to its cutoff of {channel.cutoff / length:g} {unit}"
        for channel, seen in _short_of(statistic, "wall")
        if not _meet_beyond(channel, next(iter(frames)))
    ]


def _short_of(statistic: Statistic, kind: str) -> Iterator[tuple[Channel, Coverage]]:
    """Channels whose largest sampled coordinate falls short of their cutoff."""
    for channel, seen in zip(statistic.channels, statistic.coverage, strict=True):
        if channel.kind == kind and 0 < seen.maximum < NEARLY * channel.cutoff:
            yield channel, seen


def _meet_beyond(channel: Channel, frame: Frame) -> bool:
    """Whether anything of a channel is between its cutoff and twice that distance."""
    [(_, collect)] = collectors([replace(channel, cutoff=2 * channel.cutoff)])
    return bool((collect(frame)[0].s >= channel.cutoff).any())


def check_walls_in_reach(statistic: Statistic, frames: Trajectory) -> None:
    """Refuse a wall so far outside the box that nobody in it can feel it.

    Raises
    ------
    InterpotError
        No particle was ever near a wall, and the first frame's box ends farther from it than its cutoff.
    """
    length, unit = statistic.units.length, statistic.units.length_unit
    alone = [
        channel
        for channel, seen in zip(statistic.channels, statistic.coverage, strict=True)
        if channel.kind == "wall" and not np.isfinite(seen.minimum)
    ]
    if not alone:
        return
    frame = next(iter(frames))
    surfaces = {surface.name: surface for surface in frame.surfaces}
    for channel in alone:
        surface = surfaces.get(channel.site)
        if surface is not None and (gap := outside(surface, frame)) > channel.cutoff:
            raise InterpotError(
                f"the wall {surface.name} at {surface.position / length:.6g} {unit} stands {gap / length:.4g} {unit} "
                f"outside the box of frame {frame.index} of '{frame.source}', farther than the "
                f"{channel.cutoff / length:g} {unit} that {channel.label} reaches: check the wall's position"
            )
