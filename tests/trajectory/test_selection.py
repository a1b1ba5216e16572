from __future__ import annotations

import pytest

from interpot.errors import InterpotError
from interpot.trajectory import parse_frames, parse_species
from interpot.trajectory.selection import frame_slice


def test_species() -> None:
    assert parse_species("1=Ne, 2=Xe") == {"1": "Ne", "2": "Xe"}
    assert parse_species("C=CH4") == {"C": "CH4"}


@pytest.mark.parametrize("text", ["", "1", "1=", "=Ne", "1=Ne,", "1=Ne=Xe", "1=Ne,1=Xe"])
def test_species_that_cannot_be_read(text: str) -> None:
    with pytest.raises(InterpotError, match="species"):
        parse_species(text)


@pytest.mark.parametrize(
    ("text", "chosen"), [("3:7", range(3, 7)), (":2", range(2)), ("8:", range(8, 10)), (":", range(10))]
)
def test_frames(text: str, chosen: range) -> None:
    assert list(range(10))[parse_frames(text)] == list(chosen)


@pytest.mark.parametrize("text", ["", "5", "a:b", "-3:", "1:2:3", "5:5", "7:5", "²:"])
def test_frames_that_cannot_be_read(text: str) -> None:
    with pytest.raises(InterpotError, match="expected A:B"):
        parse_frames(text)


def test_all_ways_of_naming_frames() -> None:
    assert frame_slice("2:9") == frame_slice((2, 9)) == frame_slice(slice(2, 9)) == slice(2, 9, 1)
    assert frame_slice(None) == frame_slice(slice(None)) == frame_slice((None, None)) == slice(0, None, 1)
    assert frame_slice(slice(1, 9, 3)) == slice(1, 9, 3)
    for wrong in ((-5, None), slice(None, None, -1), (3, 3)):
        with pytest.raises(InterpotError):
            frame_slice(wrong)
