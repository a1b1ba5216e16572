"""Rows of windows: weighted sums of the features of several frames.

Row (w, i) of a window is Σ_t v_wt X_i(t). Features of a frame are made once, for a few particles at a time, and added
with their weights into the rows of all windows that are open; these stay in the second cache, and no features of a
whole frame are ever kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from interpot.records import FloatArray, Frame
from interpot.statistic.features import Features
from interpot.statistic.kernels.rows import add_weighted
from interpot.statistic.layout import Layout
from interpot.statistic.mixed_features import features_of
from interpot.statistic.pair_splines import Workbench
from interpot.trajectory.targets import Windows

ROWS_BYTES = 2**20
"""Rows of the open windows of a few particles, and features of one frame of theirs, fit the second cache."""


class WindowRows:
    """Makes the rows of windows, one `Windows` after the other, in memory of its own.

    Parameters
    ----------
    layout
        As `interpot.statistic.batches.Summation` takes it.
    """

    def __init__(self, layout: Layout) -> None:
        self._first, self._workbench = layout, Workbench()
        self._stretch: list[Features] = []

    def begin(self, windows: Windows, layout: Layout) -> None:
        """Take up windows; raises `InterpotError` for a species without channels."""
        while len(self._stretch) < len(windows.frames):
            self._stretch.append(features_of(self._first, self._workbench))
        self._windows, self._layout = windows, layout
        self.features = self._stretch[: len(windows.frames)]
        for features, frame in zip(self.features, windows.frames, strict=True):
            features.start(layout, whole=True)
            features.begin(frame, layout)

    def fresh(self) -> Iterator[tuple[Frame, Features]]:
        """Frames that are met for the first time, with their features."""
        return ((self._windows.frames[t], self.features[t]) for t in self._windows.fresh)

    def rows(self, a: int) -> Iterator[tuple[FloatArray, FloatArray | None]]:
        """Rows [X F] of all windows for a few particles of species `a` at a time, (rows, k + 1).

        With them what a thermostat does to all particles alike, (rows, windows), where they are to be freed of it.
        """
        windows, dimension = self._windows, self._windows.frames[0].dimension
        order, (low, high) = self.features[0].order, self.features[0].starts[a : a + 2].tolist()
        width, count = len(self._layout.own[a]) + 1, len(windows.weights)
        at_once = min(max(ROWS_BYTES // (8 * width * dimension * (count + 1)), 1), max(high - low, 1))
        frame_rows = np.empty((dimension * at_once + 1, width))  # the kernel wants a row to spare
        window_rows = np.empty((count, dimension * at_once, width))
        for first in range(low, high, at_once):
            last = min(first + at_once, high)
            size = dimension * (last - first)
            sums = window_rows[:, :size] if last - first == at_once else np.empty((count, size, width))
            sums[:] = 0
            for features, weights in zip(self.features, windows.weights.T, strict=True):
                frame_rows[:size] = 0
                features.fill(frame_rows, 0, a, first, last)
                add_weighted(sums, frame_rows, np.ascontiguousarray(weights))
            sums[:, :, -1] = windows.targets[:, order[first:last], :dimension].reshape(count, size)
            yield self._counted(sums, order[first:last])

    def _counted(
        self, sums: FloatArray, particles: NDArray[np.int64]
    ) -> tuple[FloatArray, FloatArray | None]:
        """Rows of those particles that give any, and what a thermostat does to them."""
        windows, dimension = self._windows, self._windows.frames[0].dimension
        scaled = None if windows.rescaling is None else windows.rescaling.rows(particles, dimension)
        if windows.left_out is not None:
            kept = np.repeat(~windows.left_out[particles], dimension)
            sums, scaled = sums[:, kept], None if scaled is None else scaled[:, kept]
        flat = None if scaled is None else scaled.reshape(-1, scaled.shape[2])
        return sums.reshape(-1, sums.shape[2]), flat

    def closest(self) -> FloatArray:
        """Smallest coordinate of each channel in all frames, as far as it has been met."""
        return np.asarray(np.min([features.closest() for features in self.features], axis=0))

    def survey(self) -> FloatArray:
        """Smallest coordinate of each channel in all frames."""
        return np.asarray(np.min([features.survey() for features in self.features], axis=0))
