"""The only wiring: from an experiment, or a user's trajectory, to files that a reader can use."""

from __future__ import annotations

import runpy
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from interpot.errors import InterpotError, NotInstalledError
from interpot.files import writable_file, writable_folder
from interpot.formula.curve import CurveDiscovery, discover_curves
from interpot.formula.discover import Discovery, check_options, discover
from interpot.formula.potential import Potential
from interpot.proof.engines import engine
from interpot.proof.export import export
from interpot.proof.forces import evenly_spaced
from interpot.proof.validate import validate
from interpot.records import Comparison, EnergyCurve, Experiment, ExportCheck, MdRun, Trajectory
from interpot.report.curve import print_residuals
from interpot.report.export_table import print_checks
from interpot.report.findings import ChannelData, Findings, SplineCurve
from interpot.report.limits import print_limits
from interpot.report.statistic_table import print_statistic
from interpot.report.tables import print_comparison, print_front, print_mixing, print_potential
from interpot.report.terminal import Terminal
from interpot.statistic.accumulate import accumulate
from interpot.statistic.basis import LogSplines
from interpot.statistic.channels import Channel
from interpot.statistic.channels import pair_channels as channels_of_species
from interpot.statistic.merge import merge
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.weights import weighted
from interpot.trajectory import FileTrajectory, read
from interpot.units import unit_style

