"""Formulas from what experiments give: how far positions and momenta reach, against stride and noise.

    python experiments/observables.py --out FOLDER [--liquids argon argon-krypton] [--interval 2 10 20 40 80 160]
                                      [--noise 0 0.001 0.01] [--methods recorded positions ...] [--frames 600]
                                      [--width METHOD:FS:NOISE=L,L/S ...] [--widths] [--published] [--data FOLDER]

LAMMPS runs each liquid once; a case is one stride, one noise on the positions and one way to the force: recorded
forces, interpot's weak forms of momenta and positions, the plain second difference, and Savitzky and Golay's filter of
the width that suits the truth best. The weak forms are told the step of the integrator, the masses and no more: errors
of the positions, windows and places between frames are chosen from the data, unless --width names them. All cases have
the same number of frames. The options pick from the plan (`observing.records.PLAN`). Each case has its file in
FOLDER/cases, and those that are there are not done again: a stopped run goes on where it was.
At the end FOLDER holds results.csv, results.md and observables.png. With --widths the error against the width of
the test functions is measured instead (widths.csv), with --published set-ups of others (published.csv).
"""

from __future__ import annotations

import os

# before anything loads a BLAS: one thread each
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import sys
from pathlib import Path

from observing.command import run
from observing.records import FRAMES, INTERVALS, METHODS, NOISES
from observing.systems import LIQUIDS


def arguments() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--liquids", nargs="+", choices=LIQUIDS, default=list(LIQUIDS))
    parser.add_argument(
        "--interval", nargs="+", type=float, default=INTERVALS,
        help="between two frames, fs: 2, 10, 20, 40, 80, 160",
    )  # fmt: skip
    parser.add_argument("--noise", nargs="+", type=float, default=NOISES, help="over the least σ")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--frames", type=int, default=FRAMES, help="of each case")
    parser.add_argument(
        "--width", nargs="*", default=[], metavar="METHOD:FS:NOISE=L,L/S",
        help="half-widths in frames and substeps, 'positions:40:0=6/5'; interpot's own choice where none is given",
    )  # fmt: skip
    parser.add_argument("--widths", action="store_true", help="error against the width of the test functions")
    parser.add_argument("--published", action="store_true", help="set-ups of the literature")
    parser.add_argument("--share", type=float, default=1.0, help="of the runs of these, 0.1 for a quick look")
    parser.add_argument(
        "--data", type=Path, help="folder of the trajectories, FOLDER/trajectories by default"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run(arguments()))
