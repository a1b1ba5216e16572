"""How strong the noise of a heat bath is, kept beside a statistic: with the drag that is found it gives temperatures.

The sums of a statistic hold no products of the noise of single species, so these are measured on the first frames
(`interpot.trajectory.targets.fluctuations`), or, where the noise stands in recorded forces, on what no function
explains there: a force f held for a step δ has the impulse f δ, of which B = ⟨f²⟩ δ/2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Frame, Trajectory
from interpot.statistic.basis import KnotSplines
from interpot.statistic.heat_bath import PAIRS, Explained
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.recognition import best_functions
from interpot.trajectory.following import Instant, follow
from interpot.trajectory.motion import Motion, motion_of
from interpot.trajectory.targets import target_rows
from interpot.trajectory.targets.fluctuations import MEASURED, Fluctuation, fluctuations, mean_of

KEY = "heat baths"
"""In the provenance of a statistic."""

FRAMES = 2000
PARTICLES = 4_000_000
"""What is looked at: so many frames, or as many as hold so many particles."""


def with_heat_baths(statistic: Statistic, frames: Trajectory) -> dict[str, Any]:
    """What a statistic's provenance tells of its heat baths: nothing where there are none, else `KEY` or a remark."""
    motion = motion_of(statistic.provenance["target"])
    try:
        if not all(isinstance(basis, KnotSplines) for basis in statistic.bases):
            return {}  # over given functions nothing is discovered
        if motion.target == "langevin-forces":
            found = _in_forces(statistic, frames, motion)
        elif motion.target in MEASURED:
            walked = follow(_first(frames), motion, frames.units, lambda _: None)
            found = fluctuations(walked, motion, motion.target)
        else:
            return {}
    except InterpotError as error:
        return {"remarks": [f"the temperature of the noise is not known: {error}"]}
    return {KEY: {name: _written(of) for name, of in found.items()}}


def _written(of: Fluctuation) -> dict[str, Any]:
    """As JSON holds it, which has no NaN."""
    kinetic = None if of.kinetic is None or not np.isfinite(of.kinetic).all() else [*of.kinetic]
    return {
        "intensity": [*of.intensity],
        "mass": of.mass if np.isfinite(of.mass) else None,
        "kinetic": kinetic,
    }


def heat_baths(provenance: Mapping[str, Any]) -> dict[str, Fluctuation]:
    """Read what `with_heat_baths` wrote."""
    return {name: _read(of) for name, of in provenance.get(KEY, {}).items()}


def _read(of: Mapping[str, Any]) -> Fluctuation:
    B, error = of["intensity"]
    mass = float("nan") if of["mass"] is None else of["mass"]
    if of["kinetic"] is None:
        return Fluctuation((B, error), mass)
    temperature, uncertain = of["kinetic"]
    return Fluctuation((B, error), mass, (temperature, uncertain))


def drags(provenance: Mapping[str, Any]) -> dict[str, float]:
    """ζ of overdamped dynamics as it was given, by species; internal units."""
    return dict(motion_of(provenance.get("target", "recorded")).drag)


def _first(frames: Iterable[Frame]) -> Iterator[Frame]:
    particles = 0
    for frame in islice(frames, FRAMES):
        yield frame
        particles += len(frame.positions)
        if particles > PARTICLES:
            return


def _in_forces(statistic: Statistic, frames: Trajectory, motion: Motion) -> dict[str, Fluctuation]:
    """From the residual of the best functions in the first frames."""
    assert motion.timestep is not None
    explained = Explained(statistic.channels, statistic.bases, best_functions(statistic))
    # the functions have taken their part of the noise, too
    widened = statistic.rows / max(statistic.rows - sum(basis.size for basis in statistic.bases), 1)
    series: dict[str, list[float]] = {}
    kinetic: dict[str, list[float]] = {}
    masses = _masses(next(follow(frames, motion, frames.units, lambda _: None)))
    for windows in islice(target_rows(frames, motion, frames.units, lambda _: None), PAIRS):
        (frame,), (forces,) = windows.frames, windows.targets
        left = (forces - explained(frame))[:, : frame.dimension]
        for kind, name in enumerate(frame.species):
            if not (mine := frame.kinds == kind).any():
                continue
            variance = float((left[mine] ** 2).mean()) * widened
            series.setdefault(name, []).append(0.5 * motion.timestep * variance)
            assert frame.velocities is not None
            v = frame.velocities[mine, : frame.dimension]
            kinetic.setdefault(name, []).append(masses[name] * float((v**2).mean()))
    return {name: Fluctuation(mean_of(b), masses[name], mean_of(kinetic[name])) for name, b in series.items()}


def _masses(instant: Instant) -> dict[str, float]:
    """Mean masses by species."""
    kinds = instant.frame.kinds
    return {
        name: float(instant.masses[kinds == kind].mean())
        for kind, name in enumerate(instant.frame.species)
        if (kinds == kind).any()
    }
