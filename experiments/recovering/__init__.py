"""The recovery benchmark: published potentials, made by LAMMPS, to be found again from their forces."""
