"""The options that say what stands for the force, and how the particles move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from interpot.errors import InterpotError
from interpot.trajectory.motion import DYNAMICS, Motion
from interpot.trajectory.selection import parse_species
from interpot.trajectory.targets import TARGETS


@dataclass(frozen=True, slots=True)
class MotionOptions:
    """What stands for the force, and how the particles move."""

    target: Annotated[
        str,
        typer.Option(
            "--target",
            metavar="NAME",
            help=f"What stands for the force: auto takes what the file holds, forces first; or {', '.join(TARGETS)}",
        ),
    ] = "auto"
    dynamics: Annotated[
        str, typer.Option("--dynamics", metavar="NAME", help=f"How the particles move: {', '.join(DYNAMICS)}")
    ] = "newton"
    timestep: Annotated[
        float | None,
        typer.Option(
            "--timestep",
            metavar="TIME",
            help="Of the integrator, in the unit style's unit; times the file's step numbers it is the time, whatever "
            "times the file holds",
        ),
    ] = None
    interval: Annotated[
        float | None,
        typer.Option(
            "--interval", metavar="TIME", help="Between recorded frames of the file, whatever times it holds"
        ),
    ] = None
    masses: Annotated[
        str | None,
        typer.Option(
            "--masses", metavar="A=M,...", help="Of the species, where neither file nor element tells"
        ),
    ] = None
    width: Annotated[
        str | None,
        typer.Option(
            "--width",
            metavar="N,...",
            help="Half-widths of the windows of a weak form, in frames: 1 is three frames; chosen unless given",
        ),
    ] = None
    substeps: Annotated[
        int | None,
        typer.Option(
            "--substeps",
            metavar="N",
            help="In how many parts a weak form divides the time between frames; chosen from the data unless given",
            min=1,
        ),
    ] = None
    noise: Annotated[
        float | None,
        typer.Option(
            "--noise",
            metavar="LENGTH",
            help="Standard deviation of the errors of the positions; estimated from the data unless given, 0 for none",
        ),
    ] = None
    drag: Annotated[
        str | None,
        typer.Option("--drag", metavar="A=Z,...", help="Of the species in overdamped dynamics, mass/time"),
    ] = None
    thermostat: Annotated[
        str,
        typer.Option(
            "--thermostat",
            metavar="NAME",
            help="Of the run, for weak forms: global (it scales all momenta alike: Nosé-Hoover, Berendsen, v-rescale; "
            "isotropic barostats too), none, or auto, which looks at the data",
        ),
    ] = "auto"

    def asked(self) -> Motion:
        """Put the options together."""
        return Motion(
            self.target,
            self.dynamics,
            self.timestep,
            self.interval,
            _numbers(self.masses, "--masses", "Ar=39.95"),
            _widths(self.width),
            self.substeps,
            self.noise,
            _numbers(self.drag, "--drag", "A=1.5"),
            thermostat=self.thermostat,
        )


def _numbers(text: str | None, option: str, example: str) -> dict[str, float]:
    """Read numbers by species."""
    if text is None:
        return {}
    try:
        return {name: float(value) for name, value in parse_species(text).items()}
    except ValueError:
        raise InterpotError(
            f"{option} {text}: expected a number for each species, such as {example}"
        ) from None


def _widths(text: str | None) -> tuple[int, ...]:
    """Read ``--width 4,8``."""
    if text is None:
        return ()
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError:
        raise InterpotError(
            f"--width {text}: expected whole numbers of frames, such as 8 or 4,8,16"
        ) from None
