from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from interpot.errors import InterpotError
from interpot.trajectory import read

X = np.random.default_rng(1).normal(size=(3, 4, 3))


def saved(folder: Path, **arrays: object) -> Path:
    path = folder / "a.npz"
    np.savez_compressed(path, **{"positions": X, "units": "lj", **arrays})  # type: ignore[arg-type]
    return path


def test_states_its_units_and_needs_little(tmp_path: Path) -> None:
    trajectory = read(saved(tmp_path))
    assert trajectory.units.name == "lj"
    frame = next(iter(trajectory))
    assert frame.species == ("1",) and frame.kinds.tolist() == [0] * 4
    assert frame.cell.periodic == (False, False, False) and np.linalg.det(frame.cell.vectors) > 0
    assert (frame.forces, frame.velocities, frame.masses, frame.step, frame.time) == (None,) * 5
    with pytest.raises(InterpotError, match="states that it is in units 'lj', but 'real' was given"):
        read(saved(tmp_path), units="real")


def test_open_space_is_said_unless_the_file_says_so(tmp_path: Path) -> None:
    for arrays, said in (({}, 1), ({"periodic": [False] * 3}, 0), ({"cell": 9 * np.eye(3)}, 0)):
        trajectory = read(saved(tmp_path, **arrays))
        assert len(list(trajectory)) == len(list(trajectory)) == len(X)
        assert len(trajectory.remarks) == said
        assert all("a.npz' has no cell: " in remark for remark in trajectory.remarks)


@pytest.mark.parametrize("kind", ["f4", ">f8", "fortran", "i8"])
def test_any_layout_of_numbers(tmp_path: Path, kind: str) -> None:
    x = np.asfortranarray(X) if kind == "fortran" else (10 * X).astype(kind)
    for frame, row in zip(read(saved(tmp_path, positions=x)), x, strict=True):
        assert frame.positions.dtype == np.float64
        np.testing.assert_array_equal(frame.positions, row)


def test_two_dimensions_and_a_cell_per_frame(tmp_path: Path) -> None:
    cells = np.array([np.eye(3) * k for k in (5, 6, 7)])
    path = saved(
        tmp_path, positions=X[..., :2], forces=X[..., :2], cell=cells, origin=[1, 2, 3], time=[0, 0.5, 1]
    )
    for k, frame in enumerate(read(path)):
        assert frame.forces is not None and frame.dimension == 2
        np.testing.assert_array_equal(frame.forces[:, :2], X[k, :, :2])
        assert not frame.positions[:, 2].any() and not frame.forces[:, 2].any()
        assert frame.cell.vectors[0, 0] == 5 + k and frame.cell.origin.tolist() == [1, 2, 3]
        assert frame.cell.periodic == (True, True, False) and frame.time == 0.5 * k
    with pytest.raises(InterpotError, match="has no z column: expected dimension=2, not 3"):
        list(read(path, dimension=3))


def test_energy_and_virial_in_the_units_of_the_style(tmp_path: Path) -> None:
    virial = np.arange(27.0).reshape(3, 3, 3)
    path = saved(tmp_path, units="real", energy=[1.0, 2.0, 3.0], virial=virial)
    for k, frame in enumerate(read(path)):
        assert frame.energy == pytest.approx((k + 1) * 0.0433641, rel=1e-6)  # kcal/mol in eV
        assert frame.virial is not None
        np.testing.assert_allclose(frame.virial, virial[k] * 0.0433641, rtol=1e-6)
    assert next(iter(read(saved(tmp_path)))).energy is None
    with pytest.raises(InterpotError, match=r"array 'energy' of '.*' has shape \(2,\): expected \(3,\)"):
        list(read(saved(tmp_path, energy=[1.0, 2.0])))


NAN = np.where(np.arange(36).reshape(3, 4, 3) == 17, np.nan, X)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        (
            {"positions": X[0]},
            r"positions of '.*' have shape \(4, 3\): expected \(frames, particles, 3 or 2\)",
        ),
        ({"positions": X.astype(complex)}, "holds complex128: expected real numbers"),
        ({"positions": X.astype(object)}, "holds object: expected real numbers"),
        (
            {"forces": X[:2]},
            r"forces of '.*' have shape \(2, 4, 3\): expected that of positions, \(3, 4, 3\)",
        ),
        ({"species": ["Ne"]}, r"array 'species' of '.*' has shape \(1,\): expected \(4,\)"),
        ({"species": np.array(["a", "b", "c", 1], dtype=object)}, "cannot read array 'species'"),
        ({"cell": np.eye(2)}, r"has shape \(2, 2\): expected \(3, 3\) or \(3, 3, 3\)"),
        ({"cell": np.full((3, 3), np.nan)}, "cell of frame 0 .* is not finite"),
        ({"periodic": [True] * 3}, "has periodic axes but no array 'cell'"),
        ({"masses": ["a"] * 4}, "array 'masses' of '.*' holds <U1: expected numbers"),
        ({"velocities": NAN, "step": [0, 5, 9]}, r"vz of the 2. atom is nan in frame 1 \(step 5\) of"),
    ],
)
def test_one_sentence_for_each_fault(tmp_path: Path, arrays: dict[str, object], sentence: str) -> None:
    with pytest.raises(InterpotError, match=sentence):
        list(read(saved(tmp_path, **arrays), units="lj"))


def test_no_positions(tmp_path: Path) -> None:
    np.savez(tmp_path / "b.npz", coordinates=X, units="lj")
    with pytest.raises(InterpotError, match="has no array 'positions': found coordinates, units"):
        list(read(tmp_path / "b.npz"))


def test_damaged(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InterpotError, match="damaged or cut short"):
        read(path)
    path.write_bytes(whole[:200] + bytes(100) + whole[300:])
    with pytest.raises(InterpotError, match=r"cannot read array 'positions' of '.*a.npz'"):
        list(read(path, units="lj"))
