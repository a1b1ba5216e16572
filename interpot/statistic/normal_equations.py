"""The statistic: additive normal equations of all channels, per block of consecutive frames.

With X the features (one row per particle and dimension, one column per basis function) and F the forces,

    A = Σ XᵀX      B = Σ XᵀF      C = Σ FᵀF

summed over the frames of a block. Everything after the pass is done on these. Statistics of the same channels add by
`+`: their blocks are kept side by side, so that folds, jackknife and errors see them as they were made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from interpot.errors import InterpotError
from interpot.files import atomic
from interpot.records import FloatArray, IntArray
from interpot.statistic.basis import Basis, KnotSplines, lattice_of
from interpot.statistic.blocks import ARRAYS, Blocks, SpeciesSums
from interpot.statistic.channels import Channel
from interpot.statistic.joint_target import check_same_target, joined_provenance
from interpot.statistic.layout import Layout, moved, offsets
from interpot.statistic.triangular import RowTables, joint_factor, least_squares, row_labels, scaled
from interpot.units import UnitStyle, unit_style

SCHEMA = "interpot.statistic/2"


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Where one channel's coordinate was sampled.

    Attributes
    ----------
    counts : (intervals,) int64
        Samples per knot interval, from the cutoff inwards; empty for a basis without knots.
    minimum, maximum
        Å; inf and -inf where nothing was sampled.
    """

    counts: IntArray
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Statistic:
    """Everything that discovery needs to know of any amount of data.

    Attributes
    ----------
    channels, bases
        One basis per channel; columns are counted in this order.
    blocks
        The sums.
    coverage
        One per channel.
    units
        Style in which results are reported; the sums themselves are in internal units.
    provenance
        Sources, target and whatever else made it.
    """

    channels: tuple[Channel, ...]
    bases: tuple[Basis, ...]
    blocks: Blocks
    coverage: tuple[Coverage, ...]
    units: UnitStyle
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        labels = ", ".join(channel.label for channel in self.channels)
        size = sum(basis.size for basis in self.bases)
        return f"<Statistic: {labels}; {self.frames} frames, {self.rows} force components, {size} functions>"

    @property
    def gram(self) -> FloatArray:
        """A over all blocks, (K, K)."""
        return self.blocks.gram()

    @property
    def moment(self) -> FloatArray:
        """B over all blocks, (K,)."""
        return np.asarray(self.blocks.moment.sum(axis=0))

    @property
    def square(self) -> float:
        """C over all blocks."""
        return float(self.blocks.square.sum())

    @property
    def rows(self) -> int:
        """Number of force components."""
        return int(self.blocks.rows.sum())

    @property
    def net(self) -> float:
        """Sum over all frames of the squared net force, eV²/Å²; NaN where one of them lacks it."""
        return float(self.blocks.net.sum())

    @property
    def systematic(self) -> float:
        """Relative force error that weak forms may make in the shape of any function; 0 of recorded forces."""
        return float(self.provenance.get("systematic", 0.0))

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self.blocks.frames.sum())

    def solve(self) -> FloatArray:
        """Return the coefficients k of A k = B that explain the forces best, (K,); internal units.

        With given functions as the basis these are the textbook's least-squares coefficients. Where the pass kept
        triangular factors (``factor="qr"``), they come from those and have the digits that X allows, not XᵀX.
        """
        forces = self.factors
        if forces:
            return least_squares(joint_factor(forces, self.blocks.size))
        scale = np.sqrt(np.diag(self.gram))
        scale[scale == 0] = 1.0
        return np.asarray(np.linalg.lstsq(self.gram / scale / scale[:, None], self.moment / scale)[0] / scale)

    @property
    def condition(self) -> float:
        """Condition number of A with its columns scaled to length 1: largest over smallest eigenvalue.

        Columns that no pair reaches are left out. From A itself it is good up to about 1e15, beyond which it may be
        infinite; from triangular factors it is the square of that of X, good up to about 1e30. Splines always
        hold one direction that no force sees, the additive constant of φ, so that theirs is one of rounding.
        """
        forces = self.factors
        if forces:
            X, _ = scaled(joint_factor(forces, self.blocks.size)[:, :-1])
            sizes = np.linalg.svd(X[:, X.any(axis=0)], compute_uv=False)
            return float((sizes[0] / sizes[-1]) ** 2) if sizes[-1] > 0 else float("inf")
        gram = self.gram
        scale = np.sqrt(np.diag(gram))
        met = scale > 0
        values = np.linalg.eigvalsh((gram / np.outer(scale, scale).clip(1e-300))[np.ix_(met, met)])
        return float(values[-1] / values[0]) if values[0] > 0 else float("inf")

    @property
    def factors(self) -> tuple[RowTables, ...]:
        """Triangular factors of the forces' rows [X F], one per species; empty where the pass kept none."""
        return tuple(t for t in self.blocks.tables if t.kind == "forces")

    @property
    def energies(self) -> RowTables | None:
        """Rows of energies, where the pass was asked for them."""
        return next((t for t in self.blocks.tables if t.kind == "energies"), None)

    @property
    def virials(self) -> RowTables | None:
        """Rows of virials, where the pass was asked for them."""
        return next((t for t in self.blocks.tables if t.kind == "virials"), None)

    def columns(self, channel: int) -> slice:
        """Columns of one channel."""
        starts = offsets(self.bases)
        return slice(int(starts[channel]), int(starts[channel + 1]))

    def __add__(self, other: Statistic) -> Statistic:
        """Both sets of blocks side by side, knots padded to the closer pair of either.

        Raises
        ------
        InterpotError
            The two differ in channels, knots, units or targets (`interpot.statistic.joint_target`).
        """
        _check_same(self, other)
        bases = tuple(a if a.size >= b.size else b for a, b in zip(self.bases, other.bases, strict=True))
        blocks = self.blocks_over(bases).beside(other.blocks_over(bases))
        coverage = tuple(map(_joined, self.coverage, other.coverage))
        provenance = joined_provenance(self.provenance, other.provenance, (self.rows, other.rows))
        provenance["frames"] = self.frames + other.frames
        return Statistic(self.channels, bases, blocks, coverage, self.units, provenance)

    def blocks_over(self, bases: Sequence[Basis]) -> Blocks:
        """The same blocks in the columns of bases that reach as far inwards or further."""
        layout = Layout.of(self.channels, bases)
        return self.blocks.laid_out(moved(self.bases, bases), layout.size, layout.own)

    def of_channels(self, chosen: Sequence[int]) -> Statistic:
        """Return the sums for some of the channels alone, given by their places; forces and energies stay whole."""
        bases = tuple(self.bases[c] for c in chosen)
        old, new = offsets(self.bases), offsets(bases)
        columns = np.full(int(old[-1]), -1, dtype=np.int64)
        for k, c in enumerate(chosen):
            columns[old[c] : old[c + 1]] = np.arange(new[k], new[k + 1])
        targets = [columns[part.columns] for part in self.blocks.parts]
        blocks = self.blocks.laid_out(columns, int(new[-1]), [np.sort(t[t >= 0]) for t in targets])
        channels = tuple(self.channels[c] for c in chosen)
        coverage = tuple(self.coverage[c] for c in chosen)
        return replace(self, channels=channels, bases=bases, blocks=blocks, coverage=coverage)

    def in_one_block(self) -> Statistic:
        """Return the same sums without their division into blocks."""
        return replace(self, blocks=self.blocks.summed())

    def save(self, path: str | Path) -> None:
        """Write HDF5, atomically. Only spline statistics can be kept: functions have no file form."""
        if not all(isinstance(basis, KnotSplines) for basis in self.bases):
            raise InterpotError(
                "a statistic over given functions cannot be saved: it exists for cross-checks"
            )
        try:
            self._write(Path(path))
        except OSError as error:
            full = "No space left" in str(error)
            reason = "no space left on device" if full else str(error).split("(")[0].strip()
            raise InterpotError(
                f"cannot write '{path}' ({reason}): name another place or make room"
            ) from error

    def _write(self, path: Path) -> None:
        with atomic(path) as temporary, h5py.File(temporary, "w") as file:
            file.attrs["schema"] = SCHEMA
            file.attrs["units"] = self.units.name
            kept = {name: what for name, what in self.provenance.items() if name != "weights"}
            file.attrs["provenance"] = json.dumps(kept, ensure_ascii=False)
            file["frames"] = self.blocks.frames
            file["net"] = self.blocks.net
            for part in self._force_parts():
                group = file.create_group(f"forces_on/{part.species}")
                for name in ARRAYS:
                    group[name] = getattr(part, name)
            for table in self.blocks.tables:
                table.write(file.create_group(f"tables/{table.label}"))
            for k, (c, basis, seen) in enumerate(zip(self.channels, self.bases, self.coverage, strict=True)):
                group = file.create_group(f"channel_{k}")
                group.attrs.update(kind=c.kind, species=list(c.species), cutoff=c.cutoff, site=c.site)
                group.attrs.update(charges=c.charges, centre=c.centre, time=c.time)
                assert isinstance(basis, KnotSplines)
                group.attrs.update(spacing=basis.spacing, intervals=basis.intervals, anchor=basis.cutoff)
                group.attrs.update(minimum=seen.minimum, maximum=seen.maximum)
                group["counts"] = seen.counts

    def _force_parts(self) -> list[SpeciesSums]:
        """Sums of the forces alone; those that `interpot.weighted` has added can be made again."""
        parts = [part for part in self.blocks.parts if part.species]
        if not parts:
            raise InterpotError("this statistic holds no forces any more: save the one that it was made of")
        return parts

    @classmethod
    def load(cls, path: str | Path) -> Statistic:
        """Read what `save` wrote.

        Raises
        ------
        InterpotError
            No such file, not HDF5, or not a statistic.
        """
        if not Path(path).is_file():
            raise InterpotError(f"no such file: '{path}'")
        try:
            with h5py.File(path, "r") as file:
                return cls._from_hdf5(file)
        except (OSError, KeyError) as error:
            raise InterpotError(
                f"'{path}' is not a statistic of interpot ({error}): expected the {SCHEMA} file that "
                "'interpot accumulate' writes"
            ) from error

    @classmethod
    def _from_hdf5(cls, file: Any) -> Statistic:
        if file.attrs.get("schema") != SCHEMA:
            raise KeyError(f"schema is {file.attrs.get('schema')!r}")
        channels, bases, coverage = [], [], []
        for k in range(sum(name.startswith("channel_") for name in file)):
            group = file[f"channel_{k}"]
            a = group.attrs
            channels.append(_channel(a))
            lattice = lattice_of(channels[-1])
            bases.append(lattice(float(a["anchor"]), float(a["spacing"]), int(a["intervals"])))
            coverage.append(Coverage(group["counts"][:], float(a["minimum"]), float(a["maximum"])))
        layout = Layout.of(channels, bases)
        parts = tuple(
            SpeciesSums(name, own, *(file[f"forces_on/{name}/{array}"][:] for array in ARRAYS))
            for name, own in zip(layout.species, layout.own, strict=True)
        )
        frames = file["frames"][:]
        unknown = np.full(len(frames), np.nan)  # a file of an earlier version
        net = file["net"][:] if "net" in file else unknown
        kept = file.get("tables", {})
        tables = tuple(
            RowTables.read(kept[label], layout.columns_on(species))
            for label, species in row_labels(layout.species)
            if label in kept
        )
        blocks = Blocks(layout.size, parts, frames, net, tables)
        provenance = json.loads(file.attrs["provenance"])
        units = unit_style(str(file.attrs["units"]))
        return cls(tuple(channels), tuple(bases), blocks, tuple(coverage), units, provenance)


