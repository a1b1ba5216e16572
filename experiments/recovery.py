"""The recovery benchmark: whether discovery finds published potentials again.

    python experiments/recovery.py --out FOLDER [--only PATTERN] [--density dense] [--noise 0 0.01] [--frames 100]
                                   [--jobs 2] [--peers] [--data FOLDER]

LAMMPS runs each potential once per density; a case is so many frames of it with so much noise on the forces. Each
case has its file in FOLDER/cases, and those that are there are not done again: a stopped run goes on where it was. At
the end FOLDER holds results.csv, results.md and recovery.png.
"""

from __future__ import annotations

import os

# before anything loads a BLAS: one thread each
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import sys
from pathlib import Path

from recovering.command import run
from recovering.records import DENSITIES, FRAMES, NOISES


def arguments() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument(
        "--only", default="*", metavar="PATTERN", help="names of potentials, such as 'methane-*'"
    )
    parser.add_argument("--density", nargs="+", choices=DENSITIES, default=DENSITIES)
    parser.add_argument(
        "--noise", nargs="+", type=float, default=NOISES, help="over the root mean square force"
    )
    parser.add_argument("--frames", nargs="+", type=int, default=FRAMES, help="at most 1000")
    parser.add_argument("--peers", action="store_true", help="other methods and programs, on a stated subset")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument(
        "--data", type=Path, help="folder of the trajectories, FOLDER/trajectories by default"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run(arguments()))