_EXPORT_FRAMES = 10  # of a trajectory, on which an export is checked


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
        The first frame of each of its files names the species, and so does the user (`interpot.read`); of a
        trajectory that is not made of files, the first frame.
    cutoff
        How far the pair functions reach, in length units of the trajectory.
    cutoffs
        Exceptions: {"Ne-Xe": 8.0}.

    Raises
    ------
    InterpotError
        No particles, a cutoff that is not positive, or a species that the trajectory does not have.
    """
    species = frames.species() if isinstance(frames, FileTrajectory) else next(iter(frames)).species
    if not species:
        raise InterpotError(f"no particles in {', '.join(map(str, frames.sources))}: expected at least two")
    return _channels(species, cutoff, cutoffs, frames.units.length)


def _channels(
    species: tuple[str, ...], cutoff: float, cutoffs: Mapping[str, float] | None, length: float
) -> tuple[Channel, ...]:
    scaled = {label: value * length for label, value in (cutoffs or {}).items()}
    return channels_of_species(species, cutoff * length, scaled)


class Session:
    """The stages of the work, shown while they go on.

    Parameters
    ----------
    terminal
        Where progress, remarks and tables go.
    command
        That started the work, for provenance; empty in Python.
    """

    def __init__(self, terminal: Terminal | None = None, command: str = "") -> None:
        self.terminal = terminal or Terminal()
        self.command = command

    def simulate(self, experiment: Experiment, folder: Path) -> MdRun:
        """Run the reference of an experiment."""
        program = engine(experiment.reference.engine)
        units = unit_style(experiment.units)
        with self.terminal.stage("reference MD", "steps") as stage:
            return program.run(
                experiment.reference,
                experiment.start,
                experiment.dynamics,
                units,
                folder,
                "reference",
                stage,
            )

    def accumulate(
        self, frames: Trajectory, channels: tuple[Channel, ...], cutoffs: str = "find", **options: Any
    ) -> Statistic:
        """Make the pass over the data; options as `interpot.accumulate` takes them."""
        with self.terminal.stage("accumulation", "frames") as stage:
            return accumulate(frames, channels, cutoffs=cutoffs, progress=stage, **options)

    def summarise(self, statistic: Statistic, path: Path) -> None:
        """Show what a statistic holds, and remarks that were not shown when they came up."""
        for remark in statistic.provenance.get("remarks", []):
            self.terminal.note(remark)
        print_statistic(self.terminal.console, statistic)
        self.terminal.line(f"statistic: {path} ({path.stat().st_size / 1e6:.3g} MB)")

    def discover(self, statistic: Statistic, **options: Any) -> Discovery:
        """Find the formula; options as `interpot.discover` takes them."""
        origin = {"command": self.command} if self.command else {}
        with self.terminal.stage("discovery") as stage:
            return discover(statistic, provenance=origin, progress=stage.say, **options)

    def discover_curves(self, curves: Sequence[EnergyCurve], **options: Any) -> CurveDiscovery:
        """Find the formulas of tables of energies and show them."""
        origin = {"command": self.command} if self.command else {}
        with self.terminal.stage("discovery") as stage:
            found = discover_curves(curves, provenance=origin, progress=stage.say, **options)
        for remark in found.remarks:
            self.terminal.note(remark)
        print_potential(self.terminal.console, found.best)
        print_residuals(self.terminal.console, found.points, found.best.units)
        print_front(self.terminal.console, found.front, error=found.best.loss.name)
        return found

    def show(self, found: Discovery) -> None:
        """Show what was found, and remarks that were not shown when they came up."""
        for remark in found.remarks:
            self.terminal.note(remark)
        print_potential(self.terminal.console, found.best)
        print_front(self.terminal.console, found.front)
        print_limits(self.terminal.console, found.honesty)
        print_mixing(self.terminal.console, found.mixing)

    def validate(
        self, potential: Potential, reference: Trajectory | MdRun, folder: Path, **options: Any
    ) -> Comparison:
        """Run the found potential and show how it compares."""
        with self.terminal.stage("validation MD", "steps") as stage:
            comparison = validate(potential, reference, folder=folder, progress=stage, **options)
        print_comparison(self.terminal.console, comparison)
        return comparison

    def export(self, potential: Potential, target: str, path: Path, **options: Any) -> ExportCheck | None:
        """Write a potential for another program, checked by that program; options as `interpot.export` takes them."""
        with self.terminal.stage("export") as stage:
            stage.say(f"{target}: written, then evaluated")
            return export(potential, target, path, **options)

    def export_if_there(self, potential: Potential, target: str, path: Path) -> tuple[ExportCheck, ...]:
        """Do the same, but without the check where the program is not installed, and say so."""
        try:
            made = self.export(potential, target, path)
        except NotInstalledError as error:
            made = self.export(potential, target, path, checked=False)
            self.terminal.note(f"{path.name} is not checked: {error}")
        return () if made is None else (made,)

    def report(self, findings: Findings, folder: Path) -> Path:
        """Write tables, figures and the page."""
        from interpot.report.page import write_report  # matplotlib loads here

        with self.terminal.stage("report") as stage:
            stage.say("drawing figures")
            page = write_report(replace(findings, command=self.command), folder)
        self.terminal.line(f"written: {page}")
        return page


def run(experiment: Experiment, out: str | Path | None = None, session: Session | None = None) -> Result:
    """Run an experiment from reference MD to the report.

    Writes ``report.html``, ``potential.json``, ``statistics.h5``, ``potential.lammps`` (an include file), figures as
    PNG and PDF, tables as CSV and, in ``md``, the MD runs. Where the validation run fails, the report says so.

    Parameters
    ----------
    experiment
        What to do.
    out
        Folder for the results, ``results/NAME`` by default.
    session
        Where progress is shown.

    Raises
    ------
    InterpotError
        Whatever goes wrong on the way, in a sentence.
    """
    session, start = session or Session(), experiment.start
    length = unit_style(experiment.units).length
    channels = _channels(start.species, experiment.cutoff, experiment.cutoffs, length)
    with results_folder(out or Path("results") / experiment.name) as folder:
        reference = session.simulate(experiment, folder / "md")
        frames = read(reference.trajectory, units=experiment.units, dimension=start.dimension)
        found = session.discover(session.accumulate(frames, channels))
        session.show(found)
        findings = replace(
            _findings(experiment.title, found, _write_findings(found, folder, session)),
            truth=experiment.reference.constants,
            particles=len(start.kinds),
        )
        try:
            comparison = session.validate(
                found.best,
                reference,
                folder / "md",
                ensemble=experiment.dynamics.ensemble,
                temperature=experiment.dynamics.temperature,
                pressure=experiment.dynamics.pressure,
                truth=experiment.reference,
            )
        except InterpotError as error:
            session.report(
                replace(findings, remarks=(*findings.remarks, f"validation failed: {error}")), folder
            )
            raise
        session.report(replace(findings, comparison=comparison), folder)
        return Result(found, comparison, folder)


def discover_files(
    frames: Trajectory,
    out: str | Path,
    cutoff: float,
    cutoffs: Mapping[str, float] | None = None,
    find: str = "find",
    session: Session | None = None,
    weights: Mapping[str, Any] | None = None,
    rows: Mapping[str, Any] | None = None,
    **options: Any,
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
    session
        Where progress is shown.
    weights
        Of energies and virials, as `interpot.weighted` takes them.
    rows
        Which of them, as `interpot.accumulate` takes them: energies, virials.
    options
        As `interpot.discover` takes them.
    """
    session = session or Session()
    check_options(**options)  # what is wrong with them is said before the pass
    with results_folder(out) as folder:
        with session.terminal.listening():
            channels = pair_channels(frames, cutoff, cutoffs)
        statistic = session.accumulate(frames, channels, find, **(rows or {}))
        statistic = weighted(statistic, **(weights or {}))
        return _discovered(statistic, [path.name for path in frames.sources], folder, session, options)


