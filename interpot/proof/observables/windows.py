"""Something that changes in the course of a run: its means in consecutive windows of time."""

from __future__ import annotations

import numpy as np

from interpot.comparison import Curve
from interpot.records import FloatArray

WINDOWS, _PIECES, _FEWEST = 16, 8, 4
"""At most so many windows, in each so many pieces whose scatter gives the error; rows there are for each window."""


def windows(time: FloatArray, series: FloatArray) -> Curve | None:
    """Mean of a series in up to 16 windows of equal time since the first row, with standard errors.

    The error is that of the means of up to 8 pieces of a window about the straight line through them, as they scatter
    once a piece is longer than the correlation time: the trend is no error.

    Parameters
    ----------
    time, series : (m,) float64

    Returns
    -------
    Curve
        Against the middle of each window; None where there are not four of them with three rows each.
    """
    count = min(WINDOWS, len(series) // _FEWEST)
    if count < 4:
        return None
    elapsed = time - time[0]
    edges = np.linspace(0.0, elapsed[-1], count + 1)
    pieces = np.split(series, np.searchsorted(elapsed, edges[1:-1]))
    if min(map(len, pieces)) < _FEWEST - 1:
        return None
    y, error = np.array([(piece.mean(), _error(piece)) for piece in pieces]).T
    return Curve((edges[1:] + edges[:-1]) / 2, y, error)


def _error(series: FloatArray) -> float:
    """Standard error of the mean about a straight line."""
    pieces = np.array([p.mean() for p in np.array_split(series, min(_PIECES, len(series)))])
    places = np.arange(len(pieces)) - (len(pieces) - 1) / 2
    slope = places @ pieces / (places @ places)
    squares = np.sum((pieces - pieces.mean() - slope * places) ** 2)
    return float(np.sqrt(squares / (len(pieces) - 2) / len(pieces)))
