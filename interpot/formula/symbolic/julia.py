"""Julia, which PySR runs in: whether it is set up here, and the only way in.

`import pysr` downloads Julia and a hundred packages where they are missing, and Julia's package manager goes online on
occasions of its own. So nothing of interpot imports them but `load_pysr`, which runs in a process of its own
(`interpot.formula.symbolic.pysr_worker`), refuses unless everything is in place, and tells both to stay offline. Only
`interpot setup pysr` (`interpot.formula.symbolic.julia_setup`) downloads.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from interpot.errors import InterpotError

OFFLINE: Mapping[str, str] = {"PYTHON_JULIAPKG_OFFLINE": "yes", "JULIA_PKG_OFFLINE": "true"}
"""What keeps juliapkg, and Julia's own package manager, from the network."""

FORBIDDEN = tuple(
    name for name, value in OFFLINE.items() if os.environ.get(name, "").lower() in ("yes", "true", "1")
)
"""Of these, those that a user, or a test, had set before interpot did."""

REMEDY = "run 'interpot setup pysr' once (it downloads about 500 MB), or search with --search operon"

_PACKAGE = "SymbolicRegression"  # the Julia package that PySR is the face of


def stay_offline() -> None:
    """Forbid the network to all of Julia in this process and those that it starts."""
    os.environ.update(OFFLINE)


def state() -> dict[str, Any]:
    """Return where juliapkg keeps Julia ("project", "depot", "meta") and what it knows of it ("version").

    Importing juliapkg reads the environment, and neither writes a file nor opens a connection.
    """
    stay_offline()
    known: dict[str, Any] = import_module("juliapkg.state").STATE
    return known


def resolved() -> tuple[bool, str]:
    """Whether PySR can run without a download, and if not, why: a clause, "Julia has not been downloaded".

    `juliapkg.resolve(dry_run=True)` decides; it makes a folder and a lock, and waits without end for one that another
    process holds, which is why it is asked only where there is something to be found, and the lock free.
    """
    for package in ("pysr", "juliapkg"):
        if find_spec(package) is None:  # of a package at the top: looks for it, and runs nothing of it
            return False, f"the package '{package}' is not installed"
    known = state()
    meta, project = Path(known["meta"]), Path(known["project"])
    if not meta.is_file():
        return False, "Julia has not been downloaded"
    try:
        with _free(project / "lock.pid"):
            pass
        if not import_module("juliapkg").resolve(dry_run=True):
            return False, "what was downloaded is of another version of PySR or Julia, or no longer there"
    except TimeoutError:
        return False, "another process is setting Julia up"
    except Exception as error:  # a file of juliapkg's that is damaged, or may not be read: it is not set up
        return False, f"what juliapkg left in '{project}' cannot be used ({type(error).__name__}: {error})"
    if not any(_PACKAGE in manifest.read_text("utf-8") for manifest in project.glob("*Manifest*.toml")):
        return False, f"the Julia package {_PACKAGE} has not been downloaded"
    return True, ""


def _free(lock: Path) -> Any:
    """Take a lock, or raise TimeoutError at once."""
    return import_module("filelock").FileLock(lock).acquire(timeout=0)


def require() -> None:
    """Refuse what needs PySR where it is not set up.

    Raises
    ------
    InterpotError
        Says why it cannot be used and what to do.
    """
    ready, why = resolved()
    if not ready:
        raise InterpotError(f"PySR was asked for, but it is not set up here ({why}): {REMEDY}")


def load_pysr() -> Any:
    """Import PySR, which starts Julia in this process.

    Raises
    ------
    InterpotError
        It would have to download something first.
    """
    require()
    return import_module("pysr")


def versions() -> str:
    """Return "Julia 1.11.5, PySR 2.7.2", of what is set up."""
    from importlib.metadata import PackageNotFoundError, version

    found = []
    with suppress(KeyError):
        found.append(f"Julia {state()['version']}")
    with suppress(PackageNotFoundError):
        found.append(f"PySR {version('pysr')}")
    return ", ".join(found)
