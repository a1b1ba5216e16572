"""What velocities tell: their autocorrelation, its spectrum, and how speeds are distributed.

    C(t) = <v(t0)·v(t0 + t)>,    g(ν) ∝ Σ_i m_i |∫ v_i(t) e^{-2πiνt} dt|²,    ∫ g dν = 1

g is the vibrational density of states. Correlations are computed by `scipy.fft` with zero padding (what tidynamics
does too), spectra by `scipy.signal.welch` with a Hann window.

Source: J. M. Dickey and A. Paskin, Phys. Rev. 188, 1407 (1969).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import fft, signal

from interpot.comparison import Curve
from interpot.errors import InterpotError
from interpot.proof.observables.blocks import block_average
from interpot.proof.observables.displacement import chosen_lags, shared_time
from interpot.proof.observables.paths import Paths
from interpot.proof.observables.recorded import Measured, Quantity, Recorded, in_style, or_missing
from interpot.records import FloatArray, IntArray

_WINDOW = 400  # frames of a spectrum's window at most: 200 frequencies
_FEWEST = 8  # frames of one
_SPAN = "time of a spectrum's window"
_SPEEDS = 40  # bins of a histogram
_FASTEST = 3.0  # times the root mean square speed
_PARTICLES_AT_ONCE = 100
_FOLDED = 0.05  # of the highest peak, at the highest frequency: what lies beyond is folded back


def measure_correlation(run: Recorded) -> Iterator[Measured]:
    """Velocity autocorrelation C(t) and the vibrational density of states g(ν)."""
    style = run.units
    correlation = Quantity("velocity autocorrelation", _squared_speed(run), "t", style.time_unit)
    spectrum = Quantity(
        "vibrational spectrum", style.time_unit, "frequency", f"1/{style.time_unit}", many=True
    )

    def correlated() -> Iterator[Measured]:
        paths = run.paths
        lags = np.concatenate([[0], chosen_lags(run)])
        curves = autocorrelations(_velocities(paths), paths.blocks, paths.weights)[:, lags]
        curve = Curve(lags * paths.spacing(), *block_average(curves, paths.blocks))
        curve = in_style(curve, style.time, style.velocity**2)
        yield Measured(correlation, curve, len(paths), chosen=shared_time(run))

    def vibrating() -> Iterator[Measured]:
        paths = run.paths
        masses = run.first.masses
        if masses is None and len(run.species) > 1:
            raise InterpotError("the masses are unknown that weigh the species")
        weights = paths.weights * (1.0 if masses is None else masses[paths.particles])
        window = min(paths.block_length, _WINDOW)
        if _SPAN in run.chosen:
            window = round(run.chosen[_SPAN] / paths.spacing())
        if not _FEWEST <= window <= paths.block_length:
            raise InterpotError(f"{len(paths)} frames are too few for a spectrum: record more")
        raw = density_of_states(_velocities(paths), paths.spacing(), paths.blocks, weights, window)
        curve = in_style(raw, 1 / style.time, style.time)
        yield Measured(
            spectrum,
            curve,
            len(paths),
            _aliasing(curve, style.time_unit),
            chosen={_SPAN: window * paths.spacing()},
        )

    yield from or_missing([correlation], correlated)
    yield from or_missing([spectrum], vibrating)


def measure_speeds(run: Recorded) -> Iterator[Measured]:
    """Distribution of speeds of each species, ∫ p dv = 1, from the frames kept."""
    style = run.units
    unit = _speed(run)
    for name in run.species:
        quantity = Quantity(f"speeds {name}", f"1/({unit})", "v", unit, many=True)
        speeds = [_speeds(frame.velocities, frame.kinds == frame.species.index(name), frame.dimension)
                  for frame in run.frames if frame.velocities is not None]  # fmt: skip
        if len(speeds) < len(run.frames):
            yield quantity.missing("the frames hold no velocities")
            continue
        fastest = run.chosen.get(
            f"fastest {name}", _FASTEST * float(np.sqrt(np.mean(np.concatenate(speeds) ** 2)))
        )
        if fastest == 0.0:
            yield quantity.missing("nothing moves")
            continue
        edges = np.linspace(0.0, fastest, _SPEEDS + 1)
        counts = np.stack([np.histogram(v, edges)[0] / (len(v) * np.diff(edges)) for v in speeds])
        curve = Curve((edges[1:] + edges[:-1]) / 2, *block_average(counts))
        curve = in_style(curve, style.velocity, 1 / style.velocity)
        yield Measured(quantity, curve, len(speeds), chosen={f"fastest {name}": fastest})


def autocorrelations(series: FloatArray, blocks: int, weights: FloatArray) -> FloatArray:
    """<a(t0)·a(t0 + t)> in each block from all time origins, (b, l) for lags up to the shortest block.

    Parameters
    ----------
    series : (m, p, d) float64
        A vector of each of p particles.
    weights : (p,) float64
        Of the particles in the mean; they sum to 1.
    """
    shortest = len(series) // blocks
    curves = []
    for piece in np.array_split(series, blocks):
        length = len(piece)
        size = fft.next_fast_len(2 * length, real=True)
        power = np.zeros(size // 2 + 1)
        for start in range(0, piece.shape[1], _PARTICLES_AT_ONCE):  # bounds memory
            some = slice(start, start + _PARTICLES_AT_ONCE)
            transformed = fft.rfft(piece[:, some], size, axis=0)
            power += np.sum(np.abs(transformed) ** 2, axis=2) @ weights[some]
        curves.append(fft.irfft(power, size)[:shortest] / (length - np.arange(shortest)))
    return np.stack(curves)


def density_of_states(
    velocities: FloatArray, spacing: float, blocks: int, weights: FloatArray, window: int
) -> Curve:
    """Vibrational density of states of unit area, against frequency (not angular), in internal units."""
    spectra = []
    for piece in np.array_split(velocities, blocks):
        total = np.zeros(window // 2 + 1)
        for start in range(0, piece.shape[1], _PARTICLES_AT_ONCE):
            some = slice(start, start + _PARTICLES_AT_ONCE)
            frequency, power = signal.welch(
                piece[:, some], 1 / spacing, "hann", window, detrend=False, axis=0
            )
            total += np.sum(power, axis=2) @ weights[some]
        spectra.append(total / max(np.trapezoid(total, frequency), np.finfo(float).tiny))
    return Curve(frequency, *block_average(np.stack(spectra), blocks))


def _velocities(paths: Paths) -> FloatArray:
    if paths.velocities is None:
        raise InterpotError("the frames hold no velocities")
    return paths.velocities


def _speeds(velocities: FloatArray, mine: IntArray, dimension: int) -> FloatArray:
    return np.asarray(np.linalg.norm(velocities[mine, :dimension], axis=1))


def _aliasing(spectrum: Curve, time_unit: str) -> str:
    if spectrum.y[-1] <= _FOLDED * spectrum.y.max():
        return ""
    return (
        f"frames are too far apart for the fastest motion: frequencies above {spectrum.x[-1]:.3g}/{time_unit} "
        "appear below it; record more often"
    )


def _speed(run: Recorded) -> str:
    return f"{run.units.length_unit}/{run.units.time_unit}"


def _squared_speed(run: Recorded) -> str:
    return f"{run.units.length_unit}^2/{run.units.time_unit}^2"
