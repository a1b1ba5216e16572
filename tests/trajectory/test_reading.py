"""What all formats have in common: every test runs over the whole table of readers."""

from __future__ import annotations

import gc
import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from foreign_writers import BINARY
from test_vasp_and_ase import MADE
from writers import CELL, MASSES, NAMES, WRITERS, numbers

from interpot.errors import InterpotError
from interpot.trajectory import read
from interpot.trajectory.readers import READERS, recognise
from interpot.units import unit_style

ASE = ("extxyz", "ase-traj")


def test_frames_hold_what_was_written(make: Callable[..., Path], form: str) -> None:
    path = make(4)
    trajectory = read(path, units="metal")
    x, f, v = numbers(4)
    tolerance = 2e-8 if form == "extxyz" else 0  # ASE writes eight decimals
    for _ in range(2):  # walking again gives the same
        frames = list(trajectory)
        assert [frame.index for frame in frames] == [0, 1, 2, 3]
        for k, frame in enumerate(frames):
            assert frame.forces is not None and frame.velocities is not None and frame.masses is not None
            np.testing.assert_allclose(frame.positions, x[k], rtol=0, atol=tolerance)
            np.testing.assert_allclose(frame.forces, f[k], rtol=0, atol=tolerance)
            np.testing.assert_allclose(
                frame.velocities,
                v[k] * trajectory.units.velocity,
                rtol=1e-6 if tolerance else 2e-15,
                atol=tolerance,
            )
            assert frame.species == ("Ar", "Ne", "Xe")
            assert [frame.species[kind] for kind in frame.kinds] == NAMES
            assert frame.kinds.dtype == np.int64 and frame.positions.flags.c_contiguous
            assert frame.masses.tolist() == [MASSES[name] for name in NAMES]
            np.testing.assert_allclose(frame.cell.vectors, CELL, rtol=1e-15, atol=1e-15)
            np.testing.assert_allclose(frame.cell.origin, 0, atol=1e-15)
            assert frame.cell.periodic == (True, True, False)
            assert (frame.dimension, frame.source) == (3, str(path))
            assert frame.step == (None if form in ASE else 10 * k)
    assert trajectory.sources == (path,) and trajectory.remarks == []


@pytest.mark.parametrize("style", ["lj", "real", "si", "electron"])
def test_units(make: Callable[..., Path], form: str, style: str) -> None:
    """Another style is other factors on the same file."""
    path, unit, metal = make(1), unit_style(style), unit_style("metal")
    (a,), (b,) = read(path, units="metal"), read(path, units=style)
    assert a.forces is not None and a.velocities is not None and a.masses is not None
    assert b.forces is not None and b.velocities is not None and b.masses is not None
    np.testing.assert_allclose(b.positions, a.positions * unit.length, rtol=1e-15)
    np.testing.assert_allclose(b.cell.vectors, a.cell.vectors * unit.length, rtol=1e-15)
    np.testing.assert_allclose(b.forces, a.forces * unit.force, rtol=1e-15)
    np.testing.assert_allclose(b.masses, a.masses * unit.mass, rtol=1e-15)
    # momenta in what ASE writes are ASE's own in the style metal
    velocity = unit.velocity if form in ASE else unit.velocity / metal.velocity
    np.testing.assert_allclose(b.velocities, a.velocities * velocity, rtol=1e-14)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"stride": 3}, [0, 3, 6, 9]),
        ({"frames": "2:8"}, [2, 3, 4, 5, 6, 7]),
        ({"frames": (4, 9), "stride": 2}, [4, 6, 8]),
        ({"frames": slice(7, None)}, [7, 8, 9]),
        ({"frames": "9:100", "stride": 5}, [9]),
    ],
)
def test_several_files_are_one(
    make: Callable[..., Path], choice: dict[str, object], expected: list[int]
) -> None:
    suffix = make(1).suffix
    paths = [make(n, seed, f"part{seed}{suffix}") for seed, n in enumerate((5, 1, 4))]
    everything = list(read(*paths, units="metal"))
    assert len(everything) == 10
    found = list(read(*paths, units="metal", **choice))  # type: ignore[arg-type]
    assert [(f.source, f.index) for f in found] == [
        (everything[k].source, everything[k].index) for k in expected
    ]
    for k, frame in zip(expected, found, strict=True):
        np.testing.assert_array_equal(frame.positions, everything[k].positions)
    with pytest.raises(InterpotError, match=r"no frame is in the range 10:: there are 10 in '"):
        list(read(*paths, units="metal", frames="10:"))


