"""What moves the particles, and what of their motion a file holds: the options of a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf, isfinite
from typing import Any

from interpot.errors import InterpotError
from interpot.units import UnitStyle

DYNAMICS = ("newton", "langevin", "overdamped")
"""m q̈ = F; m q̈ = F - γ m q̇ + noise; ζ q̇ = F + noise."""

ENDS = {
    f"{x}{end}": (axis, inward) for axis, x in enumerate("xyz") for end, inward in (("lo", 1), ("hi", -1))
}
"""Names of walls across an axis → the axis, and the side on which the particles are."""

THERMOSTATS = ("auto", "none", "global")
"""As the data ask; none; one that scales all momenta alike, as Nosé-Hoover chains, Berendsen and Bussi do."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What is known of the motion, as far as it is needed where forces are not recorded.

    Numbers are in the unit style of the trajectory until `internal` has been called.

    Attributes
    ----------
    target
        A row of `interpot.trajectory.targets.TARGETS`, or "auto": the first row that suits the dynamics and has
        in the file what it needs.
    dynamics
        One of `DYNAMICS`.
    timestep
        δ, the step of the integrator. Its product with the step numbers of the file is the time.
    interval
        Δ, time between two recorded frames, where the file tells neither times nor steps.
    masses
        By species, where the file does not tell them and the species is no element, or they differ from the element's.
    width
        Half-widths of the test functions, in recorded frames: 1 is the hat of three frames, larger ones
        are bumps, several stand beside each other; empty for a choice from the data.
    substeps
        In how many parts the time between two frames is divided, at whose ends forces are evaluated on the path
        (`interpot.trajectory.resampling`); None for a choice from the data.
    noise
        Standard deviation of the error of each recorded coordinate; None for an estimate from the data.
    drag
        ζ per species, mass/time, of overdamped dynamics: without it forces are found up to this factor.
    hard
        Hard walls that turn particles back, by name (one of `ENDS`) with their place, None where it moves or frames
        tell it (`interpot.trajectory.hits`): where the target is weak, others are found on the data.
    thermostat
        One of `THERMOSTATS`: "global" frees weak forms of one that scales all momenta alike
        (`interpot.trajectory.targets.windows.Rescaling`), "none" does not, "auto" as the data ask.
    """

    target: str = "auto"
    dynamics: str = "newton"
    timestep: float | None = None
    interval: float | None = None
    masses: Mapping[str, float] = field(default_factory=dict)
    width: tuple[int, ...] = ()
    substeps: int | None = None
    noise: float | None = None
    drag: Mapping[str, float] = field(default_factory=dict)
    hard: Mapping[str, float | None] = field(default_factory=dict)
    thermostat: str = "auto"

    def __post_init__(self) -> None:
        if self.dynamics not in DYNAMICS:
            raise InterpotError(f"unknown dynamics '{self.dynamics}': expected one of {', '.join(DYNAMICS)}")
        if self.thermostat not in THERMOSTATS:
            known = ", ".join(THERMOSTATS)
            raise InterpotError(f"unknown thermostat '{self.thermostat}': expected one of {known}")
        for name in ("timestep", "interval"):
            value = getattr(self, name)
            if value is not None and not 0 < value < inf:
                raise InterpotError(f"the {name} is {value:g}: expected a positive time")
        for name, values in (("mass", self.masses), ("drag", self.drag)):
            for species, value in values.items():
                if not 0 < value < inf:
                    raise InterpotError(f"the {name} of {species} is {value:g}: expected a positive number")
        for name, place in self.hard.items():
            if name not in ENDS:
                raise InterpotError(f"unknown hard wall '{name}': expected one of {', '.join(ENDS)}")
            if place is not None and not isfinite(place):
                raise InterpotError(
                    f"the place of the hard wall {name} is {place:g}: expected a finite number"
                )
        if any(width < 1 for width in self.width):
            raise InterpotError(f"a width of {min(self.width)} frames was given: expected 1 or more")
        if self.substeps is not None and self.substeps < 1:
            raise InterpotError(f"{self.substeps} substeps were given: expected 1 or more")
        if self.noise is not None and not 0 <= self.noise < inf:
            raise InterpotError(f"a noise of {self.noise:g} was given: expected a length, or 0 for none")

    def internal(self, units: UnitStyle) -> Motion:
        """The same in internal units."""

        def times(value: float | None) -> float | None:
            return None if value is None else value * units.time

        return replace(
            self,
            timestep=times(self.timestep),
            interval=times(self.interval),
            masses={name: mass * units.mass for name, mass in self.masses.items()},
            noise=None if self.noise is None else self.noise * units.length,
            drag={name: drag * units.mass / units.time for name, drag in self.drag.items()},
            hard={name: None if place is None else place * units.length for name, place in self.hard.items()},
        )

    def written(self) -> str | dict[str, Any]:
        """As JSON holds it: one word where the target is all, else what is known, without what is not."""
        asked = {
            "target": self.target,
            "dynamics": None if self.dynamics == "newton" else self.dynamics,
            "timestep": self.timestep,
            "interval": self.interval,
            "masses": dict(self.masses) or None,
            "width": list(self.width) or None,
            "substeps": None if self.substeps == 1 else self.substeps,
            "noise": self.noise,
            "drag": dict(self.drag) or None,
            "hard": dict(self.hard) or None,
            "thermostat": self.thermostat if self.thermostat == "global" else None,
        }
        told = {name: value for name, value in asked.items() if value is not None}
        return self.target if len(told) == 1 else told


RECORDED = Motion("recorded")
"""Forces as the file holds them: nothing else need be known."""


def motion_of(written: str | Mapping[str, Any]) -> Motion:
    """The motion that `Motion.written` wrote."""
    if isinstance(written, str):
        return Motion(written)
    unknown = sorted(set(written) - {field.name for field in fields(Motion)})
    if unknown:
        raise InterpotError(
            f"what stood for the force is told with '{unknown[0]}', which this version of interpot does not know: "
            "the file is of a later one"
        )
    return Motion(**{**written, "width": tuple(written.get("width", ()))})
