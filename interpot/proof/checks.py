"""What must hold of a reference and of what is asked of a validation; each is told before anything is run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.records import Dynamics, Frame, ReferenceModel, Trajectory


def check_species(potential: Potential, frame: Frame) -> None:
    """Refuse species that the potential lacks."""
    present = {frame.species[k] for k in np.unique(frame.kinds)}
    missing = sorted(present - set(potential.species))
    if missing:
        raise InterpotError(
            f"{frame.source} has the species {', '.join(missing)}, but the potential is for "
            f"{', '.join(potential.species)}: name them alike with --species"
        )


def check_charges(charges: Mapping[str, float], frame: Frame) -> None:
    """Refuse charges of species that are not there."""
    unknown = sorted(set(charges) - set(frame.species))
    if unknown:
        raise InterpotError(
            f"charges were given for {', '.join(unknown)}: the species of {frame.source} are {', '.join(frame.species)}"
        )


def check_pairs_only(
    model: Potential | ReferenceModel, program: str, dynamics: Dynamics | None = None
) -> None:
    """Refuse walls and fields, and walls that move, for a program that has none."""
    others = [c.label for c in model.channels if c.kind != "pair"] if isinstance(model, Potential) else []
    moving = [] if dynamics is None else [w.name for w in dynamics.walls]
    if dynamics is not None and dynamics.piston is not None:
        moving.append(dynamics.piston.wall)
    if others or moving:
        raise InterpotError(
            f"{program} runs pair functions only, but {', '.join(others) or 'the wall ' + ', '.join(moving)} was asked "
            "for: use --engine lammps (engine='lammps' in Python)"
        )


def check_axes(axes: tuple[int, ...], frame: Frame) -> None:
    """Refuse profiles along axes that are not there."""
    strange = [axis for axis in axes if not 0 <= axis < frame.dimension]
    if strange:
        known = ", ".join(f"{k} ({name})" for k, name in enumerate("xyz"[: frame.dimension]))
        raise InterpotError(
            f"profiles were asked for along the axis {strange[0]}, but {frame.source} has {known}: leave it out"
        )


def check_distinct(reference: Trajectory, found: Path) -> None:
    """Refuse to write a run over its reference."""
    if any(source.resolve() == found.resolve() for source in reference.sources):
        raise InterpotError(
            f"'{found}' would be compared with itself: choose another folder for the found potential's run"
        )
