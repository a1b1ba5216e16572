"""Masses of the particles: as given, as the file tells, or the element's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame
from interpot.trajectory.motion import Motion
from interpot.trajectory.place import place
from interpot.units import UnitStyle

AGREEMENT = 1e-3
"""Relative difference of two masses from which on it is remarked: tables of the elements' masses differ by less."""


def check_named(numbers: Mapping[str, float], species: Iterable[str], option: str = "masses") -> None:
    """Raise `InterpotError` where a number (a mass) is given for a species that is not there."""
    known = sorted(set(species))
    for name in numbers:
        if name not in known:
            what = {"masses": "mass"}.get(option, option)
            raise InterpotError(
                f"a {what} is given for species '{name}', but there are only {', '.join(known)}: leave it out of "
                f"--{option}"
            )


class Masses:
    """Finds the masses of a frame's particles; remarks what it had to assume, once.

    Parameters
    ----------
    motion
        In internal units. Overdamped motion needs no masses: those that are not known are nan then.
    units
        For messages; only in the style ``lj`` a symbol such as "Ar" is no element.
    remark
        Is called with what the user should know.
    """

    def __init__(self, motion: Motion, units: UnitStyle, remark: Callable[[str], None]) -> None:
        self._given, self._needed = motion.masses, motion.dynamics != "overdamped"
        self._units, self._remark = units, remark
        self._by_species: dict[str, float] = {}
        self._compared: set[str] = set()

    def __call__(self, frame: Frame) -> FloatArray:
        """Masses, (n,) in amu: those given by species, else the file's, else the element's.

        Raises
        ------
        InterpotError
            The mass of a species is not known, or not positive in the file.
        """
        if frame.masses is not None and not self._given:
            return self._checked(frame.masses, frame)
        masses = np.empty(len(frame.positions))
        for kind in np.unique(frame.kinds):
            name, own = frame.species[kind], frame.kinds == kind
            if name in self._given:
                masses[own] = self._given[name]
                self._compare(name, frame, own)
            elif frame.masses is not None:
                masses[own] = frame.masses[own]
            else:
                if name not in self._by_species:
                    self._by_species[name] = self._assumed(name, frame)
                masses[own] = self._by_species[name]
        return self._checked(masses, frame)

    def _checked(self, masses: FloatArray, frame: Frame) -> FloatArray:
        """Raise `InterpotError` where a mass is not positive."""
        if masses.min(initial=1.0) <= 0:
            name = frame.species[frame.kinds[np.argmin(masses)]]
            raise InterpotError(
                f"a particle of species '{name}' has mass {self._shown(masses.min())} in "
                f"{place(frame.source, frame.index, frame.step)}: expected a positive number; give it, --masses "
                f"{name}=39.95 (masses= in Python)"
            )
        return masses

    def _compare(self, name: str, frame: Frame, own: FloatArray) -> None:
        """Remark that a given mass is not the file's."""
        if frame.masses is None or name in self._compared:
            return
        self._compared.add(name)
        told, given = float(frame.masses[own].mean()), self._given[name]
        if abs(told - given) > AGREEMENT * given:
            self._remark(
                f"'{frame.source}' gives {name} a mass of {self._shown(told)}: the given {self._shown(given)} is taken"
            )

    def _assumed(self, name: str, frame: Frame) -> float:
        """Return the mass of a species of which neither the user nor the file tells."""
        if not self._needed:
            return np.nan
        if self._units.name == "lj":
            if len(np.unique(frame.kinds)) == 1:
                self._remark(
                    f"'{frame.source}' tells no masses: that of {name} is taken to be 1, the unit of mass"
                )
                return 1.0
        elif (mass := _element_mass(name)) is not None:
            self._remark(
                f"'{frame.source}' tells no masses: that of {name} is taken to be the element's, {self._shown(mass)}; "
                "give --masses if the run had another"
            )
            return mass
        why = "" if self._units.name == "lj" else ", and it is no chemical element"
        raise InterpotError(
            f"the mass of species '{name}' is not told in {place(frame.source, frame.index, frame.step)}{why}: give "
            f"it, --masses {name}=39.95 (masses= in Python)"
        )

    def _shown(self, mass: float) -> str:
        """A mass in the units of the trajectory."""
        return f"{mass / self._units.mass:.6g}"


def _element_mass(name: str) -> float | None:
    """Return the standard atomic weight in amu, None where the name is no element's."""
    from ase.data import atomic_masses, atomic_numbers

    number = atomic_numbers.get(name, 0)
    return float(atomic_masses[number]) if number > 0 else None
