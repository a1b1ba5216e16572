"""One look for every figure: sizes, fonts and colours of a printed journal page.

Figures are `matplotlib.figure.Figure` objects, never pyplot's, and settings hold only while a figure is
made or saved: nothing outside notices.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from interpot.files import atomic
from interpot.report.words import EXPONENT, LOWERED, RAISED, SUPERSCRIPT, below_exponent, on_the_line

COLUMN = 3.4
"""Width of one column of a journal, inches."""
PAGE = 7.0
"""Width of two columns, inches."""

# Okabe and Ito's palette, told apart with every kind of colour vision and in grey
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#8A8A8A"
PALE = "#EDEDED"

FOUND, REFERENCE, CEILING = BLUE, BLACK, ORANGE
"""The same thing has the same colour in every figure."""

MONO = ["DejaVu Sans Mono", "DejaVu Sans"]
"""Fonts of what is to be typed."""

SETTINGS: dict[Any, Any] = {
    "font.family": ["STIXGeneral", "DejaVu Sans"],  # both come with matplotlib
    "mathtext.fontset": "stix",
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "axes.titlesize": 9.0,
    "legend.fontsize": 8.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.0,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "axes.formatter.limits": (-3, 4),
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    "figure.dpi": 72,  # that of SVG and PDF, so that text is measured once
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # letters stay letters
    "svg.fonttype": "path",  # looks the same on every machine
    "svg.hashsalt": "interpot",  # and the same every time
}

_LEVELS = re.compile(f"(?=[{RAISED}{LOWERED}])(?P<up>[{RAISED}]*)(?P<below>[{LOWERED}]*)")
"""Raised and lowered letters of Unicode."""

P = ParamSpec("P")


@contextmanager
def journal_style() -> Iterator[None]:
    """Hold the settings, and keep quiet about letters that no font of matplotlib's has."""
    with mpl.rc_context(SETTINGS), quiet():
        yield


@contextmanager
def quiet() -> Iterator[None]:
    """Say nothing of letters that no font of matplotlib's has: they are boxes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def in_journal_style(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Make a function that draws a figure do so with the settings."""

    @wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with journal_style():
            figure = draw(*args, **kwargs)
            _plain_ticks(figure)
            return figure

    return styled


class _PowerOfTen(ScalarFormatter):
    """Write the power of ten of an axis as ×10⁻⁸, without the formula parser that takes 5 ms per label."""

    def get_offset(self) -> str:
        mantissa, _, exponent = super().get_offset().replace("−", "-").partition("e")
        return f"{mantissa}×10{exponent.translate(SUPERSCRIPT)}".removeprefix("1") if exponent else mantissa


def _plain_ticks(figure: Figure) -> None:
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(_PowerOfTen())


def escaped(text: str) -> str:
    """Escape text from users, so that a dollar sign in a name starts no formula."""
    return text.replace("$", r"\$")


def plain(text: str) -> str:
    """Write any text so that a figure can show it: escaped, with the exponents of "r^-n_1" and "Å⁻⁷" as formulas.

    A formula anywhere in a text makes mathtext set all of it, which knows no raised or lowered letters.
    """
    return _LEVELS.sub(_levels, EXPONENT.sub(_exponent, escaped(text)))


def _exponent(found: re.Match[str]) -> str:
    return _in_formula(found["sign"] + found["up"], below_exponent(found))


def _levels(found: re.Match[str]) -> str:
    return _in_formula(on_the_line(found["up"]), on_the_line(found["below"]))


def _in_formula(up: str, below: str) -> str:
    if up and below:  # what is raised has an index of its own
        return f"$^{{{up}_{{{below}}}}}$"
    return f"$^{{{up}}}$" if up else f"$_{{{below}}}$"


def settle(figure: Figure) -> None:
    """Lay the figure out once; saving it in three formats then need not."""
    with journal_style():
        figure.draw_without_rendering()
        figure.set_layout_engine("none")


def svg(figure: Figure, tight: bool = False) -> bytes:
    """Render to SVG, letters as paths."""
    buffer = io.BytesIO()
    with journal_style():
        figure.savefig(
            buffer,
            format="svg",
            metadata={"Date": None},
            transparent=tight,
            bbox_inches="tight" if tight else None,
            pad_inches=0.02,
        )
    return buffer.getvalue()


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write ``name.png`` (300 dpi) and ``name.pdf`` into the folder, each whole or not at all."""
    for suffix, metadata in ((".png", {}), (".pdf", {"CreationDate": None})):
        with journal_style(), atomic(folder / (name + suffix)) as path:
            figure.savefig(path, metadata=metadata)
