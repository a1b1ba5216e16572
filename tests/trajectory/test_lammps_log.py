"""Series of LAMMPS logs: runs that follow or overlap one another, warnings between rows, files that are none."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from interpot.errors import InterpotError
from interpot.trajectory.lammps_log import read_log

LOG = """LAMMPS (29 Aug 2024)
thermo_style custom step temp pe etotal press
Per MPI rank memory allocation (min/avg/max) = 3.2 | 3.2 | 3.2 Mbytes
   Step          Temp          PotEng         TotEng         Press
         0   300            -5.0           -1.0            10.0
        50   299            -5.5           -1.5            10.5
       100   298            -6.0           -2.0            11.0
       150   298            -6.0           -2.0            11.5
Loop time of 0.1 on 1 procs for 100 steps with 4 atoms
reset_timestep 0
   Step          Temp          PotEng         TotEng         Press
         0   250            -7.0           -3.0            20.0
WARNING: something of five words (src/x.cpp:12)
       100   251            -7.1           -3.1            21.0
Loop time of 0.1 on 1 procs for 100 steps with 4 atoms
1 2 3 4 5
   Step          Temp          PotEng         TotEng         Press
       100   251            -7.1           -3.1            21.0
       200   252            -7.2           -3.2            22.0
"""


def test_later_runs_count_and_rows_are_chosen_by_step(tmp_path: Path) -> None:
    path = tmp_path / "log.lammps"
    path.write_text(LOG)
    series = read_log(path, 0, 200)
    assert list(series) == ["step", "temperature", "potential", "total", "pressure"]
    np.testing.assert_array_equal(series["step"], [0, 100, 200])
    np.testing.assert_array_equal(series["pressure"], [20, 21, 22])
    np.testing.assert_array_equal(read_log(path, 100, 150)["temperature"], [251])
    zipped = tmp_path / "log.gz"
    zipped.write_bytes(gzip.compress(LOG.encode()))
    np.testing.assert_array_equal(read_log(zipped)["potential"], [-7.0, -7.1, -7.2])


def test_what_is_no_log_of_the_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.lammps"
    path.write_text(LOG)
    with pytest.raises(InterpotError, match="has the steps 0 to 200, the reference 1000 to 2000"):
        read_log(path, 1000, 2000)
    path.write_text("Step by step\n1 2\n")
    with pytest.raises(InterpotError, match="holds no thermo data"):
        read_log(path)
    with pytest.raises(InterpotError, match="no such file"):
        read_log(tmp_path / "none")
