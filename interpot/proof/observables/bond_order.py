"""Bond order: how crystal-like the surroundings of particles are, by freud.

In three dimensions Steinhardt's q₆ of the twelve nearest neighbours (0.575 in a face-centred cubic, 0.485 in a
hexagonal close-packed crystal), in two the hexatic |ψ₆| of the six nearest (1 in a triangular lattice).

Sources: P. J. Steinhardt, D. R. Nelson and M. Ronchetti, Phys. Rev. B 28, 784 (1983); V. Ramasubramani et al.,
Comput. Phys. Commun. 254, 107275 (2020) (freud).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from interpot.errors import InterpotError
from interpot.geometry import complete_vectors
from interpot.proof.observables.blocks import mean_value
from interpot.proof.observables.recorded import Measured, Quantity, Recorded, or_missing
from interpot.records import FloatArray, Frame

_NEIGHBOURS = {2: 6, 3: 12}


def measure(run: Recorded) -> Iterator[Measured]:
    """Mean over particles of q₆, or of |ψ₆| in two dimensions."""
    quantity = Quantity("bond order q₆" if run.first.dimension == 3 else "hexatic order |ψ₆|", "1")

    def measured() -> Iterator[Measured]:
        if not run.periodic:
            raise InterpotError("the box is open: particles at its surface have neighbours on one side only")
        series = np.array([bond_order(frame) for frame in run.frames])
        yield Measured(quantity, mean_value(series), len(series))

    yield from or_missing([quantity], measured)


def bond_order(frame: Frame) -> float:
    """Mean bond order of one periodic frame; raises `InterpotError` without freud or enough particles."""
    freud = _freud()
    number = _NEIGHBOURS[frame.dimension]
    box, places = box_and_places(frame)
    order = freud.order.Hexatic(k=6) if frame.dimension == 2 else freud.order.Steinhardt(l=6)
    search = freud.locality.AABBQuery(box, places)
    pairs = search.query(places, {"num_neighbors": number, "exclude_ii": True}).toNeighborList()
    if len(pairs) < number * len(places):
        raise InterpotError(f"the box is too small for the {number} nearest neighbours of each particle")
    order.compute((box, places), neighbors=pairs)
    return float(np.mean(np.abs(order.particle_order)))


def box_and_places(frame: Frame) -> tuple[Any, FloatArray]:
    """Return freud's box, its first vector along x and its second in the xy plane, and the positions in it."""
    vectors = complete_vectors(frame.cell)
    turned = np.linalg.cholesky(
        vectors @ vectors.T
    )  # the same lengths and angles; a mirror image changes no order
    fractional = (frame.positions - frame.cell.origin) @ np.linalg.inv(vectors)
    if frame.dimension == 2:
        turned[2, 2] = 0.0  # a plane has no height
    box = _freud().box.Box.from_matrix(turned.T, dimensions=frame.dimension)
    places = (fractional - np.floor(fractional) - 0.5) @ turned
    return box, np.asarray(box.wrap(places), dtype=np.float64)


def _freud() -> Any:
    try:
        import freud
    except ModuleNotFoundError as error:
        raise InterpotError("needs freud: pip install 'interpot[analysis]'") from error
    return freud
