"""Every row of every table loads and has what its protocol asks: a new row is tested by existing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest
import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R
from interpot.formula.terms import TERMS, Term, library
from interpot.proof.engines import ENGINES
from interpot.proof.engines import engine as start_engine
from interpot.proof.export import EXPORTERS
from interpot.proof.export.exporter import Exporter
from interpot.records import Cell, Engine, Frame, Surface
from interpot.statistic.channels.channel import CHANNELS, Channel, collectors
from interpot.table import load_row
from interpot.trajectory.motion import DYNAMICS, Motion
from interpot.trajectory.readers import READERS
from interpot.trajectory.readers.reader import Reader
from interpot.trajectory.targets import TARGETS, target_rows
from interpot.units import STYLES, UnitStyle, unit_style

FRAME = Frame(
    positions=np.array([[0.0, 0, 0], [1.0, 0.5, 0.25], [-0.75, 1.25, 0.5]]),
    species=("A", "B"),
    kinds=np.array([0, 1, 0]),
    cell=Cell(np.zeros((3, 3)), np.zeros(3), (False, False, False)),
    forces=np.arange(9.0).reshape(3, 3),
    velocities=np.array([[0.5, -0.25, 1.0], [0.1, 0.2, 0.3], [-1.0, 0.75, 0.5]]),
    surfaces=(Surface("sphere", "sphere", 0, -1, 2.5, (0.1, -0.2, 0.3)),),
)

ONE_OF_EACH_KIND = {
    "pair": Channel("pair", ("A", "B"), 3.0),
    "wall": Channel("wall", ("A",), 3.0, "sphere"),
    "field": Channel("field", ("A", "B"), 3.0, "r", (1.0, -0.5), (-0.1, 0.2, 0.4)),
    "friction": Channel("friction", ("A",), 3.0, "v", time=1.0),
}

OF_VELOCITIES = ("friction",)
"""Kinds whose coordinate is one of velocities, not of positions."""


def has_the_methods_of(protocol: type, found: object) -> None:
    """Each public function of the protocol is there, with the same parameters in the same order."""
    for name, asked in inspect.getmembers(protocol, inspect.isfunction):
        if name.startswith("_") and name != "__call__":
            continue
        given = found if name == "__call__" and inspect.isfunction(found) else getattr(found, name)
        names = [p for p in inspect.signature(asked).parameters if p != "self"]
        assert [p for p in inspect.signature(given).parameters if p != "self"] == names, name


def slope(function: Callable[[float], float], x: float) -> float:
    """Five-point difference."""
    h = 1e-3 * x
    values = [function(x + k * h) for k in (-2, -1, 1, 2)]
    return (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)


@pytest.mark.parametrize("name", READERS)
def test_readers(name: str) -> None:
    row = READERS[name]
    has_the_methods_of(Reader, row.load())
    assert row.title and row.suffixes and all(s.startswith(".") and s == s.lower() for s in row.suffixes)
    assert row.convention is None or row.convention in STYLES


def test_no_two_readers_share_a_suffix() -> None:
    suffixes = [s for row in READERS.values() for s in row.suffixes]
    assert len(suffixes) == len(set(suffixes))


@pytest.mark.parametrize("name", TARGETS)
def test_targets(name: str) -> None:
    """Rows for every particle of a trajectory without end; what else they are is tested beside them."""
    row = TARGETS[name]
    assert callable(row.load()) and set(row.dynamics) <= set(DYNAMICS) and row.title
    masses, units = {"A": 2.0, "B": 3.0}, unit_style("lj")
    motion = Motion(
        name, row.dynamics[-1], timestep=0.5, interval=1.0, masses=masses, drag=masses, width=(1,)
    )
    moving = (
        replace(
            FRAME,
            positions=FRAME.positions + 0.1 * np.sin(k + FRAME.positions),
            index=k,
            step=2 * k,
            time=float(k),
        )
        for k in count()
    )
    for windows in islice(target_rows(moving, motion, units, lambda _: None), 5):
        assert windows.targets.shape == (len(windows.weights), 3, 3) and windows.targets.dtype == np.float64
        assert windows.weights.shape[1] == len(windows.frames) and np.isfinite(windows.targets).all()


@pytest.mark.parametrize("kind", CHANNELS)
def test_channels(kind: str) -> None:
    """Contributions are those of a coordinate: `unit` is minus its gradient for particle i, times `factor`."""
    moved = "velocities" if kind in OF_VELOCITIES else "positions"
    [(members, collect)] = collectors([ONE_OF_EACH_KIND[kind]])
    assert members == [0]
    has_the_methods_of(type("Protocol", (), {"__call__": lambda self, frame: None}), collect)
    [part] = collect(FRAME)
    assert part.s.shape == part.i.shape == part.j.shape == part.unit.shape[:1] and part.s.size > 0
    assert (part.s < 3.0).all() and (part.j >= -1).all()
    for p in range(part.s.size):
        for d in range(3):

            def coordinate(x: float, p: int = p, d: int = d) -> float:
                vectors = getattr(FRAME, moved).copy()
                vectors[part.i[p], d] += x - 1.0
                [there] = collect(replace(FRAME, **{moved: vectors}))
                return float(there.s[(there.i == part.i[p]) & (there.j == part.j[p])][0])

            factor = 1.0 if part.factor is None else part.factor[p]
            assert factor * slope(coordinate, 1.0) == pytest.approx(-part.unit[p, d], abs=1e-8)


@pytest.mark.parametrize("name", TERMS)
def test_terms(name: str) -> None:
    """The compiled values and shape slopes are those of the expression; the units are those it has."""
    [term] = library([name])
    assert isinstance(term, Term) and term.name == name and term.reference
    assert term.expression.free_symbols <= {R, *term.symbols} and R in term.expression.free_symbols
    r = np.array([0.8, 1.3, 2.9])
    shapes = [float(s.grid(0.7, 3.0)[len(s.grid(0.7, 3.0)) // 2]) for s in term.shapes]
    values = term.values(r, *shapes)
    for x, value in zip(r, values, strict=True):
        exact = term.expression.subs({R: x, **dict(zip(term.symbols, shapes, strict=True))})
        assert value == pytest.approx(float(sympy.N(exact, 30)), rel=1e-13)
    for k, shape in enumerate(term.shapes):
        low, high = shape.bounds(0.7, 3.0)
        assert low <= shape.grid(0.7, 3.0).min() < shape.grid(0.7, 3.0).max() <= high

        def at(value: float, k: int = k) -> float:
            return float(term.values(r, *shapes[:k], value, *shapes[k + 1 :])[1])

        assert term.shape_slope(k, r, *shapes)[1] == pytest.approx(slope(at, shapes[k]), rel=1e-7)


@pytest.mark.parametrize("name", TERMS)
def test_terms_have_the_dimensions_they_say(name: str) -> None:
    """Coefficient × term is an energy in any unit of length: φ(λr; scaled shapes) = λ^-length φ(r; shapes)."""
    [term] = library([name])
    factor, r = 1.7, np.array([0.8, 1.3, 2.9])
    shapes = [float(s.grid(0.7, 3.0)[2]) for s in term.shapes]
    scaled = [value * factor**shape.length for value, shape in zip(shapes, term.shapes, strict=True)]
    length = sympy.sympify(term.coefficient_length)
    power = float(length.subs(dict(zip(term.symbols, shapes, strict=True))))
    here, there = term.values(r, *shapes), term.values(factor * r, *scaled)
    np.testing.assert_allclose(
        np.diff(there * factor**power), np.diff(here), rtol=1e-10
    )  # constants are free


@pytest.mark.parametrize("name", TERMS)
def test_terms_decay_where_they_say(name: str) -> None:
    [term] = library([name])
    shapes = [float(s.grid(0.7, 3.0)[2]) for s in term.shapes]
    ends = dict(zip((s.name for s in term.shapes), shapes, strict=True)).get(term.ends, np.inf)
    near, far = abs(term.values(np.array([1.0, min(1e12, ends * (1 - 1e-6))]), *shapes))
    assert (far < 1e-6 * near) == term.decays


@pytest.mark.parametrize("name", ENGINES)
def test_engines(name: str) -> None:
    program = start_engine(name)
    has_the_methods_of(Engine, program)
    assert program.version().strip()


@pytest.mark.parametrize("name", EXPORTERS)
def test_exporters(name: str) -> None:
    """What they write is tested beside them; here, that they can be called as the table says."""
    found = load_row(EXPORTERS, name, "export target")
    assert isinstance(found, Exporter) and 0 < found.tolerance < 1e-3 and found.usage
    assert list(inspect.signature(found.write).parameters) == ["potential", "path"]
    if found.evaluate is not None:
        assert list(inspect.signature(found.evaluate).parameters) == ["path", "potential", "frames"]
        missing = "not found" in found.engine()  # GROMACS is no Python package
        assert missing or any(c.isdigit() for c in found.engine())  # a version


@pytest.mark.parametrize("name", STYLES)
def test_styles(name: str) -> None:
    style = STYLES[name]
    assert isinstance(style, UnitStyle)
    assert min(style.energy, style.length, style.mass, style.charge, style.time, style.velocity) > 0
    assert all((style.energy_unit, style.length_unit, style.time_unit, style.pressure_unit))


def test_a_missing_row_names_those_that_are_there() -> None:
    with pytest.raises(InterpotError, match="unknown target 'guessed': expected one of recorded"):
        target_rows([FRAME], Motion("guessed"), unit_style("lj"), lambda _: None)
    with pytest.raises(InterpotError, match="unknown term 'magic': expected one of power, exponential"):
        library(["magic"])
    with pytest.raises(InterpotError, match="unknown export target 'punched-cards': expected one of lammps"):
        load_row(EXPORTERS, "punched-cards", "export target")


def test_a_missing_package_names_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_a_package.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InterpotError, match=r"engine 'openmm' needs .*pip install 'interpot\[openmm\]'"):
        load_row({"openmm": "needs_a_package:Engine"}, "openmm", "engine")
