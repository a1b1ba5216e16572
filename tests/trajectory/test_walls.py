"""Where walls are said to be, and where they are then found in each frame."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from lammps_runs import run_lammps

from interpot.errors import InterpotError
from interpot.trajectory import FileTrajectory, read
from interpot.trajectory.walls import SHAPES, parse_wall

STEPS = (0, 50, 100, 150)
TIMES = [0.05 * k for k in range(4)]  # ps, if the timestep is 1 fs
WHERE = [40 - 3 * t for t in TIMES]


def write_dump(path: Path, *, times: bool = True, bounds: str = "pp pp ff", box: float = 41.0) -> Path:
    lines = []
    for step, time in zip(STEPS, TIMES, strict=True):
        lines += ["ITEM: UNITS\nmetal"] if step == 0 else []
        lines += [f"ITEM: TIME\n{time:.10g}"] if times else []
        lines += [f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS {bounds}"]
        lines += ["0 10", "0 10", f"-1 {box - step / 100}", "ITEM: ATOMS id element x y z"]
        lines += ["1 Ar 1 2 3", "2 Ar 4 5 6"]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trajectory in the present folder."""
    monkeypatch.chdir(tmp_path)
    return write_dump(Path("run.lammpstrj"))


def positions(trajectory: FileTrajectory) -> list[float]:
    return [frame.surfaces[0].position for frame in trajectory]


# ---------------------------------------------------------------------------- words


@pytest.mark.parametrize("word", SHAPES)
def test_every_word_makes_its_wall(word: str) -> None:
    shape, axis, inward = SHAPES[word]
    centre = {"plane": "", "cylinder": "@1,2", "sphere": "@1,2,3"}[shape]
    wall = parse_wall(f"{word}=15 - t{centre}")
    assert (wall.name, wall.shape, wall.axis, wall.inward, wall.position) == (
        word,
        shape,
        axis,
        inward,
        "15 - t",
    )
    where = {"plane": (0, 0, 0), "sphere": (1, 2, 3)}
    assert wall.centre == where.get(shape, [(0, 1, 2), (1, 0, 2), (1, 2, 0)][axis])
    assert parse_wall(f"{word}:mine=15{centre}").name == "mine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("zlow=3", "known are xlo"),
        ("zlo", "expected zlo=edge or zlo=40"),
        ("zlo:2=5", "expected zlo=edge"),
        ("sphere=3", "sphere=RADIUS@X,Y,Z"),
        ("cylinder_z=3@1,2,3", "cylinder_z=RADIUS@X,Y"),
        ("rod_y=3@1,a", "rod_y=RADIUS@X,Z"),
        ("ball=@1,2,3", "ball=RADIUS@X,Y,Z"),
    ],
)
def test_what_is_no_wall_is_refused(text: str, words: str) -> None:
    with pytest.raises(InterpotError, match=f"'{text}' is not understood.*{words}"):
        parse_wall(text)


# ---------------------------------------------------------------------------- positions


def test_edges_and_numbers_in_units_of_the_data(dump: Path) -> None:
    frames = read(dump, walls=["zlo=edge", "zhi=edge", "zhi:lid=4e1", "sphere=12@1,2,3"])
    for frame, step in zip(frames, STEPS, strict=True):
        assert [s.name for s in frame.surfaces] == ["zlo", "zhi", "lid", "sphere"]
        assert [s.position for s in frame.surfaces] == pytest.approx([-1, 41 - step / 100, 40, 12], abs=1e-12)
        assert [s.inward for s in frame.surfaces] == [1, -1, -1, -1]
    dump.write_text(dump.read_text().replace("metal", "nano"))  # nm
    surface = next(iter(read(dump, walls=["ball:b=2@1,2,3"]))).surfaces[0]
    assert (surface.position, surface.centre, surface.inward) == (20.0, (10.0, 20.0, 30.0), 1)


def write_side_files() -> None:
    rows = list(zip(STEPS, TIMES, WHERE, strict=True))
    Path("steps.dat").write_text("".join(f"{s} {w!r}\n" for s, _, w in rows))
    finer = [(s, 40 - 3 * s / 1000) for s in range(0, 200, 10)]
    Path("finer.dat").write_text(
        "# Fix print output\n# TimeStep v_w\n" + "".join(f"{s} {w!r}\n" for s, w in finer)
    )
    Path("times.csv").write_text("time (ps), wall (Å)\n" + "".join(f"{t:.6g},{w!r}\n" for _, t, w in rows))
    Path("bare.csv").write_text("".join(f"{t:.6g};{w!r}\n" for _, t, w in rows))
    Path("one.dat").write_text("".join(f"{w!r}\n" for w in WHERE))
    Path("wide.dat").write_text("step lo hi\n" + "".join(f"{s} 0 {w!r}\n" for s, _, w in rows))
    Path("run.walls").write_text("t hi\n" + "".join(f"{t} {w!r}\n" for _, t, w in rows))
    log = "   Step          Temp          v_hi\n" + "".join(f"{s} 300 {w!r}\n" for s, _, w in rows)
    Path("run.log").write_text(f"LAMMPS\n{log}Loop time of 1\n")


