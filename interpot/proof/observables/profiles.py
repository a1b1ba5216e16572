"""Density and temperature along an axis of the box, by default along the open ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from interpot.comparison import Curve
from interpot.geometry import complete_vectors
from interpot.proof.observables.blocks import block_average, block_count
from interpot.proof.observables.recorded import Measured, Quantity, Recorded, in_style
from interpot.records import FloatArray, Frame

_BINS = 40


def measure(run: Recorded) -> Iterator[Measured]:
    """Number density and kinetic temperature in slices across each axis asked for.

    The density is per volume where the slices have an area (the other axes repeat), else per length. What leaves the
    range that the first run filled at its start is not counted.
    """
    style, d = run.units, run.first.dimension
    axes = [a for a in range(d) if not run.first.cell.periodic[a]] if run.axes is None else run.axes
    for axis in axes:
        edges = _edges(run, axis)
        bounds = {f"from {axis}": edges[0], f"to {axis}": edges[-1]}
        area, power = _area(run.first, axis)
        label, unit = "xyz"[axis], f"1/{style.length_unit}^{power}" if power > 1 else f"1/{style.length_unit}"
        density = Quantity(f"density along {label}", unit, label, style.length_unit, many=True)
        counts = np.stack([np.histogram(along(f, axis), edges)[0] for f in run.frames]).astype(np.float64)
        middle = (edges[1:] + edges[:-1]) / 2
        curve = Curve(middle, *block_average(counts / (area * np.diff(edges))))
        yield Measured(
            density, in_style(curve, style.length, style.length**-power), len(counts), chosen=bounds
        )

        heat = Quantity(
            f"temperature along {label}", style.temperature_unit, label, style.length_unit, many=True
        )
        if any(f.velocities is None or f.masses is None for f in run.frames):
            yield heat.missing("the frames hold no velocities or no masses")
            continue
        energies = np.stack(
            [np.histogram(along(f, axis), edges, weights=_double_kinetic(f))[0] for f in run.frames]
        )
        hot = _ratio(middle, energies, counts * d)
        yield Measured(
            heat, in_style(hot, style.length, style.energy * style.boltzmann), len(counts), chosen=bounds
        )


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
    return float(1 / np.linalg.norm(np.linalg.inv(complete_vectors(frame.cell)).T[axis]))


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


def _edges(run: Recorded, axis: int) -> FloatArray:
    if f"from {axis}" in run.chosen:
        return np.linspace(run.chosen[f"from {axis}"], run.chosen[f"to {axis}"], _BINS + 1)
    if run.first.cell.periodic[axis]:
        return np.linspace(0.0, _height(run.first, axis), _BINS + 1)
    places = along(run.first, axis)
    margin = 0.1 * np.ptp(places) + 1e-9
    return np.linspace(places.min() - margin, places.max() + margin, _BINS + 1)


def _double_kinetic(frame: Frame) -> FloatArray:
    assert frame.velocities is not None and frame.masses is not None
    return np.asarray(frame.masses * np.sum(frame.velocities[:, : frame.dimension] ** 2, axis=1))


def _ratio(x: FloatArray, above: FloatArray, below: FloatArray) -> Curve:
    """Mean of a ratio by blocks, in the bins that are filled in each of them."""
    blocks = max(block_count(len(above)), 1)
    sums = [np.stack([p.sum(axis=0) for p in np.array_split(series, blocks)]) for series in (above, below)]
    filled = (sums[1] > 0).all(axis=0)
    return Curve(x[filled], *block_average(sums[0][:, filled] / sums[1][:, filled], blocks))
