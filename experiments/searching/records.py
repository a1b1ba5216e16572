"""What the experiment is made of: published forms, cases, answers and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

NOISES = (0.0, 0.01)
"""Standard deviation of the noise on each force component, over the root mean square component."""

SECONDS = 60.0
"""Of a search, on two cores."""


@dataclass(frozen=True, slots=True)
class Published:
    """A closed form from the literature that is no sum of the library's terms.

    Attributes
    ----------
    name
        Short, names files.
    formula
        φ(r) in the names of its constants, sympy's notation; whole and rational numbers belong to the form.
    constants
        eV and Å; none can be given in terms of the others.
    reference
        Author, journal, volume, page, year.
    length
        Å: of the well, or of the core where there is none; sets the density, and the cutoff with `reach`.
    energy
        eV: depth of the well, or what particles that meet have to spare; sets the temperature.
    reach
        Cutoff over `length`; the force ends there as it is.
    heat
        k_B T over `energy`.
    crowd
        Particles per `length`³.
    blind
        Added when the searches had been settled (`searching.blind_forms`).
    remark
        What a reader has to know.
    """

    name: str
    formula: str
    constants: Mapping[str, float]
    reference: str
    length: float
    energy: float
    reach: float = 2.6
    heat: float = 1.3
    crowd: float = 0.6
    blind: bool = False
    remark: str = ""

    @property
    def cutoff(self) -> float:
        """Where the force ends, Å."""
        return self.reach * self.length


@dataclass(frozen=True, slots=True)
class Case:
    """One form, one noise, one method."""

    form: str
    noise: float
    method: str

    @property
    def key(self) -> str:
        """Names its file."""
        return f"{self.form}.{self.noise:g}.{self.method.replace(' ', '-')}"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that a method gives.

    Attributes
    ----------
    text
        In r, with numbers, as `interpot.formula.expression.print_expression` writes it.
    constants
        How many of its numbers were fitted.
    """

    text: str
    constants: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method makes of the data of a case.

    Attributes
    ----------
    chosen
        The formula that it would publish; None if it has none.
    front
        All that it would show.
    seconds
        Wall-clock time, all told.
    search
        Of these, in the search itself.
    failure
        Why there is no formula.
    """

    chosen: Formula | None
    front: tuple[Formula, ...]
    seconds: float
    search: float
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a formula is worth.

    Attributes
    ----------
    exact
        Whether it is the true form.
    good
        Whether its forces are as near the truth as was wished for, at no greater complexity.
    error
        Relative force error against the truth without noise.
    complexity, constants
        Of the formula.
    """

    exact: bool
    good: bool
    error: float
    complexity: int
    constants: int

    @property
    def reached(self) -> bool:
        """What was wished for."""
        return self.exact or self.good


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case, its answer, and the judgement.

    Attributes
    ----------
    own
        Relative force error of the true form, its constants fitted to the same data.
    complexity, constants
        Of the truth.
    chosen
        Judgement of the chosen formula.
    front
        Best judgement of any formula that the method shows.
    about
        Versions, rows, sampled distances, seconds of the processor: few, where other programs shared the machine.
    """

    case: Case
    answer: Answer
    own: float
    complexity: int
    constants: int
    chosen: Judgement | None
    front: Judgement | None
    about: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Outcome:
        """From what JSON kept."""
        answer = document["answer"]
        formulas = tuple(Formula(**f) for f in answer["front"])
        chosen = answer["chosen"] and Formula(**answer["chosen"])
        judged = {k: document[k] and Judgement(**document[k]) for k in ("chosen", "front")}
        return cls(
            **{
                **document,
                **judged,
                "case": Case(**document["case"]),
                "answer": Answer(**{**answer, "front": formulas, "chosen": chosen}),
            }
        )
