"""The only wiring: from an experiment, or a user's trajectory, to files that a reader can use."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pandas as pd

from interpot.comparison import Comparison, ExportCheck
from interpot.errors import InterpotError
from interpot.files import results_folder, writable_file
from interpot.formula.continuation import continued
from interpot.formula.curve import CurveDiscovery
from interpot.formula.discover import Discovery, check_options
from interpot.formula.potential import Potential
from interpot.proof.export import usage
from interpot.proof.forces import evenly_spaced
from interpot.records import EnergyCurve, Experiment, Frame, Trajectory
from interpot.report.export_table import print_checks
from interpot.report.findings import Findings, findings_of
from interpot.report.target_words import motion_behind
from interpot.session import Session
from interpot.statistic.channels import Channel, asked_channels
from interpot.statistic.channels import pair_channels as channels_of_species
from interpot.statistic.merge import merge
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.weights import weighted
from interpot.trajectory import FileTrajectory, read
from interpot.trajectory.motion import Motion
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
    return _channels(_species_of(frames), cutoff, cutoffs, frames.units.length)


def channels(
    frames: Trajectory,
    cutoff: float,
    cutoffs: Mapping[str, float] | None = None,
    fields: Sequence[str] = (),
    charges: Mapping[str, float] | None = None,
) -> tuple[Channel, ...]:
    """Make all channels of a trajectory: pairs, every species with every wall, and fields.

    Parameters
    ----------
    frames
        Its walls are those that it was read with (`interpot.read`).
    cutoff
        How far functions of pairs and of the distance to a wall reach, in length units of the trajectory.
    cutoffs
        Exceptions by label: {"Ne-Xe": 8.0, "Ne-zlo": 7.0, "zlo": 6.0 (of all species), "Ne@z": 50.0}.
    fields
        "z" (of each species), "Ne@z" (of one), "charge@z" (of all charges), "r:10,10,10" (of the distance from there).
    charges
        By species, in charge units of the trajectory, for fields that act on charges.

    Raises
    ------
    InterpotError
        No particles, a cutoff that is not positive or of no channel, a field of an unknown species or without charges.
    """
    units, names = frames.units, _species_of(frames)
    return asked_channels(
        names,
        next(iter(frames)),
        cutoff * units.length,
        {label: value * units.length for label, value in (cutoffs or {}).items()},
        fields,
        {name: charge * units.charge for name, charge in (charges or {}).items()},
        units.length,
    )


def _species_of(frames: Trajectory) -> tuple[str, ...]:
    species = frames.species() if isinstance(frames, FileTrajectory) else next(iter(frames)).species
    if not species:
        raise InterpotError(f"no particles in {', '.join(map(str, frames.sources))}: expected at least two")
    return species


def _channels(
    species: tuple[str, ...], cutoff: float, cutoffs: Mapping[str, float] | None, length: float
) -> tuple[Channel, ...]:
    scaled = {label: value * length for label, value in (cutoffs or {}).items()}
    return channels_of_species(species, cutoff * length, scaled)


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
    truth = experiment.reference
    truth = truth if truth.species else replace(truth, species=tuple(sorted(start.species)))
    _asked(experiment, start)  # what is wrong with them is said before the reference is run
    check_options(**experiment.discovery)
    with results_folder(out or Path("results") / experiment.name) as folder:
        references = session.simulate(experiment, folder / "md")
        files = [reference.trajectory for reference in references]
        frames = read(*files, units=experiment.units, dimension=start.dimension, walls=experiment.walls)
        statistic = session.accumulate(frames, _asked(experiment, next(iter(frames))))
        found = session.discover(statistic, **experiment.discovery)
        session.show(found)
        findings = replace(
            findings_of(experiment.title, found, _write_findings(found, folder, session)),
            truth=experiment.reference.constants,
            particles=len(start.kinds),
        )
        try:
            comparison = session.validate(
                found.best,
                references[0],
                folder / "md",
                ensemble=experiment.dynamics.ensemble,
                temperature=experiment.dynamics.temperature,
                pressure=experiment.dynamics.pressure,
                truth=truth,
                walls=experiment.walls,
                piston=experiment.dynamics.piston,
            )
        except InterpotError as error:
            session.report(
                replace(findings, remarks=(*findings.remarks, f"validation failed: {error}")), folder
            )
            raise
        if experiment.runs > 1:
            try:
                comparison = session.repeat(comparison, found.best, experiment, references, folder / "md")
            except InterpotError as error:  # the comparison of the first runs stands
                session.terminal.note(f"the other runs are not compared: {error}")
                findings = replace(findings, remarks=(*findings.remarks, f"other runs: {error}"))
        session.report(replace(findings, comparison=comparison), folder)
        return Result(found, comparison, folder)


def _asked(experiment: Experiment, frame: Frame) -> tuple[Channel, ...]:
    """The channels of an experiment, for a frame that knows the walls."""
    units = unit_style(experiment.units)
    return asked_channels(
        frame.species,
        frame,
        experiment.cutoff * units.length,
        {label: value * units.length for label, value in experiment.cutoffs.items()},
        experiment.fields,
        {name: charge * units.charge for name, charge in experiment.charges.items()},
        units.length,
    )


def discover_files(
    frames: Trajectory,
    out: str | Path,
    cutoff: float,
    cutoffs: Mapping[str, float] | None = None,
    find: str = "find",
    session: Session | None = None,
    weights: Mapping[str, Any] | None = None,
    rows: Mapping[str, Any] | None = None,
    fields: Sequence[str] = (),
    charges: Mapping[str, float] | None = None,
    **options: Any,
) -> Result:
    """Discover the potential behind a user's trajectory and write everything but a validation.

    Parameters
    ----------
    frames
        `interpot.read`.
    out
        Folder for the results.
    cutoff, cutoffs, fields, charges
        As `channels` takes them.
    find
        As `interpot.accumulate` takes ``cutoffs``.
    session
        Where progress is shown.
    weights
        Of energies and virials, as `interpot.weighted` takes them.
    rows
        Which of them, as `interpot.accumulate` takes them: energies, virials; and motion.
    options
        As `interpot.discover` takes them.
    """
    session = session or Session()
    check_options(**options)  # what is wrong with them is said before the pass
    _note_earlier(Path(out), session)
    with results_folder(out) as folder:
        with session.terminal.listening():
            asked = channels(frames, cutoff, cutoffs, fields, charges)
        statistic = session.accumulate(frames, asked, find, **(rows or {}))
        _note_unused((rows or {}).get("motion"), statistic, session)
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
    _note_earlier(Path(out), session)
    with results_folder(out) as folder:
        with session.terminal.listening():
            statistic = weighted(merge(paths), **(weights or {}))
        return _discovered(statistic, [Path(path).name for path in paths], folder, session, options)


def _note_earlier(folder: Path, session: Session) -> None:
    """Say, while there is time to stop, that an earlier result will be replaced."""
    if (folder / "potential.json").exists():
        session.terminal.note(
            f"'{folder}' holds an earlier result, which this one replaces once it is found: to keep it, stop and name "
            "another folder with --out"
        )


def _note_unused(motion: Motion | None, statistic: Statistic, session: Session) -> None:
    """Say which options of the motion had no effect because forces were recorded."""
    if motion is None or motion_behind(statistic.provenance).target != "recorded":
        return
    names = ("timestep", "interval", "width", "substeps", "noise")
    given = [f"--{name}" for name in names if getattr(motion, name) not in (None, ())]
    if given:
        session.terminal.note(
            f"{', '.join(given)} had no effect: the forces that the files hold were taken; --target momenta or "
            "--target positions takes the motion instead"
        )


def _discovered(
    statistic: Statistic, names: Sequence[str], folder: Path, session: Session, options: Mapping[str, Any]
) -> Result:
    found = session.discover(statistic, **options)
    session.show(found)
    checks = _write_findings(found, folder, session)
    session.report(findings_of("Potential of " + ", ".join(names), found, checks), folder)
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
    _note_earlier(Path(out), session)
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
    fields: Sequence[str] = (),
    charges: Mapping[str, float] | None = None,
    **options: Any,
) -> Statistic:
    """Make the pass over a user's trajectory and write the statistic.

    Parameters
    ----------
    frames, cutoff, cutoffs, find, session, fields, charges
        As `discover_files` takes them.
    out
        File of the statistic.
    options
        As `interpot.accumulate` takes them: motion, energies, virials, resume, threads, memory, workers, scheduler.
    """
    session, path = session or Session(), writable_file(out)
    with session.terminal.listening():
        asked = channels(frames, cutoff, cutoffs, fields, charges)
    statistic = session.accumulate(frames, asked, find, out=path, **options)
    _note_unused(options.get("motion"), statistic, session)
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
    for channel in continued(potential).channels:
        if channel.core is not None:
            session.terminal.note(
                f"{channel.label} ceases to repel below the sampled range: for r < {channel.core.r:.4g} "
                f"{potential.units.length_unit} it is continued by a smooth wall, as the file states"
            )
    made = session.export(potential, target, Path(out), frames=frames, **options)
    print_checks(session.terminal.console, () if made is None else (made,))
    session.terminal.line(f"written: {out}")
    session.terminal.line(f"to use it: {usage(target, out, potential)}")
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