def test_species_are_renamed(make: Callable[..., Path]) -> None:
    path = make(2)
    for frame in read(path, units="metal", species={"Ne": "Z", "Xe": "B", "Ar": "Z", "Kr": "K"}):
        assert frame.species == ("B", "Z")
        assert [frame.species[k] for k in frame.kinds] == ["Z", "B", "Z", "Z", "B"]
    with pytest.raises(InterpotError, match=r"species 'Ar' in frame 0 .*of '.*' is not among .*Ne=Z, Xe=B"):
        list(read(path, units="metal", species={"Ne": "Z", "Xe": "B"}))


def test_memory_does_not_grow_with_the_file(make: Callable[..., Path]) -> None:
    def peak(path: Path) -> int:
        trajectory = read(path, units="metal")
        for _ in trajectory:
            pass
        gc.freeze()  # what all tests before have left is not looked through each time
        tracemalloc.start()
        try:
            for frame in trajectory:
                if frame.index % 20 == 0:
                    gc.collect()  # ASE's cycles would otherwise be collected at whim
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.unfreeze()

    short, long = peak(make(100)), peak(make(800))
    assert long < short + 150_000  # the positions alone of the long one are 96 kB, its text 1.5 MB


def test_a_walk_can_be_left_and_begun_anew(make: Callable[..., Path]) -> None:
    trajectory = read(make(5), units="metal")
    for frame in trajectory:
        if frame.index == 2:
            break
    assert [frame.index for frame in trajectory] == [0, 1, 2, 3, 4]


def test_formats_are_recognised_by_content(make: Callable[..., Path], form: str, tmp_path: Path) -> None:
    path = make(1)
    odd = path.rename(tmp_path / "something.odd")
    assert recognise(odd) is READERS[form]
    assert len(list(read(odd, units="metal", format=form))) == 1


@pytest.mark.parametrize("form_", ["lammps-dump", "extxyz"])
def test_compressed_text(tmp_path: Path, form_: str) -> None:
    name, writer = WRITERS[form_]
    writer(tmp_path / name, 3)
    squeezed = tmp_path / f"{name}.gz"
    squeezed.write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    for a, b in zip(read(tmp_path / name, units="metal"), read(squeezed, units="metal"), strict=True):
        np.testing.assert_array_equal(a.positions, b.positions)


# ---------------------------------------------------------------------------- what is wrong


def test_every_format_is_written_by_a_test() -> None:
    assert set(WRITERS) | set(BINARY) | set(MADE) == set(READERS)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match=r"no such file: '.*nowhere.xyz'"):
        read(tmp_path / "nowhere.xyz")
    with pytest.raises(InterpotError, match="cannot read"):
        read(tmp_path)
    with pytest.raises(InterpotError, match="no trajectory file was given"):
        read()


@pytest.mark.parametrize("content", [b"", b"  \n\n"])
def test_empty_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.lammpstrj"
    path.write_bytes(content)
    with pytest.raises(InterpotError, match=r"a\.lammpstrj' is empty: expected .*LAMMPS text dump"):
        read(path, units="metal")


