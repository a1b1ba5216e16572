"""The only wiring: from an experiment, or a user's trajectory, to files that a reader can use."""

from __future__ import annotations

import importlib.util
import platform
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from interpot.errors import InterpotError
from interpot.files import writable_folder
from interpot.formula.discover import Discovery, discover
from interpot.formula.potential import Potential
from interpot.proof.engines import engine
from interpot.proof.export import export
from interpot.proof.validate import validate
from interpot.records import Comparison, Experiment, MdRun, Trajectory
from interpot.report.findings import ChannelData, Findings, SplineCurve
from interpot.report.tables import print_comparison, print_front, print_potential
from interpot.statistic.accumulate import accumulate
from interpot.statistic.basis import LogSplines
from interpot.statistic.channels import Channel
from interpot.statistic.channels import pair_channels as channels_of_species
from interpot.statistic.normal_equations import Statistic
from interpot.trajectory import read
from interpot.units import unit_style


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a run leaves behind.

    Attributes
    ----------
    found
        The potential, its rivals and the statistic.
    comparison
        With the reference, where validation was run.
    folder
        Where the files are.
    """

    found: Discovery
    comparison: Comparison | None
    folder: Path


def pair_channels(
    frames: Trajectory, cutoff: float, cutoffs: Mapping[str, float] | None = None
) -> tuple[Channel, ...]:
    """Make a channel for every two species of a trajectory.

    Parameters
    ----------
    frames
        Its first frame names the species.
    cutoff
        How far the pair functions reach, in length units of the trajectory.
    cutoffs
        Exceptions: {"Ne-Xe": 8.0}.

    Raises
    ------
    InterpotError
        No frames, a cutoff that is not positive, or a species that the trajectory does not have.
    """
    first = next(iter(frames), None)
    if first is None:
        raise InterpotError(f"no frames in {', '.join(map(str, frames.sources))}: expected at least one")
    length = frames.units.length
    scaled = {label: value * length for label, value in (cutoffs or {}).items()}
    return channels_of_species(first.species, cutoff * length, scaled)


class Session:
    """Talks to the terminal while the work goes on, and remembers the command that started it.

    Parameters
    ----------
    console
        Where progress and tables go.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()
        self.command = shlex.join(["interpot", *sys.argv[1:]])

    def bar(self) -> Progress:
        """Make a progress display for one stage."""
        return Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )

    def simulate(self, experiment: Experiment, folder: Path) -> MdRun:
        """Run the reference of an experiment."""
        program = engine(experiment.reference.engine)
        units = unit_style(experiment.units)
        with self.bar() as bar:
            task = bar.add_task(f"reference MD ({program.version()})", total=None)

            def report(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            return program.run(
                experiment.reference,
                experiment.start,
                experiment.dynamics,
                units,
                folder,
                "reference",
                report,
            )

    def accumulate(
        self, frames: Trajectory, channels: tuple[Channel, ...], cutoffs: str = "find"
    ) -> Statistic:
        """Make the pass over the data."""
        with self.bar() as bar:
            task = bar.add_task("accumulating frames", total=None)
            statistic = accumulate(
                frames, channels, cutoffs=cutoffs, progress=lambda done: bar.update(task, completed=done)
            )
            bar.update(task, total=statistic.frames, completed=statistic.frames)
        return statistic

    def discover(self, statistic: Statistic) -> Discovery:
        """Find the formula and show it."""
        with self.console.status("discovering") as status:
            found = discover(
                statistic,
                provenance={"command": self.command, "versions": versions()},
                progress=lambda line: status.update(f"discovering: {line}"),
            )
        print_potential(self.console, found.best)
        print_front(self.console, found.front)
        for remark in found.remarks:
            self.console.print(f"[yellow]note[/] {remark}", highlight=False)
        return found

    def validate(
        self, potential: Potential, reference: Trajectory | MdRun, folder: Path, **options: Any
    ) -> Comparison:
        """Run the found potential and show how it compares."""
        with self.bar() as bar:
            task = bar.add_task("validation MD with the discovered formula", total=None)

            def report(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            comparison = validate(potential, reference, folder=folder, progress=report, **options)
        print_comparison(self.console, comparison)
        return comparison

    def report(self, findings: Findings, folder: Path) -> Path:
        """Write tables, figures and the page."""
        from interpot.report.page import write_report  # matplotlib loads here

        with self.console.status("drawing figures and writing the report"):
            page = write_report(findings, folder)
        self.console.print(f"report: [bold]{page}[/]", highlight=False)
        return page


def run(experiment: Experiment, out: str | Path | None = None, session: Session | None = None) -> Result:
    """Run an experiment from reference MD to the report.

    Writes ``report.html``, ``potential.json``, ``statistics.h5``, ``potential.lepton`` (a LAMMPS include file),
    figures as PNG and PDF, tables as CSV and the MD runs.

    Parameters
    ----------
    experiment
        What to do.
    out
        Folder for the results, ``results/NAME`` by default.

    Raises
    ------
    InterpotError
        Whatever goes wrong on the way, in a sentence.
    """
    session = session or Session()
    folder = writable_folder(Path(out or Path("results") / experiment.name))
    md = writable_folder(folder / "md")
    reference = session.simulate(experiment, md)
    frames = read(reference.trajectory, units=experiment.units, dimension=experiment.start.dimension)
    found = session.discover(
        session.accumulate(frames, pair_channels(frames, experiment.cutoff, experiment.cutoffs))
    )
    _write_findings(found, folder)
    comparison = session.validate(found.best, reference, md, ensemble=experiment.dynamics.ensemble)
    findings = replace(
        _findings(experiment.title, found, session.command),
        comparison=comparison,
        truth=experiment.reference.constants,
        particles=len(experiment.start.kinds),
    )
    session.report(findings, folder)
    return Result(found, comparison, folder)


def discover_files(
    frames: Trajectory,
    out: str | Path,
    cutoff: float,
    cutoffs: Mapping[str, float] | None = None,
    find: str = "find",
    session: Session | None = None,
) -> Result:
    """Discover the potential behind a user's trajectory and write everything but a validation.

    Parameters
    ----------
    frames
        `interpot.read`.
    out
        Folder for the results.
    cutoff, cutoffs
        As `pair_channels` takes them.
    find
        As `interpot.accumulate` takes ``cutoffs``.
    """
    session = session or Session()
    folder = writable_folder(Path(out))
    found = session.discover(session.accumulate(frames, pair_channels(frames, cutoff, cutoffs), find))
    _write_findings(found, folder)
    title = "Potential of " + ", ".join(path.name for path in frames.sources)
    session.report(_findings(title, found, session.command), folder)
    return Result(found, None, folder)


def validate_files(
    potential: Potential,
    reference: Trajectory,
    out: str | Path,
    session: Session | None = None,
    **options: Any,
) -> Comparison:
    """Validate a potential against a user's trajectory and write the report of the comparison.

    Parameters
    ----------
    potential
        What was found, by whomever.
    reference
        `interpot.read`.
    out
        Folder for the results.
    options
        As `interpot.validate` takes them.
    """
    session = session or Session()
    folder = writable_folder(Path(out))
    comparison = session.validate(potential, reference, folder / "md", **options)
    names = ", ".join(path.name for path in reference.sources)
    findings = Findings(
        title=f"Validation against {names}",
        potential=potential,
        front=pd.DataFrame(),
        comparison=comparison,
        provenance=potential.provenance,
        command=session.command,
    )
    session.report(findings, folder)
    return comparison


def load_experiment(path: str | Path) -> Experiment:
    """Run an experiment script and return the `Experiment` that it calls ``experiment``.

    Raises
    ------
    InterpotError
        No such file, or it defines no experiment.
    """
    path = Path(path)
    if not path.is_file():
        raise InterpotError(
            f"no such file: '{path}': expected an experiment script such as experiments/argon.py"
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise InterpotError(f"'{path}' is not a Python script: expected one that defines 'experiment'")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    experiment = getattr(module, "experiment", None)
    if not isinstance(experiment, Experiment):
        raise InterpotError(
            f"'{path}' defines no 'experiment': expected experiment = interpot.Experiment(...)"
        )
    return experiment


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    names = ("interpot", "numpy", "scipy", "numba", "sympy")
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except importlib.metadata.PackageNotFoundError:  # run from a checkout that is not installed
            found[name] = "not installed"
    return found


def _write_findings(found: Discovery, folder: Path) -> None:
    found.best.save(folder / "potential.json")
    found.statistic.save(folder / "statistics.h5")
    export(found.best, "lammps", folder / "potential.lammps")


def _findings(title: str, found: Discovery, command: str) -> Findings:
    """Collect what the report shows, in the units of the potential."""
    return Findings(
        title=title,
        potential=found.best,
        front=found.front,
        channels=_channel_data(found),
        remarks=found.remarks,
        provenance={**found.best.provenance, "date": time.strftime("%Y-%m-%d")},
        command=command,
    )


def _channel_data(found: Discovery) -> dict[str, ChannelData]:
    units, statistic, splines = found.best.units, found.statistic, found.splines
    data = {}
    for c, (channel, basis) in enumerate(zip(statistic.channels, statistic.bases, strict=True)):
        assert isinstance(basis, LogSplines)
        counts = statistic.coverage[c].counts[::-1]  # outwards
        knots = np.arange(len(counts), -1, -1) * basis.spacing
        curve = SplineCurve(
            splines.r[c] / units.length, splines.energy[c] / units.energy, splines.slope[c] / units.force
        )
        data[channel.label] = ChannelData(basis.cutoff * np.exp(-knots) / units.length, counts, curve)
    return data
