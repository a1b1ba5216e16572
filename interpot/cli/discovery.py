"""``interpot discover``: from trajectories, from what accumulate has made of them, or from a table of energies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from interpot import workflow
from interpot.cli.application import app, session
from interpot.cli.curves import CurveOptions, discover_curve
from interpot.cli.formulas import LibraryOptions, SearchOptions
from interpot.cli.grouping import differing, grouped
from interpot.cli.motion import MotionOptions
from interpot.cli.reading import CUTOFF, FORMATS, PassOptions, Reading, check_there, sorted_out
from interpot.cli.words import parse_cutoffs, refuse
from interpot.formula.channel_search import USUAL


@app.command()
@grouped
def discover(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Results")],
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TRAJECTORY...|STATISTICS.h5...",
            help=f"{FORMATS}; or what accumulate and merge wrote",
        ),
    ] = None,
    curve: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A table of distances and energies of pairs, in place of trajectories"
        ),
    ] = None,
    cutoff: Annotated[list[str] | None, CUTOFF] = None,
    *,
    reading: Reading,
    looked_for: PassOptions,
    library: LibraryOptions,
    search: SearchOptions,
    motion: MotionOptions,
    of_curve: CurveOptions,
) -> None:
    """Discover the potential behind trajectories of your own or their statistics; several files count as one.

    With --curve, behind a table of energies.
    """
    moved = motion.asked()
    of_data = differing(reading) | differing(looked_for) | differing(motion)
    if curve is not None:
        others = of_data | differing(search) | {"require": library.require, "known": library.known}
        refuse(others | {"units": None, "seed": None}, f"'{curve}' is a table of energies")
        asked = {
            "method": library.method,
            "max_terms": library.max_terms or USUAL,
            "terms": library.terms,
        }
        discover_curve(curve, data or [], out, cutoff, reading.units, of_curve, asked)
        return
    refuse(differing(of_curve), "it belongs to a table of energies (--curve FILE)")
    if not data:
        raise typer.BadParameter("name trajectories, statistics, or a table of energies with --curve FILE")
    options = _asked_for(library, search)
    check_there(data)
    weights = library.row_weights
    if sorted_out(data, cutoff=cutoff, **of_data):
        workflow.discover_statistics(data, out, session(), weights=weights, **options)
        return
    common, pairs = parse_cutoffs(cutoff or ())
    rows = {"energies": looked_for.energies, "virials": looked_for.virials, "motion": moved}
    workflow.discover_files(
        reading.open(data),
        out,
        common,
        pairs,
        looked_for.cutoffs,
        session(),
        weights=weights,
        rows=rows,
        fields=looked_for.field or (),
        charges=looked_for.charge_of,
        **options,
    )


def _asked_for(library: LibraryOptions, search: SearchOptions) -> dict[str, Any]:
    """Options of `interpot.discover`, or of `interpot.discover_shared` where there are variables."""
    options = library.asked() | {"symbolic": search.asked()}
    if search.search == "auto" and (restricting := library.restricting):
        of_search = {"operators": search.operators, "budget": search.budget, "seed": search.seed}
        refuse(of_search, f"with --{restricting} there is no search unless --search names one")
    if variables := search.variables():
        others = {
            "require": library.require,
            "shared_form": library.shared_form != "auto",
            "guess": search.guess,
        }
        refuse(others, "--variable asks for one formula of several variables")
        for name in ("constraints", "shared_form"):
            del options[name]
        options["variables"] = variables
    return options
