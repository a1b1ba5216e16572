"""UF3 on the frames of a case: its own features, its own solver, its splines against the truth."""

from __future__ import annotations

import time
from importlib.util import find_spec

import numpy as np
from scipy.interpolate import BSpline

from interpot.statistic.objective import Objective
from recovering.finding import failed
from recovering.records import Found, Published
from recovering.simulating import Frames

INTERVALS, FRAMES = 25, 10
"""Knot intervals (UF3's examples have 15 to 25); frames that it is given, since it walks them once a spline."""


def fit(published: Published, frames: Frames, closest: float, clean: Objective) -> Found:
    """Fit pair splines of one species to the forces; `closest` is the smallest distance, Å."""
    if find_spec("uf3") is None:
        return failed("UF3", "uf3 is not installed: pip install 'interpot[benchmarks]'", 0.0)
    from ase import Atoms
    from uf3.data.composition import ChemicalSystem
    from uf3.data.io import DataCoordinator
    from uf3.regression.least_squares import WeightedLinearModel
    from uf3.representation.bspline import BSplineBasis
    from uf3.representation.process import BasisFeaturizer

    begin, pair = time.process_time(), ("Ar", "Ar")
    cutoff = max(published.cutoffs.values()) * frames.units.length
    basis = BSplineBasis(
        ChemicalSystem(element_list=["Ar"], degree=2),
        r_min_map={pair: 0.99 * closest},
        r_max_map={pair: cutoff},
        resolution_map={pair: INTERVALS},
        trailing_trim=3,
    )
    given = frames.frames[:: max(len(frames.frames) // FRAMES, 1)]
    coordinator = DataCoordinator()
    coordinator.dataframe_from_lists(
        [Atoms(f"Ar{len(f.kinds)}", positions=f.positions, cell=f.cell.vectors, pbc=True) for f in given],
        prefix="case",
        energies=[0.0 for _ in given],
        forces=[f.forces for f in given],
    )
    table = coordinator.consolidate().drop(columns="energy")
    model = WeightedLinearModel(basis)
    features = BasisFeaturizer(basis).evaluate(table, progress=None)
    _, gram, _, ordinate = model.gram_from_df(features, keys=table.index)
    model.fit_with_gram(gram, ordinate)
    seconds = time.process_time() - begin
    spline = BSpline(
        np.asarray(basis.knots_map[pair]), np.asarray(model.coefficients)[1:], 3, extrapolate=False
    )
    # UF3 adds a pair's energy once for each of its two atoms
    values = 2 * np.nan_to_num(spline(clean.nodes[0]))
    return Found(
        method="UF3", exact=False, in_set=None, error=float("nan"), false_terms=0, missed_terms=0, size=0,
        seconds=seconds, forms={"A-A": f"{INTERVALS} splines"}, force_error=clean.relative_error([values]),
    )  # fmt: skip
