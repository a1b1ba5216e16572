"""Neighbour pairs against ASE and vesin, and against symmetry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase.neighborlist import primitive_neighbor_list
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from vesin import NeighborList

from interpot.errors import InterpotError
from interpot.geometry import complete_vectors, heights
from interpot.grid import GridMaker
from interpot.neighbours import Pairs, PairSearch, pairs
from interpot.records import Cell, Frame

FloatArray = NDArray[np.float64]
SHEARED = np.array([[6.0, 0, 0], [-2.5, 7.0, 0], [2.0, -3.0, 5.5]])
PERIODICITIES = [(True, True, True), (True, False, True), (False, False, True), (False, False, False)]


def frame_of(
    positions: FloatArray,
    vectors: FloatArray = SHEARED,
    periodic: tuple[bool, bool, bool] = (True, True, True),
    origin: FloatArray | None = None,
    dimension: int = 3,
) -> Frame:
    cell = Cell(np.asarray(vectors, dtype=float), np.zeros(3) if origin is None else origin, periodic)
    positions = np.asarray(positions, dtype=float).reshape(-1, 3)
    return Frame(
        positions, ("A",), np.zeros(len(positions), dtype=np.int64), cell, dimension, source="a.dump", index=7
    )


def both_ways(found: Pairs) -> FloatArray:
    """Each pair seen from both of its ends: rows (i, j, vector from i to j), in a fixed order."""
    vectors = found.r[:, None] * found.unit
    forth = np.column_stack([found.i, found.j, vectors])
    back = np.column_stack([found.j, found.i, -vectors])
    return ordered(np.vstack([forth, back]))


def ordered(rows: FloatArray) -> FloatArray:
    """Sort by i, j and then by a projection that rounding does not reorder."""
    return rows[np.lexsort([rows[:, 2:] @ [0.5, 0.61, 0.73], rows[:, 1], rows[:, 0]])]


def by_ase(frame: Frame, cutoff: float) -> FloatArray:
    i, j, vectors = primitive_neighbor_list(
        "ijD",
        frame.cell.periodic,
        complete_vectors(frame.cell),
        frame.positions,
        cutoff,
        self_interaction=False,
    )
    return ordered(np.column_stack([i, j, vectors]))


def by_vesin(frame: Frame, cutoff: float) -> FloatArray:
    search = NeighborList(cutoff=cutoff, full_list=True)
    i, j, vectors = search.compute(
        points=frame.positions,
        box=complete_vectors(frame.cell),
        periodic=frame.cell.periodic,
        quantities="ijD",
    )
    return ordered(np.column_stack([i, j, vectors]))


def check(frame: Frame, cutoff: float) -> int:
    found = pairs(frame, cutoff)
    assert (found.r < cutoff).all()
    np.testing.assert_allclose(np.linalg.norm(found.unit, axis=1), 1.0, rtol=1e-14)
    mine = both_ways(found)
    for other in (by_ase, by_vesin):
        theirs = other(frame, cutoff)
        assert mine.shape == theirs.shape, other.__name__
        np.testing.assert_allclose(mine, theirs, atol=1e-11, err_msg=other.__name__)
    return found.r.size


@pytest.mark.parametrize("periodic", PERIODICITIES)
@pytest.mark.parametrize("cutoff", [0.5, 2.4, 5.0, 13.0])
def test_pairs_in_a_sheared_box(periodic: tuple[bool, bool, bool], cutoff: float) -> None:
    """From cutoffs that find next to nothing to ones that reach over several images of the box."""
    random = np.random.default_rng(5)
    scattered = random.uniform(-1.5, 2.5, (40, 3)) @ SHEARED  # far outside the box too
    count = check(frame_of(scattered, periodic=periodic, origin=np.array([1.0, -2.0, 0.3])), cutoff)
    assert count > 0 or cutoff < 1


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(0, 25),
    periodic=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    size=st.floats(0.8, 30.0),
    shear=st.floats(-1.5, 1.5),
    cutoff=st.floats(0.1, 6.0),
)
def test_pairs_in_any_box(
    seed: int, count: int, periodic: tuple[bool, bool, bool], size: float, shear: float, cutoff: float
) -> None:
    random = np.random.default_rng(seed)
    sides = size * random.uniform(0.7, 1.5, 3)
    vectors = np.diag(sides) + shear * size * np.tril(random.uniform(-1, 1, (3, 3)), -1)
    vectors = vectors @ np.linalg.qr(random.normal(size=(3, 3)))[0]  # either hand, any direction
    frame = frame_of(random.uniform(-0.5, 1.5, (count, 3)) @ vectors, vectors, periodic)
    found = pairs(frame, cutoff)
    theirs = by_brute_force(frame, cutoff)
    mine = both_ways(found)
    assert mine.shape == theirs.shape
    np.testing.assert_allclose(mine, theirs, atol=1e-10)


def by_brute_force(frame: Frame, cutoff: float) -> FloatArray:
    """Every image of every particle that could be near, without bins."""
    x, vectors = frame.positions, frame.cell.vectors
    if len(x) == 0:
        return np.zeros((0, 5))
    across = np.ptp(x @ np.linalg.inv(vectors), axis=0)
    reach = (np.ceil(cutoff / heights(vectors) + across) * frame.cell.periodic).astype(int)
    shifts = np.stack(np.meshgrid(*[np.arange(-k, k + 1) for k in reach], indexing="ij"), -1).reshape(-1, 3)
    difference = x[None, None] - x[None, :, None] + (shifts @ vectors)[:, None, None]
    r = np.linalg.norm(difference, axis=-1)
    near = (r < cutoff) & ~(np.eye(len(x), dtype=bool) & ~shifts.any(axis=1)[:, None, None])
    _, i, j = np.nonzero(near)
    return ordered(np.column_stack([i, j, difference[near]]))


def test_heights_are_the_distances_of_the_faces() -> None:
    np.testing.assert_allclose(heights(np.diag([2.0, 3, 4])), [2, 3, 4])
    volume = abs(np.linalg.det(SHEARED))
    areas = [np.linalg.norm(np.cross(SHEARED[k - 2], SHEARED[k - 1])) for k in range(3)]
    np.testing.assert_allclose(heights(SHEARED), volume / np.array(areas))
    np.testing.assert_allclose(heights(SHEARED[::-1]), heights(SHEARED)[::-1])


@pytest.mark.parametrize(("cutoff", "neighbours"), [(0.99, 0), (1.01, 6), (1.42, 18), (1.74, 26), (2.01, 32)])
def test_a_particle_and_its_own_images(cutoff: float, neighbours: int) -> None:
    """One particle in a unit cube is a simple cubic lattice: coordination 6, 12, 8, 6, each pair once."""
    found = pairs(frame_of([[0.2, 0.4, 0.9]], np.eye(3)), cutoff)
    assert found.r.size == neighbours // 2
    assert (found.i == 0).all() and (found.j == 0).all()
    seen = np.round(np.vstack([found.r[:, None] * found.unit, -found.r[:, None] * found.unit])).astype(int)
    assert len({tuple(v) for v in seen.tolist()}) == neighbours


def test_face_centred_lattice_has_twelve_neighbours() -> None:
    """Positions exactly on the faces of box and bins."""
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    grid = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    x = (grid + basis).reshape(-1, 3)
    for cutoff, coordination in ((0.75, 12), (1.05, 18), (1.25, 42), (1.42, 54), (2.05, 140)):
        found = pairs(frame_of(x, 4 * np.eye(3)), cutoff)
        counts = np.bincount(found.i, minlength=len(x)) + np.bincount(found.j, minlength=len(x))
        assert (counts == coordination).all(), cutoff


def test_nothing_to_find() -> None:
    for positions in ([], [[1.0, 2, 3]], [[0.0, 0, 0], [3.0, 0, 0]]):
        for periodic in ((False,) * 3, (True,) * 3):
            found = pairs(frame_of(positions, 10 * np.eye(3), periodic), 2.5)
            assert found.i.shape == found.j.shape == found.r.shape == (0,) and found.unit.shape == (0, 3)


def test_the_cutoff_itself_is_outside() -> None:
    for distance, count in ((2.5, 0), (np.nextafter(2.5, 0), 1)):
        assert pairs(frame_of([[0, 0, 0], [distance, 0, 0]], np.eye(3), (False,) * 3), 2.5).r.size == count


@pytest.mark.parametrize("empty", [(0,), (1, 2), (0, 1, 2)])
def test_open_axes_without_a_vector(empty: tuple[int, ...]) -> None:
    """An open axis may have no length: the files of clouds and slabs look like that."""
    random = np.random.default_rng(8)
    x = random.uniform(-4, 12, (60, 3))
    vectors = SHEARED.copy()
    vectors[list(empty)] = 0
    periodic = tuple(k not in empty for k in range(3))
    completed = complete_vectors(Cell(vectors, np.zeros(3), periodic))
    kept = [k for k in range(3) if k not in empty]
    np.testing.assert_array_equal(completed[kept], SHEARED[kept])
    np.testing.assert_allclose(completed[list(empty)] @ SHEARED[kept].T, 0, atol=1e-12)
    np.testing.assert_allclose(
        completed[list(empty)] @ completed[list(empty)].T, np.eye(len(empty)), atol=1e-14
    )
    assert check(frame_of(x, vectors, periodic), 3.0) > 20


@pytest.mark.parametrize("far", [[1e13, 1, 1], [-1e9, 1e13, 1e5]])
def test_a_particle_that_flew_away_makes_no_bins(far: list[float]) -> None:
    """Of an open box; the pairs of the others are those without it."""
    random = np.random.default_rng(4)
    cloud = random.uniform(0, 9, (50, 3))
    with_it = frame_of(np.vstack([cloud, far]), 9 * np.eye(3), (False,) * 3)
    assert GridMaker(2.5)(with_it, with_it.kinds, 1).bins < 10 * 51
    expected = pairs(frame_of(cloud, 9 * np.eye(3), (False,) * 3), 2.5)
    np.testing.assert_allclose(both_ways(pairs(with_it, 2.5)), both_ways(expected), atol=1e-11)


def test_a_cell_without_a_volume_is_refused() -> None:
    with pytest.raises(InterpotError, match=r"periodic axis of the cell has no length"):
        pairs(frame_of([[0, 0, 0]], np.diag([5.0, 5, 0])), 2.0)
    with pytest.raises(InterpotError, match=r"lie in a plane"):
        pairs(frame_of([[0, 0, 0]], [[1.0, 0, 0], [0, 1, 0], [1, 1, 0]]), 2.0)


def test_two_dimensions() -> None:
    """The z axis does not repeat, whatever the cell says about it."""
    random = np.random.default_rng(2)
    x = np.column_stack([random.uniform(0, 9, (50, 2)), np.full(50, 0.5)])
    vectors = np.array([[8.0, 0, 0], [3.0, 7, 0], [0, 0, 1.0]])
    flat = frame_of(x, vectors, (True, True, True), dimension=2)
    found = pairs(flat, 4.0)
    expected = by_ase(replace(flat, cell=Cell(vectors, np.zeros(3), (True, True, False))), 4.0)
    np.testing.assert_allclose(both_ways(found), expected, atol=1e-11)
    assert not found.unit[:, 2].any()


def test_invariance_under_the_symmetries_of_space() -> None:
    random = np.random.default_rng(11)
    x = random.uniform(0, 1, (30, 3)) @ SHEARED
    expected = both_ways(pairs(frame_of(x), 4.5))
    rotation, _ = np.linalg.qr(random.normal(size=(3, 3)))
    rotated = both_ways(pairs(frame_of(x @ rotation, SHEARED @ rotation), 4.5))
    expected_rotated = ordered(np.column_stack([expected[:, :2], expected[:, 2:] @ rotation]))
    np.testing.assert_allclose(rotated, expected_rotated, atol=1e-11)
    for same in (
        frame_of(x + np.array([3.3, -47.0, 0.2])),
        frame_of(x, origin=np.array([0.4, 17.0, -2.0])),
        frame_of(x + random.integers(-5, 6, (30, 3)) @ SHEARED),
    ):
        np.testing.assert_allclose(both_ways(pairs(same, 4.5)), expected, atol=1e-11)
    permutation = random.permutation(30)
    permuted = both_ways(pairs(frame_of(x[permutation]), 4.5))
    permuted[:, :2] = permutation[permuted[:, :2].astype(int)]
    np.testing.assert_allclose(ordered(permuted), expected, atol=1e-11)


def test_one_search_serves_frames_of_all_sizes() -> None:
    """Memory grows with the pairs, and a smaller frame after a larger one sees none of it."""
    random = np.random.default_rng(4)
    search = PairSearch(3.0)
    for count in (5, 60, 3, 0, 250, 50):
        frame = frame_of(random.uniform(0, 1, (count, 3)) @ SHEARED)
        np.testing.assert_allclose(both_ways(search(frame)), by_brute_force(frame, 3.0), atol=1e-11)


def test_a_dilute_gas_does_not_drown_in_bins() -> None:
    """Few particles in a box of 10⁵ cutoffs, and in a needle."""
    x = np.array([[1.0, 1, 1], [1.5, 1, 1], [99999.5, 1, 1], [5e4, 5e4, 5e4]])
    assert pairs(frame_of(x, 1e5 * np.eye(3)), 2.1).r.size == 3
    needle = np.diag([1e6, 3.0, 3.0])
    found = pairs(frame_of(x[:3], needle, (True, False, False)), 2.0)
    assert sorted(found.r.tolist()) == pytest.approx([0.5])


@pytest.mark.parametrize("shift", [0.0, 1.0, -3.0])
def test_two_atoms_in_one_place(shift: float) -> None:
    """Also when one of them is written in another image, where rounding leaves 1e-15 Å between them."""
    x = np.array([[0.1, 0.2, 0.3], [2.0, 2, 2], [4.0, 1.1, 0.7]])
    x = np.vstack([x, x[1] + shift * SHEARED.sum(axis=0) * (1 + 1e-16)])
    frame = frame_of(x, origin=np.array([0.1, 0.7, 0.3]))
    with pytest.raises(InterpotError, match=r"^atoms 2 and 4 of frame 7 of 'a\.dump' are in one place"):
        pairs(frame, 3.0)
    named = replace(frame, ids=np.array([11, 26, 33, 40]))
    with pytest.raises(InterpotError, match=r"^atoms 26 and 40 of frame 7 "):
        pairs(named, 3.0)


def test_a_cutoff_in_the_wrong_unit_is_told_by_its_neighbours() -> None:
    positions = np.random.default_rng(0).random((1000, 3)) * 20
    frame = Frame(
        positions, ("A",), np.zeros(1000, dtype=np.int64), Cell(np.eye(3) * 20.0, np.zeros(3), (True,) * 3)
    )
    with pytest.raises(
        InterpotError, match=r"each atom of .* has about 268,083 neighbours: give a smaller one"
    ):
        pairs(frame, 80.0)
