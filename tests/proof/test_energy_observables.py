"""Energies, temperature and pressure, where physics gives the numbers; and every row of the table in odd runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from observed_runs import brownian, curve, found, number, recorded, walks
from scipy import constants

from interpot.errors import InterpotError
from interpot.proof.observables import OBSERVABLES, Measured, measure
from interpot.proof.observables.blocks import block_count, drift
from interpot.proof.verdict import limit_of
from interpot.records import Frame

K = 8.617343e-5  # eV/K, LAMMPS's


def gas(frames: int = 64, dimension: int = 3, n: int = 200) -> list[Frame]:
    """An ideal gas of 300 K with argon's mass; no forces, no virial."""
    random = np.random.default_rng(6)
    velocities = random.normal(0, np.sqrt(K * 300 / 39.948), (frames, n, 3)) * (np.arange(3) < dimension)
    made = walks(
        random.random((frames, n, 3)) * 12, velocities=velocities, dimension=dimension, masses=39.948
    )
    return [replace(f, virial=np.zeros((3, 3)), energy=-7.0 + 0.01 * (f.index % 2)) for f in made]


def test_an_ideal_gas_has_its_pressure_and_temperature() -> None:
    """P = nkT/V in bar, the same along each axis, nothing off the diagonal."""
    run = recorded(gas())
    value, error = number(found("temperature", run)["mean temperature"])
    assert abs(value - 300) < 4 * error < 15
    exact = 200 * constants.Boltzmann * 300 / (12e-10) ** 3 / constants.bar
    measured = found("pressure", run)
    value, error = number(measured["mean pressure"])
    assert abs(value - exact) < 4 * error < 0.05 * exact
    tensor = curve(measured["pressure tensor"])
    assert tensor.x.tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(tensor.y[:3], exact, rtol=0.05)
    assert (np.abs(tensor.y[3:]) < 4.5 * tensor.error[3:]).all()
    assert measured["mean pressure"].scale == pytest.approx(exact, rel=0.02)


def test_a_barostat_sets_the_volume() -> None:
    run = recorded(gas(32))
    assert "mean volume" not in found("pressure", run)
    frames = [
        replace(f, cell=replace(f.cell, vectors=(12 + 0.1 * (f.index % 2)) * np.eye(3))) for f in run.frames
    ]
    measured = found("pressure", recorded(frames, ensemble="npt"))["mean volume"]
    assert measured.quantity.unit == "Å^3" and number(measured)[0] == pytest.approx((12**3 + 12.1**3) / 2)


def test_a_plane_has_three_components() -> None:
    measured = found("pressure", recorded(gas(dimension=2), units="lj"))
    assert curve(measured["pressure tensor"]).x.tolist() == [1, 2, 6]
    assert number(measured["mean pressure"])[0] == pytest.approx(200 * K * 300 / 144, rel=0.05)


def test_the_engines_tensor_is_taken_in_voigts_order() -> None:
    names = ("pxx", "pyy", "pzz", "pyz", "pxz", "pxy")
    thermo = {name: np.full(32, float(k)) for k, name in enumerate(names)} | {"pressure": np.full(32, 9.0)}
    measured = found("pressure", recorded(gas(2), thermo=thermo))
    assert curve(measured["pressure tensor"]).y.tolist() == [0, 1, 2, 3, 4, 5]
    assert number(measured["mean pressure"]) == (9.0, 0.0)
    less = {name: series for name, series in thermo.items() if name != "pyz"}
    bare = [replace(f, virial=None) for f in gas(2)]
    assert found("pressure", recorded(bare, thermo=less))["pressure tensor"].curve is None


def test_the_drift_is_per_particle_and_nanosecond() -> None:
    time = 0.5 * np.arange(64)  # ps
    thermo = {"time": time, "total": 3.0 + 0.02 * time, "kinetic": np.full(64, 8.0), "potential": 0 * time}
    measured = found("energy", recorded(gas(2), thermo=thermo))
    assert measured["energy drift"].quantity.unit == "eV/ns per particle"
    assert number(measured["energy drift"])[0] == pytest.approx(0.02 * 1000 / 200)
    assert "0.079 of the kinetic energy" in measured["energy drift"].remark
    reduced = found("energy", recorded(gas(2), units="lj", thermo=thermo))["energy drift"]
    assert reduced.quantity.unit == "ε/τ per particle" and number(reduced)[0] == pytest.approx(0.02 / 200)
    assert "energy drift" not in found("energy", recorded(gas(2), thermo=thermo, ensemble="nvt"))


