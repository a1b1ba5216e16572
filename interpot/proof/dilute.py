"""A dilute gas between two plane walls, from its potential alone: what a formula predicts without molecular dynamics.

To second order in the density, with N_a particles of species a between walls L apart, of area A, the free energy is

    F/kT = Σ_a N_a [ln(N_a/V_a) - 1 - (d/2) ln T] + Σ_ab N_a N_b B_ab(T)/V
    B_ab = -½ ∫ (exp(-φ_ab/kT) - 1) dr^d            second virial coefficient
    V_a  = A (L - Σ_walls ∫ (1 - exp(-φ_wall/kT)) ds),        V = A (L - mean of these layers)

The layer that a wall keeps free, up to Gibbs's dividing surface, is exact for an ideal gas. What is left out is of
third order, or of second in the layers themselves. Pressure on the walls, entropy and energy follow by differentiation,

    P = -(1/A) ∂F/∂L,      S = -∂F/∂T,      E = F + T S,

so that an adiabat is a line of constant S: one temperature for each L. No atom moves in it, which makes it a check of
the formulas that is independent of any integrator.

Functions count from their cutoff, φ(r) - φ(r_c): molecular dynamics sees the force, which has no step there, whatever
the engine adds to its energies.

Sources: J. E. Mayer and M. G. Mayer, Statistical Mechanics (1940), chapter 13; J. O. Hirschfelder, C. F. Curtiss and
R. B. Bird, Molecular Theory of Gases and Liquids (1954), section 3.6; W. A. Steele, The Interaction of Gases with Solid
Surfaces (1974), chapter 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.continuation import continued
from interpot.formula.potential import Potential
from interpot.records import FloatArray

_NODES, _PANELS = 12, 100  # Gauss's, in panels that grow with the distance
_INNERMOST = 1e-4  # of the cutoff: the end of the first panel, in which functions have their value there
_STEP = 1e-4  # relative, of central differences: their error is of the order of its square
_HOTTEST = 50.0  # times the temperature of the start


@dataclass(frozen=True, slots=True, eq=False)
class DiluteGas:
    """A gas between two walls, in the units of its potential.

    Attributes
    ----------
    potential
        With the pairs, and the walls' channels.
    numbers
        Of the particles, by species.
    area
        Of each wall; in two dimensions its length.
    walls
        Names of the two; a wall without a channel is one that nothing feels before it touches.
    dimension
        2 or 3.
    mean_mass
        Of the particles, in units of the style; 0 where it is not known.

    Raises
    ------
    InterpotError
        A species or a pair that the potential does not have.
    """

    potential: Potential
    numbers: Mapping[str, int]
    area: float
    walls: tuple[str, ...]
    dimension: int = 3
    mean_mass: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "potential", continued(self.potential))
        missing = [(a, b) for a in self.numbers for b in self.numbers if self._pair(a, b) is None]
        if missing:
            a, b = missing[0]
            raise InterpotError(f"the potential has no function of {a} and {b}: a gas of both needs one")

    def second_virial(self, temperature: float) -> float:
        """B = Σ x_a x_b B_ab of the mixture, in volumes per particle."""
        total = sum(self.numbers.values())
        return sum(
            n * m / total**2 * second_virial(channel, self._kt(temperature), self.dimension)
            for a, n in self.numbers.items()
            for b, m in self.numbers.items()
            if (channel := self._pair(a, b)) is not None
        )

    def layer(self, species: str, temperature: float) -> float:
        """Length that the walls keep free of a species together; negative where they attract more than they repel."""
        channels = (
            c for c in self.potential.channels
            if c.kind == "wall" and c.site in self.walls and c.species == (species,)
        )  # fmt: skip
        return sum(excluded_layer(channel, self._kt(temperature)) for channel in channels)

    def free_energy(self, temperature: float, length: float) -> float:
        """F, but for a constant and a multiple of T; raises `InterpotError` where the walls leave no room."""
        total, free, layers = sum(self.numbers.values()), 0.0, 0.0
        for species, number in self.numbers.items():
            layer = self.layer(species, temperature)
            room = self.area * (length - layer)
            if room <= 0:
                raise InterpotError(f"walls {length:g} apart leave no room: each keeps {layer / 2:g} free")
            free += number * (np.log(number / room) - 1 - self.dimension / 2 * np.log(temperature))
            layers += number / total * layer
        free += total**2 * self.second_virial(temperature) / (self.area * (length - layers))
        return float(free * self._kt(temperature))

    def pressure(self, temperature: float, length: float) -> float:
        """Pressure on the walls, in the style's pressure unit."""
        step = _STEP * length
        slope = (
            self.free_energy(temperature, length + step) - self.free_energy(temperature, length - step)
        ) / (2 * step)
        return -slope / self.area * self.potential.units.nktv2p

    def entropy(self, temperature: float, length: float) -> float:
        """S, but for a constant."""
        step = _STEP * temperature
        return -(
            self.free_energy(temperature + step, length) - self.free_energy(temperature - step, length)
        ) / (2 * step)

    def energy(self, temperature: float, length: float) -> float:
        """Kinetic and potential energy, in the style's unit."""
        return self.free_energy(temperature, length) + temperature * self.entropy(temperature, length)

    def adiabat(self, temperature: float, lengths: FloatArray) -> FloatArray:
        """Temperatures at other distances of the walls on the adiabat through the first.

        Parameters
        ----------
        temperature
            At the first length.
        lengths : (m,) float64
        """
        entropy = self.entropy(temperature, float(lengths[0]))

        def at(length: float) -> float:
            ends = temperature / _HOTTEST, temperature * _HOTTEST
            try:
                return float(brentq(lambda t: self.entropy(t, length) - entropy, *ends, rtol=1e-9))
            except ValueError as error:
                raise InterpotError(
                    f"the adiabat of a dilute gas ends before the walls are {length:.4g} apart ({error}): at some "
                    "temperature on the way the second virial coefficient, or the layer at a wall, is no number"
                ) from error

        return np.array([temperature, *(at(float(length)) for length in lengths[1:])])

    def _kt(self, temperature: float) -> float:
        return self.potential.units.boltzmann * temperature

    def _pair(self, a: str, b: str) -> ChannelFormula | None:
        names = tuple(sorted((a, b)))
        return next((c for c in self.potential.channels if c.kind == "pair" and c.species == names), None)


