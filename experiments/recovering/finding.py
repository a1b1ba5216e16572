"""What interpot makes of a case, held against the truth."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd

from interpot import Discovery, InterpotError, accumulate, discover, pair_channels
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.regress.varpro import Fit
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from recovering.recording import RECORDED, recorded
from recovering.records import Found, Published, Truth
from recovering.simulating import Frames
from recovering.structure import difference, structure
from recovering.truth import constants_error

NODES = 400
"""Distances at which a found slope is compared."""


def statistic_of(published: Published, frames: Frames) -> Statistic:
    """Make the one pass, cutoffs as published."""
    cutoffs = dict(published.cutoffs)
    channels = pair_channels(frames, max(cutoffs.values()), cutoffs)
    return accumulate(frames, channels, cutoffs="given")


def find_and_record(
    published: Published, statistic: Statistic, clean: Objective
) -> tuple[Found, list[list[Fit]]]:
    """Discover and judge; also the forms that the search returned, by channel."""
    with recorded() as forms:
        found = find(published, statistic, RECORDED, clean)
    return found, forms


def find(published: Published, statistic: Statistic, method: str, clean: Objective) -> Found:
    """Discover with a row of interpot's methods and judge; a refusal is an answer, too.

    Parameters
    ----------
    clean
        The objective of the same frames without noise, on which the force error is taken.
    """
    begin = time.process_time()
    try:
        discovery = discover(statistic, method=method, symbolic="none")  # the truths are in the library
    except InterpotError as error:
        return failed(method, str(error), time.process_time() - begin)
    seconds = time.process_time() - begin
    best = discovery.best
    length, energy = best.units.length, best.units.energy
    values = [c.energy(r / length) * energy for c, r in zip(best.channels, clean.nodes, strict=True)]
    found = judged(published, discovery, method, seconds)
    return replace(found, force_error=clean.relative_error(values))


def failed(method: str, reason: str, seconds: float) -> Found:
    """No result."""
    return Found(method, False, False, float("nan"), 0, 0, 0, seconds, {}, failure=reason)


def judged(published: Published, discovery: Discovery, method: str, seconds: float) -> Found:
    """Hold a discovery against the truth."""
    front = discovery.front
    reported = front[front.chosen | front.indistinguishable]
    channels = {c.label: c for c in discovery.best.channels}
    truth = published.truth
    wrong = [
        difference(structure(str(c.expression)), structure(truth[k].formula)) for k, c in channels.items()
    ]
    exact = all(d == (0, 0) for d in wrong)
    named = all(truth[k].form in ("", c.form) for k, c in channels.items())
    return Found(
        method=method,
        exact=exact and named,
        in_set=all(_holds(reported[reported.channel == k], t) for k, t in truth.items()),
        error=max(map(_error, (truth[k] for k in channels), channels.values())) if exact else float("nan"),
        false_terms=sum(false for false, _ in wrong),
        missed_terms=sum(missed for _, missed in wrong),
        size=int(reported.groupby("channel").size().max()),
        seconds=seconds,
        forms={k: c.form for k, c in channels.items()},
        failure="" if named or not exact else "the right terms under another name",
    )


def _holds(rows: pd.DataFrame, truth: Truth) -> bool:
    return any(structure(formula) == structure(truth.formula) for formula in rows.formula)


def _error(truth: Truth, channel: ChannelFormula) -> float:
    low, high = channel.domain
    r = np.geomspace(low, min(high, channel.cutoff * (1 - 1e-12)), NODES)
    return constants_error(truth, r, channel.slope(r))
