"""VASP's files, written by hand as VASP writes them, and the formats that ASE writes."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write as ase_write
from ase.io.trajectory import Trajectory as AseTrajectory
from ase.units import GPa

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory import read
from interpot.trajectory.readers import READERS, recognise
from interpot.units import STYLES

NAMES = ["Ne", "Ne", "Xe"]
BOX = np.array([[9.0, 0, 0], [1.5, 8, 0], [-2, 0.5, 7]])
FS = STYLES["metal"].time / 1000


def fractions(frames: int) -> FloatArray:
    return np.random.default_rng(4).uniform(size=(frames, 3, 3)).round(8)


def forces(frames: int) -> FloatArray:
    return np.random.default_rng(6).normal(size=(frames, 3, 3)).round(8)


def rows(values: FloatArray) -> str:
    return "\n".join("  " + "  ".join(f"{x:.8f}" for x in row) for row in values)


def box(frame: int) -> FloatArray:
    return BOX * (1 + 0.01 * frame)


def xdatcar(path: Path, frames: int, constant: bool = False) -> None:
    text = ""
    for k, scaled in enumerate(fractions(frames)):
        if not (constant and k):
            text += f"7 atoms or so\n  2.0\n{rows(box(0 if constant else k) / 2)}\n   Ne   Xe\n   2   1\n"
        text += f"Direct configuration= {k + 1:5d}\n{rows(scaled)}\n"
    path.write_text(text)


def varray(name: str, values: FloatArray) -> str:
    lines = "\n".join(f"<v>{row} </v>" for row in rows(values).split("\n"))
    return f'<varray name="{name}" >\n{lines}\n</varray>\n'


def structure(k: int, name: str = "") -> str:
    crystal = f"<crystal>\n{varray('basis', box(k))}</crystal>\n"
    return f"<structure{name}>\n{crystal}{varray('positions', fractions(k + 1)[k])}</structure>\n"


HEAD = """<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling>
 <generator>
  <i name="program" type="string">vasp </i>
 </generator>
 <kpoints>
  <varray name="kpointlist" >
   <v>       0.00000000       0.00000000       0.00000000 </v>
  </varray>
  <varray name="weights" >
   <v>       1.00000000 </v>
  </varray>
 </kpoints>
 <parameters>
  <separator name="ionic" >
   <i type="int" name="IBRION">     {ibrion}</i>
   <i name="POTIM">      2.50000000</i>
   <i name="PSTRESS">      0.00000000</i>
  </separator>
 </parameters>
 <atominfo>
  <atoms>       3 </atoms>
  <array name="atoms" >
   <set>
    <rc><c>Ne</c><c>   1</c></rc>
    <rc><c>Ne</c><c>   1</c></rc>
    <rc><c>Xe</c><c>   2</c></rc>
   </set>
  </array>
  <array name="atomtypes" >
   <set>
    <rc><c>   2</c><c>Ne</c><c>     20.50000000</c><c>      8.00000000</c><c>  PAW_PBE Ne</c></rc>
    <rc><c>   1</c><c>Xe</c><c>    131.00000000</c><c>      8.00000000</c><c>  PAW_PBE Xe</c></rc>
   </set>
  </array>
 </atominfo>
"""

STEP = """ <calculation>
  <scstep>
   <energy>
{energies}   </energy>
  </scstep>
{numbers}  <energy>
{energies}  </energy>
 </calculation>