@pytest.mark.parametrize(
    "words",
    [
        *(
            "40 - 3*t",
            "40 + 0.1*sin(2*pi*t) - 3*t - 0.1*sin(2*pi*t)",
            "steps.dat",
            "finer.dat",
            "finer.dat:v_w",
        ),
        *(
            "times.csv",
            "bare.csv",
            "one.dat",
            "one.dat:1",
            "wide.dat:hi",
            "*.walls",
            "log:v_hi",
            "run.log:v_hi",
        ),
    ],
)
def test_positions_that_change(dump: Path, words: str) -> None:
    write_side_files()
    frames = read(dump, walls=[f"zhi={words}"])
    assert positions(frames) == pytest.approx(WHERE, abs=1e-12)
    # a part, in another process, asks for its own frames only
    assert positions(pickle.loads(pickle.dumps(frames.part(2, 3)))) == pytest.approx(WHERE[2:3])
    assert positions(read(dump, walls=[f"zhi={words}"], stride=3)) == pytest.approx(WHERE[::3])


def test_rows_of_frames_that_are_passed_by_may_lack(dump: Path) -> None:
    Path("few.dat").write_text("step z\n100 7\n")
    assert positions(read(dump, walls=["zhi=few.dat"], frames=(2, 3))) == [7.0]


def test_each_trajectory_has_its_own_log(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, z in (("a", 30), ("b", 35)):
        Path(name).mkdir()
        write_dump(Path(name, "run.lammpstrj"))
        rows = "".join(f"{s} {z}\n" for s in STEPS)
        Path(name, "run.log").write_text(f"Step v_hi\n{rows}Loop time of 1\n")
        Path(name, "run.w").write_text(f"step z\n{rows}")
    for words in ("log:v_hi", "*.w"):
        frames = read("a/run.lammpstrj", "b/run.lammpstrj", walls=[f"zhi={words}"])
        assert positions(frames) == [30.0] * 4 + [35.0] * 4
    state = pickle.dumps(read("a/run.lammpstrj", walls=["zhi=a/run.w"]))
    monkeypatch.chdir("b")  # a relative path is meant from where it was given
    again = pickle.loads(state)
    again.sources = tuple(Path("..", path).absolute() for path in again.sources)
    assert positions(again) == [30.0] * 4


def test_keys_of_extended_xyz_and_arrays(tmp_path: Path) -> None:
    xyz = tmp_path / "a.xyz"
    xyz.write_text("".join(f"1\nwall={w!r} note=hm energy=-1.5\nAr 1 2 3\n" for w in WHERE))
    assert positions(read(xyz, walls=["zhi=frame:wall"])) == pytest.approx(WHERE)
    assert next(iter(read(xyz))).told == {}
    npz = tmp_path / "a.npz"
    np.savez(npz, positions=np.ones((4, 1, 2)), wall=np.array(WHERE), units="nano")
    assert positions(read(npz, walls=["xhi=frame:wall"])) == pytest.approx([10 * w for w in WHERE])
    for path, heads in ((xyz, "wall, energy"), (npz, "wall")):
        with pytest.raises(InterpotError, match=f"does not tell a number 'w': it has {heads};"):
            positions(read(path, walls=["xhi=frame:w"]))


def test_the_fingerprint_knows_walls_and_their_files(dump: Path) -> None:
    write_side_files()
    frames = read(dump, walls=["zlo=edge", "zhi=steps.dat", "zhi:b=log:v_hi"])
    kept = frames.fingerprint
    assert json.loads(json.dumps(kept)) == kept
    assert [one["path"] for one in kept["wall files"]] == ["steps.dat", "run.log"]
    assert [one["position"] for one in kept["walls"]] == ["edge", "steps.dat", "log:v_hi"]
    Path("steps.dat").write_text(Path("steps.dat").read_text() + "200 31\n")
    assert frames.fingerprint != kept
    assert "wall files" not in read(dump, walls=["zlo=edge"]).fingerprint


# ---------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("wall", "words"),
    [
        (
            "zhi=wall.txt",
            "'wall.txt' of the wall zhi is not understood: there is no such file, and as a formula",
        ),
        ("zhi=40 - x", "uses the unknown name 'x'; expected edge, a number"),
        ("zhi=open('a')", "calls 'open'"),
        ("sphere=edge@0,0,0", "expected its radius"),
        (
            "zhi=wide.dat:mid",
            "the positions of the wall zhi: 'wide.dat' has no column 'mid': it has step, lo, hi",
        ),
        ("zhi=wide.dat", "has the columns step, lo, hi: say which is meant, wide.dat:hi"),
        ("zhi=log:v_z", "no column 'v_z': it has Step, Temp, v_hi"),
        ("zhi=*.none", "no such file: 'run.none'"),
        (
            "zhi=few.dat",
            r"'few.dat' has no row for step 50 .*: it has 2 rows from 0 to 150, and nothing is inter",
        ),
        ("zhi=lattice.dat", "no row for time 0.05"),
        (
            "zhi=short.dat",
            "'short.dat' has 3 positions, but 'run.lammpstrj' has 4 frames: expected a row for each",
        ),
        ("zhi=long.dat", "'long.dat' has 5 positions, but 'run.lammpstrj' has 4 frames"),
        ("zhi=either.dat", "may be steps or times: say which in a first line"),
        ("zhi=word.dat", "line 3 of 'word.dat' is 'one two': expected 2 numbers"),
        ("zhi=1/t", "the position '1/t' of the wall zhi is nan in frame 0"),
        (
            "sphere=-t@0,0,0",
            "the radius '-t' of the wall sphere is -0 in frame 0.*expected a positive number",
        ),
        ("zhi=hole.dat", "is nan in frame 1"),
        ("xhi=edge", "the box of frame 0 .* is periodic along x"),
        ("zhi=frame:z", "does not tell a number 'z' for the wall zhi: expected an extended XYZ"),
    ],
)
def test_one_sentence_for_bad_positions(dump: Path, wall: str, words: str) -> None:
    write_side_files()
    Path("few.dat").write_text("step z\n0 7\n150 8\n")
    Path("lattice.dat").write_text("time z\n0 7\n0.04 8\n0.08 8\n")
    Path("short.dat").write_text("1\n2\n3\n")
    Path("long.dat").write_text("1\n2\n3\n4\n5\n")
    Path("either.dat").write_text("0 1\n1 2\n50 3\n0.05 4\n".replace("0.05", "2"))
    Path("word.dat").write_text("step z\n0 7\none two\n")
    Path("hole.dat").write_text("step z\n0 7\n50 nan\n")
    if "either" in wall:
        dump.write_text(dump.read_text().replace("TIME\n0.05", "TIME\n1"))
    with pytest.raises(InterpotError, match=words) as caught:
        positions(read(dump, walls=[wall]))
    assert "\n" not in str(caught.value)


