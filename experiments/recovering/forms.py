"""The forms of published potentials as text, and how LAMMPS is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interpot.units import unit_style
from recovering.records import Published, StatePoint, Truth

# ---------------------------------------------------------------------------- forms


def lennard_jones(epsilon: float, sigma: float) -> Truth:
    """4ε((σ/r)¹² - (σ/r)⁶)."""
    formula = "4*epsilon*((sigma/r)**12 - (sigma/r)**6)"
    return Truth("Lennard-Jones 12-6", formula, {"epsilon": epsilon, "sigma": sigma})


def mie(epsilon: float, sigma: float, n: float, m: float) -> Truth:
    """Mie's potential of depth ε that vanishes at σ; exponents given as int belong to the form, others are constants."""
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
        name, kind, reference, units, {"A": mass}, lines, {"A-A": cutoff}, {"A-A": truth}, *points, timestep, **more
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
    return Published(name, kind, reference, units, kinds, tuple(lines), cutoffs, truth, *points, timestep, **more)


def lepton(truth: Truth) -> str:
    """A truth for `pair_style lepton`: the same text, read by another parser."""
    constants = "; ".join(f"{name}={value!r}" for name, value in truth.constants.items())
    return f'"{truth.formula.replace("**", "^")}; {constants}"'
