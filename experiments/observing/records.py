"""What the experiment is made of: cases, and what became of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from observing.systems import TIMESTEP

FRAMES = 600
"""Of each case, whatever its stride."""

WEAK = ("positions", "momenta")
METHODS = ("recorded", *WEAK, "difference", "smoothed")
"""Rows of interpot's targets; then what positions are usually differentiated by: the second difference of three frames
without weights on the forces, and Savitzky and Golay's filter."""

_ALL = (2.0, 10.0, 20.0, 40.0, 80.0, 160.0)
PLAN: dict[str, tuple[tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...]], ...]] = {
    "argon": (
        (("recorded",), (0.0,), (2.0, 40.0, 160.0)),
        (("positions",), (0.0,), _ALL),
        (("momenta",), (0.0,), (2.0, 10.0, 40.0, 80.0, 160.0)),
        (("positions",), (0.001, 0.01), (10.0, 40.0)),
        (("difference", "smoothed"), (0.0,), _ALL),
        (("difference", "smoothed"), (0.001,), (10.0, 40.0)),
    ),
    "argon-krypton": (
        (("recorded", "positions"), (0.0,), (2.0, 10.0, 40.0)),
        (("momenta",), (0.0,), (40.0,)),
    ),
}
"""The cases: liquid → methods; noise on each coordinate, over the least σ (standard deviation); time between two
frames, fs. Momenta and recorded forces stand for clean data."""

INTERVALS = _ALL
NOISES = tuple(sorted({noise for rows in PLAN.values() for _, noises, _ in rows for noise in noises}))


@dataclass(frozen=True, slots=True)
class Case:
    """One liquid, one stride, one noise, one way to the force.

    Attributes
    ----------
    stride
        Steps of 2 fs between two frames.
    noise
        Standard deviation over the least σ, one of `NOISES`.
    method
        One of `METHODS`.
    width
        Half-widths of the test functions, or of the filter, in frames; empty for interpot's own choice.
    substeps
        Parts of the time between two frames at whose ends forces are evaluated on the path; None for its own choice.
    """

    liquid: str
    stride: int
    noise: float
    method: str
    width: tuple[int, ...] = ()
    substeps: int | None = None

    @property
    def interval(self) -> float:
        """Time between two frames, fs."""
        return self.stride * TIMESTEP * 1e3

    @property
    def key(self) -> str:
        """Names its file."""
        asked = ("-".join(map(str, self.width)) or "own") + (f"x{self.substeps}" if self.substeps else "")
        return f"{self.liquid}.{self.interval:g}fs.{self.noise:g}.{self.method}.{asked}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What interpot chose from the data, or was told.

    Attributes
    ----------
    width
        Half-widths of the windows, in frames; empty where there are none.
    substeps
        Parts of the time between two frames.
    noise
        Standard deviation of the errors of the positions, over the least σ.
    """

    width: tuple[int, ...] = ()
    substeps: int = 1
    noise: float = 0.0

    @classmethod
    def of(cls, document: dict[str, Any]) -> Chosen:
        """From what JSON kept."""
        return cls(**{**document, "width": tuple(document["width"])})

    def __str__(self) -> str:
        """Say it: "±6 frames of 8 parts, noise 0.10 %"."""
        if not self.width:
            return ""
        said = f"±{', ±'.join(map(str, self.width))}"
        said += f", {self.substeps} parts" if self.substeps > 1 else ""
        return said + (f", noise {100 * self.noise:.3g} %" if self.noise else "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found in a case.

    Attributes
    ----------
    exact
        Whether each pair has the true form.
    forms
        What was found, by pair.
    error
        Largest relative error of a constant of the true form, NaN where the form is another.
    stderr
        Largest relative standard error that was stated.
    deviation
        Largest error of a constant in units of its own standard error.
    force_error
        Root mean square error of the formula's forces on the particles of a clean frame, over their root mean square.
    chosen
        What the weak form was made with.
    seconds
        Of pass and discovery.
    failure
        Why there is no formula.
    known
        Largest relative error of a constant where the form is taken as known.
    """

    case: Case
    exact: bool
    forms: dict[str, str]
    error: float
    stderr: float
    deviation: float
    force_error: float
    chosen: Chosen
    seconds: float
    failure: str = ""
    known: float = float("nan")

    def document(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Outcome:
        """From what JSON kept."""
        case = document["case"]
        return cls(
            **{
                **document,
                "case": Case(**{**case, "width": tuple(case["width"])}),
                "chosen": Chosen.of(document["chosen"]),
            }
        )
