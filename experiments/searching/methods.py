"""The table of methods that are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
"""Name → method. The library alone, each backend alone, all of interpot; others on a curve that was fitted before."""


USUAL = tuple(name for name in METHODS if name != "library")
"""Methods that are compared unless others are asked for: that the library does not do is known of all forms."""


def not_run(name: str) -> str:
    """Why a method cannot be run here; empty where it can."""
    if not name.startswith("pysr"):
        return ""
    from interpot.formula.symbolic.julia import resolved

    ready, why = resolved()
    return "" if ready else f"{why}: interpot setup pysr"
