"""Density and temperature along an axis of the box, by default along the open ones, and across curved walls.

Between two walls slices are a tenth of a particle's diameter wide, a fortieth of the reach of the forces, so that they
resolve the layers at a wall: they reach from wall to wall, and the density of each species has a profile of its own.
Elsewhere there are 40 of them. The same slices are taken in both runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from interpot.comparison import Curve
from interpot.geometry import across, complete_vectors, heights
from interpot.proof.observables.blocks import block_average, block_count
from interpot.proof.observables.confined import boundaries, changing, enclosed, place_of
from interpot.proof.observables.recorded import Measured, Quantity, Recorded, in_style
from interpot.records import FloatArray, Frame, Surface

_BINS = 40
_FINE, _MOST = 1 / 40, 240  # width of a slice at a wall, relative to the reach of the forces, and most slices


@dataclass(frozen=True, slots=True)
class _Across:
    """What a profile is taken along, all in Å.

    Attributes
    ----------
    label
        "z"; "r of cylinder_z".
    places
        Coordinates of the particles of a frame.
    edges
        Of the slices for a density.
    coarse
        Of those for a temperature, which needs many particles in each.
    sizes
        Volume of each slice, Å^power.
    power
        Of length in the volume: 1 where the other axes do not repeat, so that there is no area.
    chosen
        For the other run.
    """

    label: str
    places: Callable[[Frame], FloatArray]
    edges: FloatArray
    coarse: FloatArray
    sizes: FloatArray
    power: int
    chosen: Mapping[str, float]


def measure(run: Recorded) -> Iterator[Measured]:
    """Number density and kinetic temperature in slices along each axis asked for, and in shells of curved walls.

    The density is per volume where the slices have an area (the other axes repeat), else per length. What leaves the
    range that the first run filled at its start, or that lies between its walls, is not counted.
    """
    curved = {b.surface.centre: b.surface for b in boundaries(run) if b.surface.shape != "plane"}
    cut = [a for a in range(3) if not any(s.shape == "sphere" or s.axis != a for s in curved.values())]
    axes: tuple[int, ...] | list[int] | None = run.axes
    if axes is None:
        axes = [a for a in range(run.first.dimension) if not run.first.cell.periodic[a] and a in cut]
    for axis in axes:
        yield from _profile(run, _along(run, axis))
    for surface in curved.values():
        yield from _profile(run, _around(run, surface))


def _profile(run: Recorded, way: _Across) -> Iterator[Measured]:
    style = run.units
    unit = f"1/{style.length_unit}" + (f"^{way.power}" if way.power > 1 else "")
    words = "walls move: a mean over the run" if changing(run) else ""
    middle = (way.edges[1:] + way.edges[:-1]) / 2
    species: list[str | None] = [None]
    if len(run.species) > 1:
        species += run.species
    for name in species:
        counts = np.stack([_counts(way, frame, name) for frame in run.frames])
        curve = Curve(middle, *block_average(counts / way.sizes))
        named = f"density along {way.label}" if name is None else f"density of {name} along {way.label}"
        quantity = Quantity(named, unit, way.label[0], style.length_unit, many=True)
        curve = in_style(curve, style.length, style.length**-way.power)
        yield Measured(quantity, curve, len(counts), words, chosen=way.chosen)
    yield _temperature(run, way)


def _counts(way: _Across, frame: Frame, species: str | None) -> FloatArray:
    places = way.places(frame)
    if species is not None:
        places = places[frame.kinds == frame.species.index(species)]
    return np.histogram(places, way.edges)[0].astype(np.float64)


def _temperature(run: Recorded, way: _Across) -> Measured:
    style = run.units
    heat = Quantity(
        f"temperature along {way.label}", style.temperature_unit, way.label[0], style.length_unit, many=True
    )
    if any(f.velocities is None or f.masses is None for f in run.frames):
        return heat.missing("the frames hold no velocities or no masses")
    rows = [(way.places(f), _double_kinetic(f)) for f in run.frames]
    counts = np.stack([np.histogram(places, way.coarse)[0] for places, _ in rows]).astype(np.float64)
    energies = np.stack([np.histogram(places, way.coarse, weights=twice)[0] for places, twice in rows])
    hot = _ratio((way.coarse[1:] + way.coarse[:-1]) / 2, energies, counts * run.first.dimension)
    curve = in_style(hot, style.length, style.energy * style.boltzmann)
    return Measured(heat, curve, len(counts), chosen=way.chosen)


# ---------------------------------------------------------------------------- along an axis


def _along(run: Recorded, axis: int) -> _Across:
    low, high, fine = _range(run, axis)
    area, power = _area(run.first, axis)
    edges = np.linspace(low, high, _count(run, low, high) + 1 if fine else _BINS + 1)
    chosen = {f"from {axis}": low, f"to {axis}": high, f"fine {axis}": float(fine)}
    coarse = np.linspace(low, high, _BINS + 1)
    return _Across(
        "xyz"[axis], lambda frame: along(frame, axis), edges, coarse, area * np.diff(edges), power, chosen
    )


def _range(run: Recorded, axis: int) -> tuple[float, float, bool]:
    """Return where slices begin and end, and whether they are to be fine."""
    if f"from {axis}" in run.chosen:
        return run.chosen[f"from {axis}"], run.chosen[f"to {axis}"], bool(run.chosen[f"fine {axis}"])
    walls = enclosed(run, axis)
    if walls is not None and all(wall.placed for wall in walls):
        low, high = (place_of(run, wall) * run.units.length for wall in walls)
        return float(low.min()), float(high.max()), True
    if run.first.cell.periodic[axis]:
        return 0.0, _height(run.first, axis), False
    places = along(run.first, axis)
    margin = 0.1 * np.ptp(places) + 1e-9
    return float(places.min() - margin), float(places.max() + margin), False


def _count(run: Recorded, low: float, high: float) -> int:
    """Return how many fine slices there are."""
    return int(np.clip(np.ceil((high - low) / (_FINE * run.reach)), _BINS, _MOST))


def along(frame: Frame, axis: int) -> FloatArray:
    """Coordinates along the normal of a cell's face, Å; inside the cell, from its origin, where the axis repeats."""
    vectors = complete_vectors(frame.cell)
    fractional = ((frame.positions - frame.cell.origin) @ np.linalg.inv(vectors))[:, axis]
    if frame.cell.periodic[axis]:
        return np.asarray((fractional - np.floor(fractional)) * _height(frame, axis))
    return np.asarray(frame.positions @ _normal(frame, axis))


