"""What tests everywhere share: this folder's modules, and a place for reference dynamics."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where LAMMPS leaves its trajectories: one folder for all workers of a session."""
    base = tmp_path_factory.getbasetemp()
    # with pytest-xdist each worker has a folder of its own within the session's
    folder = (base.parent if base.name.startswith("popen-") else base) / "reference"
    folder.mkdir(exist_ok=True)
    return folder