def test_unknown_formats(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary\n")
    with pytest.raises(
        InterpotError, match=r"notes\.txt' is in no format .*LAMMPS text dump .*extended XYZ .*NumPy"
    ):
        read(path)
    with pytest.raises(InterpotError, match="unknown format 'pdf': expected one of lammps-dump, extxyz, npz"):
        read(path, format="pdf")


def test_garbage_under_a_known_name(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{READERS[form].suffixes[0]}"
    path.write_bytes(bytes(range(256)) * 10 + b"\n")
    with pytest.raises(InterpotError, match=r"'.*/a\.\w+'") as caught:
        list(read(path, units="metal"))
    assert "\n" not in str(caught.value) and str(caught.value).isprintable()


def test_units_must_be_known(make: Callable[..., Path], form: str) -> None:
    path = make(1)
    if READERS[form].convention is None:
        with pytest.raises(InterpotError, match=r"does not state its units: give --units"):
            read(path)
    else:
        assert read(path).units.name == READERS[form].convention
    with pytest.raises(InterpotError, match="unknown unit style 'parsec'"):
        read(path, units="parsec")


def test_files_in_different_units_are_not_one(tmp_path: Path) -> None:
    x = np.zeros((1, 1, 3))
    for style in ("lj", "real"):
        np.savez(tmp_path / f"{style}.npz", positions=x, units=style)
    with pytest.raises(InterpotError, match=r"real.npz' is in units 'real', but '.*lj.npz' in 'lj'"):
        read(tmp_path / "lj.npz", tmp_path / "real.npz")


def test_a_change_of_dimension_is_not_guessed_away(tmp_path: Path) -> None:
    x = np.zeros((2, 3, 3))
    x[1, 2, 2] = 0.5
    np.savez(tmp_path / "a.npz", positions=x, units="lj")
    with pytest.raises(
        InterpotError, match=r"frame 1 of '.*' is 3-dimensional, but the frames before it 2-dim"
    ):
        list(read(tmp_path / "a.npz"))
    assert [f.dimension for f in read(tmp_path / "a.npz", dimension=3)] == [3, 3]


@pytest.mark.parametrize("wrong", [{"stride": 0}, {"dimension": 4}, {"frames": "3:3"}])
def test_settings_out_of_range(tmp_path: Path, wrong: dict[str, object]) -> None:
    np.savez(tmp_path / "a.npz", positions=np.zeros((1, 1, 3)), units="lj")
    with pytest.raises(InterpotError, match="expected"):
        read(tmp_path / "a.npz", **wrong)  # type: ignore[arg-type]


def test_no_damage_ends_in_anything_but_a_sentence(make: Callable[..., Path], form: str) -> None:
    """Bytes overwritten, doubled and removed at random: frames or an `InterpotError`, nothing else."""
    path = make(3)
    whole, source = path.read_bytes(), np.random.default_rng(11)
    failed = 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(source.integers(1, 4)):
            at, kind = int(source.integers(len(data) - 20)), source.integers(4)
            if kind == 0:
                data[at] = int(source.integers(256))
            elif kind == 1:
                data[at : at + 1] = b"9-.e x\n"[source.integers(7) :]
            elif kind == 2:
                del data[at : at + int(source.integers(1, 20))]
            else:
                data[at:at] = data[at : at + 20]
        path.write_bytes(data)
        try:
            assert len(list(read(path, units="metal", format=form))) <= 4
        except InterpotError as error:
            failed += 1
            assert str(error).isprintable()
    assert failed > 20


def test_a_file_that_is_given_twice_is_said_to_count_twice(
    make: Callable[..., Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Under another name too; its frames are walked as often as it was given."""
    path = make(2)
    link = tmp_path / f"link-{path.name}"
    link.symlink_to(path)
    trajectory = read(path, link, units="metal")
    assert len(list(trajectory)) == len(list(trajectory)) == 4
    assert sum("is given 2 times: its frames count as often" in r for r in trajectory.remarks) == 2
    assert caplog.text.count("count as often") == 2
