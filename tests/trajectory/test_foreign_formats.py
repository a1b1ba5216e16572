"""Formats that name no atoms, against MDAnalysis's writers, LAMMPS and numbers written by hand."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest
from foreign_writers import (
    BINARY,
    CELL,
    ELEMENTS,
    INTERVAL,
    STEPS,
    truth,
    write_topology,
    write_trajectory,
)
from lammps_runs import BOXES, run_lammps
from MDAnalysis.lib.formats.libmdaxdr import XTCFile

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory import FileTrajectory, read
from interpot.units import STYLES

KJ_PER_MOL, PS = STYLES["gromacs"].energy, STYLES["gromacs"].time
HALF_DIGIT = {"xtc": 0.0051}  # Å: half of 0.001 nm, and a little for single precision


@pytest.fixture(params=BINARY)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def topology(tmp_path: Path) -> Path:
    write_topology(tmp_path / "top.pdb")
    return tmp_path / "top.pdb"


def made(folder: Path, form: str, frames: int = 4, box: FloatArray | None = CELL) -> Path:
    write_trajectory(folder / BINARY[form], frames, box=box)
    return folder / BINARY[form]


def opened(path: Path, topology: Path, **options: object) -> FileTrajectory:
    if path.suffix == ".dcd":
        options = {"units": "real", **options}
    return read(path, topology=topology, **options)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------- what is right


def test_frames_hold_what_mdanalysis_wrote(form: str, tmp_path: Path, topology: Path) -> None:
    trajectory = opened(made(tmp_path, form), topology)
    x, v, f = truth(4)
    for _ in range(2):
        for k, frame in enumerate(trajectory):
            np.testing.assert_allclose(frame.positions, x[k], rtol=0, atol=HALF_DIGIT.get(form, 2e-6))
            np.testing.assert_allclose(frame.cell.vectors, CELL, rtol=0, atol=3e-6)
            assert frame.cell.periodic == (True, True, True) and frame.dimension == 3
            assert [frame.species[kind] for kind in frame.kinds] == ELEMENTS
            assert (frame.index, frame.source) == (k, str(trajectory.sources[0])) and frame.masses is None
            assert frame.step == (None if form == "netcdf" else STEPS * k)
            if form in ("trr", "netcdf"):  # AMBER's picosecond is 4e-6 longer
                assert frame.velocities is not None and frame.forces is not None
                np.testing.assert_allclose(frame.velocities * PS, v[k], rtol=1e-5, atol=1e-6)
                np.testing.assert_allclose(frame.forces / KJ_PER_MOL, f[k], rtol=1e-6, atol=1e-6)
            if form == "dcd":
                assert frame.time is None
            else:
                assert frame.time == pytest.approx(INTERVAL * k * PS, rel=1e-5)
    names = {"xtc": "gromacs", "trr": "gromacs", "netcdf": "amber", "dcd": "real"}
    assert trajectory.units.name == names[form] and trajectory.count() == 4
    assert len(list(tmp_path.iterdir())) == 2  # no index of MDAnalysis's is left behind


def test_remarks_on_what_formats_cannot_hold(form: str, tmp_path: Path, topology: Path) -> None:
    trajectory = opened(made(tmp_path, form), topology)
    list(trajectory)
    sentences = {
        "xtc": "are rounded to 0.001 nm",
        "dcd": "time step is not to be trusted, so that only step numbers",
    }
    assert len(trajectory.remarks) == (form in sentences)
    assert all(sentences[form] in remark for remark in trajectory.remarks)


def test_without_a_box(form: str, tmp_path: Path, topology: Path) -> None:
    for frame in opened(made(tmp_path, form, box=None), topology):
        assert frame.cell.periodic == (False, False, False) and np.linalg.det(frame.cell.vectors) > 0


def test_parts_and_choices(form: str, tmp_path: Path, topology: Path) -> None:
    path = made(tmp_path, form, 9)
    whole = list(opened(path, topology))
    chosen = opened(path, topology, frames="1:8", stride=3)
    assert [f.index for f in chosen] == [1, 4, 7] and chosen.count() == 3
    part = pickle.loads(pickle.dumps(chosen.part(1)))
    assert [f.index for f in part] == [4, 7]
    np.testing.assert_array_equal(next(iter(part)).positions, whole[4].positions)
    assert len(pickle.dumps(chosen)) < 3000


def test_another_style_is_other_factors(form: str, tmp_path: Path, topology: Path) -> None:
    path = made(tmp_path, form)
    for style in ("lj", "si"):
        usual = opened(path, topology)
        for frame, other in zip(usual, opened(path, topology, units=style), strict=True):
            factor = STYLES[style].length / usual.units.length
            np.testing.assert_allclose(other.positions, frame.positions * factor, rtol=1e-14)
            np.testing.assert_allclose(other.cell.vectors, frame.cell.vectors * factor, rtol=1e-14)


def test_dcd_needs_units(tmp_path: Path, topology: Path) -> None:
    with pytest.raises(InterpotError, match=r"'.*a\.dcd' does not state its units: give --units"):
        read(made(tmp_path, "dcd"), topology=topology)


@pytest.mark.parametrize("box", BOXES)
def test_dcd_and_xtc_of_lammps(tmp_path: Path, box: str) -> None:
    """Against a text dump of the same run; the atoms of the data file are in no order."""
    lines = [
        "units real", "atom_style full", BOXES[box], "create_box 2 box",
        "create_atoms 1 random 60 4711 NULL overlap 2.5 maxtry 1000", "set group all type/fraction 2 0.4 99",
        "mass 1 20.18", "mass 2 131.3", "pair_style lj/cut 6", "pair_coeff * * 0.1 3", "minimize 0 1e-3 200 1000",
        "reset_timestep 7", "velocity all create 900 8812", "fix move all npt temp 900 900 400 iso 1 1 4000",
        "timestep 2",
        "dump text all custom 10 a.lammpstrj id type x y z", "dump_modify text format float %.17g sort id",
        "dump dcd all dcd 10 a.dcd", "dump xtc all xtc 10 a.xtc", "dump_modify dcd unwrap no", "run 40",
        "write_data a.data",
    ]  # fmt: skip
    run_lammps("\n".join(lines), tmp_path)
    data = (tmp_path / "a.data").read_text()
    rows = data[data.index("Atoms") :].split("\n\n")[1].splitlines()
    assert [int(row.split()[0]) for row in rows] != sorted(int(row.split()[0]) for row in rows)
    text = list(read(tmp_path / "a.lammpstrj", units="real"))
    for name, tolerance in (("a.dcd", 1e-5), ("a.xtc", 0.0051)):
        found = list(opened(tmp_path / name, tmp_path / "a.data"))
        assert [f.step for f in found] == [f.step for f in text] == [10, 20, 30, 40]
        for frame, true in zip(found, text, strict=True):
            assert frame.species == true.species == ("1", "2") and frame.kinds.tolist() == true.kinds.tolist()
            np.testing.assert_allclose(frame.cell.vectors, true.cell.vectors, rtol=0, atol=1e-5)
            apart = (frame.positions - true.positions) @ np.linalg.inv(true.cell.vectors)
            apart = (apart - np.rint(apart)) @ true.cell.vectors
            assert np.abs(apart).max() < tolerance
            assert frame.masses is not None
            assert frame.masses.tolist() == [(20.18, 131.3)[kind] for kind in frame.kinds]
    assert found[1].time == pytest.approx(20 * 2e-3 * PS, rel=1e-6)  # of the XTC: 20 steps of 2 fs


def trr_frame(kind: str, arrays: dict[str, FloatArray], step: int = 3, atoms: int = 2) -> bytes:
    """A frame of a TRR file, by the description of the format."""
    real = {"f": 4, "d": 8}[kind]
    sizes = [arrays[name].size * real if name in arrays else 0 for name in ("box", "x", "v", "f")]
    integers = [0, 0, sizes[0], 0, 0, 0, 0, *sizes[1:], atoms, step, 0]
    head = struct.pack(">3i", 1993, 13, 12) + b"GMX_trn_file" + struct.pack(">13i", *integers)
    data = b"".join(values.astype(f">{kind}").tobytes() for values in arrays.values())
    return head + struct.pack(f">2{kind}", 0.25, 0.0) + data


def small_topology(folder: Path) -> Path:
    (folder / "top.xyz").write_text("2\n\nAr 0 0 0\nKr 1 1 1\n")
    return folder / "top.xyz"


def test_trr_in_double_precision_loses_no_digit(tmp_path: Path) -> None:
    box, (x, v, f) = np.diag([2.0, 3, 4]) + 0.1, np.random.default_rng(2).normal(size=(3, 2, 3))
    path = tmp_path / "a.trr"
    path.write_bytes(trr_frame("d", {"box": box, "x": x, "v": v, "f": f}))
    (frame,) = read(path, topology=small_topology(tmp_path))
    units = STYLES["gromacs"]
    assert frame.forces is not None and frame.velocities is not None and frame.step == 3
    np.testing.assert_array_equal(frame.positions, x * units.length)
    np.testing.assert_array_equal(frame.velocities, v * units.velocity)
    np.testing.assert_array_equal(frame.forces, f * units.force)
    np.testing.assert_array_equal(frame.cell.vectors, box * units.length)
    assert frame.masses is not None and frame.masses.tolist() == pytest.approx([39.95, 83.798], rel=1e-3)


def test_trr_without_positions(tmp_path: Path) -> None:
    path, x = tmp_path / "a.trr", np.ones((2, 3))
    frames = [trr_frame("f", {"box": np.eye(3), "x": x}), trr_frame("f", {"box": np.eye(3), "f": x}, 6)]
    path.write_bytes(b"".join(frames))
    trajectory = read(path, topology=small_topology(tmp_path))
    with pytest.raises(
        InterpotError, match=r"frame 1 \(step 6\) of '.*a.trr' holds no positions: write them as often"
    ):
        list(trajectory)
    assert len(list(read(path, topology=small_topology(tmp_path), frames=":1"))) == 1


def netcdf(path: Path, form: str = "NETCDF3_64BIT_OFFSET", program: str = "", **units: str) -> None:
    """A NetCDF file by AMBER's convention, of two atoms."""
    with netCDF4.Dataset(path, "w", format=form) as file:
        file.Conventions, file.ConventionVersion = "AMBER", "1.0"
        if program:
            file.program = program
        for name, length in (
            ("frame", None),
            ("atom", 2),
            ("spatial", 3),
            ("cell_spatial", 3),
            ("cell_angular", 3),
        ):
            file.createDimension(name, length)
        file.createVariable("spatial", "c", ("spatial",))[:] = np.array(list("xyz"), dtype="S1")
        for name, kind, axes, values in (
            ("time", "f4", (), [1.0, 2.0]),
            ("coordinates", "f8", ("atom", "spatial"), np.arange(12).reshape(2, 2, 3) / 3),
            ("velocities", "f4", ("atom", "spatial"), np.ones((2, 2, 3))),
            ("cell_lengths", "f8", ("cell_spatial",), [[5.0, 6, 7]] * 2),
            ("cell_angles", "f8", ("cell_angular",), [[90.0, 60, 90]] * 2),
            *([("id", "i4", ("atom",), [[2, 1]] * 2)] if program else []),
        ):
            variable = file.createVariable(name, kind, ("frame", *axes))
            if name in units:
                variable.units = units[name]
            if name == "velocities":
                variable.scale_factor = 20.455
            variable[:] = np.asarray(values) * (
                20.455 if name == "velocities" else 1
            )  # netCDF4 divides by it


