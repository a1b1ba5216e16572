"""Trial passes over the first frames.

With windows of several widths, to choose one (`interpot.statistic.width`); and with and without a thermostat that
scales all momenta alike, to see whether there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.statistic.accumulator import Accumulator
from interpot.statistic.basis import Basis, KnotSplines, splines_for
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import unexplained
from interpot.statistic.width import WidthChoice, best_width
from interpot.threads import one_blas_thread
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets import TARGETS, Windows
from interpot.units import UnitStyle

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
"""Half-widths that are tried, in frames."""

COARSE = 5
"""Times the usual spacing of knots: a trial tells widths apart, not functions."""

MOST_PLACES = 1_000_000
"""Particles at instants, those between frames too, in one trial: for more, trials are of frames alone."""

_SLACK = 0.97  # of the closest pair of the first frames: others of the path are hardly closer


SCALED = 100.0
"""How many times better than chance an unknown factor of all momenta explains the rows of a thermostat's run.

Measured on liquid argon, 2 to 160 fs between frames: 1 to 32 without a thermostat, as sums over few times err; 2e4 to
1e5 with Nosé-Hoover's, Berendsen's or Bussi's of 0.1 ps. What is below is a few per cent of what is left of hundreds of
rows, and does no harm.
"""

_NARROW = 3
"""Half-width of the windows of that trial, where none is given."""


@one_blas_thread()
def scaled_momenta(
    first: Sequence[Instant], channels: Sequence[Channel], motion: Motion, units: UnitStyle
) -> float:
    """How many times better than chance a factor of all momenta explains what the functions leave: Fisher's F.

    NaN where too few rows would be left to tell.

    Parameters
    ----------
    first, channels, motion, units
        As for `trial_width`.
    """
    bases, _ = _of_instants(first, channels, units)
    motion = replace(_affordable(motion, first), width=motion.width or (_NARROW,))
    try:
        plain, freed = (
            _pass(first, channels, bases, replace(motion, thermostat=thermostat), units)
            for thermostat in ("none", "global")
        )
    except InterpotError:  # too few frames
        return float("nan")
    if freed.rows <= len(freed.moment):
        return float("nan")
    left, without = unexplained(plain), unexplained(freed)
    explained = (left * plain.rows - without * freed.rows) / (plain.rows - freed.rows)
    return explained / without if without > 0 else float("inf") if explained > 0 else 0.0


@one_blas_thread()
def trial_width(
    first: Sequence[Instant], channels: Sequence[Channel], motion: Motion, units: UnitStyle
) -> tuple[int, str]:
    """Choose the half-width of the windows, and say why.

    Parameters
    ----------
    first
        The first frames of the data.
    channels
        What the forces may depend on.
    motion
        Settled but for the width.
    units
        For the sentence.
    """
    motion = _affordable(motion, first)
    bases, instantaneous = _of_instants(first, channels, units)
    grams: dict[int, FloatArray] = {}
    moments: dict[int, FloatArray] = {}
    for width in WIDTHS:
        try:
            trial = _pass(first, channels, bases, replace(motion, width=(width,)), units)
        except InterpotError:  # too few frames for it, and for all that are wider
            if not grams:
                raise
            break
        if trial.bases != instantaneous.bases:
            trial = replace(trial, bases=instantaneous.bases, blocks=trial.blocks_over(instantaneous.bases))
        grams[width] = np.array([trial.blocks.gram(k) for k in range(len(trial.blocks))])
        moments[width] = trial.blocks.moment
    try:
        choice = best_width(grams, moments, instantaneous.gram / instantaneous.rows)
    except InterpotError:
        width = min(grams, default=1)
        return (
            width,
            f"too few frames to choose windows from the data: those of half-width {width} are taken, see --width",
        )
    return choice.width, _why(choice, first, instantaneous, units)


def _affordable(motion: Motion, first: Sequence[Instant]) -> Motion:
    """The same on frames alone, where the places between them would be too many."""
    particles = sum(len(instant.path) for instant in first)
    return replace(motion, substeps=1) if particles * (motion.substeps or 1) > MOST_PLACES else motion


def _of_instants(
    first: Sequence[Instant], channels: Sequence[Channel], units: UnitStyle
) -> tuple[list[Basis], Statistic]:
    """Coarse bases that reach as close as pairs come, and the sums of single frames over them."""
    fine = splines_for(channels)
    bases: list[Basis] = [replace(basis, spacing=COARSE * basis.spacing) for basis in fine]
    with closing(Accumulator(channels, bases)) as accumulator:
        for instant in first:
            accumulator.add(Windows.of(instant.frame, np.zeros_like(instant.path)))
        met = accumulator.statistic(units, {})
    grown: list[Basis] = [
        basis.covering(_SLACK * seen.minimum if np.isfinite(seen.minimum) else basis.cutoff)
        if isinstance(basis, KnotSplines) and seen.minimum > 0
        else basis
        for basis, seen in zip(met.bases, met.coverage, strict=True)
    ]
    return grown, replace(met, bases=tuple(grown), blocks=met.blocks_over(grown))


def _pass(
    first: Sequence[Instant],
    channels: Sequence[Channel],
    bases: Sequence[Basis],
    motion: Motion,
    units: UnitStyle,
) -> Statistic:
    """The sums of the first frames, a block for every group of windows."""
    with closing(Accumulator(channels, bases, block_length=1)) as accumulator:
        for windows in TARGETS[motion.target].load()(iter(first), motion):
            accumulator.add(windows)
        return accumulator.statistic(units, {})


def _why(choice: WidthChoice, first: Sequence[Instant], instantaneous: Statistic, units: UnitStyle) -> str:
    """Say which width it is and what the others would have cost."""
    interval = float(np.median(np.diff([instant.time for instant in first]))) / units.time
    errors = {width: error / units.force for width, error in choice.errors.items()}
    others = [f"{error:.2g} with {width}" for width, error in errors.items() if width != choice.width]
    return (
        f"windows of half-width {choice.width} frames ({choice.width * interval:.4g} {units.time_unit}) are taken: by "
        f"{len(first)} frames their fit should err by {errors[choice.width]:.2g} "
        f"{units.energy_unit}/{units.length_unit}" + (f" ({', '.join(others)})" if others else "")
    )
