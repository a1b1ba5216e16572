"""Work of moving walls, and the balance of energy.

A wall at X(t), on which the particles push with a force F along the direction in which X grows, does the work

    W = -∫ F dX

on them; with nothing else to give or take energy, what they gain is the work of all walls: E(t) - E(0) = Σ W. E holds
the walls' potential energies, not the kinetic energy of a piston. A pair potential that is cut off without being
shifted to zero there adds φ(r_c) for each pair that compression brings within the cutoff, which is nobody's work: a
fifth of a percent of it in a dense Lennard-Jones fluid cut at 2.5 σ. An engine that
sums up every step itself ("wall work NAME") is taken at its word. Else the integral is that of the trapezoidal rule
over the rows of thermo, and once more over every second row: what the two differ by says how far rows are dense enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from interpot.comparison import Curve
from interpot.proof.observables.blocks import mean_value, single
from interpot.proof.observables.confined import Boundary, boundaries
from interpot.proof.observables.recorded import Measured, Quantity, Recorded
from interpot.proof.observables.windows import windows
from interpot.proof.series import FORCE, MEAN_FORCE, POSITION, WORK
from interpot.records import FloatArray

_ROWS = 8  # at least, for an integral


def measure(run: Recorded) -> Iterator[Measured]:
    """Work of each wall that moves, and the energy gained less all of it; the energy is that of all particles.

    Deviations are small or large against the kinetic energy. The work's error is what fluctuations of the force about
    its course leave open in one run; where the runs do not start alike, compare ensembles (`interpot.proof.ensemble`).
    """
    moving = [wall for wall in boundaries(run) if wall.moves and wall.forces is not None]
    if not moving:
        return
    unit = run.units.energy_unit
    kinetic = float(run.thermo["kinetic"].mean()) if "kinetic" in run.thermo else 0.0
    rows = len(next(iter(run.thermo.values())))
    for wall in moving:
        quantity = Quantity(f"work of wall {wall.name}", unit)
        if rows < _ROWS:
            yield quantity.missing(f"{rows} rows of the force on the wall are too few for an integral")
            continue
        yield _work(quantity, run, wall, kinetic)
    if run.ensemble != "nve":
        return  # a thermostat takes part
    balance = Quantity("energy gained less the walls' work", unit)
    if "total" not in run.thermo or rows < _ROWS:
        yield balance.missing("the run holds no energies, or too few of them")
        return
    yield _balance(balance, run, moving, kinetic)


def work_of(run: Mapping[str, FloatArray], wall: str) -> tuple[FloatArray, float]:
    """Work of a wall up to each row of thermo, (m,), 0 at first; and how coarse rows are for it (`coarseness`)."""
    if WORK + wall in run:
        return run[WORK + wall] - run[WORK + wall][0], 0.0
    positions, forces = run[POSITION + wall], run[FORCE + wall]
    if MEAN_FORCE + wall in run:  # each belongs to the interval before its row
        steps = -run[MEAN_FORCE + wall][1:] * np.diff(positions)
        return np.concatenate([[0.0], np.cumsum(steps)]), 0.0
    return work(positions, forces), coarseness(positions, forces)


def work(positions: FloatArray, forces: FloatArray) -> FloatArray:
    """W = -∫ F dX up to each row, by the trapezoidal rule; (m,), 0 at first."""
    steps = -(forces[1:] + forces[:-1]) / 2 * np.diff(positions)
    return np.concatenate([[0.0], np.cumsum(steps)])


def coarseness(positions: FloatArray, forces: FloatArray) -> float:
    """By how much the whole work grows when every second row is left out; the error of the integral is smaller."""
    even = slice(None, len(positions) - (len(positions) + 1) % 2, 2)
    last = even.stop - 1
    return float(work(positions[even], forces[even])[-1] - work(positions, forces)[last])


def _work(quantity: Quantity, run: Recorded, wall: Boundary, kinetic: float) -> Measured:
    assert wall.positions is not None and wall.forces is not None
    done, coarse = work_of(run.thermo, wall.name)
    error = float(np.hypot(_left_open(wall.positions, wall.forces), coarse))
    words = f"over {len(wall.forces)} rows"
    words += (
        f"; every second alone would change it by {coarse:+.2g}"
        if coarse
        else ", each summed up by the engine"
    )
    return Measured(quantity, single(float(done[-1]), error), len(wall.forces), words, scale=kinetic)


def _left_open(positions: FloatArray, forces: FloatArray) -> float:
    """Return the standard error of -∫ F dX from the fluctuations of the force about its trend in windows of time."""
    course = windows(np.arange(float(len(forces))), forces)
    if course is None:
        return float("nan")
    ends = np.linspace(0, len(positions) - 1, len(course.x) + 1).round().astype(int)
    return float(np.sqrt(np.sum((np.diff(positions[ends]) * course.error) ** 2)))


def _balance(quantity: Quantity, run: Recorded, moving: list[Boundary], kinetic: float) -> Measured:
    """Mean over the run of E - E(0) - ΣW; no sound run loses all of its kinetic energy."""
    lost, coarse = run.thermo["total"] - run.thermo["total"][0], 0.0
    for wall in moving:
        done, error = work_of(run.thermo, wall.name)
        lost, coarse = lost - done, float(np.hypot(coarse, error))
    mean = mean_value(lost)
    words = f"0 if energy is kept; at the end {lost[-1]:.2g}"
    if kinetic > 0:
        words += f", {abs(lost[-1]) / kinetic:.2g} of the kinetic energy"
    curve = Curve(mean.x, mean.y, np.hypot(mean.error, coarse))
    return Measured(quantity, curve, len(lost), words, scale=kinetic, bound=kinetic or float("inf"))
