"""Ionic conductivity of charged particles.

    σ_NE = Σ_s N_s q_s² D_s / (V kT)                                Nernst and Einstein: ions move on their own
    σ_GK = ∫ <J(0)·J(t)> dt / (d V kT) = lim d/dt <|M(t) - M(0)|²> / (2 d V kT)    Green and Kubo: all correlations

with the current J = Σ q_i v_i and M its integral; the second form of σ_GK, Einstein's and Helfand's, is taken, since
it needs neither velocities nor frames closer than their correlation time, and no place to end an integral.

Sources: J.-P. Hansen and I. R. McDonald, Theory of Simple Liquids, 4th ed. (2013), section 10.5;
E. Helfand, Phys. Rev. 119, 1 (1960).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import constants

from interpot.errors import InterpotError
from interpot.proof.observables.blocks import mean_value
from interpot.proof.observables.diffusion import late_lags, species_line
from interpot.proof.observables.displacement import block_curves, shared_time
from interpot.proof.observables.energies import mean_temperature
from interpot.proof.observables.radial import volume
from interpot.proof.observables.recorded import Measured, Quantity, Recorded
from interpot.records import FloatArray
from interpot.units import UnitStyle


def measure(run: Recorded) -> Iterator[Measured]:
    """σ by Nernst and Einstein and by Green and Kubo, where charges are given."""
    if not any(run.charges.values()):
        return
    unit, factor = _unit(run.units)
    for name, method in (("Nernst-Einstein", nernst_einstein), ("Green-Kubo", green_kubo)):
        quantity = Quantity(f"conductivity ({name})", unit)
        try:
            values = method(run) / factor
        except InterpotError as error:
            yield quantity.missing(str(error))
            continue
        yield Measured(quantity, mean_value(values, len(values)), len(run.paths), chosen=shared_time(run))


def nernst_einstein(run: Recorded) -> FloatArray:
    """σ of independent ions in each block, internal units; raises `InterpotError` where it cannot be had."""
    numbers = np.bincount(run.first.kinds, minlength=len(run.first.species))
    total = np.zeros(run.paths.blocks)
    for name in run.species:
        count = numbers[run.first.species.index(name)]
        total += count * run.charges.get(name, 0.0) ** 2 * species_line(run, name).slopes
    return total / _volume_times_kt(run)


def green_kubo(run: Recorded) -> FloatArray:
    """σ of the charges' common motion in each block, internal units; raises as `nernst_einstein`."""
    moment = run.paths.moment
    if moment is None:
        raise InterpotError("the charges are unknown")
    lags = late_lags(run)
    curves = block_curves(moment[:, None, :], lags, run.paths.blocks, np.ones(1))
    slopes = np.polynomial.polynomial.polyfit(lags * run.paths.spacing(), curves.T, 1)[1]
    return np.asarray(np.atleast_1d(slopes) / (2 * run.first.dimension * _volume_times_kt(run)))


def _volume_times_kt(run: Recorded) -> float:
    if not run.periodic or run.first.dimension != 3:
        raise InterpotError("a conductivity needs a volume: a box of three dimensions that repeats in each")
    energy = run.units.boltzmann * mean_temperature(run) * run.units.energy
    return energy * float(np.mean([volume(frame) for frame in run.frames]))


def _unit(style: UnitStyle) -> tuple[str, float]:
    """Return the unit of conductivity and its size in e²/(eV Å · internal time): S/m, or the reduced one."""
    if style.name == "lj":
        return "q²/(εστ)", 1.0
    # in internal units of time
    second = 1 / (constants.angstrom * np.sqrt(constants.atomic_mass / constants.electron_volt))
    return "S/m", constants.angstrom / (constants.elementary_charge * second)
