"""What was observed: files in, frames in internal units out."""

from interpot.trajectory.atoms import from_atoms
from interpot.trajectory.energy_table import parse_columns, read_curves
from interpot.trajectory.file_trajectory import FileTrajectory
from interpot.trajectory.reading import known_units, read
from interpot.trajectory.selection import parse_frames, parse_species

__all__ = [
    "FileTrajectory",
    "from_atoms",
    "known_units",
    "parse_columns",
    "parse_frames",
    "parse_species",
    "read",
    "read_curves",
]
