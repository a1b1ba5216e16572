"""On what the numbers were taken."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy  # noqa: F401, its BLAS is among those described
import scipy.linalg  # noqa: F401, and this one
from threadpoolctl import threadpool_info

from interpot.version import VERSION
from suite.measuring import ALL_CORES
from suite.peers import PEERS


def description(repeats: int, quick: bool) -> dict[str, str]:
    """What heads the table, by name."""
    blas = (
        f"{pool['internal_api']} {pool['version']} ({pool.get('architecture', 'any processor')}, "
        f"{pool['num_threads']} thread)"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    )
    versions = {name: _version(name) for name in PEERS}
    return {
        "taken": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.2f} at the start",
        "processor": f"{_processor()}, {len(ALL_CORES)} cores",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{', '.join(sorted(set(blas)))}",
        "versions": f"interpot {VERSION}, " + ", ".join(f"{name} {is_}" for name, is_ in versions.items()),
        "method": f"medians of {repeats} in turns with what is compared, all in one run, pinned to one core, BLAS on "
        "one thread, double precision" + (", fewer frames (--quick)" if quick else ""),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    told = dict(line.partition(":")[::2] for line in lines if ":" in line)
    told = {name.strip(): value.strip() for name, value in told.items()}
    name = told.get("model name", platform.machine())
    if "model" in told:
        name += f" (family {told['cpu family']}, model {told['model']}, L2 {_second_cache()})"
    return name


def _second_cache() -> str:
    """Of the first core, as Linux tells it; what /proc/cpuinfo calls the cache size is the third on some."""
    for cache in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        if (cache / "level").read_text().strip() == "2":
            return (cache / "size").read_text().strip().replace("K", " KB")
    return "?"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
