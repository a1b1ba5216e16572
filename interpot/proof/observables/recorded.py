"""What a run recorded, and what an observable makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from interpot.comparison import Curve
from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.proof.observables.paths import Paths, follow
from interpot.records import FloatArray, Frame, Trajectory
from interpot.units import UnitStyle

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """One run, as observables see it.

    Attributes
    ----------
    frames
        Evenly spaced frames, first and last among them, for what single configurations tell; never empty.
    trajectory
        All frames, lazily, for what moves.
    thermo
        Time series in the style's units, as in `MdRun.thermo`; empty where none were recorded.
    units
        Style in which everything is reported.
    reach
        Å; how far g(r) goes.
    ensemble
        "nve", "nvt" ...; energies drift in "nve" only.
    charges
        By species, in e; empty where they are unknown.
    axes
        Along which profiles are taken (0, 1, 2); None takes the open ones.
    interval
        Time between two frames in internal units where the frames do not tell their times.
    steps
        Length of the run in steps, where known.
    chosen
        What another run chose, so that both are measured alike: the radius of a coordination number, the
        width of a histogram. Observables take it from here if it is there; see `Measured.chosen`.
    potential
        The one that was found, in both runs: its walls are what a virial pressure lacks.
    kept
        What several observables need and is made once; see `once`.
    """

    frames: Sequence[Frame]
    trajectory: Trajectory
    units: UnitStyle
    reach: float
    thermo: Mapping[str, FloatArray] = field(default_factory=dict)
    ensemble: str = "nve"
    charges: Mapping[str, float] = field(default_factory=dict)
    axes: tuple[int, ...] | None = None
    interval: float | None = None
    steps: int | None = None
    chosen: Mapping[str, float] = field(default_factory=dict)
    potential: Potential | None = None
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def first(self) -> Frame:
        """The first frame."""
        return self.frames[0]

    @property
    def particles(self) -> int:
        """How many there are."""
        return len(self.first.kinds)

    @property
    def species(self) -> list[str]:
        """Names of the species that have particles."""
        return [self.first.species[k] for k in np.unique(self.first.kinds)]

    @property
    def periodic(self) -> bool:
        """Whether every axis repeats, so that a volume, a density and g(r) exist."""
        return fills_space(self.first)

    @property
    def paths(self) -> Paths:
        """Where particles went; one walk through the trajectory, whoever asks. Raises as `follow` does."""
        return self.once("paths", lambda: follow(self.trajectory, self.charges, self.interval))

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Make what several observables need the first time it is asked for; a refusal is remembered too."""
        if name not in self.kept:
            try:
                self.kept[name] = make()
            except InterpotError as error:
                self.kept[name] = error
        kept: T | InterpotError = self.kept[name]
        if isinstance(kept, InterpotError):
            raise kept
        return kept


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """Name and units of something measured, for people.

    Attributes
    ----------
    name
        The same in every run, by which runs are compared.
    unit, x_label, x_unit
        Of value and abscissa; a number has no abscissa.
    many
        Whether the points are many and hardly depend on one another (g(r)), unlike those of a mean-square
        displacement.
    taken
        Degrees of freedom that the error of a run loses of its blocks: one to their mean, two where it is that of the
        steps between them.
    """

    name: str
    unit: str
    x_label: str = ""
    x_unit: str = ""
    many: bool = False
    taken: int = 1

    def missing(self, reason: str) -> Measured:
        """Say why it cannot be measured."""
        return Measured(self, None, 0, reason)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One quantity in one run.

    Attributes
    ----------
    quantity
        What it is.
    curve
        In the style's units, with standard errors; a number is a curve of one point. None where it cannot be
        measured; then `remark` says why.
    count
        Measurements behind it, which decide whether there is a standard error.
    remark
        What a reader has to know.
    scale
        What a deviation is small or large against where that is more than the value itself, which may vanish; in the
        quantity's unit.
    chosen
        What was chosen for this run and must be the same in another to be comparable.
    scatter : (m,) float64, or None
        Standard deviation of single measurements, above which no standard error of their mean can be, however they
        are correlated; of each point of the curve.
    bound
        Largest value that a sound run can have, whatever the reference tells.
    """

    quantity: Quantity
    curve: Curve | None
    count: int
    remark: str = ""
    scale: float = 0.0
    chosen: Mapping[str, float] = field(default_factory=dict)
    scatter: FloatArray | None = None
    bound: float = float("inf")


def fills_space(frame: Frame) -> bool:
    """Whether every axis repeats, so that a density and g(r) exist."""
    return all(frame.cell.periodic[: frame.dimension])


def thinned(frames: Sequence[Frame], count: int) -> list[Frame]:
    """Return at most `count` of the frames, evenly spaced to the nearest one, first and last included."""
    chosen = np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)
    return [frames[k] for k in chosen]


def in_style(curve: Curve, x: float, y: float) -> Curve:
    """Divide a curve in internal units by the units of its axes."""
    return Curve(curve.x / x, curve.y / y, curve.error / y)


def or_missing(
    quantities: Sequence[Quantity], measure: Callable[[], Iterator[Measured]]
) -> Iterator[Measured]:
    """Measure, or say of each quantity why that is impossible."""
    try:
        yield from list(measure())
    except InterpotError as error:
        yield from (quantity.missing(str(error)) for quantity in quantities)
