"""Set-ups of others, and one of our own, of first-order dynamics: made, written as a file, and given to interpot.

Everything is in units of its own ("lj"), with a drag of one unless it is said otherwise: ζ q̇ = F + noise. Each run is
integrated here, with a seed; several runs stand behind each other in one NumPy archive, where time begins again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from scipy.spatial.distance import pdist

import interpot
from interpot import InterpotError, Motion
from interpot.files import atomic
from interpot.records import FloatArray

Force = Callable[[FloatArray], FloatArray]
"""Positions (runs, n, d) → forces of the same shape."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is simulated, and what interpot is told.

    Attributes
    ----------
    source
        Where it was published; what is taken from there and what is not known.
    start
        Draws (runs, n, d).
    force
        On every particle, over its drag.
    interval
        Between recorded frames.
    frames
        Of each run.
    steps
        Of the integrator between two frames.
    runs
        How many.
    diffusion
        D of the noise, 0 for none.
    truth
        Channel → (form, constants by name).
    cutoff
        Of the pairs, as a share of the largest distance in the data.
    options
        Of `interpot.discover`.
    """

    name: str
    source: str
    start: Callable[[np.random.Generator, int], FloatArray]
    force: Force
    interval: float
    frames: int
    steps: int
    runs: int
    truth: Mapping[str, tuple[str, Mapping[str, float]]]
    diffusion: float = 0.0
    drag: float = 1.0
    width: tuple[int, ...] = ()
    fields: tuple[str, ...] = ()
    share: float = 0.999
    options: Mapping[str, Any] = field(default_factory=dict)


# ---------------------------------------------------------------------------- forces


def mean_field(slope: Callable[[FloatArray], FloatArray]) -> Force:
    """F_i/ζ = (1/n) Σ_j Φ'(r_ij) r̂_ij, the normalisation of the interacting-particle literature."""

    def force(x: FloatArray) -> FloatArray:
        apart = x[:, None, :, :] - x[:, :, None, :]  # from i to j
        r = np.sqrt(np.sum(apart**2, axis=-1))
        np.einsum("mii->mi", r)[:] = 1.0
        pull = slope(r) / r
        np.einsum("mii->mi", pull)[:] = 0.0
        return np.asarray(np.einsum("mij,mijd->mid", pull, apart) / x.shape[1])

    return force


def truncated_lennard_jones(r: FloatArray, epsilon: float = 10.0, sigma: float = 1.0) -> FloatArray:
    """Φ'(r); below σ the influence Φ'(r)/r stays what it is at σ, so that the force is that of a spring."""
    outer = np.maximum(r, sigma)
    influence = 24 * epsilon / sigma**2 * ((sigma / outer) ** 8 - 2 * (sigma / outer) ** 14)
    return influence * r


def logarithmic(r: FloatArray, core: float = 0.01) -> FloatArray:
    """Φ' = 1/(2πr) of Φ = ln r / 2π; constant below the core."""
    return np.asarray(1 / (2 * np.pi * np.maximum(r, core)))


def double_well(x: FloatArray, height: float = 2.0, stiffness: float = 3.0) -> FloatArray:
    """-∇ of h(x⁴ - 2x²) + ½ k y²."""
    return np.stack([-4 * height * (x[..., 0] ** 3 - x[..., 0]), -stiffness * x[..., 1]], axis=-1)


# ---------------------------------------------------------------------------- set-ups


def _disc(random: np.random.Generator, runs: int, n: int = 100, radius: float = 2.0) -> FloatArray:
    angle, r = 2 * np.pi * random.random((runs, n)), radius * np.sqrt(random.random((runs, n)))
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=-1)


_KINKED = "4*((s/Max(r, s))**12 - (s/Max(r, s))**6) + 12 - 12*(r + s - Max(r, s))**2/s**2; s = 0.5..2 Å"
"""Lennard-Jones beyond s and a spring below it, no sum of the library's terms: min(r, s) = r + s - max(r, s)."""

SETUPS = {
    setup.name: setup
    for setup in (
        Setup(
            "interaction laws",
            "F. Lu, M. Zhong, S. Tang, M. Maggioni, PNAS 116, 14424 (2019), 'Lennard-Jones': ε = 10, σ = 1, n = 7, "
            "1,000 runs of 101 times up to 0.01 from a normal distribution, 1/n; the influence is constant below σ. "
            "All from the authors' public definition of the example, with velocities; here positions alone.",
            lambda random, runs: random.normal(size=(runs, 7, 2)),
            mean_field(truncated_lennard_jones), 1e-4, 101, 4, 1000,
            {"A-A": (_KINKED.partition(";")[0], {"A": 10.0, "s": 1.0})}, drag=7.0, width=(4,), share=0.7,
            options={"terms": ["power", "exponential", "gaussian", "polynomial", _KINKED], "max_terms": 2},
        ),
        Setup(
            "logarithmic attraction",
            "D. A. Messenger, D. M. Bortz, Physica D 439, 133406 (2022), the Keller-Segel example: Φ = ln r / 2π, 1/n. "
            "As in the authors' public script: Euler steps of 0.0025, recorded every 0.05, D = 1/(8π), 100 particles "
            "on a disc of radius 2, 401 frames; 4 runs. The paper has several thousand particles, whose start is "
            "uncertain, and finds the law from their density.",
            _disc, mean_field(logarithmic), 0.05, 401, 20, 4,
            {"A-A": ("logarithm", {"A": 1 / (2 * np.pi)})}, diffusion=1 / (8 * np.pi), drag=100.0,
            options={"terms": ["power", "logarithm"], "max_terms": 2},
        ),
        Setup(
            "double well",
            "interpot's own: a Brownian particle in h(x⁴ - 2x²) + ½ k y², h = 2, k = 3, D = 1; 100 runs "
            "of 2,000 frames side by side.",
            lambda random, runs: random.normal(size=(1, runs, 2)),
            double_well, 0.01, 2000, 10, 100,
            {"A@x": ("Double well", {"D": 2.0, "x_0": 1.0}), "A@y": ("Harmonic trap", {"k": 3.0})}, diffusion=1.0,
            fields=("A@x", "A@y"),
        ),
    )
}  # fmt: skip
"""The table of set-ups."""


