"""One trajectory, written by LAMMPS in every way in which it can be written."""

from __future__ import annotations

from pathlib import Path

import pytest
from lammps_runs import BOXES, write_dumps


@pytest.fixture(scope="session", params=BOXES)
def lammps_dumps(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the `lammps_runs.DUMPS` of one run."""
    folder = tmp_path_factory.mktemp(request.param)
    write_dumps(request.param, folder)
    return folder
