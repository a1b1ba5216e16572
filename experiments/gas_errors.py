"""How the error of a discovered potential falls with the data, and the smallest data set that gives the exact form.

    python experiments/gas_errors.py --out results/gas_errors [--size small|paper]

Argon by LAMMPS (ρσ³ = 0.3, 300 K), forces with noise of 1 % that is added with a seed. Of l runs, m frames and n
particles, one is varied with the others fixed; there are several data sets of each size, and the deviations of ε and σ
from the truth are held against N^(-1/2), N = 3 l m n, and against the standard errors that interpot reports. Noise
that lasts longer than the frames are apart shows what correlated frames are worth. Then ever smaller data sets are
searched with the whole library, without noise and with it.

Each data set is a line of FOLDER/measured.csv as soon as it is done, and those that are there are not done again: a
stopped run goes on where it was. At the end FOLDER holds errors.csv, slopes.csv, smallest.csv and two figures.
"""

from __future__ import annotations

import os

# before anything loads a BLAS: one thread each
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
from pathlib import Path

from erring.command import run
from erring.plan import SIZES


def arguments() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--size", choices=SIZES, default="small", help="minutes, or an hour")
    return parser.parse_args()


if __name__ == "__main__":
    asked = arguments()
    run(SIZES[asked.size], asked.out)
