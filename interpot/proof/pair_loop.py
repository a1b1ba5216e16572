"""Energies, forces and virial of a potential, step after step of a run, by one fused loop over a list with a skin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import Any

import numba
import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R, compile_pair
from interpot.formula.potential import Potential
from interpot.proof.skin_list import SkinList
from interpot.records import FloatArray, Frame

# mypy: disable-error-code="no-untyped-def"

_SKIN = 0.1  # of the largest cutoff: the fastest for liquids


@dataclass(frozen=True, slots=True, eq=False)
class AtomSums:
    """What a potential says of one configuration.

    Attributes
    ----------
    energies : (n,) float64, eV
        Of the atoms: half of each pair's energy for each of the two.
    forces : (n, 3) float64, eV/Å
    virial : (3, 3) float64, eV
        W of `interpot.geometry`.
    """

    energies: FloatArray
    forces: FloatArray
    virial: FloatArray


class PairLoop:
    """Sums a potential over the pairs of configurations that follow each other.

    Parameters
    ----------
    potential
        In any units; its functions are taken as they are.
    skin
        Å, how far pairs beyond the cutoff are listed; a tenth of the largest cutoff unless given.
    """

    def __init__(self, potential: Potential, skin: float | None = None) -> None:
        self.potential = potential
        cutoff = max(c.cutoff for c in potential.channels) * potential.units.length
        self.pairs = SkinList(cutoff, _SKIN * cutoff if skin is None else skin)

    def __call__(self, frame: Frame) -> AtomSums:
        """Return the sums.

        Raises
        ------
        InterpotError
            A position is no number, two atoms are in one place, a cell has no volume, or a pair of species that is
            there has no formula.
        """
        _check_finite(frame)
        listed, units = self.pairs(frame), self.potential.units
        n = len(frame.kinds)
        sums = AtomSums(np.zeros(n), np.zeros((n, 3)), np.zeros((3, 3)))
        for a, b in combinations_with_replacement(np.unique(frame.kinds).tolist(), 2):
            channel = self.potential.channel(frame.species[a], frame.species[b])
            loop = _loop(channel.complete, (R, *(p.symbol for p in channel.parameters)))
            loop(
                listed.positions, listed.shifts, listed.first[b * (b + 1) // 2 + a], listed.partner, listed.image,
                channel.cutoff, tuple(float(p.value) for p in channel.parameters),
                units.length, units.energy, units.force, sums.energies, sums.forces, sums.virial,
            )  # fmt: skip
        return sums


def _check_finite(frame: Frame) -> None:
    finite = np.isfinite(frame.positions).all(axis=1)
    if not finite.all():
        raise InterpotError(
            f"the position of atom {int(finite.argmin()) + 1} of {frame.source} is no number: expected three"
        )


@lru_cache(maxsize=64)
def _loop(expression: sympy.Expr, arguments: tuple[sympy.Symbol, ...]) -> Callable[..., Any]:
    """Compile the loop over the pairs of one formula; it adds to energies, forces and virial."""
    pair = compile_pair(expression, arguments)

    @numba.njit(nogil=True)
    def add(
        x, shifts, first, partner, image, cutoff, constants, length, energy, force, energies, forces, virial
    ):
        square_cutoff, inverse_length = (cutoff * length) ** 2, 1.0 / length
        xx = yy = zz = xy = xz = yz = 0.0
        for i in range(len(x)):
            x_i, y_i, z_i = x[i, 0], x[i, 1], x[i, 2]
            e_i = f_x = f_y = f_z = 0.0
            for p in range(first[i], first[i + 1]):
                j, s = partner[p], image[p]
                dx, dy, dz = (
                    x[j, 0] + shifts[s, 0] - x_i,
                    x[j, 1] + shifts[s, 1] - y_i,
                    x[j, 2] + shifts[s, 2] - z_i,
                )
                square = dx * dx + dy * dy + dz * dz
                if square < square_cutoff:
                    r = np.sqrt(square)
                    phi, slope = pair(r * inverse_length, *constants)
                    half, pull = 0.5 * phi * energy, slope * force / r  # pull · r_ij is the force on i
                    e_i += half
                    energies[j] += half
                    p_x, p_y, p_z = pull * dx, pull * dy, pull * dz
                    f_x += p_x
                    f_y += p_y
                    f_z += p_z
                    forces[j, 0] -= p_x
                    forces[j, 1] -= p_y
                    forces[j, 2] -= p_z
                    xx -= dx * p_x
                    yy -= dy * p_y
                    zz -= dz * p_z
                    xy -= dx * p_y
                    xz -= dx * p_z
                    yz -= dy * p_z
            energies[i] += e_i
            forces[i, 0] += f_x
            forces[i, 1] += f_y
            forces[i, 2] += f_z
        virial += np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])

    return add  # type: ignore[no-any-return]
