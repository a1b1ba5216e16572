"""Which windows are made of which frames: stretches of instants cut into groups of overlapping windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from interpot.errors import InterpotError
from interpot.trajectory.following import Instant

_EARLY = 12
"""Groups stay small until this many of their size have passed, so that 200 frames still give 30 of them."""

_STRIDES = 8
"""Most starts of the widest windows in one group, so that its halo is half of the frames it owns, or less."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Windows over consecutive instants without a gap.

    Attributes
    ----------
    instants : T
        Those the group owns, and behind them a halo that its last windows reach into.
    windows
        (first instant, half-width L) of each window, which spans 2L + 1 instants.
    fresh
        How many instants, the first, the group owns. None is owned twice; those at the end of a stretch behind which
        no window begins may be owned by no group.
    """

    instants: tuple[Instant, ...]
    windows: tuple[tuple[int, int], ...]
    fresh: int


def stride(half_width: int) -> int:
    """How many frames apart windows start: at each for a hat, at half the half-width for a bump.

    A bump of power 8 falls to half its height at 0.3 of its half-width: closer ones hold hardly anything more.
    """
    return max(1, half_width // 2)


def groups(instants: Iterable[Instant], widths: tuple[int, ...], parts: int = 1) -> Iterator[Group]:
    """Cut instants into groups, keeping no more than one group of them.

    Groups are as small as can be at first and grow with the trajectory, for error bars need many of them but each
    evaluates the features of its halo once more. A stretch that is shorter than a window is passed over.

    Parameters
    ----------
    instants
        In order of time; `Instant.begins` begins a stretch.
    widths
        Half-widths, in instants; windows of each are made.
    parts
        Instants per frame, for the message.

    Raises
    ------
    InterpotError
        No stretch holds a window.
    """
    reach, step = 2 * max(widths), stride(max(widths))
    pending: list[Instant] = []
    seen = longest = length = 0
    for instant in instants:
        if instant.begins:
            yield from _rest(pending, widths)
            pending, length = [], 0
        pending.append(instant)
        seen, length = seen + 1, length + 1
        longest = max(longest, length)
        own = step * min(max((seen - reach) // (_EARLY * step), 1), _STRIDES)
        if len(pending) >= own + reach:
            yield Group(tuple(pending), _windows(own, len(pending), widths), fresh=own)
            pending = pending[own:]
    yield from _rest(pending, widths)
    needed = 2 * min(widths) + 1
    if longest < needed:
        raise InterpotError(
            f"{-(-longest // parts)} successive frames at most, where a window of half-width {min(widths) // parts} "
            f"spans {-(-needed // parts)}: "
            "give a longer trajectory without gaps, or a smaller width"
        )


def _rest(pending: list[Instant], widths: tuple[int, ...]) -> Iterator[Group]:
    """What is left at the end of a stretch, if it holds a window."""
    if windows := _windows(len(pending), len(pending), widths):
        yield Group(tuple(pending), windows, fresh=len(pending))


def _windows(own: int, length: int, widths: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """The windows that begin at one of the first `own` instants and end among `length`."""
    return tuple(
        (first, width)
        for width in sorted(set(widths))
        for first in range(0, min(own, length - 2 * width), stride(width))
    )
