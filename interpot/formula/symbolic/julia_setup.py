"""Download Julia and what PySR needs in it: ``interpot setup pysr``, the only path to the network there is.

juliapkg does the work, in a process of its own: a Julia that is there already is used, else one is downloaded into
the folder of the Python environment, and the packages go into Julia's depot.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from interpot.errors import InterpotError
from interpot.formula.symbolic.julia import FORBIDDEN, OFFLINE, resolved, state, versions
from interpot.formula.symbolic.pysr_process import environment

SIZE = "about 500 MB to download, 2 GB on disk, some ten minutes"
"""For a machine without Julia; estimated from the sizes of Julia and of the packages that PySR depends on."""

_ROOM = 2e9  # bytes

_DOWNLOAD = "import juliapkg; juliapkg.resolve()"
_START = "from interpot.formula.symbolic.julia import load_pysr; load_pysr()"

_CAUSES = (
    (("no space left", "disk quota"), "the disk is full: make room for 2 GB there"),
    (
        ("permission denied", "read-only file system"),
        "a folder may not be written to: use a virtual environment of your own, or set JULIA_DEPOT_PATH to another "
        "folder",
    ),
    (
        ("certificate", "ssl"),
        "the connection is not trusted, as behind some proxies: set SSL_CERT_FILE and JULIA_SSL_CA_ROOTS_PATH to its "
        "certificate",
    ),
    (
        ("tunnel", "proxy", "http error 403", "http error 407", "http/1.1 403", "http/1.1 407"),
        "the proxy lets nothing through: ask for access, or set HTTPS_PROXY to one that does",
    ),
    (
        (
            "urlopen error", "resolve host", "name resolution", "name or service", "unreachable", "refused",
            "timed out", "timeout", "remotedisconnected", "connection reset",
            "could not download", "downloaderror", "requesterror",
        ),
        "no connection to Julia's servers: run it where there is one, with HTTPS_PROXY set where a proxy is needed",
    ),
)  # fmt: skip
"""Words in what was printed, in order of precedence → what they mean and what to do."""


def set_up(tell: Callable[[str], None]) -> str:
    """Download what is missing and start PySR once, which compiles it.

    Parameters
    ----------
    tell
        Called with what is going to be done, and every line that juliapkg and Julia print meanwhile.

    Returns
    -------
    str
        A sentence with the versions; the same, and nothing is done, where all is there.

    Raises
    ------
    InterpotError
        The variables of the environment forbid it, there is no room, or the download failed; says why.
    """
    if resolved()[0]:
        return f"already set up: {versions()}"
    if FORBIDDEN:
        names = " and ".join(FORBIDDEN)
        raise InterpotError(f"{names} forbids downloads in this environment: unset it to set PySR up")
    project, depot = Path(state()["project"]), Path(state()["depot"])
    tell(f"Julia, unless it is there, and SymbolicRegression.jl with what it needs: {SIZE}")
    tell(f"into '{project}' and '{depot}'")
    for folder in (project, depot):
        _check_room(folder)
    _run([sys.executable, "-P", "-c", _DOWNLOAD], online(), tell)
    tell("starting PySR for the first time")
    _run([sys.executable, "-P", "-c", _START], environment(), tell)
    ready, why = resolved()
    if not ready:
        raise InterpotError(
            f"PySR was downloaded, but cannot be used ({why}): run 'interpot setup pysr' again"
        )
    return f"set up: {versions()}"


def online() -> dict[str, str]:
    """Return the environment of a process with Julia in it that may download, the newest versions included."""
    newest = {"JULIA_PKG_SERVER_REGISTRY_PREFERENCE": "eager"}
    return newest | {name: value for name, value in environment().items() if name not in OFFLINE}


def _check_room(folder: Path) -> None:
    there = next(part for part in (folder, *folder.parents) if part.exists())
    free = shutil.disk_usage(there).free
    if free < _ROOM:
        raise InterpotError(
            f"'{folder}' is on a disk with {free / 1e9:.1f} GB left: make room for {_ROOM / 1e9:.0f} GB"
        )


def _run(command: Sequence[str], environment: dict[str, str], tell: Callable[[str], None]) -> None:
    """Run, telling what is printed; the last of it explains a failure."""
    last: deque[str] = deque(maxlen=200)
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        for line in _lines(process):
            last.append(line)
            tell(line)
        status = process.wait()
    finally:
        process.kill()  # after Ctrl-C; of one that has ended nothing is left to kill
        process.wait()
    if status != 0:
        raise InterpotError(f"PySR was not set up: {_cause(list(last))}")


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            if line.strip():
                yield line.strip().removeprefix("[juliapkg] ")


def _cause(printed: Sequence[str]) -> str:
    """Name the cause of a failure by what was printed; the last line itself, where it is none of those known."""
    text = "\n".join(printed).lower()
    for words, meaning in _CAUSES:
        if any(word in text for word in words):
            return meaning
    return f"'{printed[-1].strip()[:300]}'" if printed else "nothing was said about why"


__all__ = ["SIZE", "online", "set_up"]
