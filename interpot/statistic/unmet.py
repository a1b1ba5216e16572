"""Channels without a sample, as pairs that never came within their cutoff: of the others something can be known."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import numpy as np

from interpot.errors import InterpotError
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Statistic
from interpot.units import UnitStyle

_log = logging.getLogger("interpot")


def unmet(statistic: Statistic) -> dict[int, str]:
    """Places of the channels without a sample, with a sentence on each, in the units of the data."""
    return {
        c: _sentence(channel, statistic.units)
        for c, (channel, seen) in enumerate(zip(statistic.channels, statistic.coverage, strict=True))
        if not np.isfinite(seen.minimum)
    }


def _sentence(channel: Channel, units: UnitStyle) -> str:
    cutoff = f"{channel.cutoff / units.length:g} {units.length_unit}"
    if channel.kind == "wall":
        return (
            f"no {channel.species[0]} ever comes within {cutoff} of the wall {channel.site}, so that {channel.label} "
            "has no formula: enlarge the cutoff, or add data in which they meet"
        )
    if channel.kind == "field":
        return (
            f"there is never a {' or '.join(channel.species)} in the field {channel.label}, so that it has no formula: "
            "add data that hold them, or leave it out"
        )
    if channel.kind == "friction":
        return (
            f"there is never a {channel.species[0]} whose friction could be told: leave {channel.label} out"
        )
    return (
        f"no {channel.label} pair ever comes within its cutoff of {cutoff}, so that it has no formula: enlarge the "
        "cutoff, or add data in which they meet"
    )


def check_rows(walls: Iterable[str], width: Sequence[int]) -> None:
    """Refuse windows without a row, which hard walls have left out."""
    if names := ", ".join(walls):
        raise InterpotError(
            f"every particle hits {names} within every window of half-width {max(width, default=1)}, so that no row "
            "is left: give a smaller --width, or frames closer in time"
        )


def check_sampled(statistic: Statistic, names: str) -> None:
    """Warn of channels without a sample.

    Raises
    ------
    InterpotError
        No channel has any.
    """
    sentences = unmet(statistic)
    if len(sentences) == len(statistic.channels) and any(c.kind != "pair" for c in statistic.channels):
        raise InterpotError(f"{names}: {next(iter(sentences.values()))}")
    if len(sentences) == len(statistic.channels):
        labels = ", ".join(channel.label for channel in statistic.channels)
        cutoff, units = max(channel.cutoff for channel in statistic.channels), statistic.units
        raise InterpotError(
            f"{names}: no pair of {labels} ever comes within its cutoff of {cutoff / units.length:g} "
            f"{units.length_unit}: enlarge the cutoff, or add data in which they meet"
        )
    for sentence in sentences.values():
        _log.warning(sentence)
