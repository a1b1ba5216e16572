"""LAMMPS dumps: one trajectory in all styles of columns, ASE as a second reader, hand-made peculiarities."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase.io.lammpsrun import read_lammps_dump_text
from lammps_runs import DUMPS, dump_path, run_lammps

from interpot.errors import InterpotError
from interpot.proof.start import start_frame
from interpot.records import Frame
from interpot.trajectory import read
from interpot.units import unit_style

REAL = unit_style("real")


def frames_of(folder: Path, name: str) -> list[Frame]:
    return list(read(dump_path(folder, name), units="real"))


@pytest.mark.parametrize("name", DUMPS)
def test_every_style_of_columns_is_the_same_trajectory(lammps_dumps: Path, name: str) -> None:
    truth, found = frames_of(lammps_dumps, "sorted"), frames_of(lammps_dumps, name)
    assert len(found) == len(truth) == 7
    travelled = False
    for a, b in zip(truth, found, strict=True):
        assert (
            b.ids is not None
            and a.forces is not None
            and a.velocities is not None
            and a.unwrapped is not None
        )
        assert b.ids.tolist() == list(range(1, 121))
        assert (a.step, b.index, b.dimension) == (b.step, a.index, 3)
        names = {"Ne": "1", "Xe": "2"}
        assert [names.get(b.species[k], b.species[k]) for k in b.kinds] == [a.species[k] for k in a.kinds]
        np.testing.assert_array_equal(b.forces, a.forces)
        np.testing.assert_array_equal(b.velocities, a.velocities)
        np.testing.assert_allclose(b.unwrapped, a.unwrapped, rtol=0, atol=1e-13 * 40)
        np.testing.assert_array_equal(b.cell.vectors, a.cell.vectors)
        # positions may be any periodic image
        images = (b.positions - a.positions) @ np.linalg.inv(a.cell.vectors)
        np.testing.assert_allclose(images, np.rint(images), atol=1e-12)
        travelled |= bool(np.abs(a.unwrapped - a.positions).max() > 1)
    assert travelled, "no atom crossed a boundary: images are not tested"


@pytest.mark.parametrize("name", ["x", "xu", "xs", "any-order"])
def test_agrees_with_ase(lammps_dumps: Path, name: str) -> None:
    with dump_path(lammps_dumps, name).open() as file:
        truth = read_lammps_dump_text(file, index=slice(None), units="real")
    for atoms, frame in zip(truth, frames_of(lammps_dumps, name), strict=True):
        assert frame.forces is not None and frame.velocities is not None
        # ASE wraps nothing, but counts positions from the box's corner
        shift = frame.positions - atoms.positions
        np.testing.assert_allclose(shift, np.broadcast_to(shift[0], shift.shape), atol=1e-11)
        np.testing.assert_allclose(frame.cell.vectors, atoms.cell.array, atol=1e-12)
        np.testing.assert_allclose(frame.forces, atoms.get_forces(), rtol=1e-8)
        np.testing.assert_allclose(frame.velocities, atoms.get_velocities(), rtol=1e-6)  # LAMMPS's constants


def test_masses_units_and_time(lammps_dumps: Path) -> None:
    frame = frames_of(lammps_dumps, "any-order")[0]
    assert frame.masses is not None
    assert set(zip(frame.masses.tolist(), frame.kinds.tolist(), strict=True)) == {(20.18, 0), (131.3, 1)}
    trajectory = read(dump_path(lammps_dumps, "units"))  # the file states its units
    assert trajectory.units == REAL
    times = [f.time for f in trajectory]
    np.testing.assert_allclose(times, np.arange(0, 121, 20) * 4 * REAL.time, rtol=1e-14)
    with pytest.raises(InterpotError, match="states that it is in units 'real', but 'metal' was given"):
        read(dump_path(lammps_dumps, "units"), units="metal")
    with pytest.raises(InterpotError, match="give --units"):
        read(dump_path(lammps_dumps, "x"))


def test_general_triclinic_is_the_restricted_one_rotated(tmp_path: Path) -> None:
    script = """
    units metal
    lattice custom 4.0 a1 1 0.1 0 a2 0.2 1.1 0.1 a3 0 0.3 1.2 basis 0 0 0 basis 0.45 0.5 0.5 triclinic/general
    create_box 1 NULL 0 3 0 3 0 3
    create_atoms 1 box
    mass 1 40
    pair_style lj/cut 6
    pair_coeff * * 0.01 3.0
    velocity all create 300 33
    fix 1 all nve
    dump g all custom 50 general.lammpstrj id x y z fx fy fz vx vy vz
    dump_modify g triclinic/general yes format float %.17g
    dump s all custom 50 scaled.lammpstrj id xs ys zs ix iy iz fx fy fz
    dump_modify s triclinic/general yes format float %.17g
    dump r all custom 50 restricted.lammpstrj id x y z fx fy fz vx vy vz
    dump_modify r format float %.17g
    run 100
    """
    run_lammps(script, tmp_path)
    walks = [
        read(tmp_path / f"{name}.lammpstrj", units="metal") for name in ("general", "restricted", "scaled")
    ]
    count = 0
    for general, restricted, scaled in zip(*walks, strict=True):
        assert general.forces is not None and restricted.forces is not None
        rotation = np.linalg.solve(restricted.cell.vectors, general.cell.vectors)  # row vectors: r @ rotation
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        np.testing.assert_allclose(restricted.forces @ rotation, general.forces, atol=1e-13)
        shift = general.positions - restricted.positions @ rotation
        np.testing.assert_allclose(shift, np.broadcast_to(shift[0], shift.shape), atol=1e-11)
        np.testing.assert_allclose(scaled.positions, general.positions, atol=1e-11)
        count += 1
    assert count == 3


# ---------------------------------------------------------------------------- made by hand

HEAD = """ITEM: TIMESTEP
{step}
ITEM: NUMBER OF ATOMS
{atoms}
ITEM: BOX BOUNDS {flags}
0 10
0 20
-5 5
ITEM: ATOMS {columns}
"""


def one(columns: str, rows: list[str], step: int = 0, flags: str = "pp ff ss") -> str:
    return HEAD.format(step=step, atoms=len(rows), flags=flags, columns=columns) + "\n".join(rows) + "\n"


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "a.lammpstrj"
        path.write_bytes(text.encode())
        return path

    return write


def test_boundaries_names_and_order(written: Callable[[str], Path]) -> None:
    path = written(one("x y z id element", ["3 1 2 30 Xe", "4 1 2.5 10 Ar", "5 6 7 20 Ne"], step=42))
    (frame,) = read(path, units="metal")
    assert frame.cell.periodic == (True, False, False)
    assert frame.cell.origin.tolist() == [0, 0, -5]
    assert np.diag(frame.cell.vectors).tolist() == [10, 20, 10]
    assert frame.ids is not None and frame.ids.tolist() == [10, 20, 30]
    assert frame.species == ("Ar", "Ne", "Xe") and frame.kinds.tolist() == [0, 1, 2]
    assert frame.positions[:, 0].tolist() == [4, 5, 3]
    assert (frame.step, frame.forces, frame.velocities, frame.masses, frame.unwrapped) == (42, *[None] * 4)


def test_columns_and_numbers_of_atoms_may_change(written: Callable[[str], Path]) -> None:
    path = written(
        one("id type x y z", ["1 2 0 0 0", "2 1 1 1 1"])
        + one("x y z fx fy fz", ["1 2 3 4 5 6"], step=10)
        + one("id type x y z", [], step=20)
    )
    first, second, third = read(path, units="metal")
    assert first.species == ("1", "2") and first.kinds.tolist() == [1, 0] and first.forces is None
    assert second.species == ("1",) and second.ids is None
    assert second.forces is not None and second.forces.tolist() == [[4, 5, 6]]
    assert third.positions.shape == (0, 3)


def test_type_numbers_where_the_mapping_is_of_them(written: Callable[[str], Path]) -> None:
    """LAMMPS writes C for every type if it is not told the elements."""
    path = written(one("id type element x y z", ["1 1 C 0 0 0", "2 12 C 1 1 1"]))
    (frame,) = read(path, units="metal", species={"1": "Xe", "12": "Ne"})
    assert [frame.species[k] for k in frame.kinds] == ["Xe", "Ne"]
    (frame,) = read(path, units="metal", species={"C": "Ar"})
    assert frame.species == ("Ar",)
    with pytest.raises(InterpotError, match=r"species '12' in frame 0 \(step 0\) of '.*a.lammpstrj' .*1=Xe"):
        list(read(path, units="metal", species={"1": "Xe"}))


def test_types_that_share_an_element_are_told_apart(
    written: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    """Also in later frames, where one of them is alone."""
    rows = ["3 10 C 2 2 2", "1 2 C 0 0 0", "2 10 C 1 1 1"]
    trajectory = read(
        written(one("id type element x y z", rows) + one("id type element x y z", rows[:1])), units="metal"
    )
    for _ in range(2):
        assert [[f.species[k] for k in f.kinds] for f in trajectory] == [["2", "10", "10"], ["10"]]
    (remark,) = trajectory.remarks
    assert "names types 2 and 10 all 'C'" in remark and "--species 1=Ne,2=Xe" in remark
    assert "dump_modify d element Ne Xe" in remark and caplog.text.count(remark) == 1
    assert trajectory.species() == ("10", "2")


def test_elements_of_their_own_name_their_types(written: Callable[[str], Path]) -> None:
    trajectory = read(written(one("type element x y z", ["2 Ne 0 0 0", "1 C 1 1 1"])), units="metal")
    (frame,) = trajectory
    assert [frame.species[k] for k in frame.kinds] == ["Ne", "C"] and not trajectory.remarks


def test_one_type_of_the_default_element_has_no_mass(written: Callable[[str], Path]) -> None:
    columns = "type element x y z vx vy vz"
    path = written(one(columns, ["1 C 0 0 0 1 1 1", "1 C 1 2 3 1 1 1"]))
    trajectory = read(path, units="metal")
    assert trajectory.species() == ("C",)
    (remark,) = trajectory.remarks
    assert "what LAMMPS writes when it is told no element" in remark
    with pytest.raises(InterpotError, match=r"the mass of 'C' in .* is unknown: give --masses"):
        start_frame(trajectory)
    carbon = read(path, units="metal", species={"C": "C"})
    assert start_frame(carbon).masses == pytest.approx([12.011, 12.011])
    assert not carbon.remarks
    path = written(one(columns.replace("type", "type mass"), ["1 39.9 C 0 0 0 1 1 1"]))
    assert start_frame(read(path, units="metal")).masses == pytest.approx([39.9])


def test_carriage_returns_blank_lines_and_missing_flags(
    written: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    text = one("id x y z", ["1 1 2 3", "2 3 4 5"], flags="").replace("\n", " \r\n") + "\r\n\n"
    trajectory = read(written(text), units="metal")
    (frame,) = trajectory
    assert frame.cell.periodic == (True, True, True)
    assert len(trajectory.remarks) == 1 and trajectory.remarks[0] in caplog.text


@pytest.mark.parametrize(
    ("columns", "rows", "dimension"),
    [
        ("id x y fx fy", ["1 0 0 1 2", "2 1 1 3 4"], 2),
        ("id xs ys", ["1 0 0", "2 0.5 0.5"], 2),
        ("id x y z", ["1 0 0 0.5", "2 1 1 0.5"], 2),
        ("id x y z fx fy vx vy", ["1 0 0 0 1 2 3 4", "2 1 1 0 1 2 3 4"], 2),
        ("id x y z fx fy fz", ["1 0 0 0 1 2 0", "2 1 1 0 1 2 -0"], 2),
        ("id x y z fx fy fz", ["1 0 0 0 1 2 0", "2 1 1 0 1 2 1e-300"], 3),
        ("id x y z vx vy vz", ["1 0 0 0 1 2 0", "2 1 1 0 1 2 1"], 3),
        ("id x y z", ["1 0 0 0.5", "2 1 1 0.6"], 3),
        ("id x y z", ["1 0 0 0.5"], 3),
    ],
)
def test_dimension(written: Callable[[str], Path], columns: str, rows: list[str], dimension: int) -> None:
    path = written(one(columns, rows, flags="pp pp pp"))
    (frame,) = read(path, units="metal")
    assert frame.dimension == dimension
    assert frame.cell.periodic == (True, True, dimension == 3)
    assert len(set(frame.positions[:, 2])) == 1 or dimension == 3
    if "fx" in columns and dimension == 2:
        assert frame.forces is not None and frame.forces.shape == (2, 3) and not frame.forces[:, 2].any()
    if "z" in columns.split():
        (frame,) = read(path, units="metal", dimension=3)
        assert frame.dimension == 3 and frame.cell.periodic[2]
    if dimension == 3 and "0.6" in rows[-1]:
        with pytest.raises(InterpotError, match="different z: expected dimension=3"):
            list(read(path, units="metal", dimension=2))


def test_no_forces_without_z_in_three_dimensions(written: Callable[[str], Path]) -> None:
    (frame,) = read(written(one("x y z fx fy", ["0 0 0 1 2", "1 1 1 3 4"])), units="metal")
    assert frame.forces is None


# ---------------------------------------------------------------------------- what is wrong

GOOD = one("id x y z fx fy fz", ["1 0 0 0 1 1 1", "2 1 1 1 -1 -1 -1"], step=5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + GOOD.replace("2 1 1 1 -1 -1 -1\n", "") + GOOD,
         r"line 22 of '.*' \(frame 1, step 5\): another frame begins where one of its 2 atoms was"),
        (GOOD + "3 1 1 1 1 1 1\n" + GOOD,
         r"line 12 of '.*': expected 'ITEM: TIMESTEP' .* frame 0, found '3 1 1"),
        (GOOD.replace("2 1 1 1 -1", "2 1 1 1x -1"),
         r"line 11 of '.*' \(frame 0, step 5\): expected a number in column 'z', found '1x'"),
        (GOOD.replace("2 1 1 1 -1", "2 1 1"),
         r"line 11 of .* expected 7 columns \(id x y z fx fy fz\), found '2 1 1 -1 -1'"),
        (GOOD.replace("2 1 1 1 -1", "2 1 1 1 1 -1"), r"line 11 of .* expected 7 columns"),
        (GOOD.replace("2 1 1 1 -1", "2 1 1 1 nan"), r"fx of atom 2 is nan in frame 0 \(step 5\) of '"),
        (GOOD.replace("1 0 0 0", "1 0 -inf 0"), r"y of atom 1 is -inf in frame 0 \(step 5\) of '"),
        (GOOD.replace("1 0 0 0", "1.5 0 0 0"),
         r"column 'id' of frame 0 .* holds 1.5: expected whole numbers"),
        (GOOD.replace("0 10", "0 ten"), r"line 6 of '.*' \(frame 0\): expected 2 numbers, found '0 ten'"),
        (GOOD.replace("\n2\n", "\n2.5\n"),
         r"line 4 of '.*' \(frame 0\): expected a whole number, found '2.5'"),
        (GOOD.replace("\n2\n", "\n-2\n"),
         r"line 4 of '.*' \(frame 0\): expected a whole number, found '-2'"),
        (GOOD.replace("ITEM: BOX BOUNDS pp ff ss\n0 10\n0 20\n-5 5\n", ""),
         r"line 5 of .* without an 'ITEM: BOX BOUNDS'"),
        (GOOD.replace("id x y z", "id a b c"),
         r"frame 0 \(step 5\) of '.*' has no positions: .* found 'id a b c fx"),
        (GOOD + "ITEM: UNITS\nlj\n" + GOOD, r"line 13 of '.*' states units 'lj', but it is read in 'metal'"),
        (GOOD[:-5],
         r"holds no whole frame: it ends within the first \(1 of its 2 atoms and a line without its end\)"),
        (one("element x y z", ["Unobtainium" * 3 + " 1 2 3"]),
         r"line 10 of .* one longer than 32 letters: 'Unobt"),
        (one("type x y z", [f"{k} 0 0 {k}" for k in range(257)]),
         r"line 266 of .* holds more than 256 names"),
        (GOOD.replace("\n2\n", "\n" + 17 * "9" + "\n"), r"frame 0 .* is said to have 9{17} atoms"),
        (GOOD[:20], "holds no whole frame"),
    ],
)  # fmt: skip
def test_one_sentence_for_each_fault(written: Callable[[str], Path], text: str, sentence: str) -> None:
    with pytest.raises(InterpotError, match=sentence) as caught:
        list(read(written(text), units="metal"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [1, 8, 30, 60, 100, len(GOOD) - 1])
def test_truncated_last_frame(
    written: Callable[[str], Path], caplog: pytest.LogCaptureFixture, cut: int
) -> None:
    trajectory = read(written(GOOD * 3 + GOOD[:cut]), units="metal")
    for _ in range(2):
        assert len(list(trajectory)) == 3
    assert len(trajectory.remarks) == 1 and "3 whole frames" in trajectory.remarks[0]
    assert caplog.text.count("3 whole frames") == 1
    list(read(trajectory.sources[0], units="metal", stride=4))  # passing frames by sees it too


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_truncated_compressed_file(lammps_dumps: Path, tmp_path: Path, suffix: str) -> None:
    whole = dump_path(lammps_dumps, suffix).read_bytes()
    path = tmp_path / "cut.lammpstrj"  # recognised by content, not by suffix
    path.write_bytes(whole[: int(0.7 * len(whole))])
    trajectory = read(path, units="real")
    frames = list(trajectory)
    assert 0 < len(frames) < 7
    assert f"{len(frames)} whole frame" in trajectory.remarks[0]
    np.testing.assert_array_equal(frames[0].positions, frames_of(lammps_dumps, suffix)[0].positions)


def test_damaged_compressed_file(tmp_path: Path) -> None:
    damaged = bytearray(gzip.compress((GOOD * 9).encode()))
    damaged[-8] ^= 1  # the check sum
    path = tmp_path / "a.lammpstrj.gz"
    path.write_bytes(damaged)
    with pytest.raises(InterpotError, match=r"'.*a\.lammpstrj\.gz' is damaged after line \d+ "):
        list(read(path, units="metal"))


def test_frames_larger_than_the_window(written: Callable[[str], Path]) -> None:
    """Some 3 MB per frame, so that rows are cut by the edge of what is in memory."""
    n = 60_000
    numbers = np.random.default_rng(5).normal(size=(n, 3))
    rows = [f"{k} {x!r} {y!r} {z!r}" for k, (x, y, z) in enumerate(numbers.tolist())]
    frames = list(read(written(one("id x y z", rows) * 2), units="metal"))
    assert len(frames) == 2
    for frame in frames:
        np.testing.assert_array_equal(frame.positions, numbers)
