from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import read as ase_read
from ase.io import write as ase_write

from interpot.errors import InterpotError
from interpot.trajectory import read
from interpot.trajectory.atoms import from_atoms

FRAME = """2
Lattice="5 0 0 0 6 0 0 0 7" Properties=species:S:1:pos:R:3:forces:R:3 pbc="T F T"
Ar 0 0 0 1 2 3
Xe 1 1 1 -1 -2 -3
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "a.xyz"
    path.write_text(text)
    return path


def test_plain_xyz_is_open(tmp_path: Path) -> None:
    frame = next(iter(read(written(tmp_path, "2\n\nAr 0 0 1\nAr 1 2 3\n"))))
    assert frame.cell.periodic == (False, False, False)
    assert np.linalg.det(frame.cell.vectors) == pytest.approx(1 * 2 * 2)
    assert frame.forces is None and frame.velocities is None


def test_forces_by_another_name_and_changing_frames(tmp_path: Path) -> None:
    a, b = read(written(tmp_path, FRAME + FRAME.replace("forces", "force") + "\n"))
    for frame in (a, b):
        assert frame.forces is not None and frame.forces.tolist() == [[1, 2, 3], [-1, -2, -3]]
        assert frame.cell.periodic == (True, False, True)


def test_reduced_units_know_no_masses_of_elements(tmp_path: Path) -> None:
    atoms = Atoms("Ar2", positions=[[0, 0, 0], [1, 1, 1]], momenta=np.ones((2, 3)))
    ase_write(tmp_path / "a.xyz", atoms, format="extxyz")
    (frame,) = read(tmp_path / "a.xyz", units="lj")
    assert frame.masses is None and frame.velocities is None
    (frame,) = read(tmp_path / "a.xyz")
    assert frame.masses is not None and frame.velocities is not None
    np.testing.assert_allclose(frame.velocities * frame.masses[:, None], 1.0, rtol=1e-12)


HEAD = 'Lattice="5 0 0 0 6 0 0 0 7" energy=-8.5 KEY Properties=species:S:1:pos:R:3 pbc="T T T"'


@pytest.mark.parametrize(
    ("key", "virial"),
    [
        ('virial="1 2 3 2 4 5 3 5 6"', [[1, 2, 3], [2, 4, 5], [3, 5, 6]]),
        ('stress="1 0 0.5 0 2 0 0.5 0 3"', [[-210, 0, -105], [0, -420, 0], [-105, 0, -630]]),  # -V σ
        ("", None),
    ],
)
def test_energy_and_virial(tmp_path: Path, key: str, virial: list[list[float]] | None) -> None:
    """In ASE's units, and in those of another style: real has kcal/mol, 0.0433641 eV."""
    path = written(tmp_path, f"1\n{HEAD.replace('KEY', key)}\nAr 0 0 0\n")
    (frame,), (real,) = read(path), read(path, units="real")
    assert frame.energy == -8.5 and real.energy == pytest.approx(-8.5 * 0.0433641, rel=1e-6)
    if virial is None:
        assert frame.virial is None and real.virial is None
    else:
        assert frame.virial is not None and real.virial is not None
        np.testing.assert_allclose(frame.virial, virial, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(real.virial, np.array(virial) * 0.0433641, rtol=1e-6)


def test_an_energy_that_is_no_number(tmp_path: Path) -> None:
    path = written(tmp_path, f"1\n{HEAD.replace('KEY', '').replace('-8.5', 'low')}\nAr 0 0 0\n")
    with pytest.raises(InterpotError, match=r"frame 0 of '.*': its energy is 'low': expected a number"):
        list(read(path))


def test_truncated_last_frame(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for cut in (1, 20, 100, len(FRAME) - 1):
        trajectory = read(written(tmp_path, FRAME * 2 + FRAME[:cut]))
        assert len(list(trajectory)) == 2
        assert "2 whole frames" in trajectory.remarks[0] and trajectory.remarks[0] in caplog.text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (FRAME + "x" + FRAME, "line 5 of '.*': expected the number of atoms of frame 1, found 'x2'"),
        (
            FRAME + FRAME.replace("1 1 1", "1 1x 1"),
            r"line 8 of '.*' \(frame 1, atom 2\): column 'pos' holds '1x': expected a number$",
        ),
        (FRAME.replace("Xe", "Qq"), r"line 4 of '.*' \(frame 0, atom 2\): 'Qq' is not a chemical symbol$"),
        (
            FRAME.replace("1 1 1", "1 1"),
            r"line 4 of '.*' \(frame 0, atom 2\): expected 7 columns \(species, pos, .*found 6",
        ),
        (FRAME.replace("-2 -3", "nan -3"), "fy of the 2. atom is nan in frame 0 of '"),
        ('2\npbc="T T T"\nAr 0 0 0\nAr 1 1 1\n', "frame 0 of '.*': Ar2 is periodic along a but has no cell"),
        (FRAME[:-1], "holds no whole frame"),
    ],
)
def test_one_sentence_for_each_fault(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InterpotError, match=sentence):
        list(read(written(tmp_path, text)))


