"""What makes a statistic, in words that can be kept and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from interpot.errors import InterpotError
from interpot.records import Trajectory
from interpot.statistic.channels import ENDLESS, Channel
from interpot.statistic.frame_rows import NOTHING, Wanted
from interpot.trajectory import FileTrajectory
from interpot.trajectory.motion import Motion
from interpot.version import VERSION

Recipe = dict[str, Any]
"""As JSON holds it: sources, units, frames, species, dimension, walls (where there are any), channels, cutoffs, target,
memory, energies, virials, factor, version."""


def recipe_of(
    frames: Trajectory,
    channels: Sequence[Channel],
    *,
    motion: Motion,
    cutoffs: str,
    memory: int | None = None,
    wanted: Wanted = NOTHING,
) -> Recipe:
    """Write down all that the numbers of a statistic depend on.

    Parameters
    ----------
    frames
        Of files: their paths, sizes and times of change, and which frames are taken.
    channels
        As asked for, before a truncated force is looked for.
    motion
        What stands for the force, as it was asked for, in the trajectory's units: what is left open is settled once,
        when the pass begins, and kept with it.
    cutoffs, memory
        As `interpot.accumulate` takes them; the number of threads changes no bit.
    wanted
        What is kept beside the products.
    """
    state: Mapping[str, Any] = (
        frames.fingerprint
        if isinstance(frames, FileTrajectory)
        else {"sources": [{"path": str(path)} for path in frames.sources], "units": frames.units.name}
    )
    return {
        "version": VERSION,
        **state,
        "channels": [_written(channel) for channel in channels],
        "cutoffs": cutoffs,
        "target": _asked(motion),
        "memory": memory,
        "energies": wanted.energies,
        "virials": wanted.virials,
        "factor": None if wanted.factor == NOTHING.factor else wanted.factor,
    }


def _asked(motion: Motion) -> str | dict[str, Any]:
    """A motion that is not settled, as JSON holds it: one substep that is asked for is no choice from the data."""
    told = motion.written()
    if motion.substeps != 1:
        return told
    return {**({"target": told} if isinstance(told, str) else told), "substeps": 1}


def _written(channel: Channel) -> list[Any]:
    """A channel as JSON holds it: its kind, names that tell it from others, and its cutoff at the end."""
    if channel.kind not in ENDLESS:
        return [channel.kind, *channel.species, *([channel.site] if channel.site else []), channel.cutoff]
    if channel.kind == "friction":
        return [channel.kind, channel.label, channel.cutoff]
    charges = ",".join(f"{name}={q!r}" for name, q in zip(channel.species, channel.charges, strict=False))
    centre = ",".join(map(repr, channel.centre)) if any(channel.centre) else ""
    words = [channel.label, f"of {charges}" if charges else "", f"from {centre}" if centre else ""]
    return [channel.kind, " ".join(filter(None, words)), channel.cutoff]


def wanted_of(recipe: Recipe) -> Wanted:
    """What a recipe asks for beside the products."""
    return Wanted(recipe["energies"], recipe["virials"], recipe["factor"] or NOTHING.factor)


def check_same_recipe(path: Path, kept: Mapping[str, Any], asked: Recipe) -> None:
    """Refuse to go on with what was made otherwise.

    Raises
    ------
    InterpotError
        A sentence that names the first difference.
    """
    for name in dict.fromkeys([*asked, *(name for name in kept if name == "walls")]):
        value: Any = asked.get(name)
        if kept.get(name) != value:
            what = _sources if name == "sources" else _named
            raise InterpotError(
                f"'{path}' was made {what(name, kept.get(name), value)}: ask for the same, or delete it "
                "to begin anew"
            )


def _named(name: str, kept: object, asked: object) -> str:
    words = {"frames": "the frames (from, to, stride)", "version": "interpot", "channels": "the channels"}
    return f"with {words.get(name, f'the {name}')} {_shown(kept)}, not {_shown(asked)}"


def _shown(value: object) -> str:
    """Write a value for people."""
    if isinstance(value, list | tuple):
        return ", ".join(
            f"{'-'.join(v[1:-1])} to {v[-1]:g} Å" if isinstance(v, list) else _shown(v) for v in value
        )
    if isinstance(value, dict) and "position" in value:  # a wall
        return f"{value['name']}={value['position']}"
    if isinstance(value, dict) and "target" in value:
        rest = ", ".join(f"{k} {_shown(v)}" for k, v in value.items() if k != "target")
        return f"{value['target']} ({rest})"
    if isinstance(value, dict):
        return ",".join(f"{k}={v}" for k, v in value.items())
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _sources(_: str, kept: Sequence[Mapping[str, Any]] | None, asked: Sequence[Mapping[str, Any]]) -> str:
    before = {source["path"]: source for source in kept or ()}
    if list(before) != [source["path"] for source in asked]:
        return f"from {', '.join(before) or 'nothing known'}, not from {', '.join(s['path'] for s in asked)}"
    changed = next(source for source in asked if before[source["path"]] != source)
    return f"from '{changed['path']}' as it was before it was written to again"
