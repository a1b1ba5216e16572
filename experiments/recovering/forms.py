"""The forms of published potentials as text, and how LAMMPS is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, factorial
from typing import Any

from interpot.units import unit_style
from recovering.records import Published, StatePoint, Truth

# ---------------------------------------------------------------------------- forms


def lennard_jones(epsilon: float, sigma: float) -> Truth:
    """4ε((σ/r)¹² - (σ/r)⁶)."""
    formula = "4*epsilon*((sigma/r)**12 - (sigma/r)**6)"
    return Truth("Lennard-Jones 12-6", formula, {"epsilon": epsilon, "sigma": sigma})


def mie(epsilon: float, sigma: float, n: float, m: float) -> Truth:
    """Mie's potential of depth ε that vanishes at σ; exponents that are int are part of the form, not constants."""
    constants = {"epsilon": epsilon, "sigma": sigma}
    constants |= {name: value for name, value in (("n", n), ("m", m)) if isinstance(value, float)}
    N, M = (name if name in constants else str(value) for name, value in (("n", n), ("m", m)))
    formula = f"{N}/({N} - {M})*({N}/{M})**({M}/({N} - {M}))*epsilon*((sigma/r)**{N} - (sigma/r)**{M})"
    return Truth(f"Mie {N}-{M}", formula, constants)


def morse(D: float, alpha: float, r_0: float) -> Truth:
    """D(exp(-2α(r - r₀)) - 2 exp(-α(r - r₀)))."""
    formula = "D*(exp(-2*alpha*(r - r_0)) - 2*exp(-alpha*(r - r_0)))"
    return Truth("Morse", formula, {"D": D, "alpha": alpha, "r_0": r_0})


def exp_6(A: float, rho: float, C_6: float) -> Truth:
    """A exp(-r/ρ) - C₆/r⁶."""
    return Truth("Buckingham exp-6", "A*exp(-r/rho) - C_6/r**6", {"A": A, "rho": rho, "C_6": C_6})


def born_mayer(A: float, rho: float) -> Truth:
    """A exp(-r/ρ)."""
    return Truth("Born-Mayer", "A*exp(-r/rho)", {"A": A, "rho": rho})


def yukawa(A: float, kappa: float) -> Truth:
    """A exp(-κr)/r."""
    return Truth("Yukawa", "A*exp(-kappa*r)/r", {"A": A, "kappa": kappa})


def coulomb(C: float) -> Truth:
    """C/r."""
    return Truth("Coulomb", "C/r", {"C": C})


def charged(other: Truth, C: float) -> Truth:
    """Another form plus C/r."""
    return Truth(f"{other.form} + Coulomb", f"{other.formula} + C/r", {**other.constants, "C": C})


def born_mayer_huggins(A: float, sigma: float, rho: float, C_6: float, C_8: float) -> Truth:
    """A exp((σ - r)/ρ) - C₆/r⁶ - C₈/r⁸, of which the data determine A exp(σ/ρ)."""
    constants = {"A": A * exp(sigma / rho), "rho": rho, "C_6": C_6, "C_8": C_8}
    return Truth("Born-Mayer-Huggins", "A*exp(-r/rho) - C_6/r**6 - C_8/r**8", constants)


def tang_toennies(A: float, b: float, C_6: float, C_8: float, C_10: float) -> Truth:
    """A exp(-br) - Σ C_n f_n(br)/r^n with the damping f_n(x) = 1 - e^(-x) Σ_k≤n x^k/k!."""
    parts = [f"C_{n}/r**{n}*(1 - exp(-b*r)*({_series(n)}))" for n in (6, 8, 10)]
    constants = {"A": A, "b": b, "C_6": C_6, "C_8": C_8, "C_10": C_10}
    return Truth("Tang-Toennies C6-C8-C10", "A*exp(-b*r) - " + " - ".join(parts), constants)


def _series(n: int) -> str:
    return " + ".join(["1", *(f"(b*r)**{k}/{factorial(k)}" for k in range(1, n + 1))])


def stillinger_weber(epsilon: float, sigma: float, a: float, A: float, B: float, p: int) -> Truth:
    """Pair part ε A (B (σ/r)^p - 1) exp(σ/(r - aσ)), in A ε B σ^p, A ε, σ and aσ."""
    constants = {"A_p": epsilon * A * B * sigma**p, "A_0": epsilon * A, "s": sigma, "a": a * sigma}
    return Truth(f"Stillinger-Weber {p}-0 pair part", f"(A_p/r**{p} - A_0)*exp(s/(r - a))", constants)


def inverse_power(n: int, C: float = 1.0) -> Truth:
    """C/r^n."""
    return Truth("", f"C/r**{n}", {"C": C})


# ---------------------------------------------------------------------------- records


def kelvin(units: str) -> float:
    """Boltzmann's constant: kelvins to energies of a style."""
    return unit_style(units).boltzmann


def single(
    name: str,
    kind: str,
    reference: str,
    units: str,
    mass: float,
    truth: Truth,
    commands: tuple[str, ...],
    cutoff: float,
    dilute: tuple[float, float],
    dense: tuple[float, float],
    timestep: float,
    **more: Any,
) -> Published:
    """A potential of one species, A; {constants} in the commands are the truth's, {cutoff} is the cutoff.

    State points are (temperature, density).
    """
    words = {**truth.constants, "cutoff": cutoff, "lepton": lepton(truth)}
    lines = tuple(line.format_map(words) for line in commands)
    points = (StatePoint(*dilute), StatePoint(*dense))
    return Published(
        name,
        kind,
        reference,
        units,
        {"A": mass},
        lines,
        {"A-A": cutoff},
        {"A-A": truth},
        *points,
        timestep,
        **more,
    )


def mixture(
    name: str,
    kind: str,
    reference: str,
    units: str,
    masses: tuple[float, float],
    truth: Mapping[str, Truth],
    commands: tuple[str, ...],
    cutoffs: Mapping[str, float],
    dilute: tuple[float, float],
    dense: tuple[float, float],
    timestep: float,
    **more: Any,
) -> Published:
    """A potential of two species, A and B.

    A command with {i} is repeated for each two species, of which {i} and {j} are their types, {constants} those of
    their truth, and {cutoff} theirs; elsewhere {cutoff} is the largest.
    """
    lines: list[str] = []
    for command in commands:
        if "{i}" not in command:
            lines.append(command.format(cutoff=max(cutoffs.values())))
            continue
        for label, own in truth.items():
            i, j = (1 + "AB".index(species) for species in label.split("-"))
            words = {**own.constants, "i": i, "j": j, "cutoff": cutoffs[label], "lepton": lepton(own)}
            lines.append(command.format_map(words))
    points = (StatePoint(*dilute), StatePoint(*dense))
    kinds = dict(zip("AB", masses, strict=True))
    return Published(
        name, kind, reference, units, kinds, tuple(lines), cutoffs, truth, *points, timestep, **more
    )


def lepton(truth: Truth) -> str:
    """A truth for `pair_style lepton`: the same text, read by another parser."""
    constants = "; ".join(f"{name}={value!r}" for name, value in truth.constants.items())
    return f'"{truth.formula.replace("**", "^")}; {constants}"'
