"""Boxes down the pages: what has a height and can be drawn, none of them cut by a page's end. Lengths are points."""

from __future__ import annotations

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
    """

    height: float
    draw: Draw
    before: float = 0.0
    keep: bool = False
    head: Box | None = None


Placed = tuple[Box, float]
"""A box and how far its top is below that of the page."""


def paginate(boxes: Iterable[Box], height: float) -> list[list[Placed]]:
    """Stack boxes on pages of a given height, each on the first that has room for it and those it is kept with."""
    pages: list[list[Placed]] = [[]]
    y = 0.0
    for chain in _chains(boxes):
        if pages[-1] and y + sum(box.before + box.height for box in chain) > height:
            pages.append([])
            y = 0.0
        for box in chain:
            if pages[-1] and y + box.before + box.height > height:  # a chain longer than a page
                pages.append([])
                y = 0.0
            stack = [box] if pages[-1] or box.head is None else [box.head, box]
            for part in stack:
                y += part.before if pages[-1] else 0.0
                pages[-1].append((part, y))
                y += part.height
    return pages


def _chains(boxes: Iterable[Box]) -> Iterator[Sequence[Box]]:
    chain: list[Box] = []
    for box in boxes:
        chain.append(box)
        if not box.keep:
            yield chain
            chain = []
    if chain:
        yield chain
