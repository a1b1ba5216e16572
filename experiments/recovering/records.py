"""What the benchmark is made of: published potentials, cases, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

NOISES = (0.0, 0.001, 0.01, 0.1)
"""Standard deviation of the noise on each force component, over the root mean square component."""

FRAMES = (10, 100, 1000)
"""Evenly spaced over the same run."""

DENSITIES = ("dilute", "dense")


@dataclass(frozen=True, slots=True)
class Truth:
    """The closed form of one channel, as published.

    Attributes
    ----------
    form
        The field's name for it; empty where it has none.
    formula
        φ(r) in the names of its constants, sympy's notation; whole exponents belong to the form, real ones are
        constants.
    constants
        In the units of the style.
    """

    form: str
    formula: str
    constants: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StatePoint:
    """Where the reference runs.

    Attributes
    ----------
    temperature
        Temperature units of the style.
    density
        Particles per length³ (length² in two dimensions) of the style.
    """

    temperature: float
    density: float


@dataclass(frozen=True, slots=True)
class Published:
    """A published potential: numbers are in the units of the style.

    Attributes
    ----------
    name
        Short, names files.
    kind
        The kind of form, for summaries: "Mie", "screened Coulomb" ...
    reference
        Author, journal, volume, page, year.
    units
        LAMMPS's style.
    masses
        Species → mass; types count in this order, which is sorted.
    commands
        LAMMPS's own words.
    cutoffs
        By channel; where the force ends.
    truth
        By channel, "A-A", "A-B" ...
    dilute, dense
        State points.
    timestep
        Of the run.
    counts
        How many of each species among as many in turn: (4, 1) is 80 % of the first.
    dimension
        2 or 3.
    remark
        What a reader has to know.
    """

    name: str
    kind: str
    reference: str
    units: str
    masses: Mapping[str, float]
    commands: tuple[str, ...]
    cutoffs: Mapping[str, float]
    truth: Mapping[str, Truth]
    dilute: StatePoint
    dense: StatePoint
    timestep: float
    counts: tuple[int, ...] = (1,)
    dimension: int = 3
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One question put to discovery."""

    potential: str
    density: str
    noise: float
    frames: int

    @property
    def key(self) -> str:
        """Names its file."""
        return f"{self.potential}.{self.density}.{self.noise:g}.{self.frames}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the oracle says of a case.

    Attributes
    ----------
    margin
        Least excess of a rival's expected BIC over the truth's, over all channels.
    margin_apart
        The same over rivals that do not hold the truth as a special case.
    rival
        Form of the closest rival.
    resolution
        Least |constant| over its standard error, over all channels.
    reached
        Whether the search returned the truth among its forms, in every channel, on the data of the case.
    reached_clean
        The same without the noise; False marks a truth that the library does not hold, or that the search misses.
    """

    margin: float
    margin_apart: float
    rival: str
    resolution: float
    reached: bool
    reached_clean: bool

    @property
    def identifiable(self) -> bool:
        """Whether the form can be asked for."""
        return self.margin >= DECISIVE and self.resolution >= RESOLVED

    @property
    def identifiable_apart(self) -> bool:
        """The same without rivals of which the truth is a special case."""
        return self.margin_apart >= DECISIVE and self.resolution >= RESOLVED


DECISIVE = 10.0
"""In BIC."""
RESOLVED = 4.0
"""Standard errors between a constant and zero."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a method made of a case.

    Attributes
    ----------
    method
        Whose.
    exact
        Whether the chosen formula has the structure of the truth in every channel, and its name.
    in_set
        Whether the truth's structure is among the reported formulas in every channel; None where nothing is reported.
    error
        Largest relative error of a constant; NaN unless `exact`.
    false_terms, missed_terms
        Of the chosen formulas, all channels together.
    size
        Of the largest reported set of a channel, the chosen formula included.
    seconds
        Of discovery alone: processor time of its one thread, which other work on the machine does not lengthen.
    forms
        Names of what was chosen, by channel.
    force_error
        Of the chosen formula against the noise-free truth: ‖F_model - F‖/‖F‖ where it was computed.
    failure
        Why there is no result.
    """

    method: str
    exact: bool
    in_set: bool | None
    error: float
    false_terms: int
    missed_terms: int
    size: int
    seconds: float
    forms: Mapping[str, str]
    force_error: float = float("nan")
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case with all that became of it: what its file keeps."""

    case: Case
    verdict: Verdict
    found: tuple[Found, ...]
    about: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON writes it."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Outcome:
        """Read what `document` wrote."""
        return cls(
            Case(**document["case"]),
            Verdict(**document["verdict"]),
            tuple(Found(**f) for f in document["found"]),
            document["about"],
        )
