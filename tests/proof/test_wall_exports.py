"""Exports of walls and fields: whole where the target holds them, and told where it does not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from proof_systems import mixture
from wall_systems import WALLS, between, one_body

from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.proof.export import EXPORTERS, export, lammps, usage
from interpot.proof.export.exporter import Exporter
from interpot.proof.export.probes import probes
from interpot.table import load_row

_, FORMULA, CUTOFF = WALLS["wall/lj93"]
VESSEL = {
    "name": "vessel", "shape": "cylinder", "axis": 2, "inward": -1, "position": "30", "centre": (1.0, 2.0, 0.0)
}  # fmt: skip
BOX = between(
    one_body(FORMULA, ("Ne",)),
    one_body("0.05*(exp(-2.2*(r - 3)) - 2*exp(-1.1*(r - 3)))", ("Xe",), site="zhi"),
    one_body("0.001*r + 0.0002*r**2", ("Ne", "Xe"), "x", 30.0, "field", (1.0, -0.5), (1.0, 0.0, 0.0)),
    pairs=mixture(),
)
CURVED = replace(
    between(
        one_body(FORMULA, site="vessel"),
        one_body("0.0004*r**2", kind="field", site="r", cutoff=20.0, centre=(1.0, 2.0, 3.0)),
    ),
    provenance={"recipe": {"trajectory": {"walls": [VESSEL]}}},
)
ALONE = replace(between(one_body(FORMULA)), channels=(one_body(FORMULA),), covariance=np.zeros((2, 2)))
SYSTEMS = {"a box": BOX, "a vessel in a trap": CURVED, "an ideal gas": ALONE}


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("target", ["lammps", "python"])
def test_walls_and_fields_are_exported_whole(target: str, name: str, tmp_path: Path) -> None:
    found = SYSTEMS[name]
    check = export(found, target, tmp_path / "out", "real" if name == "a box" else None)
    assert check is not None and check.frames == len(probes(found))
    assert max(check.energy, check.forces) < 1e-8


def test_probes_reach_every_wall() -> None:
    for channel in BOX.channels:
        if channel.kind == "wall":
            frames = [f for f in probes(BOX) if f.source.startswith(channel.label)]
            assert len(frames) == 5
            for frame in frames:
                wall = next(s for s in frame.surfaces if s.name == channel.site)
                s = wall.inward * (frame.positions[:, 2] - wall.position)
                assert (s > 0.8 * channel.domain[0]).all() and (s < 1.05 * channel.cutoff).all()


def test_the_lammps_file_says_what_to_define(tmp_path: Path) -> None:
    export(CURVED, "lammps", tmp_path / "out", checked=False)  # checked above
    text = (tmp_path / "out").read_text()
    assert "variable wall_vessel equal 30.0" in text and "(x-1.0)^2+(y-2.0)^2" in text


def test_a_changed_export_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probes see a wall that is one part in a million off."""

    def write_wrong(potential: Potential, path: Path) -> None:
        lammps.write(potential, path)
        text = path.read_text()
        changed = re.sub('(lepton zlo v_wall_zlo) "([^"]*)"', r'\1 "1.000001*(\2)"', text)
        assert changed != text
        path.write_text(changed)

    monkeypatch.setattr(lammps, "EXPORTER", replace(lammps.EXPORTER, write=write_wrong))
    with pytest.raises(InterpotError, match="is not what was found"):
        export(ALONE, "lammps", tmp_path / "out")


@pytest.mark.parametrize("target", [t for t in EXPORTERS if t not in ("lammps", "python", "latex")])
def test_targets_of_pairs_leave_the_rest_out_and_say_so(
    target: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    exporter: Exporter = load_row(EXPORTERS, target, "export target")
    assert exporter.kinds == ("pair",)
    export(BOX, target, tmp_path / "out", checked=False)
    assert "lacks Ne-zlo, Xe-zhi, charge@x" in caplog.text
    files = (tmp_path / "out").iterdir() if exporter.folder else [tmp_path / "out"]
    assert any("left out: Ne-zlo, Xe-zhi, charge@x" in file.read_text() for file in files)
    with pytest.raises(InterpotError, match="holds pair functions only, and the potential has none"):
        export(ALONE, target, tmp_path / "none", checked=False)


def test_latex_has_every_function(tmp_path: Path) -> None:
    export(BOX, "latex", tmp_path / "out.tex")
    text = (tmp_path / "out.tex").read_text()
    assert all(name in text for name in ("Ne-Ne", "Ne-zlo", "Xe-zhi", "charge@x"))


def test_a_wall_of_an_unknown_shape_is_told(tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match="does not say what the wall vessel is"):
        export(replace(CURVED, provenance={}), "lammps", tmp_path / "out")


def test_usage_names_a_function() -> None:
    assert usage("python", "a.py", ALONE) == 'energy(r, "Ar", "zlo") and force(r, "Ar", "zlo") of a.py'