def second_virial(channel: ChannelFormula, kt: float, dimension: int = 3) -> float:
    """B = -½ ∫ (exp(-φ/kT) - 1) dr^d of a pair, in length^d of its potential; `kt` in its energy unit."""
    r, weights = _nodes(channel)
    shell = 4 * np.pi * r**2 if dimension == 3 else 2 * np.pi * r
    return float(-0.5 * (weights * shell) @ np.expm1(-_above_cutoff(channel, r) / kt))


def excluded_layer(channel: ChannelFormula, kt: float) -> float:
    """∫ (1 - exp(-φ/kT)) ds over the distance from a wall: the length that it keeps free."""
    s, weights = _nodes(channel)
    return float(-weights @ np.expm1(-_above_cutoff(channel, s) / kt))


def _nodes(channel: ChannelFormula) -> tuple[FloatArray, FloatArray]:
    x, w = np.polynomial.legendre.leggauss(_NODES)
    edges = np.append(0.0, np.geomspace(_INNERMOST * channel.cutoff, channel.cutoff, _PANELS))
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel()


def _above_cutoff(channel: ChannelFormula, r: FloatArray) -> FloatArray:
    """φ(r) - φ(r_c); infinite where the formula has no number, in the core."""
    with np.errstate(all="ignore"):
        energy = channel.energy(np.maximum(r, _INNERMOST * channel.cutoff)) - channel.energy(
            np.nextafter(channel.cutoff, 0.0)
        )
    return np.where(np.isnan(energy), np.inf, energy)
