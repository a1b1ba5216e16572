"""Pressure on walls, by their force and by the virial theorem.

A plane wall of area A that the particles push with a force F along +axis is under the pressure P = ±<F>/A. Nothing
else is needed where the engine records F.

The virial theorem gives the same pressure without it. Between walls Σ m z v_z is bounded, so that the mean of its
derivative vanishes in a stationary state,

    <Σ m v_z²> + <Σ z_i f_i,z> = 0,                                                         (1)

f_i being the whole force on i, of pairs and walls. That is a check of any run that holds forces and velocities: the
ratio of the two, the *virial balance*, is 1. With Σ z_i f_i,z = W_zz + Σ_i z_i f_wall,i, walls at X_lo and
X_hi = X_lo + L, distances s from each, and a force <F_hi> = -<F_lo> = P A on them,

    P A L = <Σ m v_z²> + <W_zz> + Σ_walls <Σ_i s_i (-φ'_wall(s_i))>:                        (2)

the virial pressure of the pairs along the normal, that of the walls themselves added, which makes up for the layer that
particles cannot enter. Engines record the first two as p_zz V. The last needs the wall's function, and takes that of
the potential that was found, for both runs.

Sources: J.-P. Hansen and I. R. McDonald, Theory of Simple Liquids, 4th ed. (2013), section 2.2;
J. S. Rowlinson and B. Widom, Molecular Theory of Capillarity (1982), section 4.3 (the normal pressure is the same
everywhere between walls, the tangential one is not).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from interpot.comparison import Curve
from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.geometry import across
from interpot.proof.observables.blocks import block_count, mean_value, scatter
from interpot.proof.observables.confined import (
    Boundary,
    boundaries,
    changing,
    enclosed,
    place_of,
    surface_area,
)
from interpot.proof.observables.pressure import frame_pressure, ideal_pressure
from interpot.proof.observables.radial import volume
from interpot.proof.observables.recorded import Measured, Quantity, Recorded
from interpot.proof.observables.windows import windows
from interpot.records import FloatArray, Frame, Surface

_AXES = "xyz"


def measure(run: Recorded) -> Iterator[Measured]:
    """Pressure on each wall, and between two that stand the virial pressure and the virial balance along the normal.

    Where a wall moves, pressures are given against the time. Deviations are small or large against the pressure of
    an ideal gas.
    """
    changes = changing(run)
    for boundary in boundaries(run):
        yield from _on_wall(run, boundary, changes)
    for axis in range(run.first.dimension):
        walls = enclosed(run, axis)
        if walls is not None and not any(wall.moves for wall in walls):
            yield from _virial(run, axis, walls)
            if not any(wall.surface.hard for wall in walls):  # these have no force that could be recorded
                yield _balance(run, axis)


# ---------------------------------------------------------------------------- the force on walls


def _on_wall(run: Recorded, boundary: Boundary, changes: bool) -> Iterator[Measured]:
    unit, style = run.units.pressure_unit, run.units
    mean = Quantity(f"wall pressure {boundary.name}", unit)
    if boundary.forces is None:
        if boundary.positions is not None:
            yield mean.missing(
                f"the run does not hold the force on the wall: no '{boundary.name}' in its series"
            )
        return
    try:
        series = wall_pressure(run, boundary)
    except InterpotError as error:
        yield mean.missing(str(error))
        return
    if not changes:
        curved = "" if boundary.surface.shape == "plane" else "on the area at the wall's own position"
        yield Measured(
            mean, mean_value(series), len(series), curved, scale=ideal_pressure(run), scatter=scatter(series)
        )
        return
    against = Quantity(f"wall pressure {boundary.name}", unit, "t", style.time_unit, many=True)
    if "time" not in run.thermo:
        yield against.missing("the run does not tell its times")
        return
    curve = windows(run.thermo["time"], series)
    if curve is None:
        yield against.missing(f"{len(series)} rows of the force on the wall are too few: record more often")
        return
    yield Measured(against, curve, len(series), "while a wall moves", scale=ideal_pressure(run))


def wall_pressure(run: Recorded, boundary: Boundary) -> FloatArray:
    """Pressure on a wall in each row of thermo, (m,) in the style's unit; raises `InterpotError` without an area."""
    assert boundary.forces is not None
    area = surface_area(run, boundary)
    return np.asarray(-boundary.surface.inward * boundary.forces / area * run.units.nktv2p)


# ---------------------------------------------------------------------------- the virial theorem


def _virial(run: Recorded, axis: int, walls: tuple[Boundary, Boundary]) -> Iterator[Measured]:
    """P by (2), where the found potential tells the walls' functions."""
    if run.potential is None:
        return
    quantity = Quantity(f"virial pressure along {_AXES[axis]}", run.units.pressure_unit)
    if any(c.kind == "field" for c in run.potential.channels):
        yield quantity.missing("a field acts, whose part in the virial is not known")
        return
    try:
        series = virial_pressure(run, axis, walls, run.potential)
    except InterpotError as error:
        yield quantity.missing(str(error))
        return
    curve, count = mean_value(series, len(series)), len(run.frames)
    yield Measured(quantity, curve, count, _beside(run, walls, curve), scale=ideal_pressure(run))


