"""Coordination numbers: how many neighbours of each species a particle has in its first shell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from interpot.errors import InterpotError
from interpot.neighbours import PairSearch
from interpot.proof.observables.blocks import mean_value
from interpot.proof.observables.radial import all_rdfs, first_shell, neighbours_density
from interpot.proof.observables.recorded import Measured, Quantity, Recorded
from interpot.records import FloatArray, Frame


def measure(run: Recorded) -> Iterator[Measured]:
    """Mean number of neighbours b of an a, within the first minimum of g_ab(r).

    Both runs use the radius of the one that is measured first: a shift of the minimum would change the number even
    where the structure stays.
    """
    style = run.units
    for a, b in ((a, b) for a in run.species for b in run.species):
        quantity = Quantity(f"coordination number {a}-{b}", "1")
        name = f"shell {'-'.join(sorted((a, b)))}"
        try:
            radius, criterion = run.chosen.get(name), "the reference's"
            if radius is None:
                curves = all_rdfs(run)
                if tuple(sorted((a, b))) not in curves:
                    raise InterpotError(f"there is one {a} only")
                radius, criterion = first_shell(neighbours_density(curves[min(a, b), max(a, b)], run.first))
            series = np.array([neighbour_number(frame, a, b, PairSearch(radius)) for frame in run.frames])
        except InterpotError as error:
            yield quantity.missing(str(error))
            continue
        remark = f"within {radius / style.length:.4g} {style.length_unit}, {criterion}"
        yield Measured(quantity, mean_value(series), len(series), remark, chosen={name: radius})


def neighbour_number(frame: Frame, a: str, b: str, search: PairSearch) -> float:
    """Mean number of neighbours of species b that a particle of species a has in one frame."""
    pairs = search(frame)
    names: FloatArray = np.array(frame.species)[frame.kinds]
    i, j = names[pairs.i], names[pairs.j]
    found = np.count_nonzero((i == a) & (j == b)) + np.count_nonzero((i == b) & (j == a))
    return float(found / np.count_nonzero(names == a))
