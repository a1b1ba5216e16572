"""The potential: closed forms with constants, errors, units and the range in which they were seen.

Convention (see `interpot.geometry`): the force on i from j is φ'(r) r̂_ij with r̂_ij pointing from i to j,
so φ' > 0 attracts. `Potential.force` is the radial force -dφ/dr, positive where it repels, as in textbooks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sympy.printing.pretty.pretty_symbology import pretty_symbol

from interpot.errors import InterpotError
from interpot.formula import schema
from interpot.formula.channel_formula import ChannelFormula, Loss, Parameter
from interpot.formula.display import potential_html
from interpot.formula.document import document_of, fields_of
from interpot.formula.errors_in_units import converted_errors
from interpot.formula.notation import upright
from interpot.formula.quantity import half_width, with_error
from interpot.records import FloatArray
from interpot.statistic.channels.channel import CHANNELS
from interpot.units import UnitStyle, unit_style


@dataclass(frozen=True, slots=True, eq=False)
class Potential:
    """Closed forms for all channels of a system.

    Attributes
    ----------
    units
        Style of every number in it.
    channels
        One formula each.
    covariance : (p, p) float64
        Of all parameters, in the order of the channels and of their parameters, in their units.
    loss
        How well it explains the forces.
    provenance
        Files, frames, versions, command.
    freedom
        Degrees of freedom of the standard errors: blocks of frames - 1; infinite where they are not from the spread
        over blocks.
    """

    units: UnitStyle
    channels: tuple[ChannelFormula, ...]
    covariance: FloatArray
    loss: Loss
    provenance: Mapping[str, Any] = field(default_factory=dict)
    freedom: float = np.inf

    @property
    def species(self) -> tuple[str, ...]:
        """All species, sorted."""
        return tuple(sorted({s for channel in self.channels for s in channel.species}))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of all channels, in the covariance's order."""
        return tuple(p for channel in self.channels for p in channel.parameters)

    @property
    def pairs(self) -> Potential:
        """Only the pair channels, with their rows of the covariance; the same potential where there are no others."""
        return self.of_kinds(("pair",))

    def of_kinds(self, kinds: Collection[str]) -> Potential:
        """Only the channels of some kinds, with their rows of the covariance; none, where there are none of them."""
        if all(c.kind in kinds for c in self.channels):
            return self
        kept = [c.kind in kinds for c in self.channels for _ in c.parameters]
        channels = tuple(c for c in self.channels if c.kind in kinds)
        return replace(self, channels=channels, covariance=self.covariance[np.ix_(kept, kept)])

    @property
    def conservative(self) -> Potential:
        """Without friction, which is no potential: what programs for molecular dynamics are given."""
        return self.of_kinds([kind for kind in CHANNELS if kind != "friction"])

    def of_kind(self, kind: str) -> Potential:
        """Only the channels of one kind, as `of_kinds`."""
        return self.of_kinds((kind,))

    def channel(self, *species: str) -> ChannelFormula:
        """Return the formula of one channel; none need be named where there is only one.

        A pair by its species in either order or by its label: "Ne", "Xe" or "Ne-Xe". A wall or a field by its species
        and place or by its label: "Ne", "zlo" or "Ne-zlo"; "Ne", "z" or "Ne@z"; "charge", "z" or "charge@z".

        Raises
        ------
        InterpotError
            No such channel, or several and none was named.
        """
        known = ", ".join(c.label for c in self.channels)
        if not species:
            if len(self.channels) == 1:
                return self.channels[0]
            raise InterpotError(f"the potential has several channels: name one of {known}")
        names = tuple(sorted(species * 2 if len(species) == 1 else species))
        for channel in self.channels:
            place = ("charge" if channel.charges else channel.species[0], channel.site)
            pair = channel.kind == "pair" and channel.species == names
            if pair or species in ((channel.label,), place, place[::-1]):
                return channel
        # a field about a centre, "Ar@r:1,2,3", is known by its coordinate alone if it is the only such one
        fields = [c for c in self.channels if (c.label.partition(":")[0],) == species]
        if len(fields) == 1:
            return fields[0]
        raise InterpotError(f"the potential has no channel {'-'.join(names)}: it has {known}")

    def interval(self, parameter: str, *species: str, level: float = 0.95) -> tuple[float, float]:
        """Return the ends between which a constant lies with a probability of `level`, by Student's t.

        Parameters
        ----------
        parameter
            Its name, "epsilon".
        species
            Of the channel, as `channel` takes them.
        level
            Between 0 and 1.

        Raises
        ------
        InterpotError
            No such constant or channel, or a level that is no probability.
        """
        channel = self.channel(*species)
        for p in channel.parameters:
            if p.name == parameter:
                half = half_width(p.stderr, self.freedom, level)
                return p.value - half, p.value + half
        known = ", ".join(p.name for p in channel.parameters)
        raise InterpotError(f"{channel.label} has no constant '{parameter}': it has {known or 'none'}")

    def energy(self, r: ArrayLike, *species: str) -> FloatArray:
        """φ(r) of a channel, in the potential's energy unit; `species` as `channel` takes them."""
        return self.channel(*species).energy(r)

    def force(self, r: ArrayLike, *species: str) -> FloatArray:
        """Force -dφ/dr along a channel's coordinate, positive where it repels; exact, from sympy."""
        return -self.channel(*species).slope(r)

    def psi(self, r: ArrayLike, *species: str, n: int = 1) -> FloatArray:
        """Interaction kernel ψ(r) = n φ'(r)/r of -dp_i/dt = (1/n) Σ_j (q_i - q_j) ψ(r_ij).

        With n = 1 (default) the forces are summed, with n the number of particles they are averaged, as in
        the literature on mean-field interacting particles.
        """
        return n * self.channel(*species).slope(r) / np.asarray(r, dtype=np.float64)

    def to_units(self, style: str | UnitStyle) -> Potential:
        """Return the same potential in another unit style, errors and covariance too.

        Raises
        ------
        InterpotError
            The reduced style ``lj`` has no fixed relation to the others.
        """
        target = unit_style(style) if isinstance(style, str) else style
        if target == self.units:
            return self
        if "lj" in (target.name, self.units.name):
            raise InterpotError(
                f"a potential in '{self.units.name}' units cannot be given in '{target.name}': reduced units "
                "have no fixed relation to physical ones"
            )
        energy, length = self.units.energy / target.energy, self.units.length / target.length
        time = self.units.time / target.time
        # of friction, energies are lost in a unit of time, and lengths are gone in one
        spans = [time if c.kind == "friction" else 1.0 for c in self.channels for _ in c.parameters]
        scales = np.array(
            [
                energy**p.energy * length**p.length / span ** (p.energy + p.length)
                for p, span in zip(self.parameters, spans, strict=True)
            ]
        )
        stderrs, covariance = converted_errors(self.channels, self.covariance, scales, length)
        numbers = iter(zip(scales, stderrs, strict=True))
        channels = []
        for c in self.channels:
            parameters = tuple(
                replace(p, value=float(p.value * scale), stderr=float(stderr))
                for p, (scale, stderr) in zip(c.parameters, numbers, strict=False)
            )
            reach = length / time if c.kind == "friction" else length
            domain = (c.domain[0] * reach, c.domain[1] * reach)
            core = None if c.core is None else c.core.scaled(energy, length)
            cutoff = c.cutoff * reach
            x, y, z = (float(v * length) for v in c.centre)
            channels.append(
                replace(c, cutoff=cutoff, domain=domain, parameters=parameters, core=core, centre=(x, y, z))
            )
        return replace(self, units=target, channels=tuple(channels), covariance=covariance)

    def save(self, path: str | Path) -> None:
        """Write a potential.json (`interpot.formula.schema`), whole or not at all; `load` gives it back.

        Raises
        ------
        InterpotError
            The file cannot be written, or the potential breaks the schema (a number that is infinite).
        """
        schema.write(document_of(self), Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Potential:
        """Read a potential.json, every number as it was saved.

        Raises
        ------
        InterpotError
            No such file, no JSON, another schema, or a key that breaks it.
        """
        return cls(**fields_of(schema.read(Path(path))))

    def describe(self, channel: ChannelFormula) -> str:
        """One channel in a sentence: "Lennard-Jones 12-6, ε = 0.01034(1) eV, σ = 3.405(1) Å"."""
        constants = []
        for p in channel.plain.parameters:
            value = f"{with_error(p.value, p.stderr)} {channel.unit(p, self.units)}".strip()
            constants.append(f"{pretty_symbol(p.name)} = {value}")
        return ", ".join((channel.form, *constants))

    def __str__(self) -> str:
        return "\n".join(f"{c.label}: {self.describe(c)}" for c in self.channels)

    def _repr_latex_(self) -> str:
        rows = (rf"\varphi_{{{upright(c.label)}}}({c.variable}) &= {c.plain.latex}" for c in self.channels)
        return r"$$\begin{aligned}" + r"\\".join(rows) + r"\end{aligned}$$"

    def _repr_html_(self) -> str:
        return potential_html(self)
