"""Argon: from what LAMMPS wrote back to the Lennard-Jones potential that it was given.

A hot, dense fluid (ρ* = 0.75, T* = 2.5) samples the repulsive core and the attractive tail alike. ε and σ are those of
A. Rahman, Phys. Rev. 136, A405 (1964): ε/k = 120 K, σ = 3.405 Å. The force is truncated at 2.5 σ, which interpot is
not told: it is asked for 10 Å and has to notice.

    interpot run experiments/argon.py
"""

from ase.build import bulk

from interpot import Dynamics, Experiment, ReferenceModel, from_atoms
from interpot.units import unit_style

METAL = unit_style("metal")
EPSILON = 120 * METAL.boltzmann  # eV
SIGMA = 3.405  # Å
CUTOFF = 2.5 * SIGMA

LATTICE = (4 / 0.75) ** (1 / 3) * SIGMA  # four atoms per cubic cell
start = from_atoms(bulk("Ar", "fcc", a=LATTICE, cubic=True).repeat(6))

experiment = Experiment(
    name="argon",
    title="Fluid argon: 864 atoms, Lennard-Jones by LAMMPS",
    units="metal",
    reference=ReferenceModel(
        engine="lammps",
        commands=(f"pair_style lj/cut {CUTOFF}", f"pair_coeff 1 1 {EPSILON!r} {SIGMA!r}"),
        constants={"epsilon": (EPSILON, "eV"), "sigma": (SIGMA, "Å")},
    ),
    start=start,
    dynamics=Dynamics(timestep=0.002, steps=6000, every=60, temperature=300.0, equilibration=2000),
    cutoff=10.0,
)
