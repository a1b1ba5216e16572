"""The potential: closed forms with constants, errors, units and the range in which they were seen.

Convention (see `interpot.geometry`): the force on i from j is φ'(r) r̂_ij with r̂_ij pointing from i to j,
so φ' > 0 attracts. `Potential.force` is the radial force -dφ/dr, positive where it repels, as in textbooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike
from sympy.printing.pretty.pretty_symbology import pretty_symbol

from interpot.errors import InterpotError
from interpot.formula import schema
from interpot.formula.codegen import R, compile_array, derivative
from interpot.formula.display import potential_html
from interpot.formula.expression import parse_expression, print_expression
from interpot.formula.notation import latex
from interpot.formula.quantity import half_width, unit_name, with_error
from interpot.records import FloatArray
from interpot.units import UnitStyle, unit_style

UNITS_OF_KNOWN = ("E_known", "L_known")
"""Names of one unit of energy and of length, with which the numbers of a known part get their dimension."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One constant of a formula.

    Attributes
    ----------
    name
        The sympy symbol's name: "epsilon", "C_6".
    value, stderr
        In the units of the potential; stderr 0 marks a constant that was not fitted (a cutoff, an exponent).
    energy, length
        Dimension: unit = energy_unit^energy · length_unit^length.
    """

    name: str
    value: float
    stderr: float
    energy: float
    length: float

    @property
    def symbol(self) -> sympy.Symbol:
        """The symbol in the formula: a real number of either sign."""
        return sympy.Symbol(self.name, real=True)

    def unit(self, units: UnitStyle) -> str:
        """Name of the unit, e.g. "eV·Å^6"."""
        return unit_name(self.energy, self.length, units.energy_unit, units.length_unit)


@dataclass(frozen=True, slots=True)
class Core:
    """What continues a formula below the sampled range (`interpot.formula.continuation`).

    Attributes
    ----------
    r
        Where it begins, r_c (length unit of the potential).
    energy, slope, curvature
        φ, φ' and φ'' of the formula there.
    strength
        K of the repulsive wall K (r_c/r - 1)³, in energy units.
    """

    r: float
    energy: float
    slope: float
    curvature: float
    strength: float

    def continue_inwards(self, formula: sympy.Expr) -> sympy.Expr:
        """Return the formula down to r_c, and below it the continuation.

        Written with depth = Max(0, r_c - r), which every target knows: r + depth is r outside and r_c inside. There
        is one Max, so that the slope at r_c does not hang on which side a target counts it to.
        """
        r_c, slope, curvature, strength = (
            sympy.Float(v, 17) for v in (self.r, self.slope, self.curvature, self.strength)
        )
        depth = sympy.Max(0, r_c - R)
        wall = strength * (depth / (r_c - depth)) ** 3  # r_c - depth is r
        parabola = -slope * depth + curvature / 2 * depth**2
        return formula.xreplace({R: R + depth}) + parabola + wall

    def scaled(self, energy: float, length: float) -> Core:
        """Return the same in units that are so many times smaller."""
        force = energy / length
        return Core(
            self.r * length,
            self.energy * energy,
            self.slope * force,
            self.curvature * force / length,
            self.strength * energy,
        )


@dataclass(frozen=True, slots=True)
class ChannelFormula:
    """The closed form of one channel.

    Attributes
    ----------
    species
        The two species of a pair channel, sorted.
    cutoff
        The function is zero from here on (length units of the potential).
    domain
        Smallest and largest sampled coordinate.
    form
        Name in the field: "Lennard-Jones 12-6".
    expression
        φ(r) in `R` and the parameters' symbols.
    parameters
        In the order of the rows of the potential's covariance.
    zero
        Where φ vanishes: "infinity", or "cutoff" for a function that does not decay.
    kind, variable
        "pair" and "r"; other kinds follow.
    core
        What stands for the formula below the sampled range, where it would not repel there.
    """

    species: tuple[str, ...]
    cutoff: float
    domain: tuple[float, float]
    form: str
    expression: sympy.Expr
    parameters: tuple[Parameter, ...]
    zero: str = "infinity"
    kind: str = "pair"
    variable: str = "r"
    core: Core | None = None

    @property
    def label(self) -> str:
        """The channel's name in tables: "Ne-Xe"."""
        return "-".join(self.species)

    @property
    def complete(self) -> sympy.Expr:
        """φ(r) with its continuation below the sampled range, where it has one."""
        return self.expression if self.core is None else self.core.continue_inwards(self.expression)

    @property
    def numeric(self) -> sympy.Expr:
        """The complete φ(r) with every constant as a number, at full double precision."""
        return self.complete.subs({p.symbol: sympy.Float(p.value, 17) for p in self.parameters})

    @property
    def plain(self) -> ChannelFormula:
        """The same function as people write it: a unit that is 1 is no constant of what was known already."""
        units = tuple(
            p for p in self.parameters if p.name in UNITS_OF_KNOWN and p.value == 1 and p.stderr == 0
        )
        rest = tuple(p for p in self.parameters if p not in units)
        return replace(self, expression=self.expression.subs({p.symbol: 1 for p in units}), parameters=rest)

    @property
    def latex(self) -> str:
        """φ(r) in the constants' symbols, as the field writes it."""
        return latex(self.expression)

    def energy(self, r: ArrayLike) -> FloatArray:
        """φ(r), zero from the cutoff on; arrays of any shape, in the potential's units."""
        return self._truncated(self.complete, r)

    def slope(self, r: ArrayLike) -> FloatArray:
        """φ'(r) = dφ/dr, exact; zero from the cutoff on."""
        return self._truncated(derivative(self.complete, R), r)

    def _truncated(self, expression: sympy.Expr, r: ArrayLike) -> FloatArray:
        distance = np.asarray(r, dtype=np.float64)
        if np.any(distance <= 0):
            raise InterpotError(f"{self.label}: a distance of {distance.min():g} was given, expected r > 0")
        function = compile_array(expression, (R, *(p.symbol for p in self.parameters)))
        values = function(distance, *(p.value for p in self.parameters))
        return np.where(distance >= self.cutoff, 0.0, values)  # NaN stays NaN


