"""What is known of one channel: its closed form, constants with errors, range, and what continues it inwards."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import sympy
from numpy.typing import ArrayLike

from interpot.errors import InterpotError
from interpot.formula.codegen import R, compile_array, derivative
from interpot.formula.notation import latex
from interpot.formula.quantity import power, unit_name
from interpot.records import FloatArray
from interpot.statistic.channels import ENDLESS, Measure, label_of, measure_of
from interpot.units import UnitStyle

UNITS_OF_KNOWN = ("E_known", "L_known")
"""Names of one unit of energy and of length, with which the numbers of a known part, or of a term that has lengths
measured by a variable, get their dimension."""


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
        wall = strength * (depth / R) ** 3
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
        The two species of a pair channel, sorted; the species that feels a wall or a field.
    cutoff
        The function is zero from here on (length units of the potential); a field's, which has no end, was sampled
        below it.
    domain
        Smallest and largest sampled coordinate.
    form
        Name in the field: "Lennard-Jones 12-6".
    expression
        φ(r) in `R` and the parameters' symbols: r is the distance of a pair, the distance to a wall, the coordinate of
        a field.
    parameters
        In the order of the rows of the potential's covariance.
    zero
        Where φ vanishes: "infinity", "cutoff" for a function that does not decay, or "origin" for a field, whose φ is
        given as it stands.
    kind
        A row of `interpot.statistic.channels.CHANNELS`.
    site, charges, centre
        Of a wall or field, as of an `interpot.statistic.channels.Channel`; the centre in units of the potential. With
        charges φ is an energy per charge: a particle has its charge times φ.
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
    core: Core | None = None
    site: str = ""
    charges: tuple[float, ...] = ()
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def label(self) -> str:
        """The channel's name in tables: "Ne-Xe", "Ne-zlo", "Ne@z"."""
        return label_of(self.kind, self.species, self.site, bool(self.charges), self.centre)

    @property
    def variable(self) -> str:
        """Letter of the coordinate where people see it: "r" of a distance, "z" of a field along z."""
        return self.site if self.kind in ENDLESS else R.name

    @property
    def ends(self) -> bool:
        """Whether the function is zero from the cutoff on; a field goes on."""
        return self.kind not in ENDLESS

    def measure(self, units: UnitStyle) -> Measure:
        """Units of r and φ."""
        return measure_of(self.kind, units)

    def unit(self, parameter: Parameter, units: UnitStyle) -> str:
        """Name of the unit of a constant, "" for a number: "eV·Å^6", or "eV·Å^-1 per e" where charges feel it."""
        if parameter.energy == parameter.length == 0:
            return ""
        charge = "" if units.name == "lj" else " e"
        each = f" per{charge or ' charge'}" if self.charges and parameter.energy == 1 else ""
        if self.kind == "friction":  # lengths are those gone in a unit of time, energies are lost in one
            time = power(units.time_unit, -parameter.energy - parameter.length)
            return "·".join(filter(None, (parameter.unit(units), time)))
        return parameter.unit(units) + each

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
        return latex(self.expression, self.variable)

    def energy(self, r: ArrayLike) -> FloatArray:
        """φ(r), zero from the cutoff on but for a field; arrays of any shape, in the potential's units."""
        return self._truncated(self.complete, r)

    def slope(self, r: ArrayLike) -> FloatArray:
        """φ'(r) = dφ/dr, exact; zero from the cutoff on but for a field."""
        return self._truncated(derivative(self.complete, R), r)

    def _truncated(self, expression: sympy.Expr, r: ArrayLike) -> FloatArray:
        distance = np.asarray(r, dtype=np.float64)
        if self.ends and np.any(distance <= 0):
            raise InterpotError(f"{self.label}: a distance of {distance.min():g} was given, expected r > 0")
        function = compile_array(expression, (R, *(p.symbol for p in self.parameters)))
        values = function(distance, *(p.value for p in self.parameters))
        return np.where(distance >= self.cutoff, 0.0, values) if self.ends else values  # NaN stays NaN


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
    resolution
        Errors below it cannot be told from none: what rounding may have done to the sums over the frames. NaN where
        that is not known.
    """

    formula: float
    ceiling: float
    cross_validated: float
    of: str = "forces"
    energies: float = np.nan
    virials: float = np.nan
    resolution: float = np.nan

    @property
    def name(self) -> str:
        """What tables and axes call it: "force error", "energy error" or "virial error"."""
        return {"forces": "force error", "energies": "energy error", "virials": "virial error"}[self.of]

    @property
    def beside(self) -> dict[str, float]:
        """Errors that are known beside that of the forces: {"energy error": 1e-3}."""
        others = {"energy error": self.energies, "virial error": self.virials}
        return {name: error for name, error in others.items() if not np.isnan(error)}
