"""Names of the time series of walls in `interpot.records.MdRun.thermo`, each before the name of the wall."""

from collections.abc import Mapping

from interpot.records import FloatArray

POSITION = "wall position "
"""ξ of the wall (`interpot.records.Surface`)."""

FORCE = "wall force "
"""Of the particles on the wall: along +axis, of a curved one away from its centre."""

MEAN_FORCE = "mean wall force "
"""Its mean over the steps since the row before, in the first row what it is there.

Few particles touch a wall at any one step, so that rows of the force itself tell little of the pressure.
"""

VELOCITY = "wall velocity "
"""Of a piston."""

WORK = "wall work "
"""Done on the particles since the start, summed up at every step."""


def mean_forces(series: Mapping[str, FloatArray], wall: str) -> FloatArray | None:
    """Forces on a wall for a pressure: the means where an engine made them, else the rows."""
    return series.get(MEAN_FORCE + wall, series.get(FORCE + wall))