def _normal(frame: Frame, axis: int) -> FloatArray:
    """Unit vector across the slices."""
    reciprocal = np.linalg.inv(complete_vectors(frame.cell)).T[axis]
    return np.asarray(reciprocal / np.linalg.norm(reciprocal))


def _height(frame: Frame, axis: int) -> float:
    return float(heights(complete_vectors(frame.cell))[axis])


def _area(frame: Frame, axis: int) -> tuple[float, int]:
    """Area of a slice and the power of length in a density: 1 and 1 where the other axes do not repeat."""
    d = frame.dimension
    others = [a for a in range(d) if a != axis]
    if not all(frame.cell.periodic[a] for a in others):
        return 1.0, 1
    vectors = complete_vectors(frame.cell)
    if d == 2:
        return float(np.linalg.norm(vectors[others[0]])), 2
    return float(np.linalg.norm(np.cross(vectors[others[0]], vectors[others[1]]))), 3


# ---------------------------------------------------------------------------- around a curved wall


def _around(run: Recorded, surface: Surface) -> _Across:
    """Shells about the axis or the centre of a curved wall, from there to the wall, or outside it as far as forces."""
    key = f"shells {surface.name}"
    inner, outer = _shells(run, surface)
    inner, outer = run.chosen.get(f"from {key}", inner), run.chosen.get(f"to {key}", outer)
    edges = np.linspace(inner, outer, _count(run, inner, outer) + 1)
    coarse = np.linspace(inner, outer, _BINS + 1)
    if surface.shape == "sphere":
        sizes, power = 4 * np.pi / 3 * np.diff(edges**3), 3
    else:
        height, power = 1.0, 2
        if run.first.dimension == 3 and run.first.cell.periodic[surface.axis]:
            height, power = _height(run.first, surface.axis), 3
        sizes = np.pi * height * np.diff(edges**2)

    def places(frame: Frame) -> FloatArray:
        return across(frame.positions, surface.shape, surface.axis, surface.centre)[0]

    chosen = {f"from {key}": inner, f"to {key}": outer}
    return _Across(f"r of {surface.name}", places, edges, coarse, sizes, power, chosen)


def _shells(run: Recorded, surface: Surface) -> tuple[float, float]:
    """Between the walls about the same centre; an end without a wall is the centre, or the reach of forces away."""
    alike = [b for b in boundaries(run) if b.surface.shape != "plane" and b.surface.centre == surface.centre]
    radii = {b.surface.inward: place_of(run, b) * run.units.length for b in alike}
    inner = float(radii[1].min()) if 1 in radii else 0.0
    outer = float(radii[-1].max()) if -1 in radii else inner + run.reach
    return inner, outer


# ---------------------------------------------------------------------------- means


def _double_kinetic(frame: Frame) -> FloatArray:
    assert frame.velocities is not None and frame.masses is not None
    return np.asarray(frame.masses * np.sum(frame.velocities[:, : frame.dimension] ** 2, axis=1))


def _ratio(x: FloatArray, above: FloatArray, below: FloatArray) -> Curve:
    """Mean of a ratio by blocks, in the bins that are filled in each of them."""
    blocks = max(block_count(len(above)), 1)
    sums = [np.stack([p.sum(axis=0) for p in np.array_split(series, blocks)]) for series in (above, below)]
    filled = (sums[1] > 0).all(axis=0)
    return Curve(x[filled], *block_average(sums[0][:, filled] / sums[1][:, filled], blocks))
