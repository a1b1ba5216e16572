"""What can be wrong with a file of a format that names no atoms: one sentence each."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from foreign_writers import ATOMS, BINARY, write_topology, write_trajectory
from test_foreign_formats import made, netcdf, opened, small_topology

from interpot.errors import InterpotError, NotInstalledError
from interpot.trajectory import read


@pytest.fixture(params=BINARY)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def topology(tmp_path: Path) -> Path:
    write_topology(tmp_path / "top.gro")
    return tmp_path / "top.gro"


def test_topology_is_needed_and_of_the_same_atoms(form: str, tmp_path: Path) -> None:
    path = made(tmp_path, form)
    with pytest.raises(
        InterpotError, match=r"does not say which atoms it is of: name a file that does with --topology"
    ):
        read(path, units="real")
    write_topology(tmp_path / "few.gro", 7)
    trajectory = opened(path, tmp_path / "few.gro")
    with pytest.raises(InterpotError, match=rf"has {ATOMS} atoms, but the topology '.*few\.gro' 7: give"):
        list(trajectory)


def test_topology_is_not_taken_where_it_has_no_place(tmp_path: Path, topology: Path) -> None:
    (tmp_path / "a.xyz").write_text("1\n\nAr 0 0 0\n")
    with pytest.raises(
        InterpotError, match=r"--topology .* was given, but '.*a\.xyz' \(extended XYZ\) says itself"
    ):
        read(tmp_path / "a.xyz", topology=topology)


def test_cut_short(form: str, tmp_path: Path, topology: Path) -> None:
    path = made(tmp_path, form, 4)
    whole = path.read_bytes()
    for cut in (1, 5, 100):
        path.write_bytes(whole[:-cut])
        trajectory = opened(path, topology)
        assert len(list(trajectory)) == 3 and trajectory.count() == 3
        assert any(
            "is cut short" in r and "3 whole frames before it are used" in r for r in trajectory.remarks
        )
    sizes = {"dcd": 300, "netcdf": len(whole) - 4 * 600, "xtc": 70, "trr": 90}
    path.write_bytes(whole[: sizes[form]])
    with pytest.raises(InterpotError, match=r"holds no whole frame|ends within its header"):
        list(opened(path, topology))


def test_compressed(form: str, tmp_path: Path, topology: Path) -> None:
    path = made(tmp_path, form)
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(
        InterpotError, match="is compressed, and files of this binary format are read as they are"
    ):
        list(opened(path, topology))


def test_no_damage_ends_in_anything_but_a_sentence(form: str, tmp_path: Path, topology: Path) -> None:
    path = made(tmp_path, form, 3)
    whole, source, failed = path.read_bytes(), np.random.default_rng(5), 0
    for trial in range(200):
        data = bytearray(whole)
        for _ in range(source.integers(1, 4)):
            # in one trial of two among what says where things are
            at = int(source.integers(400 if trial % 2 else len(data) - 20))
            kind = source.integers(3)
            if kind == 0:
                data[at] = int(source.integers(256))
            elif kind == 1:
                del data[at : at + int(source.integers(1, 20))]
            else:
                data[at:at] = data[at : at + 20]
        path.write_bytes(data)
        try:
            list(opened(path, topology, format=form))
        except InterpotError as error:
            failed += 1
            assert str(error).isprintable()
    assert failed > 20


def test_none_but_whole_numbers_of_frames_are_skipped(form: str, tmp_path: Path, topology: Path) -> None:
    """A walk that reads no frame meets the same end as one that reads all."""
    path = made(tmp_path, form, 4)
    path.write_bytes(path.read_bytes()[:-50])
    trajectory = opened(path, topology, stride=3)
    assert [f.index for f in trajectory] == [0] and trajectory.count() == 1
    assert any("3 whole frames" in remark for remark in trajectory.remarks)


def test_not_finite(tmp_path: Path) -> None:
    netcdf(tmp_path / "a.nc")
    data = (tmp_path / "a.nc").read_bytes()
    number = np.array([5.0], dtype=">f8").tobytes()  # a length of the box
    (tmp_path / "a.nc").write_bytes(data.replace(number, np.array([np.nan], dtype=">f8").tobytes()))
    with pytest.raises(InterpotError, match=r"frame 0 of '.*a\.nc': its box has lengths nan, 6, 7"):
        list(read(tmp_path / "a.nc", topology=small_topology(tmp_path)))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            {"coordinates": "nanometer"},
            r"coordinates of '.*' are in 'nanometer', by AMBER's convention in 'angstrom': say",
        ),
        ({"program": "LAMMPS", "time": "fortnight"}, ""),
    ],
)
def test_units_of_a_netcdf_file(tmp_path: Path, words: dict[str, str], sentence: str) -> None:
    netcdf(tmp_path / "a.nc", **words)  # type: ignore[arg-type]
    if sentence:
        with pytest.raises(InterpotError, match=sentence):
            list(read(tmp_path / "a.nc", topology=small_topology(tmp_path)))
        assert len(list(read(tmp_path / "a.nc", topology=small_topology(tmp_path), units="gromacs"))) == 2
    else:  # not known: AMBER's convention, as without the word
        assert read(tmp_path / "a.nc", topology=small_topology(tmp_path)).units.name == "amber"


def test_another_netcdf_file(tmp_path: Path) -> None:
    netcdf(tmp_path / "a.nc")
    data = (tmp_path / "a.nc").read_bytes()
    (tmp_path / "a.nc").write_bytes(data.replace(b"AMBER", b"COARD"))
    with pytest.raises(
        InterpotError, match=r"is a NetCDF file, but no trajectory by AMBER's convention .* it holds spat"
    ):
        read(tmp_path / "a.nc", topology=small_topology(tmp_path))


def test_hdf5_files_that_are_no_h5md(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.attrs["schema"] = "interpot.statistic/1"
    with pytest.raises(
        InterpotError, match=r"is an HDF5 file, but no H5MD .*: a statistic of interpot goes to discover"
    ):
        read(path)
    with h5py.File(path, "w") as file:
        file.create_group("h5md")
        for name in ("a", "b"):
            file[f"particles/{name}/position/value"] = np.zeros((2, 3, 3))
    with pytest.raises(
        InterpotError, match=r"has 2 groups of particles with positions \(a, b\): expected one"
    ):
        read(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InterpotError, match=r"a\.h5' is a damaged HDF5 file, or is cut short"):
        read(path)
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(InterpotError, match="is compressed, and HDF5 files are read as they are"):
        read(path)


@pytest.mark.parametrize(
    ("element", "values", "unit", "sentence"),
    [
        (
            "position/value",
            np.zeros((2, 3, 3)),
            "parsec",
            "position of '.*' is in 'parsec', and 'parsec' is no unit",
        ),
        (
            "position/value",
            np.zeros((2, 3)),
            "nm",
            r"positions of '.*' have shape \(2, 3\): expected \(frames,",
        ),
        ("mass", np.ones(4), "u", r"mass of '.*' has shape \(4,\) in a frame: expected \(3,\)"),
        ("box/edges", [1.0, 0.0, -1.0, 2.0], "nm", r"edges of '.*' has shape \(4,\) in a frame"),
        ("species", np.zeros(2, dtype=int), "", "species of '.*' has shape"),
    ],
)
def test_faults_of_h5md(tmp_path: Path, element: str, values: object, unit: str, sentence: str) -> None:
    with h5py.File(tmp_path / "a.h5md", "w") as file:
        file.create_group("h5md")
        group = file.create_group("particles/all")
        elements = {"position/value": np.ones((2, 3, 3)), "species": np.zeros(3, dtype=int), element: values}
        for name, data in elements.items():
            group.create_dataset(name, data=data)
        if unit:
            group[element].attrs["unit"] = unit
    with pytest.raises(InterpotError, match=sentence):
        list(read(tmp_path / "a.h5md", units=None if element.startswith("position") else "gromacs"))


def test_missing_mdanalysis(tmp_path: Path, topology: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only topologies need it; with an extended XYZ file as topology nothing does."""
    for form in BINARY:
        made(tmp_path, form)
    for name in [name for name in sys.modules if name.split(".")[0] == "MDAnalysis"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "MDAnalysis", None)
    with pytest.raises(
        NotInstalledError, match=r"pip install 'interpot\[MDAnalysis\]', or give an extended XYZ file"
    ):
        opened(tmp_path / "a.trr", topology)
    lines = [f"{ATOMS}", "", *["Ar 0 0 0"] * ATOMS, ""]
    (tmp_path / "top.xyz").write_text("\n".join(lines))
    for form in BINARY:
        assert len(list(opened(tmp_path / BINARY[form], tmp_path / "top.xyz"))) == 4


def test_numbers_that_are_wanted_and_not_told(form: str, tmp_path: Path, topology: Path) -> None:
    trajectory = opened(made(tmp_path, form), topology, walls=["zhi=frame:piston"])
    with pytest.raises(InterpotError, match="does not tell a number 'piston'"):
        list(trajectory)


def test_dcd_of_another_kind(tmp_path: Path, topology: Path) -> None:
    write_trajectory(tmp_path / "a.dcd", 2)
    data = bytearray((tmp_path / "a.dcd").read_bytes())
    for at, number, sentence in (
        (8 + 4 * 8, 3, "leaves out 3 fixed atoms: write a DCD file with all of them"),
        (4, 0, r"does not begin as a DCD file of positions does \(84 and 'CORD'"),
    ):
        broken = data.copy()
        broken[at] = number
        (tmp_path / "a.dcd").write_bytes(broken)
        with pytest.raises(InterpotError, match=sentence):
            list(opened(tmp_path / "a.dcd", topology, format="dcd"))
