"""Saying where in a file something was found, and what, so that it can be printed."""

from __future__ import annotations

from pathlib import Path


def place(path: Path | str, index: int, step: int | None = None) -> str:
    """Say where: "frame 3 (step 300) of 'argon.lammpstrj'"."""
    return f"frame {index}{'' if step is None else f' (step {step})'} of '{path}'"


def printable(raw: bytes) -> str:
    """Decode what was found in a file so that no byte of it can disturb a terminal."""
    return "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in raw.decode(errors="replace")
    )


def shown(raw: bytes) -> str:
    """Return the beginning of what was found, for a message."""
    text = printable(raw.strip())
    return text if len(text) <= 60 else text[:57] + "..."