@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"])
def test_netcdf_in_its_own_precision(tmp_path: Path, kind: str) -> None:
    netcdf(tmp_path / "a.nc", kind, velocities="angstrom/picosecond", coordinates="angstrom")
    first, second = read(tmp_path / "a.nc", topology=small_topology(tmp_path))
    np.testing.assert_array_equal(second.positions, np.arange(6, 12).reshape(2, 3) / 3)
    assert first.velocities is not None
    np.testing.assert_allclose(first.velocities, 20.455 * STYLES["amber"].velocity, rtol=1e-6)
    np.testing.assert_allclose(
        first.cell.vectors, [[5, 0, 0], [0, 6, 0], [3.5, 0, 7 * 0.75**0.5]], atol=1e-14
    )
    assert second.time == pytest.approx(2 * STYLES["amber"].time)


def test_netcdf_of_lammps(tmp_path: Path) -> None:
    """Its style is told by its words; atoms are sorted by id."""
    for time, length, style in (
        ("lj", "lj", "lj"), ("femtosecond", "angstrom", "real"), ("picosecond", "angstrom", "metal"),
        ("femtosecond", "Bohr", "electron"),
    ):  # fmt: skip
        netcdf(tmp_path / "a.nc", program="LAMMPS", time=time, coordinates=length)
        trajectory = read(tmp_path / "a.nc", topology=small_topology(tmp_path))
        assert trajectory.units.name == style
        frame = next(iter(trajectory))
        np.testing.assert_allclose(
            frame.positions, np.arange(6).reshape(2, 3)[::-1] / 3 * trajectory.units.length
        )


