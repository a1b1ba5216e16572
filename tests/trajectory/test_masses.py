from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from argon_frames import METAL, frame

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.masses import Masses, check_named
from interpot.trajectory.motion import Motion
from interpot.units import UnitStyle, unit_style


def masses_of(
    made: Frame, units: UnitStyle = METAL, dynamics: str = "newton", **given: float
) -> tuple[list[float], list[str]]:
    remarks: list[str] = []
    masses = Masses(Motion(dynamics=dynamics, masses=given).internal(units), units, remarks.append)
    masses(made)
    return masses(made).tolist(), remarks  # the second time nothing is remarked again


def mixture(*species: str, masses: list[float] | None = None) -> Frame:
    """Two particles, of one or two species."""
    kinds = np.arange(2) % len(species)
    return frame(0, species=species, kinds=kinds, masses=None if masses is None else np.array(masses))


def test_the_masses_of_the_file() -> None:
    assert masses_of(mixture("Ar", masses=[39.95, 36.0])) == ([39.95, 36.0], [])


def test_elements_have_their_masses() -> None:
    masses, remarks = masses_of(mixture("Ne", "Xe"))
    assert masses == pytest.approx([20.1797, 131.293])
    assert remarks == [
        f"'a.dump' tells no masses: that of {name} is taken to be the element's, {mass}; give --masses if the run "
        "had another"
        for name, mass in (("Ne", "20.1797"), ("Xe", "131.293"))
    ]


def test_given_masses_come_first() -> None:
    assert masses_of(mixture("Ne", "Xe", masses=[20.18, 131.3]), Ne=20.18) == ([20.18, 131.3], [])
    masses, remarks = masses_of(mixture("Ne", "Xe", masses=[1.0, 131.3]), Ne=20.18)
    assert masses == [20.18, 131.3]
    assert remarks == ["'a.dump' gives Ne a mass of 1: the given 20.18 is taken"]
    assert masses_of(mixture("1", "2"), **{"1": 20.18, "2": 4.0}) == ([20.18, 4.0], [])


def test_given_masses_are_in_the_units_of_the_trajectory() -> None:
    si = unit_style("si")
    masses, remarks = masses_of(mixture("Ar", masses=[1.0, 1.0]), si, Ar=6.6335e-26)
    assert masses == pytest.approx([39.948, 39.948], rel=1e-4)
    assert remarks == ["'a.dump' gives Ar a mass of 1.66054e-27: the given 6.6335e-26 is taken"]


def test_reduced_units() -> None:
    lj = unit_style("lj")
    masses, remarks = masses_of(mixture("Ar"), lj)
    assert masses == [1, 1]
    assert remarks == ["'a.dump' tells no masses: that of Ar is taken to be 1, the unit of mass"]
    with pytest.raises(
        InterpotError, match=r"the mass of species 'A' is not told in frame 0 of 'a.dump': give it"
    ):
        masses_of(mixture("A", "B"), lj)
    assert masses_of(mixture("A", "B"), lj, A=1.0, B=2.0) == ([1, 2], [])


@pytest.mark.parametrize("name", ["1", "CH4", "X", "water"])
def test_a_mass_that_is_not_known(name: str) -> None:
    with pytest.raises(
        InterpotError,
        match=rf"the mass of species '{name}' is not told in frame 0 of 'a.dump', and it is no chemical element: "
        rf"give it, --masses {name}=39.95 \(masses= in Python\)",
    ):
        masses_of(mixture(name))


def test_a_mass_that_is_not_positive() -> None:
    words = r"a particle of species 'Xe' has mass 0 in frame 0 of 'a.dump': expected a positive number"
    for given in ({}, {"Ne": 20.18}):
        with pytest.raises(InterpotError, match=words):
            masses_of(mixture("Ne", "Xe", masses=[20.18, 0.0]), **given)
    assert masses_of(mixture("Ne", "Xe", masses=[20.18, 0.0]), Xe=131.3)[0] == [20.18, 131.3]


def test_overdamped_motion_needs_none() -> None:
    masses, remarks = masses_of(mixture("1"), dynamics="overdamped")
    assert np.isnan(masses).all() and not remarks
    assert masses_of(mixture("Ar", masses=[2.0, 3.0]), dynamics="overdamped") == ([2, 3], [])


def test_a_species_that_is_not_there() -> None:
    check_named({"Ar": 39.95}, ("Ar", "Ne"))
    with pytest.raises(
        InterpotError,
        match="a mass is given for species 'Xe', but there are only Ar, Ne: leave it out of --masses",
    ):
        check_named({"Xe": 131.3}, ("Ne", "Ar"))


def test_later_frames_may_bring_other_species() -> None:
    masses = Masses(Motion(), METAL, lambda _: None)
    assert masses(mixture("Ne", "Xe")).tolist() == pytest.approx([20.1797, 131.293])
    assert masses(mixture("Ar", "Xe")).tolist() == pytest.approx([39.948, 131.293])
    assert masses(replace(mixture("Xe"), masses=np.array([1.0, 2.0]))).tolist() == [1, 2]
