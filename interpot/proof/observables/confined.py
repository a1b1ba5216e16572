"""The walls of a run: where they stand, what the particles push them with, and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interpot.errors import InterpotError
from interpot.geometry import complete_vectors, heights
from interpot.proof.observables.recorded import Recorded
from interpot.proof.series import FORCE, POSITION, mean_forces
from interpot.records import FloatArray, Frame, Surface
from interpot.trajectory.walls import FACES

_STILL = 1e-9  # relative to its position: a wall that moves by less stands


@dataclass(frozen=True, slots=True, eq=False)
class Boundary:
    """One wall over a run.

    Attributes
    ----------
    surface
        Its shape, and where it is at first (Å).
    positions : (m,) float64, or None
        In each row of thermo, in the style's length unit; None where it is not recorded.
    forces : (m,) float64, or None
        Of the particles on it, along +axis or away from its centre, in the style's force unit.
    """

    surface: Surface
    positions: FloatArray | None
    forces: FloatArray | None

    @property
    def name(self) -> str:
        """Of the wall: "zlo"."""
        return self.surface.name

    @property
    def placed(self) -> bool:
        """Whether it is known where it is."""
        return self.positions is not None or bool(np.isfinite(self.surface.position))

    @property
    def moves(self) -> bool:
        """Whether it does, as far as is recorded."""
        if self.positions is None:
            return False
        return bool(np.ptp(self.positions) > _STILL * max(float(np.abs(self.positions).max()), 1.0))


def boundaries(run: Recorded) -> list[Boundary]:
    """All walls of a run: those that its frames tell of, and those with a force or a position in thermo.

    What thermo alone tells of are the faces of a box, by name; others are left out.
    """
    told = {surface.name: surface for surface in run.first.surfaces}
    named = [
        key.removeprefix(head) for head in (FORCE, POSITION) for key in run.thermo if key.startswith(head)
    ]
    made = []
    for name in dict.fromkeys((*told, *named)):
        positions = run.thermo.get(POSITION + name)
        surface = told.get(name) or _face(name, positions, run)
        if surface is not None:
            made.append(Boundary(surface, positions, mean_forces(run.thermo, name)))
    return made


def changing(run: Recorded) -> bool:
    """Whether walls move, so that the run is in no stationary state."""
    return any(boundary.moves for boundary in boundaries(run))


def _face(name: str, positions: FloatArray | None, run: Recorded) -> Surface | None:
    if name not in FACES:
        return None
    axis, inward = FACES[name]
    place = float("nan") if positions is None else float(positions[0]) * run.units.length
    return Surface(name, "plane", axis, inward, place)


def enclosed(run: Recorded, axis: int) -> tuple[Boundary, Boundary] | None:
    """Return the plane walls at both ends of an axis, the lower first; None where there are not two."""
    planes = [b for b in boundaries(run) if b.surface.shape == "plane" and b.surface.axis == axis]
    low = [b for b in planes if b.surface.inward > 0]
    high = [b for b in planes if b.surface.inward < 0]
    return (low[0], high[0]) if low and high else None


def surface_area(run: Recorded, boundary: Boundary) -> FloatArray:
    """Area of a wall in the style's units, in each row of thermo or (1,): in two dimensions a length.

    A plane is as large as the periods of the cell along it, or as the distance between the walls there. A curved wall's
    area is that of its own position.

    Raises
    ------
    InterpotError
        An axis along the wall neither repeats nor ends at walls.
    """
    surface, frame = boundary.surface, run.first
    if surface.shape != "plane":
        radius = boundary.positions
        if radius is None:
            radius = np.array([surface.position / run.units.length])
        if surface.shape == "sphere":
            return 4 * np.pi * radius**2
        height = _extent(run, surface.axis) if frame.dimension == 3 else np.ones(1)
        return 2 * np.pi * radius * height
    others = [a for a in range(frame.dimension) if a != surface.axis]
    if len(others) == 2 and all(frame.cell.periodic[a] for a in others):
        a, b = complete_vectors(frame.cell)[others] / run.units.length
        return np.array([np.linalg.norm(np.cross(a, b))])
    area = np.ones(1)
    for other in others:
        area = area * _extent(run, other)
    return area


def _extent(run: Recorded, axis: int) -> FloatArray:
    """Return how far the particles can go along an axis, in the style's units."""
    if run.first.cell.periodic[axis]:
        return np.array([heights(complete_vectors(run.first.cell))[axis] / run.units.length])
    walls = enclosed(run, axis)
    if walls is None:
        raise InterpotError(
            f"the box is open along {'xyz'[axis]}, without walls at both ends: the wall has no area"
        )
    low, high = (place_of(run, wall) for wall in walls)
    return high - low


def place_of(run: Recorded, boundary: Boundary) -> FloatArray:
    """Position in each row of thermo, or (1,), in the style's units; raises `InterpotError` where it is unknown."""
    if boundary.positions is not None:
        return boundary.positions
    if np.isfinite(boundary.surface.position):
        return np.array([boundary.surface.position / run.units.length])
    raise InterpotError(
        f"the run does not tell where the wall {boundary.name} is: expected the series '{POSITION}{boundary.name}'"
    )


def surface_in(frame: Frame, name: str) -> Surface | None:
    """Return a wall where it is in one frame, None where that does not tell."""
    return next((surface for surface in frame.surfaces if surface.name == name), None)