def test_h5md_of_mdanalysis(tmp_path: Path, topology: Path) -> None:
    """Its units are converted; it does not tell the species."""
    write_trajectory(tmp_path / "a.h5md", 3)
    trajectory, (x, v, f) = read(tmp_path / "a.h5md", topology=topology), truth(3)
    for k, frame in enumerate(trajectory):
        assert frame.velocities is not None and frame.forces is not None
        np.testing.assert_allclose(frame.positions, x[k], rtol=1e-6)
        np.testing.assert_allclose(frame.velocities * PS, v[k], rtol=1e-6)
        np.testing.assert_allclose(frame.forces / KJ_PER_MOL, f[k], rtol=1e-6)
        np.testing.assert_allclose(frame.cell.vectors, CELL, rtol=0, atol=3e-6)
        assert frame.time == pytest.approx(INTERVAL * k * PS, rel=1e-6) and frame.cell.periodic == (True,) * 3
    assert trajectory.units.name == "gromacs"
    with pytest.raises(InterpotError, match=r"'.*a\.h5md' does not say which atoms it is of: name a file"):
        list(read(tmp_path / "a.h5md"))
    with pytest.raises(InterpotError, match="states that it is in units 'gromacs', but 'metal' was given"):
        read(tmp_path / "a.h5md", topology=topology, units="metal")


