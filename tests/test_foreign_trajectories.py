"""From a trajectory of GROMACS to its potential, as a user types it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from cli_samples import BOX, EPSILON, SIGMA, configurations, forces
from MDAnalysis.lib.formats.libmdaxdr import TRRFile
from typer.testing import CliRunner

from interpot import Statistic, discover, read
from interpot.cli import app
from interpot.proof.export.lammps import evaluate, write
from interpot.units import STYLES

UNITS = STYLES["gromacs"]
ROWS = "".join(f"    1GAS     AR{k:5d}   0.000   0.000   0.000\n" for k in range(24))
GRO = f"24 atoms\n24\n{ROWS} 1.2 1.2 1.2\n"


def call(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return result.exit_code, result.output


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Lennard-Jones forces of GROMACS's units."""
    with TRRFile(str(tmp_path / "run.trr"), "w") as file:
        for k, x in enumerate(configurations(40)):
            f = forces(x) / UNITS.force
            file.write(x / 10, None, f, np.eye(3) * BOX / 10, k, 0.002 * k, 0.0, len(x))
    (tmp_path / "run.gro").write_text(GRO)
    return tmp_path


def test_accumulate_and_discover_with_a_topology(run: Path) -> None:
    of = ["--topology", run / "run.gro", "--species", "AR=Ar", "--cutoff", 0.55, "--keep-cutoff"]
    code, output = call("accumulate", run / "run.trr", *of, "--out", run / "sums.h5")
    assert code == 0, output
    with h5py.File(run / "sums.h5") as file:
        assert file.attrs["units"] == "gromacs"
    found = discover(Statistic.load(run / "sums.h5"), terms=["power"], max_terms=2, symbolic="none").best
    assert found.units.name == "gromacs" and found.channel().form == "Lennard-Jones 12-6"
    constants = {p.name: p.value for p in found.channel().parameters}
    assert constants["epsilon"] == pytest.approx(EPSILON / UNITS.energy, rel=1e-4)  # single precision
    assert constants["sigma"] == pytest.approx(SIGMA / 10, rel=1e-5)
    # LAMMPS has no such units: what is written for it is in one of its own
    write(found, run / "potential.lammps")
    assert "units real: energy in kcal/mol" in (run / "potential.lammps").read_text()
    frame = next(iter(read(run / "run.trr", topology=run / "run.gro")))
    frame = replace(frame, species=("Ar",))
    (evaluation,) = evaluate(run / "potential.lammps", found, [frame])
    np.testing.assert_allclose(evaluation.forces, frame.forces, rtol=0, atol=1e-4)


def test_without_a_topology(run: Path) -> None:
    code, output = call("accumulate", run / "run.trr", "--cutoff", 0.55, "--out", run / "sums.h5")
    assert (
        code == 1
        and "does not say which atoms it is of: name a file that does with --topology FILE" in output
    )
    code, output = call(
        "discover", run / "run.trr", "--topology", run / "no.gro", "--cutoff", 0.5, "--out", run / "x"
    )
    assert code == 1 and "no such file" in output
