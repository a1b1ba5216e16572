from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from argon_frames import METAL, at_steps, at_times, followed, frame

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.motion import Motion


def intervals(frames: Sequence[Frame], **known: float) -> list[float]:
    """Times between frames in ps."""
    instants, remarks = followed(frames, Motion(**known))  # type: ignore[arg-type]
    assert not remarks
    return [float(d) for d in np.diff([instant.time for instant in instants]) / METAL.time]


def steps(frames: Sequence[Frame], **known: float) -> list[int | None]:
    return [instant.steps for instant in followed(frames, Motion(**known))[0]]  # type: ignore[arg-type]


def both(steps: Sequence[int], times: Sequence[float]) -> list[Frame]:
    return [frame(k, step=s, time=t) for k, (s, t) in enumerate(zip(steps, times, strict=True))]


def test_the_time_of_the_file() -> None:
    instants, _ = followed(at_times([3.0, 3.25, 3.5, 3.7]))
    assert [instant.time / METAL.time for instant in instants] == pytest.approx([3.0, 3.25, 3.5, 3.7])
    assert [instant.steps for instant in instants] == [None] * 4


def test_steps_times_the_time_step() -> None:
    frames = at_steps([100, 120, 140, 165])
    instants, _ = followed(frames, Motion(timestep=0.002))
    assert [instant.time / METAL.time for instant in instants] == pytest.approx([0.2, 0.24, 0.28, 0.33])
    assert [instant.steps for instant in instants] == [None, 20, 20, 25]


def test_an_interval_for_files_without_any_clock() -> None:
    frames = [frame(index) for index in (0, 2, 4, 5)]  # chosen by a stride, say
    assert intervals(frames, interval=0.05) == pytest.approx([0.1, 0.1, 0.05])
    assert steps(frames, interval=0.05) == [None] * 4
    assert steps(frames, interval=0.05, timestep=0.0025) == [None, 40, 40, 20]


def test_an_interval_keeps_the_proportions_of_steps() -> None:
    frames = at_steps([100, 120, 140, 165])
    assert intervals(frames, interval=0.05) == pytest.approx([0.05, 0.05, 0.0625])
    assert steps(frames, interval=0.05) == [None, 20, 20, 25]


def test_an_interval_overrides_times_and_says_so() -> None:
    instants, remarks = followed(at_times([0, 1, 2, 3.2]), Motion(interval=0.05))
    assert np.diff([i.time for i in instants]) / METAL.time == pytest.approx([0.05, 0.05, 0.06])
    assert remarks == [
        "the frames of 'a.dump' are 1 ps apart by the file's times, 0.05 ps by the interval that was given: 0.05 ps is "
        "used, the file's times are not"
    ]


def test_a_time_step_overrides_times_and_says_so() -> None:
    frames = both([0, 10, 20], [0, 0.01, 0.02])
    instants, remarks = followed(frames, Motion(timestep=0.002))
    assert np.diff([i.time for i in instants]) / METAL.time == pytest.approx([0.02, 0.02])
    assert remarks == [
        "the frames of 'a.dump' are 0.01 ps apart by the file's times, 0.02 ps by the time step of 0.002 ps that was "
        "given and the file's step numbers: 0.02 ps is used, the file's times are not"
    ]
    assert followed(frames, Motion(timestep=0.001))[1] == []
    assert followed(frames)[1] == []


def test_times_in_single_precision_do_not_disagree() -> None:
    start = 1e4
    times = [float(np.float32(start + k * 0.02)) for k in range(4)]
    assert times[1] - times[0] != pytest.approx(0.02, rel=1e-3)
    assert intervals(both([0, 10, 20, 30], times), timestep=0.002) == pytest.approx([0.02] * 3)


@pytest.mark.parametrize("unit", [1.0, 1e-3])
def test_times_in_single_precision_are_what_they_were(unit: float) -> None:
    """A file that has them in ps or fs, of a trajectory in ps."""
    singles = np.array([1e4 + k * 0.02 for k in range(5)], dtype=np.float32)
    frames = at_times([float(t) * unit for t in singles])
    assert np.diff(singles)[0] != pytest.approx(0.02, rel=1e-3)
    assert intervals(frames) == pytest.approx([0.02 * unit] * 4, rel=1e-9)
    doubles = [1 / 3 + k * 0.02 / 7 for k in range(5)]
    instants, _ = followed(at_times(doubles))
    assert [i.time / METAL.time for i in instants] == pytest.approx(doubles, rel=1e-14)


def test_time_step_and_interval_that_disagree() -> None:
    _, remarks = followed(at_steps([0, 10, 20]), Motion(timestep=0.002, interval=0.05))
    assert remarks == [
        "the frames of 'a.dump' are 0.02 ps apart by the time step of 0.002 ps that was given and the file's step "
        "numbers, 0.05 ps by the interval that was given: 0.02 ps is used"
    ]
    with pytest.raises(
        InterpotError,
        match=r"between frame 0 of 'a.dump' and frame 1 there are 0.05 ps, 16.67 time steps of 0.003 ps: expected a "
        "whole number; mend --timestep or --interval",
    ):
        followed([frame(0), frame(1)], Motion(timestep=0.003, interval=0.05))


def test_steps_are_counted_from_times() -> None:
    assert steps(at_times([0, 0.02, 0.04, 0.062]), timestep=0.002) == [None, 10, 10, 11]
    assert steps(at_times([0, 0.02, 0.04]), timestep=0.003) == [None, None, None]


def test_times_that_are_no_multiple_of_the_time_step_are_remarked() -> None:
    _, remarks = followed(at_times([0, 0.02, 0.04]), Motion(timestep=0.003))
    assert remarks == [
        "the frames of 'a.dump' are 0.02 ps apart by the file's times, 6.667 time steps of the 0.003 ps that were "
        "given: the file's times are used; where they are wrong, give --interval, the time between two recorded frames"
    ]


def test_clocks_that_stand_still_give_way_to_an_interval() -> None:
    assert intervals(at_times([0, 0, 0, 0]), interval=0.05) == pytest.approx([0.05] * 3)
    assert intervals(at_steps([0, 0, 0, 0]), interval=0.05) == pytest.approx([0.05] * 3)


@pytest.mark.parametrize(
    ("frames", "known", "words"),
    [
        (
            at_steps([0, 10]), {},
            "tells step numbers but no times: give --timestep, the time of one integrator step in ps .timestep= in "
            "Python., or --interval, the time between two recorded frames in ps .interval= in Python.",
        ),
        (
            [frame(0), frame(1)], {"timestep": 0.002},
            "tells neither times nor step numbers: give --interval, the time between two recorded frames in ps",
        ),
    ],
)  # fmt: skip
def test_an_unknown_time_between_frames(frames: list[Frame], known: dict[str, float], words: str) -> None:
    place = r"frame 0 (\(step 0\) )?of 'a.dump' "
    with pytest.raises(InterpotError, match="the time between frames is unknown, since " + place + words):
        followed(frames, Motion(**known))  # type: ignore[arg-type]


def test_a_frame_without_the_time_that_others_have() -> None:
    frames = at_times([0, 1, 2, 3])
    with pytest.raises(InterpotError, match=r"since frame 2 of 'a.dump' tells neither"):
        followed([*frames[:2], replace(frames[2], time=None)])
