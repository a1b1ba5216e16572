"""The stages of the work as a person sees them: each calls one part of the package and shows what it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from interpot.comparison import Comparison, ExportCheck
from interpot.errors import InterpotError, NotInstalledError
from interpot.formula.curve import CurveDiscovery, discover_curves
from interpot.formula.discover import Discovery, discover
from interpot.formula.one_formula import discover_shared
from interpot.formula.potential import Potential
from interpot.proof.engines import engine
from interpot.proof.export import export
from interpot.proof.repeated import repeat, with_ensembles
from interpot.proof.validate import validate
from interpot.records import EnergyCurve, Experiment, MdRun, Trajectory
from interpot.report.cells import criterion
from interpot.report.curve import print_residuals
from interpot.report.findings import Findings
from interpot.report.limits import print_limits
from interpot.report.statistic_table import print_statistic
from interpot.report.tables import (
    print_comparison,
    print_front,
    print_mixing,
    print_observables,
    print_potential,
)
from interpot.report.terminal import Terminal
from interpot.statistic.accumulate import accumulate
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Statistic
from interpot.units import unit_style


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

    def simulate(self, experiment: Experiment, folder: Path) -> tuple[MdRun, ...]:
        """Run the reference of an experiment, as often as it says, each time from other velocities.

        Raises
        ------
        InterpotError
            Several runs of a start that has velocities: they would be the same.
        """
        program, units = engine(experiment.reference.engine), unit_style(experiment.units)
        plan, start, count = experiment.dynamics, experiment.start, experiment.runs
        if count > 1 and start.velocities is not None:
            raise InterpotError(
                f"{count} runs from the same velocities are {count} times the same run: leave the velocities out of "
                "the start, so that each run draws its own"
            )
        with self.terminal.stage("reference MD", "steps") as stage:
            return tuple(
                program.run(
                    experiment.reference,
                    start,
                    replace(plan, seed=plan.seed + k),
                    units,
                    folder,
                    "reference" if count == 1 else f"reference_{k + 1}",
                    lambda done, total, k=k: stage(k * total + done, count * total),  # type: ignore[misc]
                )
                for k in range(count)
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

    def discover(
        self, statistic: Statistic, variables: Sequence[str] | None = None, **options: Any
    ) -> Discovery:
        """Find the formula; options as `interpot.discover` takes them, or, with variables, `discover_shared`."""
        origin = {"command": self.command} if self.command else {}
        with self.terminal.stage("discovery") as stage:
            options |= {"provenance": origin, "progress": stage.say, "show": stage.show}
            if variables:
                return discover_shared(statistic, variables, **options)
            return discover(statistic, **options)

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
        print_front(self.terminal.console, found.front, error=criterion(found.best), loss=found.best.loss)
        print_limits(self.terminal.console, found.honesty)
        print_mixing(self.terminal.console, found.mixing)

    def validate(
        self, potential: Potential, reference: Trajectory | MdRun, folder: Path, **options: Any
    ) -> Comparison:
        """Run the found potential and show how it compares."""
        with self.terminal.stage("validation MD", "steps") as stage:
            elsewhere = stage.then("other states")
            comparison = validate(
                potential, reference, folder=folder, progress=stage, progress_elsewhere=elsewhere, **options
            )
        print_comparison(self.terminal.console, comparison)
        return comparison

    def repeat(
        self,
        comparison: Comparison,
        potential: Potential,
        experiment: Experiment,
        references: Sequence[MdRun],
        folder: Path,
    ) -> Comparison:
        """Run the found potential from the starts of the other references, too, and show how the means compare."""
        with self.terminal.stage("further validation MD", "steps") as stage:
            others = repeat(
                potential, references[1:], experiment.dynamics, folder, walls=experiment.walls, progress=stage
            )
        found = (comparison.runs["found"], *others)
        whole = with_ensembles(
            comparison, potential, references, found, experiment.start, experiment.dynamics.ensemble
        )
        means = whole.observables[len(comparison.observables) :]
        print_observables(self.terminal.console, means, f"means over {len(found)} runs")
        return whole

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