@pytest.mark.parametrize("count", [16, 20, 28, 64])
def test_two_random_walks_differ_as_seldom_as_was_asked_for(count: int) -> None:
    """The error of a drift is that of the steps between blocks, of which there is one less."""
    random, time = np.random.default_rng(3), np.arange(float(count))
    quantity = found("energy", recorded(gas(2), thermo=_thermo(time)))["energy drift"].quantity
    limit = limit_of(quantity, 1, block_count(count), 0.05)
    drawn = [drift(time, np.cumsum(random.normal(size=count))) for _ in range(4000)]
    scores = [
        (a.y - b.y)[0] / np.hypot(a.error, b.error)[0] for a, b in zip(drawn[::2], drawn[1::2], strict=True)
    ]
    assert 0.03 < np.mean(np.abs(scores) > limit) < 0.09


def _thermo(time: np.ndarray) -> dict[str, np.ndarray]:
    return {"time": time, "total": 3.0 + 0 * time, "kinetic": 8.0 + 0 * time, "potential": 0 * time}


def test_potential_energies_do_not_depend_on_their_zero() -> None:
    run = recorded(gas())
    value, _ = number(found("energy", run)["potential energy since the start"])
    assert value == pytest.approx(0.005 / 200)
    shifted = [replace(f, energy=(f.energy or 0.0) + 1000.0) for f in run.frames]
    again = number(found("energy", recorded(shifted))["potential energy since the start"])[0]
    assert again == pytest.approx(value)
    unknown = [replace(f, energy=None) for f in run.frames]
    assert found("energy", recorded(unknown))["potential energy since the start"].curve is None


# ---------------------------------------------------------------------------- the table

_PATH = brownian(np.full(40, 0.02), 64)
_MOVING = walks(_PATH, velocities=np.random.default_rng(0).normal(0, 1, _PATH.shape))
ODD: dict[str, Sequence[Frame]] = {
    "whole": _MOVING,
    "no velocities": walks(_PATH),
    "no masses": walks(_PATH, masses=None),
    "open": walks(_PATH, periodic=False),
    "plane": walks(_PATH * [1, 1, 0], dimension=2),
    "one frame": _MOVING[:1],
    "one particle": walks(_PATH[:, :1]),
    "two kinds, one of each": walks(_PATH[:, :2], species=("A", "B"), kinds=np.array([0, 1])),
    "frozen": walks(np.repeat(_PATH[:1], 64, axis=0), velocities=0 * _PATH),
    "no times": [replace(f, time=None) for f in _MOVING],
    "particles change": [*_MOVING[:20], replace(_MOVING[20], kinds=_MOVING[20].kinds[:30])],
}


def walls(axis: str, rows: int) -> dict[str, np.ndarray]:
    """Series of a wall that moves."""
    return {f"wall force {axis}hi": np.ones(rows), f"wall position {axis}hi": 20.0 - 0.1 * np.arange(rows)}


@pytest.mark.parametrize("row", OBSERVABLES)
@pytest.mark.parametrize("kind", ODD)
def test_every_row_measures_or_says_why_not(row: str, kind: str) -> None:
    frames = ODD[kind] if kind != "particles change" else ODD[kind][:20]
    axis = "z" if kind != "plane" else "y"
    run = recorded(frames, "lj", charges={"A": 1.0}, axes=("xyz".index(axis),), thermo=walls(axis, 16))
    if kind == "particles change":
        run = replace(run, trajectory=replace(run.trajectory, frames=tuple(ODD[kind])))
    measured = list(measure(row, run))
    names = [m.quantity.name for m in measured]
    assert names and len(set(names)) == len(names)
    for m in measured:
        assert isinstance(m, Measured)
        if m.curve is None:
            assert len(m.remark) > 10
            continue
        assert len(m.curve.x) == len(m.curve.y) == len(m.curve.error) and np.isfinite(m.curve.y).all()
        assert (np.diff(m.curve.x) > 0).all() and m.count > 0
        assert not (m.curve.error < 0).any()


@pytest.mark.parametrize("row", OBSERVABLES)
def test_every_row_measures_a_whole_run(row: str) -> None:
    thermo = {name: 1.0 + np.arange(64.0) for name in ("time", "total", "potential", "kinetic", "pressure")}
    thermo |= {f"p{ab}": np.ones(64) for ab in ("xx", "yy", "zz", "xy", "xz", "yz")}
    thermo |= walls("z", 64)
    run = recorded(_MOVING, thermo=thermo, charges={"A": 1.0}, axes=(2,))
    for m in measure(row, run):
        assert m.curve is not None, m.remark
        assert np.isfinite(m.curve.error).all()


def test_an_unknown_row_is_said() -> None:
    with pytest.raises(InterpotError, match="unknown observable 'viscosity': expected one of g"):
        list(measure("viscosity", recorded(_MOVING)))


def test_paths_are_walked_once() -> None:
    class Counted:
        units, sources, walked = recorded(_MOVING).units, (), 0

        def __iter__(self):
            Counted.walked += 1
            return iter(_MOVING)

    run = replace(recorded(_MOVING), trajectory=Counted())
    for row in OBSERVABLES:
        list(measure(row, replace(run, chosen={"nothing": 0.0})))
    assert Counted.walked == 1