@dataclass(frozen=True, slots=True)
class Loss:
    """Relative errors ‖F_model - F‖/‖F‖ of the forces over the trajectory, or of the energies of a table.

    Attributes
    ----------
    formula
        Of the closed forms.
    ceiling
        Of the spline fit: the best that any function of the channels can do; NaN for a table of energies, through
        which some function always goes.
    cross_validated
        Of the closed forms on blocks of frames, or points, that their constants have not seen; NaN with a single
        block.
    of
        "forces"; "energies" (weighted, `interpot.formula.curve`) or "virials" where it was fitted to these alone.
    energies, virials
        Of the closed forms, where these were given beside the forces: relative to how they vary per particle, beyond
        the constants of the energies (`interpot.statistic.weights`). NaN where they were not.
    """

    formula: float
    ceiling: float
    cross_validated: float
    of: str = "forces"
    energies: float = np.nan
    virials: float = np.nan

    @property
    def name(self) -> str:
        """What tables and axes call it: "force error", "energy error" or "virial error"."""
        return {"forces": "force error", "energies": "energy error", "virials": "virial error"}[self.of]

    @property
    def beside(self) -> dict[str, float]:
        """Errors that are known beside that of the forces: {"energy error": 1e-3}."""
        others = {"energy error": self.energies, "virial error": self.virials}
        return {name: error for name, error in others.items() if not np.isnan(error)}


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

    def channel(self, *species: str) -> ChannelFormula:
        """Return the formula of one pair: "Ne", "Xe" in either order, or "Ne-Xe"; none is needed for the only one.

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
            if channel.species == names or species == (channel.label,):
                return channel
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
        """φ(r) of a pair, in the potential's energy unit."""
        return self.channel(*species).energy(r)

    def force(self, r: ArrayLike, *species: str) -> FloatArray:
        """Radial force -dφ/dr of a pair, positive where it repels; exact, from sympy."""
        return -self.channel(*species).slope(r)

    def psi(self, r: ArrayLike, *species: str, n: int = 1) -> FloatArray:
        """Interaction kernel ψ(r) = n φ'(r)/r of -dp_i/dt = (1/n) Σ_j (q_i - q_j) ψ(r_ij).

        With n = 1 (default) the forces are summed, with n the number of particles they are averaged, as in
        the literature on mean-field interacting particles.
        """
        return n * self.channel(*species).slope(r) / np.asarray(r, dtype=np.float64)

    def to_units(self, style: str | UnitStyle) -> Potential:
        """Return the same potential in another unit style, errors and covariance too.

        The unit of C in C/r^n has n in it: C' = C λ^n in lengths λ times as many. Where n is fitted, its error
        therefore enters that of C': G has dC'/dn = C' ln λ, and the covariance becomes G Σ Gᵀ.

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
        scales = np.array([energy**p.energy * length**p.length for p in self.parameters])
        stderrs, covariance = self._converted_errors(scales, length)
        numbers = iter(zip(scales, stderrs, strict=True))
        channels = []
        for c in self.channels:
            parameters = tuple(
                replace(p, value=float(p.value * scale), stderr=float(stderr))
                for p, (scale, stderr) in zip(c.parameters, numbers, strict=False)
            )
            domain = (c.domain[0] * length, c.domain[1] * length)
            core = None if c.core is None else c.core.scaled(energy, length)
            cutoff = c.cutoff * length
            channels.append(replace(c, cutoff=cutoff, domain=domain, parameters=parameters, core=core))
        return replace(self, units=target, channels=tuple(channels), covariance=covariance)

    def _converted_errors(self, scales: FloatArray, length: float) -> tuple[FloatArray, FloatArray]:
        """Standard errors and covariance of the parameters times their scales.

        The sums are of correlations, not covariances: in SI the square of an error can underflow.
        """
        parameters = self.parameters
        sigma = np.array([p.stderr for p in parameters], dtype=np.float64)
        step = np.where(sigma > 0, sigma, 1.0)
        correlation = correlation_matrix(self.covariance, step)
        stderrs = sigma * scales
        for c, n, slope in self._links():
            # row and column c of G Σ Gᵀ, in units of the errors
            weight = slope * np.log(length) * step[n] / step[c]
            correlation[c] += weight * correlation[n]
            correlation[:, c] += weight * correlation[:, n]
            stderrs[c] = step[c] * scales[c] * np.sqrt(max(correlation[c, c], 0.0))
        factors = step * scales
        return stderrs, factors[:, None] * correlation * factors

    def _links(self) -> list[tuple[int, int, float]]:
        """Which parameters C have a fitted exponent n in their unit length^±n: their rows, and ±C."""
        links, first = [], 0
        for channel in self.channels:
            fitted = [
                (first + k, p.value)
                for k, p in enumerate(channel.parameters)
                if p.energy == p.length == 0 and p.stderr > 0
            ]
            for c, p in enumerate(channel.parameters, first):
                if p.energy and p.length and p.stderr != 0:
                    same = [(n, value) for n, value in fitted if abs(p.length) == abs(value)]
                    links += [(c, n, p.value * p.length / value) for n, value in same[:1]]
            first += len(channel.parameters)
        return links

    def save(self, path: str | Path) -> None:
        """Write a potential.json (`interpot.formula.schema`), whole or not at all; `load` gives it back.

        Raises
        ------
        InterpotError
            The file cannot be written, or the potential breaks the schema (a number that is infinite).
        """
        schema.write(_document(self), Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Potential:
        """Read a potential.json, every number as it was saved.

        Raises
        ------
        InterpotError
            No such file, no JSON, another schema, or a key that breaks it.
        """
        document = schema.read(Path(path))
        return cls(
            unit_style(document["units"]["style"]),
            tuple(_channel(c) for c in document["channels"]),
            np.array(document["covariance"], dtype=np.float64),  # null becomes NaN
            _loss(document["loss"]),
            document["provenance"],
            _freedom(document.get("degrees_of_freedom")),
        )

    def describe(self, channel: ChannelFormula) -> str:
        """One channel in a sentence: "Lennard-Jones 12-6, ε = 0.01034(1) eV, σ = 3.405(1) Å"."""
        constants = []
        for p in channel.plain.parameters:
            unit = "" if p.energy == p.length == 0 else f" {p.unit(self.units)}"
            constants.append(f"{pretty_symbol(p.name)} = {with_error(p.value, p.stderr)}{unit}")
        return ", ".join((channel.form, *constants))

    def __str__(self) -> str:
        return "\n".join(f"{c.label}: {self.describe(c)}" for c in self.channels)

    def _repr_latex_(self) -> str:
        rows = (rf"\varphi_{{\mathrm{{{c.label}}}}}(r) &= {c.plain.latex}" for c in self.channels)
        return r"$$\begin{aligned}" + r"\\".join(rows) + r"\end{aligned}$$"

    def _repr_html_(self) -> str:
        return potential_html(self)


def correlation_matrix(covariance: FloatArray, stderrs: FloatArray) -> FloatArray:
    """Covariance in units of the standard errors; a variance that has underflowed is a 1.

    A parameter some of whose covariances have underflowed as well is taken as independent of the others, since
    a matrix with holes need not be positive.
    """
    correlation = covariance / stderrs[:, None] / stderrs
    lost = np.outer(stderrs, stderrs) < np.finfo(np.float64).tiny
    holes = np.diag(lost) & (lost.sum(axis=1) > 1)
    correlation[holes] = correlation[:, holes] = 0.0
    correlation[np.diag(np.diag(lost))] = 1.0
    return correlation


# ---------------------------------------------------------------------------- potential.json


def _document(potential: Potential) -> dict[str, Any]:
    units = potential.units
    return {
        "schema": schema.SCHEMA,
        "units": {"style": units.name, "energy": units.energy_unit, "length": units.length_unit},
        "channels": [
            {
                "kind": c.kind,
                "species": list(c.species),
                "variable": c.variable,
                "cutoff": float(c.cutoff),
                "domain": [float(end) for end in c.domain],
                "form": c.form,
                "expression": print_expression(c.expression),
                "zero": c.zero,
                "parameters": {
                    p.name: {
                        "value": float(p.value),
                        "stderr": _nullable(p.stderr),
                        "unit": p.unit(units),
                        "energy": _exponent(p.energy),
                        "length": _exponent(p.length),
                    }
                    for p in c.parameters
                },
            }
            for c in potential.channels
        ],
        "covariance": [[_nullable(value) for value in row] for row in potential.covariance],
        "degrees_of_freedom": potential.freedom if np.isfinite(potential.freedom) else None,
        "loss": _loss_entry(potential.loss),
        "provenance": _plain(potential.provenance),
    }


def _channel(entry: Mapping[str, Any]) -> ChannelFormula:
    parameters = tuple(
        Parameter(name, float(p["value"]), _number(p["stderr"]), float(p["energy"]), float(p["length"]))
        for name, p in entry["parameters"].items()
    )
    return ChannelFormula(
        species=tuple(entry["species"]),
        cutoff=float(entry["cutoff"]),
        domain=(float(entry["domain"][0]), float(entry["domain"][1])),
        form=entry["form"],
        expression=parse_expression(entry["expression"], {p.name: p.symbol for p in parameters}),
        parameters=parameters,
        zero=entry["zero"],
        kind=entry["kind"],
        variable=entry["variable"],
    )


def _freedom(value: float | None) -> float:
    return np.inf if value is None else float(value)


def _loss_entry(loss: Loss) -> dict[str, float | str | None]:
    numbers = ("formula", "ceiling", "cross_validated")
    entry: dict[str, float | str | None] = {n: _nullable(getattr(loss, n)) for n in numbers}
    beside = {n: error for n in ("energies", "virials") if not np.isnan(error := getattr(loss, n))}
    return {**entry, **beside} | ({} if loss.of == "forces" else {"of": loss.of})


def _loss(entry: Mapping[str, Any]) -> Loss:
    numbers = {n: _number(value) for n, value in entry.items() if n != "of"}
    return Loss(**numbers, of=entry.get("of", "forces"))


def _nullable(value: float) -> float | None:
    """JSON has no NaN: what is not known is null."""
    return None if np.isnan(value) else float(value)


def _exponent(value: float) -> float:
    return int(value) if float(value).is_integer() else float(value)


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _plain(value: Any) -> Any:
    """Turn provenance into JSON's types: paths become texts, tuples lists, numpy's numbers Python's."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value) if isinstance(value, Path) else value
