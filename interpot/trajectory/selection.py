"""Which frames, and how the species are named: the user's words into what the readers need."""

from __future__ import annotations

from collections.abc import Iterable

from interpot.errors import InterpotError


def parse_species(text: str) -> dict[str, str]:
    """Read "1=Ne,2=Xe": the file's name of each species, and the name that it shall have.

    Raises
    ------
    InterpotError
        Anything else, or a name of the file that is given twice.
    """
    names: dict[str, str] = {}
    for part in text.split(","):
        old, equals, new = (word.strip() for word in part.partition("="))
        if not (old and equals and new) or "=" in new:
            raise InterpotError(f"cannot read '{part}' in the species '{text}': expected, e.g., 1=Ne,2=Xe")
        if old in names:
            raise InterpotError(
                f"the species '{text}' name '{old}' twice: give each of the file's names once"
            )
        names[old] = new
    return names


def parse_frames(text: str) -> slice:
    """Read "A:B": frames from A up to but not including B, counted from 0; either may be left away.

    Raises
    ------
    InterpotError
        Anything else, or a range that holds no frame.
    """
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 2 or not all(part == "" or (part.isascii() and part.isdigit()) for part in parts):
        raise InterpotError(
            f"cannot read the frames '{text}': expected A:B counted from 0, e.g. 100:500, 100: or :500"
        )
    start, stop = (int(part) if part else None for part in parts)
    return frame_slice((start, stop))


def frame_slice(frames: str | slice | tuple[int | None, int | None] | None) -> slice:
    """Bring every way of naming a range of frames into the form of a slice with start and step.

    Raises
    ------
    InterpotError
        A negative number (the length of a trajectory is not known beforehand) or an empty range.
    """
    if isinstance(frames, str):
        return parse_frames(frames)
    if isinstance(frames, tuple):
        frames = slice(*frames)
    start, stop, step = (0, None, 1) if frames is None else (frames.start or 0, frames.stop, frames.step or 1)
    if start < 0 or step < 1 or (stop is not None and stop <= start):
        shown = f"{start}:{'' if stop is None else stop}"
        raise InterpotError(f"the frames {shown} are none: expected A:B with 0 ≤ A < B, counted from 0")
    return slice(start, stop, step)


def check_covered(names: Iterable[str], species: dict[str, str], where: str) -> None:
    """Raise `InterpotError` where a name of the file is lacking in the user's `species`."""
    for name in names:
        if name not in species:
            given = ", ".join(f"{old}={new}" for old, new in species.items())
            raise InterpotError(
                f"species '{name}' in {where} is not among those given ({given}): add {name}=..."
            )
