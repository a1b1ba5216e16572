"""Stretches of time: where they begin, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from argon_frames import METAL, at_steps, at_times, followed, frame
from lammps_runs import dump_path

from interpot import read
from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.following import follow
from interpot.trajectory.motion import Motion
from interpot.units import unit_style


def stretches(frames: Sequence[Frame], motion: Motion | None = None) -> list[list[int]]:
    """Numbers of the frames in each stretch."""
    found: list[list[int]] = []
    for instant in followed(frames, motion)[0]:
        if instant.begins:
            found.append([])
        found[-1].append(frames.index(instant.frame))
    return found


def lengths(times: Sequence[float]) -> list[int]:
    return [len(stretch) for stretch in stretches(at_times(times))]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([0, 1, 2, 3, 4], [5]),
        ([0, 1, 2, 3.5, 4, 5], [6]),  # irregular, no more than half as far again
        ([0, 1, 2, 3.6, 4.6], [3, 2]),
        ([0, 1, 2, 1, 2, 3], [3, 3]),  # restarted from earlier
        ([0, 1, 2, 2, 3], [3, 2]),  # stands still
        ([0, 1, 2, 12, 22, 32], [3, 3]),  # saved more rarely from there
        ([5, 10, 20, 30, 40], [2, 3]),  # a run that does not begin at a multiple
        ([5, 100, 110, 120], [2, 2]),
        ([1000, 1010, 1020, 1023, 1030, 1040], [6]),  # the last frame of a run, between those of a dump
        ([0, 1, 2, 4, 8, 16, 32], [3, 2, 2]),  # a stretch takes its first spacing as it comes
    ],
)
def test_where_stretches_begin(times: list[float], expected: list[int]) -> None:
    assert lengths(times) == expected


def test_spacings_that_grow_slowly_are_no_gaps() -> None:
    """As an adaptive time step makes them."""
    assert lengths(np.cumsum(1.1 ** np.arange(40)).tolist()) == [40]


def test_gaps_by_steps() -> None:
    frames = at_steps([0, 10, 20, 50, 60, 70])
    for motion in (Motion(timestep=0.002), Motion(interval=0.02)):
        assert stretches(frames, motion) == [[0, 1, 2], [3, 4, 5]]
        assert followed(frames, motion)[1] == [
            "1 gap in time, before frame 3 (step 50) of 'a.dump': windows do not reach across it"
        ]


def test_paths_begin_anew_behind_a_gap() -> None:
    """Nothing is known of what happened in it: no move is too far."""
    frames = at_times([0, 1, 2, 10, 11])
    far = [replace(f, positions=f.positions + 4.9 * (k > 2)) for k, f in enumerate(frames)]
    instants, remarks = followed(far)
    assert instants[3].path is far[3].positions and instants[3].begins and instants[3].steps is None
    assert remarks == ["1 gap in time, before frame 3 of 'a.dump': windows do not reach across it"]
    assert instants[3].time / METAL.time == pytest.approx(10)


def test_several_gaps_are_counted() -> None:
    _, remarks = followed(at_times([0, 1, 2, 5, 6, 9, 10]))
    assert remarks == [
        "2 gaps in time, the first before frame 3 of 'a.dump': windows do not reach across them"
    ]


def test_a_thousand_short_runs_one_after_the_other() -> None:
    frames = at_times([float(k % 4) for k in range(4000)])
    instants, remarks = followed(frames)
    assert [instant.begins for instant in instants] == [k % 4 == 0 for k in range(4000)]
    assert remarks == [
        "time begins anew 999 times, first in frame 4 of 'a.dump': windows do not reach across from run to run"
    ]


def test_a_run_in_several_files() -> None:
    first = at_times([0, 1, 2])
    second = [replace(f, source="b.dump", index=k) for k, f in enumerate(at_times([3, 4, 5]))]
    assert stretches([*first, *second]) == [[0, 1, 2, 3, 4, 5]]
    apart = [replace(f, source="b.dump", index=k) for k, f in enumerate(at_times([0, 1, 2]))]
    assert stretches([*first, *apart]) == [[0, 1, 2], [3, 4, 5]]
    # without times in the files nothing says that they belong together
    unknown = [replace(f, time=None) for f in (*first, *apart)]
    assert stretches(unknown, Motion(interval=1.0)) == [[0, 1, 2], [3, 4, 5]]


def test_a_frame_that_is_written_twice_is_dropped() -> None:
    frames = at_times([0, 1, 2, 2, 3, 4])
    frames[3] = replace(frames[3], positions=frames[2].positions.copy(), source="b.dump", index=0)
    frames[4:] = [replace(f, source="b.dump", index=k + 1) for k, f in enumerate(frames[4:])]
    instants, remarks = followed(frames)
    assert [frames.index(instant.frame) for instant in instants] == [0, 1, 2, 4, 5]
    assert [instant.begins for instant in instants] == [True, False, False, False, False]
    assert not remarks


@pytest.mark.parametrize("change", ["number", "ids", "species", "dimension"])
def test_other_particles(change: str) -> None:
    known: dict[str, object] = {
        "number": {"positions": np.ones((1, 3)), "kinds": np.zeros(1, dtype=np.int64), "masses": np.ones(1)},
        "ids": {"ids": np.array([1, 3])},
        "species": {"species": ("Ar", "Ne"), "kinds": np.array([0, 1])},
        "dimension": {"dimension": 2},
    }[change]  # type: ignore[assignment]
    frames = [replace(f, ids=np.array([1, 2])) for f in at_times([0, 1, 2, 3, 4])]
    frames[2:] = [replace(f, **known) for f in frames[2:]]  # type: ignore[arg-type]
    if change == "number":
        frames[2:] = [replace(f, ids=np.array([1])) for f in frames[2:]]
    assert stretches(frames) == [[0, 1], [2, 3, 4]]
    assert followed(frames)[1] == [
        "the particles change once, first in frame 2 of 'a.dump': windows do not reach across"
    ]


def test_names_of_species_that_no_particle_has_change_nothing() -> None:
    frames = at_times([0, 1, 2])
    frames[1] = replace(frames[1], species=("Ag", "Ar"), kinds=np.array([1, 1]))
    assert stretches(frames) == [[0, 1, 2]]


def test_masses_for_species_that_never_turn_up() -> None:
    with pytest.raises(InterpotError, match="a mass is given for species 'Xe', but there are only Ar"):
        followed(at_times([0, 1, 2]), Motion(masses={"Xe": 131.3}))


def test_a_clock_that_is_lost_on_the_way() -> None:
    frames = at_times([0, 1, 2, 3, 4])
    frames[3:] = [replace(f, time=None) for f in frames[3:]]
    assert stretches(frames, Motion(interval=1.0)) == [[0, 1, 2], [3, 4]]


def test_one_frame_at_a_time() -> None:
    drawn = 0

    def endless() -> Iterator[Frame]:
        nonlocal drawn
        while True:
            yield frame(drawn, time=float(drawn))
            drawn += 1

    instants = follow(endless(), Motion().internal(METAL), METAL, print)
    for k in range(5):
        assert next(instants).frame.index == k == drawn


def test_a_run_of_lammps(lammps_dumps: Path) -> None:
    """Wrapped positions, with the time step given, against unwrapped ones with times."""
    real = unit_style("real")
    masses = {"1": 20.18, "2": 131.3}
    remarks: list[str] = []
    wrapped = [replace(f, unwrapped=None) for f in read(dump_path(lammps_dumps, "x"), units="real")]
    motion = Motion(timestep=4.0, masses=masses).internal(real)
    ours = list(follow(wrapped, motion, real, remarks.append))
    timed = read(dump_path(lammps_dumps, "units"), species={"1": "1", "2": "2"})
    theirs = list(follow(timed, Motion(masses=masses).internal(real), real, remarks.append))
    assert not remarks and len(ours) == len(theirs) == 7
    for one, two in zip(ours, theirs, strict=True):
        assert one.time == pytest.approx(two.time) and one.steps == two.steps and one.begins == two.begins
        assert set(one.masses) == {20.18, 131.3} and np.array_equal(one.masses, two.masses)
        np.testing.assert_allclose(one.path - ours[0].path, two.path - theirs[0].path, atol=1e-11)
