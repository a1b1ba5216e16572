"""Boxes down the pages: what has a height and can be drawn, none of them cut by a page's end. Lengths are points."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

Draw = Callable[[Figure, float, float], None]
"""Called with a page, and with the left and top of a box on it, from the page's lower left corner."""


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """Something to be drawn in one piece.

    Attributes
    ----------
    height
        Points.
    draw
        Draws it.
    before
        Space above it, unless it stands at the top of a page.
    keep
        Whether the next box must be on the same page.
    head
        Drawn above it where it begins a page: the head of a table.
    floats
        Whether what follows may stand before it, where it does not fit on the page: it then heads the next.
    """

    height: float
    draw: Draw
    before: float = 0.0
    keep: bool = False
    head: Box | None = None
    floats: bool = False


Placed = tuple[Box, float]
"""A box and how far its top is below that of the page."""


def paginate(boxes: Iterable[Box], height: float) -> list[list[Placed]]:
    """Stack boxes on pages of a given height, each on the first that has room for it and those it is kept with.

    What floats keeps its order, and begins the next page where this one has no room for it.
    """
    stack = _Stack(height)
    waiting: deque[Sequence[Box]] = deque()
    for chain in _chains(boxes):
        if chain[0].floats and (waiting or not stack.holds(chain)):
            waiting.append(chain)
        else:
            if not stack.holds(chain):
                stack.turn(waiting)
            stack.put(chain)
        while waiting and stack.holds(waiting[0]):
            stack.put(waiting.popleft())
    while waiting:
        stack.turn(waiting)
    return stack.pages


class _Stack:
    """Pages that fill from their tops."""

    def __init__(self, height: float) -> None:
        self.pages: list[list[Placed]] = [[]]
        self._height, self._y = height, 0.0
        self._turned = True  # nothing but what floats stands on the page

    def holds(self, chain: Sequence[Box]) -> bool:
        """Whether the page has room for a chain; an empty one takes any."""
        whole = sum(box.before + box.height for box in self._headed(chain))
        return not self.pages[-1] or self._y + whole <= self._height

    def turn(self, waiting: deque[Sequence[Box]]) -> None:
        """Begin a page, with what waits for one, as much as there is room for."""
        if self.pages[-1]:
            self._begin()
        while waiting and self.holds(waiting[0]):
            self.put(waiting.popleft())

    def put(self, chain: Sequence[Box]) -> None:
        """Place the boxes of a chain; one that is longer than a page goes on on the next."""
        if not self.holds(chain):
            self._begin()
        for box in chain:
            if not self.holds([box]):
                self._begin()
            for part in self._headed([box]):
                self._y += part.before if self.pages[-1] else 0.0
                self.pages[-1].append((part, self._y))
                self._y += part.height
            self._turned = self._turned and chain[0].floats

    def _headed(self, chain: Sequence[Box]) -> Sequence[Box]:
        """A chain with its table's head, where the table goes on on this page."""
        return [chain[0].head, *chain] if self._turned and chain[0].head is not None else chain

    def _begin(self) -> None:
        self.pages.append([])
        self._y, self._turned = 0.0, True


def _chains(boxes: Iterable[Box]) -> Iterator[Sequence[Box]]:
    chain: list[Box] = []
    for box in boxes:
        chain.append(box)
        if not box.keep:
            yield chain
            chain = []
    if chain:
        yield chain
