"""What tests everywhere share: this folder's modules, and a place for reference dynamics."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

# numba's cache of a kernel knows nothing of the modules that were compiled into it: a change there needs another cache
_COMPILED = (
    "grid.py", "lanes.py", "neighbours.py", "statistic/splines.py", "statistic/kernels/*.py",
    "formula/symbolic/grammar/kernels.py", "formula/symbolic/operon_kernel.py",
)  # fmt: skip
_PACKAGE = Path(__file__).parents[1] / "interpot"
_SOURCES = [path for pattern in _COMPILED for path in sorted(_PACKAGE.glob(pattern))]
_DIGEST = sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()[:12]
# no test may download Julia: juliapkg and `interpot setup pysr` heed the variable, and to `import pysr`, which goes
# online at once, the package is missing here; where it is set up, it runs in a process of its own
os.environ["PYTHON_JULIAPKG_OFFLINE"] = "yes"
sys.modules["juliacall"] = None  # type: ignore[assignment]
os.environ.setdefault(
    "NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / f"interpot-numba-{os.getuid()}-{_DIGEST}")
)

import pytest  # noqa: E402  the cache has to be chosen before numba is loaded


@pytest.fixture(scope="session")
def reference_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where LAMMPS leaves its trajectories: one folder for all workers of a session."""
    base = tmp_path_factory.getbasetemp()
    # with pytest-xdist each worker has a folder of its own within the session's
    folder = (base.parent if base.name.startswith("popen-") else base) / "reference"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results come without their page, which takes as long as the rest; some test of each command reads one."""
    monkeypatch.setattr("interpot.report.page.write_report", lambda findings, folder: folder / "report.html")


@pytest.fixture(autouse=True)
def _messages_are_heard_after_each_test() -> Iterator[None]:
    """No test leaves interpot's log muted: whichever one the worker runs next would miss its messages."""
    log = logging.getLogger("interpot")

    def state() -> tuple[object, ...]:
        return log.level, log.propagate, [h for h in log.handlers if not isinstance(h, logging.NullHandler)]

    before = state()
    yield
    assert state() == before
