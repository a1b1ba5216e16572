"""Clusters: groups of particles that are linked by chains of close neighbours.

Source: F. H. Stillinger, J. Chem. Phys. 38, 1486 (1963).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from interpot.errors import InterpotError
from interpot.neighbours import PairSearch
from interpot.proof.observables.blocks import mean_value
from interpot.proof.observables.radial import all_rdfs, first_shell, neighbours_density, total_rdf
from interpot.proof.observables.recorded import Measured, Quantity, Recorded
from interpot.records import Frame, IntArray

_LARGEST = Quantity("largest cluster", "particles")
_MEAN = Quantity("mean cluster", "particles")
_RADIUS = "cluster radius"


def measure(run: Recorded) -> Iterator[Measured]:
    """Size of the largest cluster, and the mean size of the cluster that a particle belongs to, Σ s²/n.

    Two particles are linked within the first minimum of g(r) of all species, or 1.5 times its first peak.
    """
    style = run.units
    try:
        radius, criterion = run.chosen.get(_RADIUS), "the reference's"
        if radius is None:
            curves = all_rdfs(run)
            if not curves:
                raise InterpotError("there is one particle only")
            radius, criterion = first_shell(neighbours_density(total_rdf(curves, run.first), run.first))
        search = PairSearch(radius)
        sizes = [cluster_sizes(frame, search) for frame in run.frames]
    except InterpotError as error:
        yield from (quantity.missing(str(error)) for quantity in (_LARGEST, _MEAN))
        return
    remark = f"linked within {radius / style.length:.4g} {style.length_unit}, {criterion}"
    largest = np.array([s.max() for s in sizes], dtype=np.float64)
    mean = np.array([np.sum(s**2) / np.sum(s) for s in sizes])
    for quantity, series in ((_LARGEST, largest), (_MEAN, mean)):
        yield Measured(quantity, mean_value(series), len(series), remark, chosen={_RADIUS: radius})


def cluster_sizes(frame: Frame, search: PairSearch) -> IntArray:
    """Number of particles in each cluster of one frame, (c,) int64."""
    pairs, n = search(frame), len(frame.kinds)
    links = coo_array((np.ones(len(pairs.i), dtype=bool), (pairs.i, pairs.j)), shape=(n, n))
    _, labels = connected_components(links, directed=False)
    return np.bincount(labels)
