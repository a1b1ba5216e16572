"""How wide the columns of a table are, on a page and in a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def shared(natural: Sequence[float], least: Sequence[float], room: float) -> list[float]:
    """Equal shares of the room; who needs less leaves the rest to the others, who needs more at least gets that."""
    low, high = 0.0, room
    for _ in range(60):  # the share with which the widths fill the room
        share = (low + high) / 2
        widths = [max(a, min(n, share)) for a, n in zip(least, natural, strict=True)]
        low, high = (share, high) if sum(widths) < room else (low, share)
    return [max(a, min(n, low)) for a, n in zip(least, natural, strict=True)]