def discover_statistics(
    paths: Sequence[str | Path],
    out: str | Path,
    session: Session | None = None,
    weights: Mapping[str, Any] | None = None,
    **options: Any,
) -> Result:
    """Discover the potential behind statistics, of which several count as one; see `discover_files`."""
    session = session or Session()
    check_options(**options)
    with results_folder(out) as folder:
        with session.terminal.listening():
            statistic = weighted(merge(paths), **(weights or {}))
        return _discovered(statistic, [Path(path).name for path in paths], folder, session, options)


def _discovered(
    statistic: Statistic, names: Sequence[str], folder: Path, session: Session, options: Mapping[str, Any]
) -> Result:
    found = session.discover(statistic, **options)
    session.show(found)
    checks = _write_findings(found, folder, session)
    session.report(_findings("Potential of " + ", ".join(names), found, checks), folder)
    return Result(found, None, folder)


def discover_table(
    curves: Sequence[EnergyCurve], out: str | Path, session: Session | None = None, **options: Any
) -> CurveDiscovery:
    """Discover the formulas behind tables of energies and write everything but a validation.

    Parameters
    ----------
    curves
        `interpot.read_curves`.
    out
        Folder for the results.
    session
        Where progress is shown.
    options
        As `interpot.discover_curves` takes them.
    """
    session = session or Session()
    with results_folder(out) as folder:
        found = session.discover_curves(curves, **options)
        found.best.save(folder / "potential.json")
        checks = _export_complete(found.best, folder, session)
        findings = Findings(
            title="Potential of " + ", ".join(dict.fromkeys(Path(c.source).name for c in curves)),
            potential=found.best,
            front=found.front,
            points=found.points,
            exports=checks,
            remarks=found.remarks,
            provenance={**found.best.provenance, "date": time.strftime("%Y-%m-%d")},
        )
        session.report(findings, folder)
        return found


def accumulate_files(
    frames: Trajectory,
    out: str | Path,
    cutoff: float,
    cutoffs: Mapping[str, float] | None = None,
    find: str = "find",
    session: Session | None = None,
    **options: Any,
) -> Statistic:
    """Make the pass over a user's trajectory and write the statistic.

    Parameters
    ----------
    frames, cutoff, cutoffs, find, session
        As `discover_files` takes them.
    out
        File of the statistic.
    options
        As `interpot.accumulate` takes them: energies, virials, resume, threads, memory, workers, scheduler.
    """
    session, path = session or Session(), writable_file(out)
    with session.terminal.listening():
        channels = pair_channels(frames, cutoff, cutoffs)
    statistic = session.accumulate(frames, channels, find, out=path, **options)
    session.summarise(statistic, path)
    return statistic


def merge_files(paths: Sequence[str | Path], out: str | Path, session: Session | None = None) -> Statistic:
    """Put statistics together and write the result."""
    session, path = session or Session(), writable_file(out)
    if path.exists():
        raise InterpotError(f"'{path}' is there already: name another output, or delete it")
    with session.terminal.listening():
        statistic = merge(paths)
    statistic.save(path)
    session.summarise(statistic, path)
    return statistic


