"""Which data sets are drawn: l runs of m frames of n particles, with so much noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from zlib import crc32

NOISE = 0.01
"""Standard deviation of the noise on a force component, over the root mean square component."""
MEMORY = 0.5
"""Correlation time of noise that persists, ps."""


@dataclass(frozen=True, slots=True)
class Case:
    """One data set.

    Attributes
    ----------
    question
        "n", "m", "m persistent" or "l": which number is varied; "smallest" for the search of the smallest set.
    runs, frames, particles
        l, m, n.
    noise
        Over the root mean square force.
    memory
        Correlation time of the noise, ps; 0 for noise that every frame has anew.
    repeat
        Which frames of which runs, and which noise.
    """

    question: str
    runs: int
    frames: int
    particles: int
    noise: float
    memory: float
    repeat: int

    @property
    def key(self) -> str:
        """Names the case in the table of results."""
        return "/".join(map(str, astuple(self)))

    @property
    def seed(self) -> int:
        """Of its noise."""
        return crc32(self.key.encode())

    @property
    def rows(self) -> int:
        """N, the number of force components."""
        return 3 * self.runs * self.frames * self.particles


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done.

    Attributes
    ----------
    particles, frames, runs
        Values of n, m, l, each varied with the others at `fixed`, which is (l, m, n).
    drawn_from
        How many runs there are of each number of particles, of which the repeats take one after the other.
    repeats
        Data sets of each size.
    smallest, sure
        Ever smaller sets (l, m, n) in which the exact form is looked for, and how many times each.
    """

    particles: tuple[int, ...]
    frames: tuple[int, ...]
    runs: tuple[int, ...]
    fixed: tuple[int, int, int]
    drawn_from: int
    repeats: int
    smallest: tuple[tuple[int, int, int], ...]
    sure: int

    def pool(self, case: Case) -> tuple[int, int]:
        """Number of runs, and of frames of each, from which a case is drawn."""
        if case.question == "l":
            return max(self.runs), self.fixed[1]
        if case.question == "smallest":
            return self.drawn_from, max(m for _, m, _ in self.smallest)
        return self.drawn_from, max(self.frames) if case.question.startswith("m") else self.fixed[1]


_ALONE = tuple((1, 1, n) for n in (32, 16, 8, 4, 2))
_SERIES = tuple((1, m, 32) for m in (2, 8, 32))
SIZES = {
    "small": Size((4, 32, 108), (2, 8, 32), (1, 4, 16), (1, 4, 32), 4, 4, ((1, 8, 32), *_ALONE), 3),
    "paper": Size(
        (4, 16, 32, 108, 256, 500, 1372), (2, 4, 8, 16, 32, 64, 128, 256), (1, 2, 4, 8, 16, 32, 64),
        (1, 8, 108), 8, 16, (*reversed(_SERIES), *_ALONE), 40,
    ),
}  # fmt: skip


def scaling(size: Size) -> Iterator[Case]:
    """Cases in which one of n, m, l is varied."""
    l, m, n = size.fixed  # noqa: E741
    for repeat in range(size.repeats):
        for particles in size.particles:
            yield Case("n", l, m, particles, NOISE, 0.0, repeat)
        for frames in size.frames:
            yield Case("m", l, frames, n, NOISE, 0.0, repeat)
            yield Case("m persistent", l, frames, n, NOISE, MEMORY, repeat)
        for runs in size.runs:
            yield Case("l", runs, m, n, NOISE, 0.0, repeat)


def smallest(size: Size) -> Iterator[Case]:
    """Cases of ever smaller data sets, without and with noise."""
    for noise in (0.0, NOISE):
        for l, m, n in size.smallest:  # noqa: E741
            for repeat in range(size.sure):
                yield Case("smallest", l, m, n, noise, 0.0, repeat)
