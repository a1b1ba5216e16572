"""One formula, written for other programs and evaluated by them: one module per target and the table of them."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np

from interpot.comparison import ExportCheck
from interpot.errors import InterpotError
from interpot.files import UNFINISHED, results_folder, writable_file
from interpot.formula.continuation import continued
from interpot.formula.potential import Potential
from interpot.proof.export.check import check, save
from interpot.proof.export.exporter import Exporter
from interpot.proof.export.probes import probes
from interpot.proof.forces import names_of
from interpot.records import Frame
from interpot.table import load_row
from interpot.units import UnitStyle

_log = logging.getLogger("interpot")

EXPORTERS: dict[str, str] = {
    "lammps": "interpot.proof.export.lammps:EXPORTER",
    "lammps-table": "interpot.proof.export.lammps_table:EXPORTER",
    "openmm": "interpot.proof.export.openmm:EXPORTER",
    "ase": "interpot.proof.export.ase:EXPORTER",
    "python": "interpot.proof.export.python:EXPORTER",
    "gromacs": "interpot.proof.export.gromacs:EXPORTER",
    "latex": "interpot.proof.export.latex:EXPORTER",
}
"""Target → "module:exporter"."""

CHECKED = ".check.json"
"""Suffix of the file that holds the check of an export; in a folder it is ``check.json``."""


def export(
    potential: Potential,
    target: str,
    path: str | Path,
    units: str | UnitStyle | None = None,
    *,
    frames: Sequence[Frame] = (),
    checked: bool = True,
) -> ExportCheck | None:
    """Write a potential for another program, let that program evaluate it, and compare with the original.

    Below the sampled range a formula that does not repel there is continued (`interpot.formula.continuation`). Walls
    and fields that a target cannot hold are left out, which its file and a warning say.

    Parameters
    ----------
    potential
        Any units.
    target
        A row of `EXPORTERS`.
    path
        The file to write, or, for targets of several files, the folder.
    units
        Style in which it is written; the potential's own if None.
    frames
        To be evaluated beside configurations that sample all distances of all pairs (`probes`).
    checked
        Whether the check is made; without it nothing is known of what the target makes of the file.

    Returns
    -------
    ExportCheck or None
        The largest deviations, which are kept beside the file, too; None where it is not checked, or where
        nothing evaluates the target (LaTeX).

    Raises
    ------
    InterpotError
        Unknown target or style, only walls and fields for a target that holds none, a pair of species without a
        formula, a formula that the target cannot express, a target that is not installed, or deviations above its
        tolerance; nothing is written then.
    """
    exporter: Exporter = load_row(EXPORTERS, target, "export target")
    held = holding(potential, exporter, target)
    written = continued(held if units is None else held.to_units(units))
    path = Path(path)
    path = path if exporter.folder else writable_file(path)
    evaluated = checked and exporter.evaluate is not None
    if exporter.evaluate is not None:
        _check_complete(written, target)
    # a folder that is made for the files does not stay without them
    with (
        results_folder(path if exporter.folder else path.parent),
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-", suffix=UNFINISHED) as name,
    ):
        draft = Path(name) / path.name
        if exporter.folder:
            draft.mkdir()
        exporter.write(written, draft)
        result = check(target, exporter, written, draft, [*probes(written), *frames]) if evaluated else None
        return _settle(result, draft, path)


def holding(potential: Potential, exporter: Exporter, target: str) -> Potential:
    """Return the channels that a target can hold, with a line in the provenance, and a warning, on those left out."""
    if "friction" not in exporter.kinds and any(c.kind == "friction" for c in potential.channels):
        drags = ", ".join(potential.describe(c) for c in potential.of_kind("friction").channels)
        _log.warning("the file for %s has no friction, which is no potential: %s", target, drags)
        potential = potential.conservative
    left = [c.label for c in potential.channels if c.kind not in exporter.kinds]
    if not left:
        return potential
    kept = np.array([c.kind in exporter.kinds for c in potential.channels for _ in c.parameters], dtype=bool)
    channels = tuple(c for c in potential.channels if c.kind in exporter.kinds)
    if not channels:
        raise InterpotError(
            f"{target} holds pair functions only, and the potential has none, but {', '.join(left)}: export it "
            "to lammps, python or latex"
        )
    _log.warning(
        "the file for %s has the pair functions only: it lacks %s; lammps, python and latex hold walls and fields",
        target,
        ", ".join(left),
    )
    words = {"left out": f"{', '.join(left)}: walls and fields, which are not part of this file"}
    covariance = potential.covariance[np.ix_(kept, kept)]
    return replace(
        potential, channels=channels, covariance=covariance, provenance={**potential.provenance, **words}
    )


def usage(target: str, path: str | Path, potential: Potential) -> str:
    """Say in a line how the target is told to use what was written of a potential at a path."""
    exporter: Exporter = load_row(EXPORTERS, target, "export target")
    pair = ", ".join(f'"{name}"' for name in names_of(potential.channels[0]))
    walled = any(c.kind == "wall" for c in potential.channels)
    positions = ", and where its walls are (the file shows how)" if walled else ""
    return exporter.usage.replace("PAIR", pair).replace("NAME", str(path)).replace("WALLS", positions)


def _check_complete(potential: Potential, target: str) -> None:
    known = {channel.species for channel in potential.channels if channel.kind == "pair"}
    if not known:
        return  # particles that do not see each other
    pairs = combinations_with_replacement(potential.species, 2)
    missing = ["-".join(pair) for pair in pairs if pair not in known]
    if missing:
        raise InterpotError(
            f"the potential has no formula for {', '.join(missing)}, which {target} needs for every pair of "
            f"{', '.join(potential.species)}: discover that pair too, or leave a species out"
        )


def _settle(result: ExportCheck | None, draft: Path, path: Path) -> ExportCheck | None:
    """Put what was written, and what is known of it, in its place; an older check does not stay."""
    drafts = sorted(draft.iterdir()) if draft.is_dir() else [draft]
    record = path / CHECKED[1:] if draft.is_dir() else path.with_name(path.name + CHECKED)
    record.unlink(missing_ok=True)
    for file in drafts:
        shutil.move(file, path / file.name if draft.is_dir() else path)
    if result is not None:
        save(result, record, path.name)
    return result
