"""Stretches cut into groups: no frame owned twice, every window inside one stretch."""

from __future__ import annotations

import numpy as np
import pytest
from instants import instants

from interpot.errors import InterpotError
from interpot.trajectory.following import Instant
from interpot.trajectory.targets.grouping import groups, stride


def still(count: int, begins: tuple[int, ...] = (0,)) -> list[Instant]:
    return instants(np.zeros((count, 1, 3)), np.arange(count, dtype=float), begins=begins)


@pytest.mark.parametrize("widths", [(1,), (2,), (8,), (1, 4, 8)])
@pytest.mark.parametrize("count", [17, 40, 200, 1500])
def test_every_frame_is_owned_at_most_once_and_every_window_made_once(
    count: int, widths: tuple[int, ...]
) -> None:
    owned: list[int] = []
    windows = set()
    for group in groups(iter(still(count)), widths):
        first = group.instants[0].frame.index
        owned += [instant.frame.index for instant in group.instants[: group.fresh]]
        for start, width in group.windows:
            assert start + 2 * width < len(group.instants)
            window = (first + start, width)
            assert window not in windows
            windows.add(window)
    assert owned == list(range(len(owned)))
    assert count - 2 * max(widths) <= len(owned) <= count  # the halo of the last group may be owned by none
    for width in widths:
        starts = sorted(start for start, half in windows if half == width)
        assert starts[0] == 0
        assert max(np.diff(starts), default=1) <= stride(width)
        assert starts[-1] > count - 1 - 2 * width - stride(width)


@pytest.mark.parametrize("width", [1, 4, 8])
def test_two_hundred_frames_give_thirty_groups(width: int) -> None:
    assert len(list(groups(still(200), (width,)))) >= 30


def test_a_long_trajectory_is_read_little_more_than_once() -> None:
    evaluated = [len(group.instants) for group in groups(still(4000), (8,))]
    assert sum(evaluated) < 2 * 4000
    assert max(evaluated) <= 4 * 8 + 16


def test_windows_never_straddle_a_gap_and_short_stretches_are_passed_over() -> None:
    made = list(groups(still(60, begins=(0, 20, 23)), (3,)))
    for group in made:
        indices = [instant.frame.index for instant in group.instants]
        assert indices == list(range(indices[0], indices[0] + len(indices)))
        assert not any(instant.begins for instant in group.instants[1:])
        assert not {20, 21, 22} & set(indices)
    assert {i.frame.index for group in made for i in group.instants} == set(range(60)) - {20, 21, 22}


def test_no_stretch_holds_a_window() -> None:
    with pytest.raises(
        InterpotError, match="12 successive frames at most, where a window of half-width 8 spans 17"
    ):
        list(groups(still(24, begins=(0, 12)), (8,)))
    with pytest.raises(InterpotError, match="0 successive frames"):
        list(groups([], (1,)))


def test_of_several_widths_those_that_fit_are_made() -> None:
    (group,) = groups(still(10), (2, 8))
    assert {width for _, width in group.windows} == {2}
