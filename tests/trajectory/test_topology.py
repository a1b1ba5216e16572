"""Which atoms a trajectory is of, from files of many kinds."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import write as ase_write
from foreign_writers import ELEMENTS, write_topology, write_trajectory

from interpot.errors import InterpotError
from interpot.trajectory import read
from interpot.trajectory.topology import read_topology
from interpot.units import STYLES

DATA = """LAMMPS data file

3 atoms
2 atom types

0 9 xlo xhi
0 9 ylo yhi
0 9 zlo zhi

Masses

1 20.18
2 131.3

Atoms {comment}

{atoms}
"""

PSF = """PSF

       1 !NTITLE
 REMARKS

       3 !NATOM
       1 A    1    GAS  O1   OT     -0.834000       15.9994           0
       2 A    1    GAS  H1   HT      0.417000        1.0080           0
       3 A    1    GAS  H2   HT      0.417000        1.0080           0

       0 !NBOND: bonds

       0 !NTHETA: angles

       0 !NPHI: dihedrals

       0 !NIMPHI: impropers

       0 !NDON: donors

       0 !NACC: acceptors
"""


def named(path: Path, units: str = "real") -> tuple[list[str], list[float] | None]:
    atoms = read_topology(path, STYLES[units])
    assert atoms.species == tuple(sorted(atoms.species))
    return [atoms.species[k] for k in atoms.kinds], None if atoms.masses is None else atoms.masses.tolist()


@pytest.mark.parametrize("suffix", ["pdb", "gro"])
def test_elements_or_names(tmp_path: Path, suffix: str) -> None:
    write_topology(tmp_path / f"a.{suffix}")
    assert named(tmp_path / f"a.{suffix}") == (ELEMENTS, None)


def test_types_and_masses_of_a_psf(tmp_path: Path) -> None:
    (tmp_path / "a.psf").write_text(PSF)
    assert named(tmp_path / "a.psf") == (["OT", "HT", "HT"], [15.9994, 1.008, 1.008])
    assert named(tmp_path / "a.psf", "lj")[1] is None


@pytest.mark.parametrize(
    ("style", "row"),
    [
        ("atomic", "{id} {type} 1 2 3"),
        ("atomic", "{id} {type} 1 2 3 0 0 -1"),
        ("charge", "{id} {type} 0.5 1 2 3"),
        ("charge", "{id} {type} 0.5 1 2 3 0 0 1"),
        ("molecular", "{id} 7 {type} 1 2 3"),
        ("full", "{id} 7 {type} -0.5 1 2 3"),
        ("full", "{id} 7 {type} -0.5 1 2 3 0 1 0"),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_lammps_data_of_every_style_sorted_by_id(tmp_path: Path, style: str, row: str, told: bool) -> None:
    """Under a name without a suffix, too."""
    atoms = "\n".join(row.format(id=k, type=t) for k, t in ((3, 1), (1, 2), (2, 1)))
    path = tmp_path / "data.gas"
    path.write_text(DATA.format(comment=f"# {style}" if told else "", atoms=atoms))
    assert named(path) == (["2", "1", "1"], [131.3, 20.18, 20.18])
    assert named(path, "si")[1] == pytest.approx([m * STYLES["si"].mass for m in (131.3, 20.18, 20.18)])


def test_what_this_package_reads_itself(tmp_path: Path) -> None:
    atoms = Atoms("XeNe2", positions=np.arange(9.0).reshape(3, 3))
    ase_write(tmp_path / "a.xyz", [atoms, atoms], format="extxyz")
    names, masses = named(tmp_path / "a.xyz")
    assert names == ["Xe", "Ne", "Ne"] and masses == pytest.approx([131.293, 20.1797, 20.1797], rel=1e-4)
    np.savez(tmp_path / "a.npz", positions=np.zeros((1, 2, 3)), species=["b", "a"], masses=[2.0, 1.0])
    assert named(tmp_path / "a.npz", "lj") == (["b", "a"], [2.0, 1.0])


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.gro", "no\nsuch\nthing\n", r"'.*a\.gro' is no topology that MDAnalysis reads \("),
        (
            "a.txt",
            "Dear diary\n",
            r"'.*a\.txt' is no topology that MDAnalysis reads .*: give a PDB, GRO, PSF, prmtop",
        ),
        (
            "a.data",
            DATA.format(comment="# sphere", atoms="1 1 1 1 0 0 0"),
            r"heads atoms of style 'sphere'",
        ),
        (
            "a.data",
            "\n3 atoms\n1 atom types\n",
            "'.*' has no section 'Atoms': expected a whole LAMMPS data file",
        ),
        ("a.xyz", "2\n\nAr 0 0 0\n", "ends within frame 0"),
    ],
)
def test_one_sentence_for_each_fault(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InterpotError, match=sentence) as caught:
        read_topology(tmp_path / name, STYLES["real"])
    assert str(caught.value).isprintable()


def test_it_is_read_at_once_and_travels_with_the_trajectory(tmp_path: Path) -> None:
    write_trajectory(tmp_path / "a.trr", 3)
    with pytest.raises(InterpotError, match=r"no such file: '.*nowhere\.gro'"):
        read(tmp_path / "a.trr", topology=tmp_path / "nowhere.gro")
    write_topology(tmp_path / "a.gro")
    trajectory = read(
        tmp_path / "a.trr", topology=str(tmp_path / "a.gro"), species={"Ne": "N", "Xe": "X", "Ar": "N"}
    )
    assert trajectory.species() == ("N", "X") and trajectory.topology == tmp_path / "a.gro"
    state = (tmp_path / "a.gro").stat()
    fingerprint = trajectory.fingerprint
    assert json.loads(json.dumps(fingerprint))["topology"] == {
        "path": str(tmp_path / "a.gro"),
        "size": state.st_size,
        "mtime_ns": state.st_mtime_ns,
    }
    sent = pickle.loads(pickle.dumps(trajectory))
    assert sent.fingerprint == fingerprint and [f.index for f in sent] == [0, 1, 2]
    assert "topology" not in read(_plain(tmp_path)).fingerprint


def _plain(folder: Path) -> Path:
    (folder / "plain.xyz").write_text("1\n\nAr 0 0 0\n")
    return folder / "plain.xyz"
