"""What tests of readers share: a trajectory that LAMMPS writes in all its ways, and one in every format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lammps_runs import BOXES, write_dumps
from writers import WRITERS


@pytest.fixture(scope="session", params=BOXES)
def lammps_dumps(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the `lammps_runs.DUMPS` of one run."""
    folder = tmp_path_factory.mktemp(request.param)
    write_dumps(request.param, folder)
    return folder


@pytest.fixture(params=WRITERS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(form: str, tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of the format."""

    def write(frames: int, seed: int = 7, name: str | None = None) -> Path:
        usual, writer = WRITERS[form]
        path = tmp_path / (name or usual)
        writer(path, frames, seed)
        return path

    return write
