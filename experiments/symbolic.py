"""The reach of the symbolic search: whether forms are found that the library of terms does not hold.

    python experiments/symbolic.py --out FOLDER [--forms PATTERN ...] [--backends grammar operon ...] [--noise 0 0.01]
                                   [--seconds 60] [--seed 1] [--summary] [--judge]

LAMMPS runs each form once; a case is one form, one noise on its forces and one method. Each case has its file in
FOLDER/cases, and those that are there are not done again: a stopped run goes on where it was. At the end FOLDER holds
results.csv, results.md and reach.png. Cases are done one after the other: each search has the machine to itself.
"""

from __future__ import annotations

import os

# before anything loads a BLAS: one thread each
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import sys
from pathlib import Path

from searching.command import run
from searching.methods import METHODS, USUAL
from searching.records import NOISES, SECONDS


def arguments() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the results and the data")
    parser.add_argument(
        "--forms", nargs="+", default=["*"], metavar="PATTERN", help="names, such as 'argon-*'"
    )
    parser.add_argument("--backends", nargs="+", choices=METHODS, default=USUAL, help="methods to compare")
    parser.add_argument(
        "--noise", nargs="+", type=float, default=NOISES, help="over the root mean square force"
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each search")
    parser.add_argument("--seed", type=int, default=1, help="of the searches that are random")
    parser.add_argument("--summary", action="store_true", help="only sum up the cases that are done")
    parser.add_argument("--judge", action="store_true", help="judge the cases that are done again")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run(arguments()))
