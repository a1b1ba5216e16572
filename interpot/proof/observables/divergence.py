"""How fast two runs part that started alike.

Molecular motion is chaotic: the smallest difference in force grows exponentially. When two runs part says how alike
their forces are, not whether one is right; statistical observables decide that.
"""

from __future__ import annotations

import numpy as np

from interpot.comparison import Curve
from interpot.errors import InterpotError
from interpot.geometry import complete_vectors
from interpot.neighbours import PairSearch
from interpot.proof.observables.recorded import Measured, Quantity, Recorded
from interpot.records import FloatArray, Frame

_SHARE = 0.1  # of the distance of nearest neighbours: beyond it surroundings are no longer the same
_MOST = 0.5  # of the run: what is measured over it is measured twice on the same motion
_SAME = "what agrees so closely shows that the forces are the same, not that the statistics are"


def divergence(reference: Recorded, found: Recorded) -> Measured:
    """Root mean square distance of the same particles in both runs against time, and when it becomes large.

    Displacements since the start are compared, turned where the engine turned the cell. The errors are those of
    the mean over particles. The remark tells when a tenth of the nearest neighbours' distance is reached.
    """
    style = reference.units
    quantity = Quantity("divergence of trajectories", style.length_unit, "t", style.time_unit)
    try:
        return _measured(reference, found, quantity)
    except InterpotError as error:
        return quantity.missing(str(error))


def _measured(reference: Recorded, found: Recorded, quantity: Quantity) -> Measured:
    one, two, style = reference.paths, found.paths, reference.units
    if abs(one.spacing() / two.spacing() - 1) > 1e-6:
        raise InterpotError("the two runs were recorded at different intervals")
    if reference.particles != found.particles or one.species != two.species:
        raise InterpotError("the two runs do not hold the same particles")
    count = min(len(one), len(two))
    _, mine, theirs = np.intersect1d(one.particles, two.particles, return_indices=True)
    turn = _turn(found.first, reference.first)[: reference.first.dimension, : reference.first.dimension]
    moved = one.positions[:count, mine] - one.positions[0, mine]
    other = (two.positions[:count, theirs] - two.positions[0, theirs]) @ turn
    squares = np.sum((moved - other) ** 2, axis=2)
    rms: FloatArray = np.sqrt(squares.mean(axis=1))
    spread = squares.std(axis=1, ddof=1) / np.sqrt(squares.shape[1]) if squares.shape[1] > 1 else rms * np.nan
    error = spread / (2 * np.maximum(rms, np.finfo(float).tiny))  # d√s = ds/(2√s)
    time = np.arange(count, dtype=np.float64) * (one.spacing() / style.time)
    limit = _SHARE * nearest_distance(reference)
    return Measured(
        quantity,
        Curve(time, rms / style.length, error / style.length),
        count,
        _when(rms, limit, time, style.time_unit),
    )


def _when(rms: FloatArray, limit: float, time: FloatArray, unit: str) -> str:
    beyond = np.flatnonzero(rms > limit)
    if len(beyond) == 0:
        return (
            f"the runs stay within a tenth of the nearest neighbours' distance: they are the same trajectory for all "
            f"{time[-1]:.3g} {unit}, and {_SAME}"
        )
    parted = time[beyond[0]]
    said = f"the runs part by a tenth of the nearest neighbours' distance after {parted:.3g} {unit}"
    if parted < _MOST * time[-1]:
        return said
    return f"{said}: they are the same trajectory for most of {time[-1]:.3g} {unit}, and {_SAME}"


def nearest_distance(run: Recorded) -> float:
    """Mean distance to the nearest neighbour in the first frame, Å; raises `InterpotError` if none is in reach."""
    frame = run.first
    pairs = PairSearch(run.reach)(frame)
    nearest = np.full(len(frame.kinds), np.inf)
    for ends in (pairs.i, pairs.j):
        np.minimum.at(nearest, ends, pairs.r)
    near = nearest[np.isfinite(nearest)]
    if len(near) == 0:
        raise InterpotError("no particle has a neighbour within reach")
    return float(near.mean())


def _turn(frame: Frame, onto: Frame) -> FloatArray:
    """Return the rotation (or mirror image) that an engine undid: R with H_frame R = H_onto, rows being vectors.

    An open axis may change its length, then the cells are no turned images and the axes are those of the file.
    """
    turn = np.asarray(
        np.linalg.solve(complete_vectors(frame.cell), complete_vectors(onto.cell)), dtype=np.float64
    )
    return turn if np.allclose(turn @ turn.T, np.eye(3), atol=1e-6) else np.eye(3)