def test_two_walls_of_one_name_are_refused(dump: Path) -> None:
    with pytest.raises(InterpotError, match=r"two walls are named zhi: .* zhi:second=POSITION"):
        read(dump, walls=["zhi=edge", "zhi=40"])


def test_a_function_of_time_needs_the_time(dump: Path) -> None:
    write_dump(dump, times=False)
    with pytest.raises(InterpotError, match=r"frame 0 .* does not tell its time: dump it"):
        positions(read(dump, walls=["zhi=40 - t"]))


def test_a_box_that_only_spans_the_particles_has_no_edge(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, positions=np.random.default_rng(1).normal(size=(2, 5, 3)), units="metal")
    with pytest.raises(InterpotError, match="does not enclose the particles along z"):
        positions(read(path, walls=["zhi=edge"]))


def test_no_wall_across_a_plane(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, positions=np.random.default_rng(1).normal(size=(2, 5, 2)), units="metal")
    assert positions(read(path, walls=["cylinder_z=9@0,0"])) == [9.0, 9.0]
    for wall in ("zhi=40", "rod_x=1@0,0"):
        with pytest.raises(InterpotError, match="is two-dimensional"):
            positions(read(path, walls=[wall]))


# ---------------------------------------------------------------------------- LAMMPS

_RAMP = """
units real
boundary p p f
region b block 0 20 0 20 0 30
create_box 1 b
region low block 0 20 0 20 5 20
create_atoms 1 random 20 4711 low overlap 3.0 maxtry 1000
mass 1 39.948
pair_style zero 5.0
pair_coeff * *
fix m all nve
variable hi equal 30-0.01*time-0.3*sin(2*PI*time/40)
fix w all wall/harmonic zhi v_hi 0.3 0.0 2.0
fix p all print 10 "$(step) $(v_hi:%.15g)" file walls.dat title "# step wall" screen no
timestep 2
thermo_style custom step time v_hi
thermo 10
thermo_modify format float %.15g
log run.log
dump d all custom 20 run.lammpstrj id element x y z
dump_modify d element Ar units yes time yes
run 100
"""


def test_what_lammps_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_lammps(_RAMP, tmp_path)
    monkeypatch.chdir(tmp_path)
    words = ["30 - 0.01*t - 0.3*sin(2*pi*t/40)", "log:v_hi", "run.log:v_hi", "walls.dat"]
    found = [positions(read("run.lammpstrj", walls=[f"zhi={word}"])) for word in words]
    t = 40.0 * np.arange(6)
    truth = 30 - 0.01 * t - 0.3 * np.sin(2 * np.pi * t / 40)
    np.testing.assert_allclose(found, [truth] * 4, rtol=0, atol=1e-12)
