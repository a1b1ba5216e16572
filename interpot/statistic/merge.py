"""Statistics out of files, several as one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import product
from os import PathLike
from pathlib import Path

import h5py

from interpot.errors import InterpotError
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.overlap import Part, overlap, parts_of

_log = logging.getLogger("interpot")

Opened = Statistic | str | PathLike[str] | Sequence[str | PathLike[str]]
"""A statistic, its file, or several files that count as one."""


def is_statistic(path: str | PathLike[str]) -> bool:
    """Whether a file is one that `Statistic.save` wrote, of whatever version."""
    if not Path(path).is_file() or not h5py.is_hdf5(path):
        return False
    try:
        with h5py.File(path, "r") as file:
            return str(file.attrs.get("schema", "")).startswith("interpot.statistic/")
    except OSError:  # cut short: `Statistic.load` says so
        return True


def opened(data: Opened) -> Statistic:
    """Return the statistic that is meant; see `merge`."""
    if isinstance(data, Statistic):
        return data
    return merge([data] if isinstance(data, str | PathLike) else data)


def merge(paths: Sequence[str | PathLike[str]]) -> Statistic:
    """Load statistics and put their blocks side by side, in the given order.

    Raises
    ------
    InterpotError
        No file, the same one twice, one that is no statistic, or two that do not belong together: of other
        channels, knots, units or targets, or with frames in common.
    """
    files = [Path(path) for path in paths]
    if not files:
        raise InterpotError("no statistic was given: name at least one file")
    seen: set[Path] = set()
    for path in files:
        if path.resolve() in seen:
            raise InterpotError(f"'{path}' is given twice: its data would count twice")
        seen.add(path.resolve())
    total = _loaded(files[0])
    read = [(files[0], parts_of(total.provenance))]
    for path in files[1:]:
        other = _loaded(path)
        whole = _added(total, other, files[0], path)
        for earlier, before in read:
            _check_apart(before, parts_of(other.provenance), earlier, path)
        read.append((path, parts_of(other.provenance)))
        total = whole
    return total


def _loaded(path: Path) -> Statistic:
    statistic = Statistic.load(path)
    with h5py.File(path, "r") as file:
        if "checkpoint" in file.attrs:
            _log.warning("'%s' is of a pass that is not finished: it holds %d frames", path, statistic.frames)
    return statistic


def _added(total: Statistic, other: Statistic, first: Path, path: Path) -> Statistic:
    try:
        return total + other
    except InterpotError as error:
        raise InterpotError(f"'{path}' cannot be merged with '{first}': {error}") from None


def _check_apart(mine: Sequence[Part], theirs: Sequence[Part], first: Path, path: Path) -> None:
    """Refuse frames that would count twice; warn where it cannot be known whether there are any."""
    for one, two in product(mine, theirs):
        shared = overlap(one, two)
        if shared is None:
            continue
        if shared.certain:
            raise InterpotError(
                f"'{path}' ({shared.two}) cannot be merged with '{first}' ({shared.one}): they share frames of "
                f"'{shared.file}', which would count twice"
            )
        _log.warning(
            "'%s' and '%s' both hold data of '%s': frames that are in both, if any, count twice",
            first,
            path,
            shared.file,
        )
