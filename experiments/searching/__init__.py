"""The reach of the symbolic search: published forms that the library does not hold, made by LAMMPS, to be found."""
