"""Triangular factors: the same as the products where both are good, and right where the products are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import mpmath
import numpy as np
import pytest
from statistic_systems import Frames, columns, lattice_gas

from interpot.records import FloatArray, Frame
from interpot.statistic import panels
from interpot.statistic.basis import Functions, LogSplines
from interpot.statistic.blocks import unpacked
from interpot.statistic.channels import pair_channels
from interpot.statistic.frame_rows import Wanted
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.one_pass import one_pass
from interpot.statistic.triangular import RowTables, factor

CHANNELS = pair_channels(["Ne", "Xe"], 5.0)
QR = Wanted(factor="qr")
Slope = Callable[[FloatArray], FloatArray]


def power(r: FloatArray, n: int) -> FloatArray:
    return -n * (2.5 / r) ** n / r


def bump(r: FloatArray, centre: float) -> FloatArray:
    return np.exp(-((r - centre) ** 2) / 0.1)


POWERS = Functions([partial(power, n=n) for n in range(1, 11)], tuple(f"r^-{n}" for n in range(1, 11)))
BUMPS = Functions([partial(bump, centre=c) for c in (2.7, 3.3, 3.9)], ("a", "b", "c"))


def noisy(count: int = 12) -> list[Frame]:
    random = np.random.default_rng(2)
    frames = [lattice_gas(random, species=("Ne", "Xe"), spacing=2.9, rattle=0.3) for _ in range(count)]
    return [replace(f, forces=random.normal(size=f.positions.shape)) for f in frames]


FRAMES = noisy()


def passed(functions: Functions, wanted: Wanted = QR) -> Statistic:
    return one_pass(Frames(FRAMES), CHANNELS, [functions] * 3, wanted=wanted)


def matrix(functions: Functions) -> FloatArray:
    slopes: Sequence[Slope] = functions.slopes_of
    return np.vstack([np.hstack([columns(f, c, slopes) for c in CHANNELS]) for f in FRAMES])


def exact(X: FloatArray, F: FloatArray) -> FloatArray:
    """Least squares of these very numbers, with 80 digits."""
    with mpmath.workdps(80):
        rows = [[mpmath.mpf(float(x)) for x in row] for row in X]
        f = [mpmath.mpf(float(y)) for y in F]
        size = X.shape[1]
        A = mpmath.matrix(size)
        b = mpmath.matrix(size, 1)
        for i in range(size):
            b[i] = mpmath.fdot((row[i], y) for row, y in zip(rows, f, strict=True))
            for j in range(i, size):
                A[i, j] = A[j, i] = mpmath.fdot((row[i], row[j]) for row in rows)
        return np.array([float(v) for v in mpmath.lu_solve(A, b)])


def test_an_ill_conditioned_library() -> None:
    """Inverse powers 1 to 10 of three pairs, against least squares with 80 digits."""
    X, F = matrix(POWERS), np.concatenate([f.forces.ravel() for f in FRAMES])  # type: ignore[union-attr]
    truth = exact(X, F)
    scale = np.linalg.norm(X, axis=0)
    condition = np.linalg.cond(X / scale)
    assert condition > 1e9
    size = np.linalg.norm(truth * scale)
    by_factors, by_products = passed(POWERS), passed(POWERS, Wanted())
    error, other = (np.linalg.norm((s.solve() - truth) * scale) / size for s in (by_factors, by_products))
    assert error < 1e-15 * condition * 100 and error < 1e-4
    assert other > 0.1
    assert by_factors.condition == pytest.approx(condition**2, rel=1e-2)


def test_both_agree_where_both_are_good() -> None:
    one, two = passed(BUMPS), passed(BUMPS, Wanted())
    np.testing.assert_allclose(one.solve(), two.solve(), rtol=1e-12)
    assert one.condition == pytest.approx(two.condition, rel=1e-10)
    X = matrix(BUMPS)
    assert one.condition == pytest.approx(np.linalg.cond(X / np.linalg.norm(X, axis=0)) ** 2, rel=1e-8)


@pytest.mark.parametrize("threads", [1, 2])
def test_factors_have_the_products_of_the_rows(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of splines, per species and block, however the rows came in pieces."""
    monkeypatch.setattr(panels, "PANEL_BYTES", 20_000)
    bases = [LogSplines(c.cutoff, 1 / 10) for c in CHANNELS]
    frames = Frames([FRAMES[k % 12] for k in range(90)])
    statistic = one_pass(frames, CHANNELS, bases, threads=threads, wanted=QR)
    assert [t.species for t in statistic.factors] == ["Ne", "Xe"]
    for part, table in zip(statistic.blocks.parts, statistic.factors, strict=True):
        np.testing.assert_array_equal(part.columns, table.columns)
        np.testing.assert_array_equal(part.rows, table.rows)
        for b, R in enumerate(table.tables):
            assert len(R) <= R.shape[1]
            products = R.T @ R
            gram, size = unpacked(part.gram[b], len(part.columns)), np.abs(products).max()
            np.testing.assert_allclose(products[:-1, :-1], gram, atol=1e-11 * size)
            np.testing.assert_allclose(products[:-1, -1], part.moment[b], atol=1e-11 * size)
            assert products[-1, -1] == pytest.approx(part.square[b], rel=1e-12)
    one = one_pass(frames, CHANNELS, bases, wanted=QR)
    for a, b_ in zip(one.factors, statistic.factors, strict=True):
        assert all(np.array_equal(s, t) for s, t in zip(a.tables, b_.tables, strict=True))


def test_a_factor_of_factors_is_the_factor() -> None:
    random = np.random.default_rng(6)
    rows = random.normal(size=(500, 7)) * 10.0 ** np.arange(-9, 5, 2)
    pieces = RowTables.empty("forces", "Ne", (), np.arange(6))
    for part in np.split(rows, 20):
        pieces = pieces.with_rows(part)
    assert pieces.rows[0] == 500 and len(pieces.tables[0]) <= 14
    one, two = (np.abs(factor(t)) for t in (rows, pieces.closed().tables[0]))
    np.testing.assert_allclose(one, two, rtol=1e-9, atol=0)