def export_file(
    potential: Potential,
    target: str,
    out: str | Path,
    session: Session | None = None,
    on: Trajectory | None = None,
    **options: Any,
) -> ExportCheck | None:
    """Write a potential for another program and show how far this is from the original.

    Parameters
    ----------
    potential, target, out
        As `interpot.export` takes them.
    session
        Where it is shown.
    on
        Frames to be evaluated, too, up to ten of them.
    options
        As `interpot.export` takes them: units, checked.
    """
    session = session or Session()
    frames = () if on is None else evenly_spaced(on, _EXPORT_FRAMES)
    made = session.export(potential, target, Path(out), frames=frames, **options)
    print_checks(session.terminal.console, () if made is None else (made,))
    session.terminal.line(f"written: {out}")
    return made


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
        Folder for the results; the run is kept in ``md``.
    session
        Where progress is shown.
    options
        As `interpot.validate` takes them.
    """
    session = session or Session()
    with results_folder(out) as folder:
        comparison = session.validate(potential, reference, folder / "md", **options)
        names = ", ".join(path.name for path in reference.sources)
        findings = Findings(
            title=f"Validation against {names}",
            potential=potential,
            front=pd.DataFrame(),
            comparison=comparison,
            remarks=tuple(getattr(reference, "remarks", ())),
            provenance=potential.provenance,
        )
        session.report(findings, folder)
        return comparison


@contextmanager
def results_folder(path: str | Path) -> Iterator[Path]:
    """Make a folder for results before the work starts; without results it is taken away again.

    Raises
    ------
    InterpotError
        It cannot be made or written to.
    """
    folder = Path(path)
    new = [part for part in (folder, *folder.parents) if not part.exists()]
    writable_folder(folder)
    try:
        yield folder
    finally:
        with suppress(OSError):  # the first that is not empty stays, and all above it
            for part in new:
                part.rmdir()


def load_experiment(path: str | Path) -> Experiment:
    """Run an experiment script and return the `Experiment` that it calls ``experiment``.

    Raises
    ------
    InterpotError
        No such file, it defines no experiment, or it fails; the sentence then holds its line.
    """
    if not Path(path).is_file():
        raise InterpotError(f"no such file: '{path}': name an experiment script such as experiments/argon.py")
    try:
        names = runpy.run_path(str(path), run_name="experiment")
    except Exception as error:  # whatever a script may raise
        raise InterpotError(_script_failure(path, error)) from error
    except SystemExit as error:
        raise InterpotError(f"'{path}' ends itself: take the call of exit out of it") from error
    experiment = names.get("experiment")
    if not isinstance(experiment, Experiment):
        what = "nothing" if experiment is None else f"a {type(experiment).__name__}"
        raise InterpotError(
            f"'{path}' defines {what} as 'experiment': expected experiment = interpot.Experiment(...)"
        )
    return experiment


def _script_failure(path: str | Path, error: Exception) -> str:
    """Say where in a script an exception comes from, and what it is."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    if isinstance(error, InterpotError):
        what = str(error)
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"line {error.lineno} of '{path}' is not Python ({error.msg}): mend it, or name another script"
    calls = [c for c in traceback.extract_tb(error.__traceback__) if c.filename == str(path)]
    if not calls:
        return f"'{path}' is not a Python script ({what}): expected one that defines 'experiment'"
    return f"line {calls[-1].lineno} of '{path}' ({calls[-1].line}) fails: {what}"


def _write_findings(found: Discovery, folder: Path, session: Session) -> tuple[ExportCheck, ...]:
    found.best.save(folder / "potential.json")
    found.statistic.save(folder / "statistics.h5")
    return _export_complete(found.best, folder, session)


def _export_complete(potential: Potential, folder: Path, session: Session) -> tuple[ExportCheck, ...]:
    """Write the LAMMPS file of a potential that has all pairs of its species; some have not."""
    species, known = potential.species, {channel.species for channel in potential.channels}
    missing = [f"{a}-{b}" for a, b in combinations_with_replacement(species, 2) if (a, b) not in known]
    if missing:
        session.terminal.note(f"no potential.lammps is written: there is no formula for {', '.join(missing)}")
        return ()
    checks = session.export_if_there(potential, "lammps", folder / "potential.lammps")
    print_checks(session.terminal.console, checks)
    return checks


def _findings(title: str, found: Discovery, checks: tuple[ExportCheck, ...]) -> Findings:
    """Collect what the report shows, in the units of the potential."""
    return Findings(
        title=title,
        potential=found.best,
        front=found.front,
        channels=_channel_data(found),
        mixing=found.mixing,
        exports=checks,
        remarks=found.remarks,
        honesty=found.honesty,
        provenance={**found.best.provenance, "date": time.strftime("%Y-%m-%d")},
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
