"""Findings as a workflow would make them, from arithmetic instead of a simulation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from interpot.comparison import Comparison, Curve, ExportCheck, ForceCheck, Observable
from interpot.formula.channel_formula import ChannelFormula, Loss, Parameter
from interpot.formula.expression import parse_expression
from interpot.formula.potential import Potential
from interpot.records import MdRun
from interpot.report.findings import ChannelData, Findings, SplineCurve
from interpot.units import unit_style

LENNARD_JONES = "4*epsilon*(sigma**12/r**12 - sigma**6/r**6)"
BUCKINGHAM = "A*exp(-r/rho) - C_6/r**6"
MIE = "epsilon*n*(n/m)**(m/(n - m))*((sigma/r)**n - (sigma/r)**m)/(n - m)"
METAL = unit_style("metal")

Constants = dict[str, tuple[float, float, float, float]]  # value, stderr, energy, length


def formula(
    species: tuple[str, str], form: str, text: str, constants: Constants, cutoff: float, low: float
) -> ChannelFormula:
    parameters = tuple(Parameter(name, *map(float, numbers)) for name, numbers in constants.items())
    expression = parse_expression(text, {p.name: p.symbol for p in parameters})
    return ChannelFormula(species, cutoff, (low, 0.999 * cutoff), form, expression, parameters)


def potential(*channels: ChannelFormula) -> Potential:
    sigma = np.array([p.stderr for c in channels for p in c.parameters])
    return Potential(METAL, channels, np.diag(sigma**2), Loss(2.3e-7, 1.1e-8, 2.4e-7))


def channel_data(channel: ChannelFormula, seed: int) -> ChannelData:
    rng = np.random.default_rng(seed)
    low, high = channel.domain
    edges = np.linspace(low, channel.cutoff, 61)
    middle = (edges[1:] + edges[:-1]) / 2
    shell = 1 - np.exp(-(((middle - low) / 0.4) ** 2)) * (1 + 0 * middle)
    counts = (4e4 * middle**2 * shell * (1 + 0.6 * np.exp(-((middle - 1.25 * low) ** 2)))).astype(np.int64)
    r = np.linspace(0.97 * low, high, 240)
    noise = 1e-4 * np.exp(-3 * (r - low)) * rng.normal(size=r.size)
    return ChannelData(edges, counts, SplineCurve(r, channel.energy(r) + 0.003, channel.slope(r) + noise))


def front(chosen: str) -> pd.DataFrame:
    rows = [
        (chosen, "4*epsilon*((sigma/r)**12 - (sigma/r)**6)", 2, 2, 2.3e-7, 2.4e-7, 0.2e-7, True, False),
        ("Mie 12.00-6.00", "A/r**n - B/r**m", 2, 4, 2.1e-7, 2.6e-7, 0.3e-7, False, True),
        ("r⁻¹² + r⁻⁶ + r⁻⁸", "A/r**12 + B/r**6 + C/r**8", 3, 3, 2.2e-7, 2.5e-7, 0.2e-7, False, True),
        ("Buckingham", "A*exp(-r/rho) - C_6/r**6", 2, 3, 3.2e-2, 3.3e-2, 1e-3, False, False),
        ("Morse", "D_e*(exp(-2*a*(r-r_e)) - 2*exp(-a*(r-r_e)))", 2, 3, 4.9e-2, 5.0e-2, 1e-3, False, False),
        ("Born-Mayer", "A*exp(-r/rho)", 1, 2, 0.41, 0.42, 0.01, False, False),
        ("r⁻¹²", "A/r**12", 1, 1, 0.62, 0.62, 0.01, False, False),
        ("r⁻⁹", "A/r**9", 1, 1, 0.65, 0.66, 0.01, False, False),
        ("Yukawa", "A*exp(-kappa*r)/r", 1, 2, 0.39, 0.40, 0.01, False, False),
        ("Gaussian", "A*exp(-(r/s)**2)", 1, 2, 0.43, 0.44, 0.01, False, False),
        ("Tang-Toennies with damped dispersion C₆ C₈ C₁₀ and a long name", "...", 4, 5, 2.2e-7, 3.0e-7,
         0.9e-7, False, True),
    ]  # fmt: skip
    names = [
        "form",
        "formula",
        "terms",
        "constants",
        "loss",
        "cross_validated",
        "stderr",
        "chosen",
        "indistinguishable",
    ]
    return pd.DataFrame(rows, columns=names)


def observables(labels: list[str], seed: int = 5) -> tuple[Observable, ...]:
    rng = np.random.default_rng(seed)
    found: list[Observable] = []
    for label in labels:
        r = np.linspace(0.05, 10, 200)
        g = np.where(r > 3.2, 1 + 1.9 * np.exp(-(r - 3.2)) * np.cos(1.8 * (r - 3.8)), 0.0)
        error = np.where(g > 0, 0.004 + 0.01 * np.abs(g - 1), 0.0)
        other = g + error * rng.normal(size=r.size)
        pair = Curve(r, g, error), Curve(r, other, error)
        found.append(Observable(f"g(r) {label}", "r", "Å", "1", *pair, 1.01, "agrees"))
    t = np.linspace(0.0, 5.0, 51)
    msd = 1.5 * t**2 / (0.3 + t)
    error = 0.02 * t
    curves = Curve(t, msd, error), Curve(t, msd + 0.5 * error, error)
    found.append(Observable("mean-square displacement", "t", "ps", "Å^2", *curves, 0.4, "agrees"))
    one = np.array([0.0])
    scalar = lambda y, e: Curve(one, np.array([y]), np.array([e]))  # noqa: E731
    found += [
        Observable("diffusion coefficient", "", "", "Å^2/ps", scalar(0.2431, 0.006), scalar(0.2502, 0.006),
                   0.8, "agrees"),
        Observable("pressure", "", "", "bar", scalar(412.0, 9.0), scalar(455.0, 9.0), 3.4, "differs",
                   "the found potential is 43 bar above, 3.4 standard errors"),
        Observable("energy drift", "", "", "eV/ps", None, scalar(2e-9, 1e-8), float("nan"), "cannot tell",
                   "the reference trajectory holds no energies"),
    ]  # fmt: skip
    return tuple(found)


def run(label: str, seed: int) -> MdRun:
    rng = np.random.default_rng(seed)
    steps = np.arange(0.0, 5001.0, 100)
    total = -45.2 + 2e-6 * np.cumsum(rng.normal(size=steps.size))
    thermo = {
        "step": steps,
        "time": steps * 1e-3,
        "total": total,
        "potential": total - 10,
        "kinetic": 0 * total + 10,
    }
    return MdRun(Path(f"{label}.lammpstrj"), thermo, METAL, 3.0)


def comparison(labels: list[str]) -> Comparison:
    rng = np.random.default_rng(3)
    forces = 0.05 * rng.normal(size=12_000)
    check = ForceCheck(2.3e-7, 1.2e-8, 9.9e-8, 51, forces, forces + 1.2e-8 * rng.normal(size=forces.size))
    runs = {"reference": run("reference", 1), "found": run("found", 2)}
    return Comparison(check, observables(labels), "LAMMPS 2 Aug 2023", runs, METAL)


def argon(constants: Constants | None = None) -> Findings:
    constants = constants or {"epsilon": (0.010341999, 1.2e-9, 1, 0), "sigma": (3.4050001, 1.3e-7, 0, 1)}
    channel = formula(("Ar", "Ar"), "Lennard-Jones 12-6", LENNARD_JONES, constants, 10.0, 3.05)
    return Findings(
        title="Liquid argon",
        potential=potential(channel),
        front=front(channel.form),
        channels={"Ar-Ar": channel_data(channel, 1)},
        comparison=comparison(["Ar-Ar"]),
        truth={"epsilon": (0.010342, "eV"), "sigma": (3.405, "Å")},
        particles=864,
        remarks=(
            "The force of Ar-Ar stops at 8.5 Å although 10 Å was asked for: accumulated again with 8.5 Å.",
            "The exponents 11.99998 and 6.00003 were snapped to 12 and 6: the loss does not change.",
        ),
        provenance={
            "files": ["argon.lammpstrj"],
            "frames": 51,
            "versions": {"interpot": "0.1.0", "numpy": "2.4"},
        },
        command="interpot run experiments/argon.py",
    )


def mixture() -> Findings:
    lj: Constants = {"epsilon": (0.003125, 2e-6, 1, 0), "sigma": (2.782, 3e-4, 0, 1)}
    mie: Constants = {"epsilon": (0.0063, 5e-6, 1, 0), "sigma": (3.36, 1e-3, 0, 1), "n": (13.1, 0.2, 0, 0),
                      "m": (6.0, 0.0, 0, 0)}  # fmt: skip
    buck: Constants = {"A": (13887.73, 120.0, 1, 0), "rho": (0.3923, 4e-4, 0, 1), "C_6": (175.0, 0.2, 1, 6)}
    channels = (
        formula(("Ne", "Ne"), "Lennard-Jones 12-6", LENNARD_JONES, lj, 6.0, 2.45),
        formula(("Ne", "Xe"), "Mie n-m", MIE, mie, 8.0, 2.95),
        formula(("Xe", "Xe"), "Buckingham (exp-6) with a rather long name", BUCKINGHAM, buck, 10.0, 3.5),
    )
    labels = [c.label for c in channels]
    fronts = pd.concat([front(c.form).assign(channel=c.label) for c in channels], ignore_index=True)
    return Findings(
        title="A dense mixture of neon and xenon at 300 K, three unknown pair potentials found jointly",
        potential=potential(*channels),
        front=fronts,
        channels={c.label: channel_data(c, n) for n, c in enumerate(channels)},
        comparison=comparison(labels),
        truth={
            "epsilon Ne-Ne": (0.003124, "eV"),
            "sigma Ne-Ne": (2.7821, "Å"),
            "A Xe-Xe": (320000.0, "kcal/mol"),
        },
        remarks=("Ne-Ne was found to stop at 6 Å.",),
        provenance={"files": ["a/very/long/path/" * 6 + "mixture.lammpstrj.zst"], "frames": 1500},
        command="interpot discover mixture.lammpstrj.zst --units metal --cutoff 10 --cutoff Ne-Ne=6 -o mix",
    )


def bare() -> Findings:
    """No validation, no truth, no spline, one candidate: what `interpot show` of old data has."""
    channel = formula(("<b>", "A&_$1"), "r⁻⁹ <i>", "C/r**9", {"C": (12.0, 0.0, 1, 9)}, 9.0, 2.0)
    channel = ChannelFormula(
        ("<b>", "A&_$1"), 9.0, (2.0, 8.0), "r⁻⁹ <i>", channel.expression, channel.parameters
    )
    table = front("r⁻⁹ <script>alert(1)</script>").head(1)
    return Findings(title="<script>alert(1)</script> & $x_1$", potential=potential(channel), front=table)


def crowded() -> Findings:
    """Twenty observables, ten of them curves, and exports."""
    one = np.array([0.0])
    names = ("S(q)", "velocity autocorrelation", "vibrational spectrum", "density profile", "temperature profile",
             "distribution of coordination numbers Ar-Ar")  # fmt: skip
    q = np.linspace(0.3, 12.0, 300)
    error = np.full_like(q, 0.02)
    curves = [
        Observable(name, "q", "Å^-1", "1", Curve(q, np.sin((k + 1) * q) / q + 1, error),
                   Curve(q, np.sin((k + 1) * q) / q + 1.01, error), 0.5, "agrees")
        for k, name in enumerate(names)
    ]  # fmt: skip
    numbers = [
        Observable(f"pressure tensor {axes}", "", "", "bar", Curve(one, one + 412, one + 9),
                   Curve(one, one + 420, one + 9), 0.6, "cannot tell",
                   "the errors are too large to tell: run 40 times longer, for 2.4 ns, which takes about 3 h")
        for axes in ("xx", "yy", "zz", "xy", "xz", "yz")
    ]  # fmt: skip
    found = argon()
    assert found.comparison is not None
    every = (*observables(["Ar-Ar", "Ar-Ne"]), *curves, *numbers)
    checks = tuple(
        ExportCheck(target, f"potential.{target}", "LAMMPS 2 Aug 2023", 20, 3e-12, 4e-11, virial, 1e-8)
        for target, virial in (("lammps", 2e-11), ("openmm", float("nan")), ("gromacs", 1e-9))
    )
    return replace(found, comparison=replace(found.comparison, observables=every), exports=checks)
