"""The time that passes from frame to frame: as the file tells it, or the user."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.motion import Motion
from interpot.trajectory.place import place
from interpot.units import UnitStyle

AGREEMENT = 1e-3
"""Relative difference of two intervals from which on it is remarked; some formats keep times in single precision."""


class Clock:
    """Tells the time of frames by what is most to be trusted.

    Step numbers times the `timestep` that the user gave; else the file's times; else its step numbers, or the
    numbers of its frames, such that one recorded frame follows another after the `interval` that the user gave.
    An interval also overrides the file's times, whose proportions are kept: a gap in them remains one.

    Parameters
    ----------
    motion
        In internal units.
    units
        For messages.
    remark
        Is called with what the user should know.
    """

    def __init__(self, motion: Motion, units: UnitStyle, remark: Callable[[str], None]) -> None:
        self._step, self._interval = motion.timestep, motion.interval
        self._units, self._remark = units, remark
        # internal time per unit of the file's clock, where an interval sets it
        self._rate: float | None = None
        self._by_frames = False  # the file's own clock stands still
        self._compared = False

    def first(self, frame: Frame) -> float:
        """Time at which a walk begins, internal units.

        Raises
        ------
        InterpotError
            Neither the file nor the user tells the time between frames.
        """
        kind, reading = self._reading(frame)
        if kind == "step" and self._step is not None:
            return reading * self._step
        return reading if kind == "time" and self._interval is None else 0.0

    def passed(self, before: Frame, frame: Frame) -> float | None:
        """Time since another frame, internal units; not positive where a run begins again, None where no clock tells.

        Raises
        ------
        InterpotError
            Neither the file nor the user tells the time between frames.
        """
        (kind, start), (same, end) = self._reading(before), self._reading(frame)
        if kind != same:
            return None
        if kind == "step" and self._step is not None:
            spacing = (end - start) * self._step
        elif kind == "time" and self._interval is None:
            spacing = end - start
        else:
            assert self._interval is not None
            spacing = self._by_interval(before, frame, end - start, kind)
        self._compare(before, frame, spacing)
        return spacing

    def steps(self, before: Frame, frame: Frame, spacing: float) -> int | None:
        """Integrator steps since another frame, where file or user tell.

        Raises
        ------
        InterpotError
            The interval that the user gave is no whole number of the time steps that the user gave.
        """
        if before.step is not None and frame.step is not None:
            return frame.step - before.step if frame.step > before.step else None
        if self._step is None:
            return None
        if self._are_steps(spacing):
            return round(spacing / self._step)
        if self._interval is not None:
            raise InterpotError(
                f"between {place(before.source, before.index)} and frame {frame.index} there are "
                f"{self._shown(spacing)}, {spacing / self._step:.4g} time steps of {self._shown(self._step)}: expected "
                "a whole number; mend --timestep or --interval"
            )
        return None

    def _are_steps(self, spacing: float) -> bool:
        """Whether a time is a whole number of the time steps that the user gave."""
        assert self._step is not None
        steps = round(spacing / self._step)
        return steps > 0 and abs(spacing / self._step - steps) < 0.01 * max(1.0, 0.01 * steps)

    def _reading(self, frame: Frame) -> tuple[str, float]:
        """What the clock to be trusted reads: its name and a number."""
        if frame.step is not None and self._step is not None:
            return "step", frame.step
        if frame.time is not None and not self._by_frames:
            return "time", self._decimal(frame.time)
        if self._interval is None:
            raise self._unknown(frame)
        if frame.step is not None and not self._by_frames:
            return "step", frame.step
        return "frame", frame.index

    def _decimal(self, time: float) -> float:
        """The decimal number that a time was before a file kept it in single precision; others as they are.

        At 1,000 ps, single precision is a hundredth of a step of 6 fs: too much for differences of times.
        """
        for scale in (1.0, 1e3, 1e-3):  # the style's unit, or picoseconds for femtoseconds, or the reverse
            unit = scale * self._units.time
            single = np.float32(time / unit)
            if abs(float(single) * unit - time) <= 1e-15 * abs(time):
                return float(str(single)) * unit
        return time

    def _by_interval(self, before: Frame, frame: Frame, ticks: float, kind: str) -> float:
        """Time since another frame, `ticks` of the file's clock, by the interval between recorded frames."""
        assert self._interval is not None
        frames = frame.index - before.index
        if kind == "frame":
            return frames * self._interval
        if self._rate is None and frames > 0:
            if ticks == 0:
                self._by_frames = True
                return frames * self._interval
            if ticks > 0:
                self._rate = frames * self._interval / ticks
        return ticks * (1.0 if self._rate is None else self._rate)

    def _compare(self, before: Frame, frame: Frame, spacing: float) -> None:
        """Remark, at the first step forward, that the user's time is not the file's."""
        if self._compared or spacing <= 0:
            return
        self._compared = True
        frames = frame.index - before.index
        if self._step and self._interval is None and frame.step is None and not self._are_steps(spacing):
            self._remark(
                f"the frames of '{frame.source}' are {self._shown(spacing)} apart by the file's times, "
                f"{spacing / self._step:.4g} time steps of the {self._shown(self._step)} that were given: the file's "
                "times are used; where they are wrong, give --interval, the time between two recorded frames"
            )
        if (
            (self._step or self._interval)
            and not self._by_frames
            and before.time is not None
            and frame.time is not None
            and abs(frame.time - before.time - spacing) > AGREEMENT * spacing + 1e-6 * abs(frame.time)
        ):
            self._remark(
                f"the frames of '{frame.source}' are {self._shown(frame.time - before.time)} apart by the file's "
                f"times, {self._shown(spacing)} by {self._given(frame)}: {self._shown(spacing)} is used, the file's "
                "times are not"
            )
        if self._step and self._interval and frame.step is not None and frames > 0:
            expected = frames * self._interval
            if abs(expected - spacing) > AGREEMENT * spacing:
                self._remark(
                    f"the frames of '{frame.source}' are {self._shown(spacing)} apart by {self._given(frame)}, "
                    f"{self._shown(expected)} by the interval that was given: {self._shown(spacing)} is used"
                )

    def _given(self, frame: Frame) -> str:
        """What the user gave that tells the time between frames."""
        if self._step is not None and frame.step is not None:
            return f"the time step of {self._shown(self._step)} that was given and the file's step numbers"
        return "the interval that was given"

    def _unknown(self, frame: Frame) -> InterpotError:
        unit = self._units.time_unit
        steps = (
            f"--timestep, the time of one integrator step in {unit} (timestep= in Python), or "
            if frame.step is not None
            else ""
        )
        tells = "step numbers but no times" if frame.step is not None else "neither times nor step numbers"
        return InterpotError(
            f"the time between frames is unknown, since {place(frame.source, frame.index, frame.step)} tells {tells}: "
            f"give {steps}--interval, the time between two recorded frames in {unit} (interval= in Python)"
        )

    def _shown(self, time: float) -> str:
        return f"{time / self._units.time:.6g} {self._units.time_unit}"
