"""Pairs of species that never came within their cutoff: nothing can be known of them, but of the others it can."""

from __future__ import annotations

import logging

import numpy as np

from interpot.errors import InterpotError
from interpot.statistic.normal_equations import Statistic

_log = logging.getLogger("interpot")


def unmet(statistic: Statistic) -> dict[int, str]:
    """Places of the channels without a sample, with a sentence on each, in the units of the data."""
    length, unit = statistic.units.length, statistic.units.length_unit
    return {
        c: f"no {channel.label} pair ever comes within its cutoff of {channel.cutoff / length:g} {unit}, so that it "
        "has no formula: enlarge the cutoff, or add data in which they meet"
        for c, (channel, seen) in enumerate(zip(statistic.channels, statistic.coverage, strict=True))
        if not np.isfinite(seen.minimum)
    }


def check_sampled(statistic: Statistic, names: str) -> None:
    """Warn of channels whose pairs never meet.

    Raises
    ------
    InterpotError
        No channel has any pair.
    """
    sentences = unmet(statistic)
    if len(sentences) == len(statistic.channels):
        labels = ", ".join(channel.label for channel in statistic.channels)
        cutoff, units = max(channel.cutoff for channel in statistic.channels), statistic.units
        raise InterpotError(
            f"{names}: no pair of {labels} ever comes within its cutoff of {cutoff / units.length:g} "
            f"{units.length_unit}: enlarge the cutoff, or add data in which they meet"
        )
    for sentence in sentences.values():
        _log.warning(sentence)
