"""The process in which PySR and Julia live: ``python -m interpot.formula.symbolic.pysr_worker``.

It reads names of folders, one a line, makes the run that each describes (`pysr_job.Job`) and leaves PySR's table there:
``run/hall_of_fame.csv`` while it grows, ``equations.csv`` at the end, or ``failed.txt``. It ends when its input does.
Little is loaded beside Julia, some of whose libraries other packages have, too.
"""

from __future__ import annotations

import csv
import inspect
import sys
import traceback
from pathlib import Path

import numpy as np

from interpot.formula.symbolic.julia import load_pysr
from interpot.formula.symbolic.pysr_job import DONE, FAILED, FRONT, Job, for_version


def run(folder: Path) -> None:
    """Make one run."""
    job, pysr = Job.load(folder), load_pysr()
    julia = pysr.jl
    # Julia's own arrays: the loss is evaluated without a way back to Python
    julia.FM_W = julia.convert(julia.seval("Matrix{Float64}"), job.W)
    julia.FM_y = julia.convert(julia.seval("Vector{Float64}"), job.y)
    julia.FM_last = julia.convert(julia.seval("Vector{Int64}"), job.last)
    parameters = inspect.signature(pysr.PySRRegressor.__init__).parameters
    files = {"output_directory": str(folder), "run_id": FRONT.parent.name}
    model = pysr.PySRRegressor(**for_version(dict(job.settings) | files, parameters))
    model.fit(job.nodes, np.zeros(len(job.nodes)), variable_names=list(job.names))
    found = model.equations_[["complexity", "loss", "equation"]]
    written = folder / (DONE + ".part")
    found.to_csv(written, index=False, quoting=csv.QUOTE_NONNUMERIC)
    written.replace(folder / DONE)


def main() -> None:
    """Make runs until there are no more."""
    for line in sys.stdin:
        folder = Path(line.rstrip("\n"))
        try:
            run(folder)
        except Exception as error:  # of Julia, too: told to the process that asked
            traceback.print_exc()
            reason = str(error).strip().splitlines()
            part = folder / (FAILED + ".part")
            part.write_text(f"{type(error).__name__}: {reason[0] if reason else ''}", "utf-8")
            part.replace(folder / FAILED)
        sys.stderr.flush()


if __name__ == "__main__":
    main()
