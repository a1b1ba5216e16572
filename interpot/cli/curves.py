"""Discovery from a table of distances and energies, in place of trajectories."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from interpot import workflow
from interpot.cli.application import session
from interpot.cli.words import positive, sorted_cutoffs
from interpot.errors import InterpotError
from interpot.trajectory import parse_columns, read_curves


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """How a table of energies is read and weighed."""

    columns: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE=NAME[:UNIT],...",
            help="Of --curve: which column is r, energy, error, weight or pair, such as r=R:bohr,energy=V:meV",
        ),
    ] = None
    pair: Annotated[
        str | None,
        typer.Option(
            metavar="A-B", help="Of --curve: take this pair only; names the pair of a table that names none"
        ),
    ] = None
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="well|relative|equal|FLOOR,FRACTION",
            help="Of --curve: errors of the energies, √(E² + D²) with the depth D of the well unless the table has "
            "its own",
        ),
    ] = None
    offset: Annotated[
        bool,
        typer.Option("--offset", help="Of --curve: fit a constant energy too, as total energies need it"),
    ] = False


def discover_curve(
    curve: Path,
    data: list[str],
    out: Path,
    cutoff: list[str] | None,
    units: str | None,
    options: CurveOptions,
    search: dict[str, Any],
) -> None:
    """Discover what is behind a table; `search` goes to `interpot.discover_curve` as it is."""
    if data:
        raise InterpotError(f"'{data[0]}' was named beside --curve {curve}: discover from one of the two")
    columns = parse_columns(options.columns) if options.columns else None
    curves = read_curves(curve, units=units, columns=columns, pair=options.pair)
    common, pairs = sorted_cutoffs(cutoff or ())
    workflow.discover_table(
        curves,
        out,
        session(),
        weights=parse_weights(options.weights) if options.weights else None,
        offset=options.offset,
        cutoff=common,
        cutoffs=pairs,
        **search,
    )


def parse_weights(text: str) -> str | tuple[float, float]:
    """Read ``--weights well`` or ``--weights 0.001,0.01``."""
    if "," not in text:
        return text
    floor, _, fraction = text.partition(",")
    example = "0.001,0.01: the error at zero energy and its fraction of the energy"
    return positive(floor, f"--weights {text}", example), positive(fraction, f"--weights {text}", example)
