"""Pressure and its tensor, P V = Σ m v ⊗ v + W.

Not between walls: there the mean over the volume of the box is nobody's pressure. Along the walls it depends on the
distance from them, and across it the layer that particles cannot enter belongs to no volume; what the walls feel is a
row of its own (`interpot.proof.observables.wall_pressure`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from interpot.comparison import Curve
from interpot.errors import InterpotError
from interpot.proof.observables.blocks import block_average, mean_value, scatter
from interpot.proof.observables.confined import boundaries
from interpot.proof.observables.energies import mean_temperature
from interpot.proof.observables.radial import volume
from interpot.proof.observables.recorded import Measured, Quantity, Recorded
from interpot.records import FloatArray, Frame

_LOG = "give --log, the LAMMPS log of the reference (log= in Python)"
_CONFINED = "between walls the pressure depends on direction and place: see that on the walls"
_VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def measure(run: Recorded) -> Iterator[Measured]:
    """Mean pressure, its tensor in Voigt's order (1 to 6 are xx, yy, zz, yz, xz, xy), and the volume in "npt".

    As the engine recorded them, or from virials and velocities of the frames kept. Deviations are small or large
    against the ideal gas's pressure: at low pressure the virial nearly cancels that.
    """
    style = run.units
    mean = Quantity("mean pressure", style.pressure_unit)
    tensor = Quantity("pressure tensor", style.pressure_unit, "Voigt component")
    if not run.periodic:
        why = _CONFINED if boundaries(run) else "the box is open and has no volume"
        yield from (q.missing(why) for q in (mean, tensor))
        return
    axes = run.first.dimension
    components = [k for k, (a, b) in enumerate(_VOIGT) if max(a, b) < axes]
    series = _series(run, components)
    total = run.thermo.get("pressure")
    if total is None and series is not None:
        total = series[:, [components.index(k) for k in range(axes)]].mean(axis=1)
    scale = ideal_pressure(run)
    if total is None:
        yield mean.missing(f"the run holds no pressure: {_LOG}")
    else:
        yield Measured(mean, mean_value(total), len(total), scale=scale, scatter=scatter(total))
    if run.ensemble == "npt":
        power = run.first.dimension
        sizes = run.thermo.get("volume")
        if sizes is None:
            sizes = np.array([volume(frame) for frame in run.frames]) / style.length**power
        size = Quantity("mean volume", f"{style.length_unit}^{power}")
        yield Measured(size, mean_value(sizes), len(sizes), scatter=scatter(sizes))
    if series is None:
        yield tensor.missing(f"the run holds no components of the pressure: {_LOG} that has Pxx ...")
    else:
        curve = Curve(np.array(components) + 1.0, *block_average(series))
        yield Measured(tensor, curve, len(series), scale=scale, scatter=scatter(series))


def _series(run: Recorded, components: list[int]) -> FloatArray | None:
    """Components of the pressure in the style's units, (m, c), or None where they are not recorded."""
    names = [f"p{'xyz'[a]}{'xyz'[b]}" for a, b in (_VOIGT[k] for k in components)]
    if all(name in run.thermo for name in names):
        return np.stack([run.thermo[name] for name in names], axis=1)
    tensors = [frame_pressure(frame) for frame in run.frames]
    if any(tensor is None for tensor in tensors):
        return None
    unit = run.units.energy / (run.units.nktv2p * run.units.length**run.first.dimension)
    return np.array([[t[_VOIGT[k]] / unit for k in components] for t in tensors if t is not None])


def frame_pressure(frame: Frame) -> FloatArray | None:
    """Pressure tensor of one frame, (3, 3) in eV/Å³ (eV/Å² in two dimensions); None where it is not recorded."""
    if frame.virial is None or frame.velocities is None or frame.masses is None:
        return None
    kinetic = (frame.velocities * frame.masses[:, None]).T @ frame.velocities
    return np.asarray((kinetic + frame.virial) / volume(frame))


def ideal_pressure(run: Recorded) -> float:
    """Pressure n k T / V of an ideal gas in the style's units, 0 where the temperature is unknown."""
    style = run.units
    try:
        temperature = mean_temperature(run)
    except InterpotError:
        return 0.0
    size = volume(run.first) / style.length**run.first.dimension
    return run.particles * style.boltzmann * temperature / size * style.nktv2p
