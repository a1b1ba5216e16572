"""Frames that two statistics share: what their provenance tells of files and frame ranges."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd, inf
from pathlib import Path
from typing import Any, NamedTuple

Part = Mapping[str, Any]
"""What one pass read, as JSON holds it: "sources" (path and, where known, size and mtime_ns of each file) and, where
known, "range" (start, stop, step over all files), "frames", the number taken, and "exact", whether none of the range
was left out."""


class Overlap(NamedTuple):
    """Frames that two parts share.

    Attributes
    ----------
    file
        That both have read.
    one, two
        Which frames each has taken, in words; empty where that is not known.
    certain
        False where the provenance does not tell whether frames are in both.
    """

    file: str
    one: str
    two: str
    certain: bool


def parts_of(provenance: Mapping[str, Any]) -> list[Part]:
    """What a statistic was made of, one part for each pass."""
    if "parts" in provenance:
        return list(provenance["parts"])
    recipe, frames = provenance.get("recipe", {}), provenance.get("frames")
    if "frames" in recipe and frames is not None:
        exact = provenance.get("target") == "recorded"  # windows may leave out frames at their ends
        return [
            {"sources": recipe["sources"], "range": recipe["frames"], "frames": int(frames), "exact": exact}
        ]
    return [{"sources": [{"path": path} for path in provenance.get("sources", [])]}]


def joined_parts(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a sum, for its provenance; nothing where neither of the two knows its frames."""
    parts = [*parts_of(one), *parts_of(two)]
    return {"parts": parts} if any("range" in part for part in parts) else {}


def overlap(one: Part, two: Part) -> Overlap | None:
    """Find out whether two parts share frames; None where they share none.

    Frames are numbered over all files of a part, so that numbers of the two mean the same where the files of one are
    the first of the other.
    """
    files = [a["path"] for a in one["sources"] if any(_same(a, b) is not False for b in two["sources"])]
    if not files:
        return None
    if "range" not in one or "range" not in two:
        return Overlap(files[0], "", "", certain=False)
    alike = [_same(a, b) for a, b in zip(one["sources"], two["sources"], strict=False)]
    if False not in alike:
        if not _meet(one, two, counted=False):
            return None
        certain = None not in alike and _meet(one, two, counted=True)
    else:
        certain = _holds_all_of(one, two) or _holds_all_of(two, one)
    return Overlap(files[0], _words(one), _words(two), certain)


def _same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool | None:
    """Whether two files are the same, None where that cannot be known: one of them may have been written since."""
    place = Path(a["path"]).resolve() == Path(b["path"]).resolve()
    state = "size" in a and [a.get(k) for k in ("size", "mtime_ns")] == [
        b.get(k) for k in ("size", "mtime_ns")
    ]
    if state and (place or Path(a["path"]).name == Path(b["path"]).name):
        return True  # also a path that was relative to another folder, and a copy that kept its time
    return None if place or state else False


def _meet(one: Part, two: Part, counted: bool) -> bool:
    """Whether a frame number is in both ranges, as they were asked for, or as far as frames were counted."""
    a, m, b, n = (int(part["range"][k]) for part in (one, two) for k in (0, 2))
    common = gcd(m, n)
    if (b - a) % common:
        return False
    first = a + m * ((b - a) // common * pow(m // common, -1, n // common) % (n // common))
    if first < b:
        period = m * n // common
        first += -((first - b) // period) * period
    return first < min(_stop(one, counted), _stop(two, counted))


def _stop(part: Part, counted: bool) -> float:
    start, stop, step = part["range"]
    asked = inf if stop is None else stop
    return min(asked, start + step * (part["frames"] - 1) + 1) if counted or part["exact"] else asked


def _holds_all_of(whole: Part, other: Part) -> bool:
    """Whether one part is all frames of its files, and the other takes frames of one of them for certain."""
    if list(whole["range"]) != [0, None, 1]:
        return False
    shared = [b for b in other["sources"] if any(_same(a, b) for a in whole["sources"])]
    everywhere = len(other["sources"]) == 1 or list(other["range"]) == [0, None, 1]
    return bool(shared) and everywhere and other["frames"] > 0


def _words(part: Part) -> str:
    start, _, step = part["range"]
    each = f", every {step}." if step > 1 else ""
    over = "" if len(part["sources"]) == 1 else f" of {len(part['sources'])} files"
    return f"frames {start}:{int(_stop(part, counted=True))}{each}{over}"
