"""The table of methods that are compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial

from interpot.statistic.normal_equations import Statistic
from searching import asking, ordinary
from searching.records import Answer

Method = Callable[[Statistic, float, int], Answer]
"""(statistic, seconds, seed) -> answer."""


def _alone(name: str) -> Method:
    return lambda statistic, seconds, seed: asking.ask(statistic, name, seconds, seed, **asking.ALONE)


METHODS: Mapping[str, Method] = {
    "library": lambda statistic, seconds, seed: asking.ask(statistic, "none", seconds, seed),
    "grammar": _alone("grammar"),
    "operon": _alone("operon"),
    "pysr": _alone("pysr"),
    "interpot": lambda statistic, seconds, seed: asking.ask(statistic, "auto", seconds, seed),
    "operon on the curve": ordinary.operon,
    "pysr on the curve": ordinary.pysr,
}
"""Name → method. The library alone, each backend alone, all of interpot, and others on a curve fitted before."""
