"""``interpot accumulate`` and ``interpot merge``: statistics, to discover from later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interpot import workflow
from interpot.cli.application import app, session
from interpot.cli.grouping import grouped
from interpot.cli.motion import MotionOptions
from interpot.cli.reading import CUTOFF, PassOptions, Reading, StatisticOut, Trajectories, check_there
from interpot.cli.words import memory_size, parse_cutoffs


@app.command()
@grouped
def accumulate(
    trajectories: Trajectories,
    cutoff: Annotated[list[str], CUTOFF],
    out: StatisticOut,
    threads: Annotated[int, typer.Option(metavar="N", help="That accumulate; one more reads", min=1)] = 1,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="That the sums may take, about: 500M, 2G")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a pass that was stopped")] = False,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Use Dask: so many processes of this machine", min=1)
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Use the Dask cluster behind tcp://HOST:PORT")
    ] = None,
    *,
    reading: Reading,
    looked_for: PassOptions,
    motion: MotionOptions,
) -> None:
    """Make the one pass over trajectories, to discover from later; it loses no work when it is killed."""
    check_there(trajectories)
    common, pairs = parse_cutoffs(cutoff)
    workflow.accumulate_files(
        reading.open(trajectories),
        out,
        common,
        pairs,
        looked_for.cutoffs,
        session(),
        fields=looked_for.field or (),
        charges=looked_for.charge_of,
        energies=looked_for.energies,
        virials=looked_for.virials,
        motion=motion.asked(),
        resume=resume,
        threads=threads,
        memory=memory_size(memory) if memory else None,
        workers=workers,
        scheduler=scheduler,
    )


@app.command()
def merge(
    statistics: Annotated[list[Path], typer.Argument(metavar="STATISTICS.h5...", help="Of other data each")],
    out: StatisticOut,
) -> None:
    """Put statistics of the same channels together; their blocks are kept."""
    workflow.merge_files(statistics, out, session())
