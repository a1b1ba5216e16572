"""What a benchmark is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from suite.measuring import Times


class NotMeasured(Exception):  # noqa: N818, it is an answer, not a mistake
    """A row could not be measured; the message is the reason, for the table."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A figure that the issue asks for.

    Attributes
    ----------
    text
        As the table shows it.
    least, most
        Bounds of the row's ratio where it has a peer, else of its value.
    """

    text: str
    least: float = 0.0
    most: float = float("inf")


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number: the median, and the extremes of the repeats.

    Attributes
    ----------
    median, low, high
        In the unit of the row.
    """

    median: float
    low: float
    high: float

    @classmethod
    def rate(cls, work: float, times: Times) -> Figure:
        """`work` per second."""
        return cls(work / times.median, work / times.slowest, work / times.fastest)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    case
        System and setting: "liquid, 864 atoms, K = 28".
    unit
        Of `ours` and `theirs`.
    ours
        interpot; None where nothing could be measured.
    peer, theirs
        What it is compared with, and its figure, taken in turns with ours.
    wish
        What the issue asks for.
    remark
        What a reader has to know to repeat the comparison; without a figure of ours, why there is none.
    failed
        Whether that was a mistake of the suite or of interpot.
    """

    case: str
    unit: str
    ours: Figure | None
    peer: str = ""
    theirs: Figure | None = None
    wish: Wish | None = None
    remark: str = ""
    failed: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours over theirs."""
        if self.ours is None or self.theirs is None:
            return None
        return self.ours.median / self.theirs.median

    @property
    def met(self) -> bool | None:
        """Whether the wish is met; None where there is none, or nothing to judge it by."""
        if self.wish is None or self.ours is None or (self.peer and self.theirs is None):
            return None
        judged = self.ours.median if self.ratio is None else self.ratio
        return self.wish.least <= judged <= self.wish.most


@dataclass(frozen=True, slots=True)
class Setting:
    """How thoroughly to measure, and where data are kept.

    Attributes
    ----------
    repeats
        Of every timing; the median of at least five is what counts.
    quick
        Fewer frames, for trying the suite out.
    data
        Where trajectories are made once and kept.
    say
        Called with what is being done.
    """

    repeats: int
    quick: bool
    data: Path
    say: Callable[[str], None] = lambda what: None

    def frames(self, full: int) -> int:
        """How many frames to use where a full run takes `full`."""
        return max(full // 10, 1) if self.quick else full


Measure = Callable[[Setting], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One entry of `suite.table.BENCHMARKS`.

    Attributes
    ----------
    about
        What is measured, for people.
    function
        "module:function", imported on use: a peer that is missing costs only its own rows.
    """

    about: str
    function: str

    def load(self) -> Measure:
        """Import the function."""
        module, _, name = self.function.partition(":")
        measure: Measure = getattr(import_module(module), name)
        return measure
