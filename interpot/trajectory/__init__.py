"""What was observed: files in, frames in internal units out."""

from interpot.trajectory.atoms import from_atoms
from interpot.trajectory.bounces import find_bounces
from interpot.trajectory.energy_table import parse_columns, read_curves
from interpot.trajectory.file_trajectory import FileTrajectory
from interpot.trajectory.reading import known_units, read
from interpot.trajectory.selection import parse_frames, parse_species
from interpot.trajectory.walls import parse_wall

__all__ = [
    "FileTrajectory",
    "find_bounces",
    "from_atoms",
    "known_units",
    "parse_columns",
    "parse_frames",
    "parse_species",
    "parse_wall",
    "read",
    "read_curves",
]