def _channel(attributes: Mapping[str, Any]) -> Channel:
    """A channel as a file holds it; those of earlier versions have no site."""
    charges = tuple(float(q) for q in attributes.get("charges", ()))
    x, y, z = (float(v) for v in attributes.get("centre", (0.0, 0.0, 0.0)))
    return Channel(
        str(attributes["kind"]),
        tuple(map(str, attributes["species"])),
        float(attributes["cutoff"]),
        str(attributes.get("site", "")),
        charges,
        (x, y, z),
        float(attributes.get("time", 1.0)),
    )


def _joined(a: Coverage, b: Coverage) -> Coverage:
    counts = np.zeros(max(a.counts.size, b.counts.size), dtype=np.int64)
    counts[: a.counts.size] += a.counts
    counts[: b.counts.size] += b.counts
    return Coverage(counts, min(a.minimum, b.minimum), max(a.maximum, b.maximum))


def _check_same(a: Statistic, b: Statistic) -> None:
    """Refuse to add what does not belong together, in one sentence."""
    if a.units != b.units:
        raise InterpotError(f"cannot add a statistic in '{b.units.name}' units to one in '{a.units.name}'")
    check_same_target(*(s.provenance.get("target", "recorded") for s in (a, b)))
    tables = [{t.label for t in s.blocks.tables} for s in (a, b)]
    if tables[0] != tables[1]:
        label = min(tables[0] ^ tables[1])
        who = "the first" if label in tables[0] else "it"
        raise InterpotError(
            f"cannot add a second statistic: {who} alone holds rows of {label.replace('_', ' ')}"
        )
    if "weights" in a.provenance or "weights" in b.provenance:
        raise InterpotError("cannot add statistics that are weighted: add them first, then weight the sum")
    if a.channels != b.channels:
        mine, theirs = (", ".join(f"{c.label} to {c.cutoff:g} Å" for c in s.channels) for s in (a, b))
        raise InterpotError(f"cannot add statistics of different channels: {mine} against {theirs}")
    for channel, one, two in zip(a.channels, a.bases, b.bases, strict=True):
        if isinstance(one, KnotSplines) and isinstance(two, KnotSplines):
            two = replace(two, intervals=one.intervals)  # one lattice may reach further inwards
        if one != two:
            raise InterpotError(f"cannot add statistics of {channel.label} with different basis functions")