ODD = ("1e-310", "-0.1234567890123456789", "1.", ".5", "+3", "1E+2", "nan", "12345678901234567890")
LAYOUTS = {
    "usual": ("species:S:1:pos:R:3:forces:R:3", "{name} {x} {f}"),
    "others between": ("species:S:1:tags:I:1:pos:R:3:move_mask:L:3:forces:R:3", "{name} 3 {x} T F T {f}"),
    "species last": ("pos:R:3:momenta:R:3:masses:R:1:force:R:3:species:S:1", "{x} {f} 2.5 {f} {name}"),
    "per atom": ("species:S:1:pos:R:3:magmoms:R:1:forces:R:3:charge:R:1", "{name} {x} 0.5 {f} -1"),
    "by number": ("Z:I:1:pos:R:3:forces:R:3", "{number} {x} {f}"),
    "whole numbers": ("species:S:1:pos:R:3:forces:I:3:masses:I:1", "{name} {x} 1 -2 3 40"),
    "whole momenta": ("species:S:1:pos:R:3:momenta:I:3", "{name} {x} 1 -2 3"),
    "two kinds of species": ("species:S:1:Z:I:1:pos:R:3", "{name} {number} {x}"),
    "told twice": (
        'species:S:1:pos:R:3:forces:R:3 Properties="species:S:1:forces:R:3:pos:R:3"',
        "{name} {x} {f}",
    ),
    "in a comment": (
        'species:S:1:pos:R:3:forces:R:3 comment="once Properties=species:S:1:forces:R:3:pos:R:3"',
        "{name} {x} {f}",
    ),
    "more than told": ("species:S:1:pos:R:3", "{name} {x} {f} what else"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_are_those_that_ase_reads(tmp_path: Path, layout: str) -> None:
    """Bit for bit, whatever columns there are and whatever numbers look like."""
    properties, row = LAYOUTS[layout]
    rng, rows = np.random.default_rng(4), []
    for k in range(40):
        name, number = (("ar", 18), ("Xe", 54))[k % 2]
        x, f = (" ".join(f"{v:.17g}" for v in rng.normal(size=3)) for _ in range(2))
        odd = f"{ODD[k % len(ODD)]} 0 1"
        rows.append(row.format(name=name, number=number, x=x, f=odd if ODD[k % len(ODD)] != "nan" else f))
    head = f'Lattice="5 0 0 0 6 0 0 0 7" energy=1.5 Properties={properties} pbc="T T T"'
    path = written(tmp_path, "\n".join(["40", head, *rows, ""]))
    frame, atoms = next(iter(read(path))), ase_read(path, index=0, format="extxyz")
    assert isinstance(atoms, Atoms)
    truth = from_atoms(atoms)
    assert frame.species == truth.species == ("Ar", "Xe") and frame.energy == truth.energy
    for name in ("positions", "kinds", "forces", "velocities", "masses"):
        mine, theirs = getattr(frame, name), getattr(truth, name)
        assert (mine is None) == (theirs is None), name
        assert mine is None or np.array_equal(mine, theirs), name


@pytest.mark.parametrize("bad", ["Ar 0 0", "Ar 0 0 x", "Qq 0 0 0"])
def test_a_bad_row_is_refused_as_ase_does(tmp_path: Path, bad: str) -> None:
    path = written(tmp_path, f"3\nProperties=species:S:1:pos:R:3\nAr 0 0 0\nAr 1 1 1\n{bad}\n")
    with pytest.raises(InterpotError, match=r"line 5 of '.*' \(frame 0, atom 3\): ") as caught:
        list(read(path))
    assert {"Ar 0 0": "found 3: 'Ar 0 0'", "Ar 0 0 x": "'pos' holds 'x'", "Qq 0 0 0": "'Qq' is not"}[
        bad
    ] in str(caught.value)
