"""Liquid argon as A. Rahman simulated it in 1964 (Phys. Rev. 136, A405): 94.4 K, 1.374 g/cm³, 864 atoms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from observed_runs import METAL, curve, found, number
from proof_systems import disordered

from interpot.proof.engines.lammps import Lammps
from interpot.proof.observables import Recorded
from interpot.records import Dynamics, ReferenceModel
from interpot.trajectory import read

MODEL = ReferenceModel("lammps", ("pair_style lj/cut 7.65", f"pair_coeff 1 1 {120 * 8.617343e-5} 3.4"))
LIQUID = Dynamics(timestep=0.01, steps=5000, every=10, ensemble="nvt", temperature=94.4, equilibration=2000)


@pytest.fixture(scope="module")
def argon(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder: Path = tmp_path_factory.mktemp("rahman")
    start = disordered(repeats=(6, 6, 6), spacing=10.229 * 3.4 / 6)
    run = Lammps().run(MODEL, start, LIQUID, METAL, folder)
    trajectory = read(run.trajectory, units="metal")
    return Recorded(list(trajectory)[::10], trajectory, METAL, 10.0, run.thermo, "nvt")


def test_rahmans_liquid(argon: Recorded) -> None:
    """D = 2.43e-5 cm²/s; g(r) is highest at 3.7 Å; S(k) at 2.0/Å; C(t) turns negative before 0.5 ps."""
    value, error = number(found("diffusion", argon)["diffusion coefficient Ar"])  # Å²/ps = 1e-4 cm²/s
    assert error < 0.02 and value == pytest.approx(0.243, rel=0.15)
    g = curve(found("g(r)", argon)["g(r) Ar-Ar"])
    assert g.x[g.y.argmax()] == pytest.approx(3.7, abs=0.1) and 2.6 < g.y.max() < 3.1
    s = curve(found("structure factor", argon)["S(k)"])
    assert s.x[s.y.argmax()] == pytest.approx(2.0, abs=0.1) and s.y[:3].max() < 0.2
    c = curve(found("velocity correlation", argon)["velocity autocorrelation"])
    assert 0.2 < c.x[np.argmax(c.y < 0)] < 0.5
    assert c.y[0] == pytest.approx(3 * 8.617343e-5 * 94.4 / 39.948 / METAL.velocity**2, rel=0.03)
    assert 11.5 < number(found("coordination", argon)["coordination number Ar-Ar"])[0] < 13.5