def test_h5md_with_all_that_it_may_have(tmp_path: Path) -> None:
    """Enumerated species, ids out of order, images, forces at fewer steps, steps and times by their increment, 2-D."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_group("h5md")
        group = file.create_group("particles/some")
        x = np.arange(18.0).reshape(3, 3, 2)
        group.create_dataset("position/value", data=x).attrs["unit"] = "nm"
        group["position/step"], group["position/time"] = 20, 0.1
        group["position/time"].attrs["unit"] = "ps"
        group.create_dataset("force/value", data=x[:2]).attrs["unit"] = "kcal mol-1 Angstrom-1"
        group["force/step"] = [0, 40]
        kind = h5py.enum_dtype({"Ne": 3, "Xe": 5}, basetype="i4")
        group.create_dataset("species", data=[5, 3, 3], dtype=kind)
        group["id"], group["image/value"] = [30, 10, 20], np.ones((3, 3, 2), dtype=int)
        group["box/edges/value"] = [[4.0, 5.0]] * 3  # no unit: that of the positions
        group["box"].attrs["boundary"] = ["periodic", "none"]
    frames = list(read(tmp_path / "a.h5"))
    for k, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.positions[:, :2], 10 * x[k][[1, 2, 0]])
        assert frame.ids is not None and frame.ids.tolist() == [10, 20, 30] and frame.step == 20 * k
        assert [frame.species[s] for s in frame.kinds] == ["Ne", "Ne", "Xe"] and frame.dimension == 2
        assert frame.time == pytest.approx(0.1 * k * PS, rel=1e-9)
        assert frame.cell.periodic == (True, False, False)
        assert frame.unwrapped is not None
        np.testing.assert_allclose(frame.unwrapped - frame.positions, [[40, 50, 0]] * 3)
    assert frames[1].forces is None and frames[2].forces is not None
    np.testing.assert_allclose(frames[2].forces[:, :2], x[1][[1, 2, 0]] * STYLES["real"].energy, rtol=1e-12)


@pytest.mark.parametrize(
    ("spread", "precision"),
    [(0.02, 10.0), (0.02, 1e5), (0.3, 1e3), (5.0, 1e3), (300.0, 1e3), (300.0, 1e5), (6e4, 1e3)],
)
def test_xtc_as_mdanalysis_unpacks_it(tmp_path: Path, spread: float, precision: float) -> None:
    """Clusters as of water, of every size that the coding tells apart, and boxes so wide that it changes."""
    source = np.random.default_rng(8)
    scale = spread * 10.0 ** -source.uniform(0, 4, size=(200, 1, 1))
    x = (source.uniform(-spread, spread, size=(200, 1, 3)) + scale * source.normal(size=(200, 7, 3))).reshape(
        -1, 3
    )
    with XTCFile(str(tmp_path / "a.xtc"), "w") as file:
        for step in range(3):
            file.write(x * (1 + step), np.eye(3), step, 0.5 * step, precision)
    with XTCFile(str(tmp_path / "a.xtc")) as file:
        expected = [frame.x for frame in file]
    (tmp_path / "top.xyz").write_text("\n".join([f"{len(x)}", "", *["Ar 0 0 0"] * len(x), ""]))
    for frame, there in zip(
        read(tmp_path / "a.xtc", topology=tmp_path / "top.xyz", dimension=3), expected, strict=True
    ):
        np.testing.assert_allclose(frame.positions / 10, there, rtol=2e-7, atol=1e-7 / precision)