"""


def vasprun(path: Path, frames: int, dynamics: bool = True) -> None:
    text = HEAD.format(ibrion=0 if dynamics else 2) + structure(0, ' name="initialpos" ')
    for k, f in enumerate(forces(frames)):
        told = {"e_fr_energy": -5.5 - k, "e_0_energy": -5.0 - k}
        energies = "".join(f'    <i name="{name}">  {energy:.8f} </i>\n' for name, energy in told.items())
        stress = varray("stress", np.diag([1.0, 2, 3]) * (k + 1))
        text += STEP.format(energies=energies, numbers=structure(k) + varray("forces", f) + stress)
    path.write_text(text + "</modeling>\n")


def ase_axsf(path: Path, frames: int) -> None:
    images = [Atoms(NAMES, cell=BOX, scaled_positions=s, pbc=True) for s in fractions(frames)]
    for atoms, f in zip(images, forces(frames), strict=True):
        atoms.calc = SinglePointCalculator(atoms, forces=f)
    ase_write(path, images, format="xsf")


MADE: dict[str, tuple[str, Callable[..., None]]] = {
    "xdatcar": ("XDATCAR", xdatcar),
    "vasprun": ("vasprun.xml", vasprun),
    "ase": ("a.axsf", ase_axsf),
}


@pytest.mark.parametrize("form", MADE)
def test_frames_hold_what_was_written(form: str, tmp_path: Path) -> None:
    name, write = MADE[form]
    write(tmp_path / name, 4)
    assert recognise(tmp_path / name) is READERS[form]
    trajectory = read(tmp_path / name)
    assert trajectory.units.name == "metal" and trajectory.count() == 4
    for _ in range(2):
        for k, frame in enumerate(trajectory):
            cell = BOX if form == "ase" else box(k)
            np.testing.assert_allclose(frame.cell.vectors, cell, rtol=0, atol=2e-8)
            np.testing.assert_allclose(frame.positions, fractions(4)[k] @ cell, rtol=0, atol=5e-8)
            assert [frame.species[kind] for kind in frame.kinds] == NAMES and frame.cell.periodic == (
                True,
            ) * 3
            assert (frame.index, frame.source) == (k, str(tmp_path / name)) and frame.velocities is None
            assert (frame.forces is None) == (form == "xdatcar")
            if frame.forces is not None:
                np.testing.assert_allclose(frame.forces, forces(4)[k], rtol=0, atol=1e-7)
    chosen = read(tmp_path / name, frames="1:", stride=2)
    assert [f.index for f in chosen] == [1, 3] and [f.index for f in chosen.part(1)] == [3]


def test_vasprun_tells_times_masses_energies_and_stresses(tmp_path: Path) -> None:
    vasprun(tmp_path / "vasprun.xml", 3)
    for k, frame in enumerate(read(tmp_path / "vasprun.xml")):
        assert frame.masses is not None and frame.masses.tolist() == [20.5, 20.5, 131.0]
        assert frame.step == k and frame.time == pytest.approx(2.5 * k * FS, rel=1e-6)
        assert frame.energy == pytest.approx(-5.5 - k)  # the free energy, whose slope the forces are
        volume = np.linalg.det(frame.cell.vectors)
        # VASP's stress is in kbar and positive under compression
        assert frame.virial is not None
        np.testing.assert_allclose(
            frame.virial, np.diag([1.0, 2, 3]) * (k + 1) * 0.1 * GPa * volume, rtol=1e-6
        )
    vasprun(tmp_path / "vasprun.xml", 2, dynamics=False)
    assert [(f.step, f.time) for f in read(tmp_path / "vasprun.xml")] == [(None, None)] * 2


def test_xdatcar_of_one_box(tmp_path: Path) -> None:
    xdatcar(tmp_path / "XDATCAR_1", 3, constant=True)
    for k, frame in enumerate(read(tmp_path / "XDATCAR_1")):
        np.testing.assert_allclose(frame.positions, fractions(3)[k] @ BOX, rtol=0, atol=2e-7)


@pytest.mark.parametrize("form", ["xdatcar", "vasprun"])
def test_compressed(form: str, tmp_path: Path) -> None:
    name, write = MADE[form]
    write(tmp_path / name, 3)
    squeezed = tmp_path / f"{name}.gz"
    squeezed.write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    for a, b in zip(read(tmp_path / name), read(squeezed), strict=True):
        np.testing.assert_array_equal(a.positions, b.positions)


@pytest.mark.parametrize("form", ["xdatcar", "vasprun"])
def test_cut_short(form: str, tmp_path: Path) -> None:
    name, write = MADE[form]
    write(tmp_path / name, 3)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[:-60])
    trajectory = read(tmp_path / name)
    assert len(list(trajectory)) == trajectory.count() == 2
    assert "2 whole frames before it are used" in trajectory.remarks[0]
    (tmp_path / name).write_bytes(whole[: whole.index(b"Direct" if form == "xdatcar" else b"<scstep>") + 30])
    with pytest.raises(InterpotError, match="holds no whole frame"):
        list(read(tmp_path / name))


def test_traj_cut_short(tmp_path: Path) -> None:
    with AseTrajectory(tmp_path / "a.traj", "w") as file:
        for s in fractions(4):
            file.write(Atoms(NAMES, cell=BOX, scaled_positions=s, pbc=True))
    whole = (tmp_path / "a.traj").read_bytes()
    (tmp_path / "a.traj").write_bytes(whole[:-10])
    trajectory = read(tmp_path / "a.traj")
    assert len(list(trajectory)) == trajectory.count() == 3 and "3 whole frames" in trajectory.remarks[0]
    (tmp_path / "a.traj").write_bytes(whole[:44])
    with pytest.raises(InterpotError, match="ends within its header"):
        list(read(tmp_path / "a.traj"))
    (tmp_path / "a.traj").write_bytes(gzip.compress(whole))
    with pytest.raises(InterpotError, match="is compressed"):
        list(read(tmp_path / "a.traj"))


@pytest.mark.parametrize(
    ("form", "old", "new", "sentence"),
    [
        (
            "xdatcar",
            "Direct configuration=     2",
            "Direct confusion",
            r"lines \d+ to \d+ of '.*' are no head|expected 'Direct",
        ),
        (
            "xdatcar",
            "   2   1\n",
            "   2   x\n",
            r"lines 1 to 7 of '.*' are no head of an XDATCAR file: expected title",
        ),
        ("xdatcar", "  2.0\n", " -2.0\n", r"lines 1 to 7 of '.*' are no head of an XDATCAR file"),
        (
            "xdatcar",
            "Ne   Xe",
            "Qq   Xe",
            r"frame 0 of '.*' \(lines 9 to 11\) is no configuration that ASE reads",
        ),
        ("vasprun", "<v>  ", "<v> x", r"is no step that ASE reads|has|head"),
        (
            "vasprun",
            "<calculation>",
            "<calc>",
            "holds no step: VASP has not written any '<calculation>' into it",
        ),
        ("vasprun", "<atominfo>", "<atomic>", r"the head of '.*' is no XML \("),
        ("vasprun", "initialpos", "finalpos", "tells no atoms .* or no first positions"),
        ("vasprun", "20.5", "light", "the masses or the time step in the head of '.*' are no numbers"),
        ("vasprun", "e_fr_energy", "e_free", "frame 0 of '.*' is no step that ASE reads"),
        ("ase", "PRIMCOORD", "PRIMCHORD", "frame 0 of '.*' is none that ASE reads"),
    ],
)
def test_one_sentence_for_each_fault(form: str, old: str, new: str, sentence: str, tmp_path: Path) -> None:
    name, write = MADE[form]
    write(tmp_path / name, 3)
    text = (tmp_path / name).read_text()
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new))
    with pytest.raises(InterpotError, match=sentence) as caught:
        list(read(tmp_path / name, format=form))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("form", MADE)
def test_no_damage_ends_in_anything_but_a_sentence(form: str, tmp_path: Path) -> None:
    name, write = MADE[form]
    write(tmp_path / name, 2)
    whole, source, failed = (tmp_path / name).read_bytes(), np.random.default_rng(3), 0
    for _ in range(100):
        data, at = bytearray(whole), int(source.integers(len(whole) - 20))
        if source.integers(2):
            data[at : at + int(source.integers(1, 30))] = b"9-.e x\n"[int(source.integers(7)) :]
        else:
            data[at:at] = data[at : at + 20]
        (tmp_path / name).write_bytes(data)
        try:
            list(read(tmp_path / name, format=form))
        except InterpotError as error:
            failed += 1
            assert str(error).isprintable()
    assert failed > 20