# ---------------------------------------------------------------------------- doing it


def simulated(setup: Setup, runs: int, folder: Path, seed: int = 1) -> Path:
    """The archive of a set-up, made once: steps of Euler and Maruyama, or of Runge and Kutta without noise."""
    path = folder / f"{setup.name.replace(' ', '_')}.{runs}.npz"
    if path.exists():
        return path
    random = np.random.default_rng(seed)
    x, step = setup.start(random, runs), setup.interval / setup.steps
    recorded = [x]
    for _ in range(setup.frames - 1):
        for _ in range(setup.steps):
            x = _noisy_step(setup, x, step, random) if setup.diffusion else _smooth_step(setup.force, x, step)
        recorded.append(x)
    positions = np.stack(recorded, axis=1).reshape(-1, *x.shape[1:])
    times = np.tile(setup.interval * np.arange(setup.frames), len(x))
    with atomic(path) as part, part.open("wb") as file:
        np.savez(file, positions=positions, time=times, species=np.full(x.shape[1], "A"), units="lj")
    return path


def _smooth_step(force: Force, x: FloatArray, h: float) -> FloatArray:
    """Runge and Kutta's, of fourth order."""
    a = force(x)
    b = force(x + h / 2 * a)
    c = force(x + h / 2 * b)
    d = force(x + h * c)
    return np.asarray(x + h / 6 * (a + 2 * b + 2 * c + d))


def _noisy_step(setup: Setup, x: FloatArray, h: float, random: np.random.Generator) -> FloatArray:
    """Euler and Maruyama's."""
    kick = np.sqrt(2 * setup.diffusion * h) * random.normal(size=x.shape)
    return np.asarray(x + h * setup.force(x) + kick)


def farthest(path: Path) -> float:
    """Largest distance of two particles in any frame."""
    return max(float(pdist(x).max()) for x in np.load(path)["positions"])


def same(one: str, other: str) -> bool:
    """Whether two forms are the same but for the signs they are written with."""
    return one.replace("·", "*").replace("^", "**") == other


def tried(setup: Setup, runs: int, folder: Path) -> list[dict[str, object]]:
    """Discover and compare: one row per constant."""
    begin = time.perf_counter()
    path = simulated(setup, runs, folder)
    frames = interpot.read(path, dimension=2)
    reach = setup.share * farthest(path)
    wide = dict.fromkeys(setup.fields, 2 * reach)
    channels = interpot.channels(frames, reach, cutoffs=wide, fields=setup.fields)
    if setup.fields:
        channels = tuple(channel for channel in channels if channel.kind == "field")
    motion = Motion(dynamics="overdamped", drag={"A": setup.drag}, width=setup.width)
    about: dict[str, object] = {"setup": setup.name, "runs": runs}
    try:
        statistic = interpot.accumulate(frames, channels, target="overdamped", motion=motion, cutoffs="given")
        best = interpot.discover(statistic, **{"symbolic": "none", **setup.options}).best
    except InterpotError as error:
        return [{**about, "failure": str(error)}]
    seconds = time.perf_counter() - begin
    made = []
    for channel in best.channels:
        form, truth = setup.truth[channel.label]
        for parameter in channel.parameters:
            if not parameter.stderr:  # a cutoff: given, not found
                continue
            true = truth.get(parameter.name, float("nan"))
            made.append(
                {
                    **about, "channel": channel.label, "exact": same(channel.form, form), "form": channel.form,
                    "formula": str(channel.expression), "constant": parameter.name, "true": true,
                    "found": parameter.value, "stderr": parameter.stderr,
                    "deviation": (parameter.value - true) / parameter.stderr, "seconds": seconds,
                }
            )  # fmt: skip
    return made


def run(folder: Path, console: Console, share: float = 1.0) -> int:
    """Do the set-ups that published.csv lacks, each kept as soon as it is done; returns how many gave nothing."""
    table = folder / "published.csv"
    frame = pd.read_csv(table) if table.exists() else pd.DataFrame({"setup": [], "runs": []})
    for setup in SETUPS.values():
        runs = max(2, round(share * setup.runs))
        if ((frame.setup == setup.name) & (frame.runs == runs)).any():
            continue
        rows = tried(setup, runs, folder)
        for row in rows:
            console.print(*(f"{name}: {value}" for name, value in row.items()), sep="\n  ", highlight=False)
        frame = pd.concat([frame, pd.DataFrame(rows)], ignore_index=True)
        with atomic(table) as part:
            frame.to_csv(part, index=False)
    return int(frame.failure.notna().sum()) if "failure" in frame else 0
