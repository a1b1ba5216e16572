"""Positions continued across periodic boundaries, in boxes that may change their size and shape.

With rows H of cell vectors and the lower corner o, a particle is at x = o + s·H. Between two frames its scaled
coordinates along periodic axes change by less than half a box, which settles the image n in x_u = x + n·H; where
a file tells x_u (image flags), that is taken. If the box is at rest, x_u is the path. If it changes, every image of a
particle is carried along by the box with a velocity of its own, s·Ḣ + ȯ, which no force has made: constant-pressure
dynamics (Andersen, Parrinello-Rahman, Martyna-Tobias-Klein) is Newton's in the momentum p = m H ṡ,

    ṗ = F - ω p,    ω = Ḣ H⁻¹ (and, in some, multiples of its trace),

so the path is continued by dq = ds·H. What is left beside F is a friction -ω p, small and of both signs as the box
breathes; with q = s·H it would be m Ḧ H⁻¹ q, which grows with the distance from the corner. By the midpoint rule

    q(t) = x_u(t) - Σ [(s' + s)/2 · (H' - H) + (o' - o)],    the sum over all steps from one frame to the next.

A box that is flipped, H' ≈ M·H with whole numbers M, is the same lattice: s and H are referred to its new vectors
before the step is taken. Open axes have no part in it: s is taken along the periodic axes, at right angles to which
lies what is open, so that a box that shrinks around its particles there moves none of them.
"""

from __future__ import annotations

import numpy as np

from interpot.errors import InterpotError
from interpot.geometry import complete_vectors
from interpot.records import Cell, FloatArray, Frame
from interpot.trajectory.place import place

FARTHEST = 0.35
"""Of a box: a particle that seems to have moved farther between two frames may have gone the other way round."""


class Unwrapping:
    """Continues the positions of the same particles from frame to frame; remembers one frame."""

    def begin(self, frame: Frame) -> FloatArray:
        """Start from a frame: its positions, unwrapped where the file tells, are the path."""
        path = frame.positions if frame.unwrapped is None else frame.unwrapped
        self._told = frame.unwrapped is not None
        self._cell, self._carried = frame.cell, np.zeros((1, 3))
        self._basis, self._inverse = _periodic_basis(frame)
        self._scaled = self._scale(path, frame.cell)
        return path

    def go_on(self, frame: Frame) -> FloatArray:
        """Continue the path, (n, 3) in Å, to a frame.

        Raises
        ------
        InterpotError
            A particle may have moved by half a box, so that its image is not certain.
        """
        before, basis = self._scaled, self._basis
        at_rest = same_box(self._cell, frame.cell)
        if not at_rest:
            self._basis, inverse = _periodic_basis(frame)
            flip = _flip(self._basis @ self._inverse, frame.cell)
            before, basis, self._inverse = before @ np.linalg.inv(flip), flip @ basis, inverse
        if frame.unwrapped is not None and self._told:
            unwrapped = frame.unwrapped
            scaled = self._scale(unwrapped, frame.cell)
        else:
            wrapped = self._scale(frame.positions, frame.cell)
            images = np.round(before - wrapped)
            scaled = wrapped + images
            _check_moves(scaled - before, frame)
            unwrapped, self._told = frame.positions + images @ self._basis, False
        if not at_rest:
            corner = (frame.cell.origin - self._cell.origin) @ self._inverse @ self._basis
            self._carried = self._carried + (scaled + before) / 2 @ (self._basis - basis) + corner
        self._cell, self._scaled = frame.cell, scaled
        return unwrapped - self._carried if self._carried.any() else unwrapped

    def _scale(self, positions: FloatArray, cell: Cell) -> FloatArray:
        """Scaled coordinates, zero along open axes."""
        return np.asarray((positions - cell.origin) @ self._inverse)


def _periodic_basis(frame: Frame) -> tuple[FloatArray, FloatArray]:
    """Cell vectors with zeros for open axes, and their inverse in the space that the periodic ones span."""
    periodic = np.array(frame.cell.periodic)[:, None]
    basis = np.where(periodic, frame.cell.vectors, 0.0)
    whole = complete_vectors(Cell(basis, frame.cell.origin, frame.cell.periodic))
    return basis, np.where(periodic.T, np.linalg.inv(whole), 0.0)


def _flip(change: FloatArray, cell: Cell) -> FloatArray:
    """M of H' ≈ M·H, whole numbers, where a box is written by other vectors of the same lattice; else 1.

    LAMMPS does so when a box is tilted by more than half its length.
    """
    whole = np.round(change) + np.diag(~np.array(cell.periodic))
    return whole if round(abs(np.linalg.det(whole))) == 1 else np.eye(3)


def same_box(one: Cell, other: Cell) -> bool:
    """Whether two boxes are equal, their open axes aside."""
    if one is other:
        return True
    periodic = np.array(one.periodic)
    return (
        one.periodic == other.periodic
        and np.array_equal(one.vectors[periodic], other.vectors[periodic])
        and np.array_equal(one.origin[periodic], other.origin[periodic])
    )


def _check_moves(moves: FloatArray, frame: Frame) -> None:
    """Raise `InterpotError` where a particle's image is not certain; moves are in boxes."""
    if not moves.size or np.abs(moves).max() <= FARTHEST:
        return
    atom, axis = (int(k) for k in np.unravel_index(np.argmax(np.abs(moves)), moves.shape))
    name = f"the {atom + 1}. atom" if frame.ids is None else f"atom {frame.ids[atom]}"
    raise InterpotError(
        f"{name} has moved by {abs(moves[atom, axis]):.2f} of the box along {'abc'[axis]} since the frame before "
        f"{place(frame.source, frame.index, frame.step)}, or the other way round: expected less than {FARTHEST:g}, to "
        "be sure of its periodic image; save frames more often, or with image flags or unwrapped positions (LAMMPS: "
        "columns ix iy iz, or xu yu zu)"
    )