def virial_pressure(
    run: Recorded, axis: int, walls: tuple[Boundary, Boundary], potential: Potential
) -> FloatArray:
    """Pressure by equation (2) in each block of a run, (b,) in the style's units.

    Raises
    ------
    InterpotError
        A wall's place, the pressure of the pairs or the function of a wall is unknown.
    """
    style = run.units
    low, high = (place_of(run, wall) for wall in walls)
    volume_between = float(surface_area(run, walls[0])[0] * (high[0] - low[0]))
    pairs = _pair_part(run, axis)
    own = (
        np.array([sum(_wall_part(run, f, wall, potential) for wall in walls) for f in run.frames])
        / style.energy
    )
    blocks = max(min(block_count(len(pairs)), block_count(len(own))), 1)
    parts = [np.array([p.mean() for p in np.array_split(series, blocks)]) for series in (pairs, own)]
    return np.asarray((parts[0] + parts[1]) / volume_between * style.nktv2p)


def _pair_part(run: Recorded, axis: int) -> FloatArray:
    """Σ m v_z² + W_zz of pairs in each row or frame, in the style's energy unit."""
    style, name = run.units, "p" + 2 * _AXES[axis]
    if name in run.thermo and "volume" in run.thermo:
        return np.asarray(run.thermo[name] * run.thermo["volume"] / style.nktv2p)
    tensors = [frame_pressure(frame) for frame in run.frames]
    if any(tensor is None for tensor in tensors):
        raise InterpotError(f"the run holds neither {name} with the volume nor virials and velocities")
    sizes = [volume(frame) for frame in run.frames]
    return (
        np.array([t[axis, axis] * v for t, v in zip(tensors, sizes, strict=True) if t is not None])
        / style.energy
    )


def _wall_part(run: Recorded, frame: Frame, wall: Boundary, potential: Potential) -> float:
    """Σ_i s_i (-φ'(s_i)) of one wall that stands, eV."""
    surface, units = wall.surface, potential.units
    position = float(place_of(run, wall)[0]) * run.units.length
    total = 0.0
    for channel in potential.channels:
        if channel.kind != "wall" or channel.site != wall.name or channel.species[0] not in frame.species:
            continue
        mine = frame.kinds == frame.species.index(channel.species[0])
        s = distances(frame, replace(surface, position=position), mine) / units.length
        total += float(-(s * channel.slope(s)).sum()) * units.energy
    return total


def distances(frame: Frame, surface: Surface, chosen: NDArray[np.bool_]) -> FloatArray:
    """Distances of some particles from a wall, Å; raises `InterpotError` where one is on it or beyond."""
    xi, _ = across(frame.positions[chosen], surface.shape, surface.axis, surface.centre)
    s = surface.inward * (xi - surface.position)
    if s.size and s.min() <= 0:
        raise InterpotError(f"a particle is {-s.min():.3g} Å beyond the wall {surface.name}")
    return np.asarray(s)


def _beside(run: Recorded, walls: tuple[Boundary, Boundary], curve: Curve) -> str:
    """Compare with what the force on the walls gives."""
    if any(wall.forces is None for wall in walls):
        return ""
    by_force = mean_value(np.mean([wall_pressure(run, wall) for wall in walls], axis=0))
    error = float(np.hypot(by_force.error[0], curve.error[0]))
    if not error > 0:
        return ""
    return (
        f"the force on the walls gives {by_force.y[0]:.4g}, which is {(by_force.y[0] - curve.y[0]) / error:+.1f} "
        "standard errors from it"
    )


def _balance(run: Recorded, axis: int) -> Measured:
    """-Σ z f_z/Σ m v_z², z counted from the middle of the particles at first."""
    quantity = Quantity(f"virial balance along {_AXES[axis]}", "1")
    if any(f.forces is None or f.velocities is None or f.masses is None for f in run.frames):
        return quantity.missing("the frames hold no forces, velocities or masses")
    middle = float(np.mean(run.first.positions[:, axis]))
    kinetic, virial = np.array([_moments(frame, axis, middle) for frame in run.frames]).T
    if not kinetic.mean() > 0:
        return quantity.missing("nothing moves")
    series = -virial / kinetic.mean()
    curve = mean_value(series)
    words = "1 in a stationary state between walls whose forces are recorded"
    return Measured(quantity, curve, len(series), words, scale=1.0, scatter=scatter(series))


def _moments(frame: Frame, axis: int, middle: float) -> tuple[float, float]:
    """Σ m v_z² and Σ z f_z."""
    assert frame.forces is not None and frame.velocities is not None and frame.masses is not None
    kinetic = float(frame.masses @ frame.velocities[:, axis] ** 2)
    return kinetic, float((frame.positions[:, axis] - middle) @ frame.forces[:, axis])
