"""An exported file against the sympy original: energy, forces and virial, frame by frame.

A deviation is the largest difference in a frame, relative to what is there: of a force component to the root mean
square of all, of energy and virial to the larger of the two (either may nearly vanish where contributions cancel).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from interpot.comparison import ExportCheck
from interpot.errors import InterpotError
from interpot.files import atomic
from interpot.formula.potential import Potential
from interpot.proof.export.exporter import SINGLE, Exporter
from interpot.proof.forces import PotentialForces
from interpot.records import Evaluation, FloatArray, Frame
from interpot.version import VERSION


def check(
    target: str, exporter: Exporter, potential: Potential, path: Path, frames: Sequence[Frame]
) -> ExportCheck:
    """Let a target evaluate what was written and compare.

    Parameters
    ----------
    target
        Its name.
    exporter
        That wrote it; it can be evaluated.
    potential
        What was written, with its continuations.
    path
        Where.
    frames
        To be evaluated, of species that the potential has.

    Raises
    ------
    InterpotError
        The target is not installed, fails, or deviates by more than it may.
    """
    assert exporter.evaluate is not None
    engine = exporter.engine()
    original = PotentialForces(potential)
    wanted = [original(frame) for frame in frames]
    found = exporter.evaluate(path, potential, frames)
    worst = np.array([_deviations(f, w) for f, w in zip(found, wanted, strict=True)])
    energy, forces, virial = (_largest(column) for column in worst.T)
    single = _single(exporter, potential, path, frames, wanted)
    result = ExportCheck(
        target, path.name, engine, len(frames), energy, forces, virial, exporter.tolerance, single
    )
    _judge(result, frames, worst)
    return result


def _single(
    exporter: Exporter, potential: Potential, path: Path, frames: Sequence[Frame], wanted: list[Evaluation]
) -> float:
    """Return the largest deviation of forces in single precision.

    Looked at are periodic frames: over the width of an open one such numbers lose the digits of short distances.
    """
    if exporter.single is None:
        return float("nan")
    chosen = [k for k, frame in enumerate(frames) if all(frame.cell.periodic)]
    found = exporter.single(path, potential, [frames[k] for k in chosen])
    return max(
        (_deviations(f, wanted[k])[1] for f, k in zip(found, chosen, strict=True)), default=float("nan")
    )


def _deviations(found: Evaluation, wanted: Evaluation) -> tuple[float, float, float]:
    """Of energy, forces and virial of one frame."""
    assert wanted.virial is not None
    size = float(np.linalg.norm(wanted.forces) / np.sqrt(max(wanted.forces.size, 1)))
    forces = float(np.abs(found.forces - wanted.forces).max(initial=0.0))
    virial = np.nan if found.virial is None else float(np.abs(found.virial - wanted.virial).max())
    energy = abs(found.energy - wanted.energy)
    total = max(abs(wanted.energy), float(np.linalg.norm(wanted.virial)))
    return _relative(energy, total), _relative(forces, size), _relative(virial, total)


def _relative(difference: float, size: float) -> float:
    """Nothing is exact of nothing, and infinitely wrong of something."""
    if difference == 0:
        return 0.0
    return difference / size if size > 0 else np.inf


def _largest(column: FloatArray) -> float:
    """NaN where the target never told; a NaN beside numbers is a failure, hence infinite."""
    told = ~np.isnan(column)
    if not told.any():
        return float("nan")
    return float(column.max()) if told.all() else float("inf")


def _judge(result: ExportCheck, frames: Sequence[Frame], worst: FloatArray) -> None:
    """Refuse an export that deviates."""
    for k, name in enumerate(("energy", "forces", "virial")):
        value = getattr(result, name)
        if value > result.tolerance:
            frame = frames[int(np.nan_to_num(worst[:, k], nan=np.inf).argmax())]
            where = frame.source or f"frame {frame.index}"
            raise InterpotError(
                f"the export to {result.target} is not what was found: {result.engine} gives {name} that deviate by "
                f"{value:.2g} of their size in {where}, where {result.tolerance:.2g} is allowed; nothing was written"
            )
    if result.single > SINGLE:
        raise InterpotError(
            f"the export to {result.target} cannot be run in single precision: {result.engine} gives forces that "
            f"deviate by {result.single:.2g} of their size there, where {SINGLE:.2g} is allowed; nothing was written"
        )


def save(result: ExportCheck, path: Path, name: str) -> None:
    """Write a check as JSON beside what was checked, under the name that this has."""
    entry = {k: None if v != v else v for k, v in asdict(replace(result, file=name)).items()}
    with atomic(path) as temporary:
        temporary.write_text(json.dumps({"interpot": VERSION, **entry}, indent=2) + "\n", encoding="utf-8")
