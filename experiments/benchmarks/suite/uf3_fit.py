"""UF3 doing the same job: its features of the forces, and its Gram matrix of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from suite.measuring import in_turns
from suite.passes import SMALL, Pass
from suite.peers import Peer
from suite.records import Figure, Row, Setting
from suite.systems import CUTOFF, Frames, liquid, sampled

ATOMS = 256
"""Small, because UF3 holds an array of atoms × pairs × 3, and slow, because it walks it once per spline."""


def normal_equations(setting: Setting) -> Iterator[Row]:
    """One frame for UF3, many for interpot: rates are per atom and frame."""
    Peer("uf3").need()
    frames = liquid(setting, ATOMS, setting.frames(100))
    closest, _ = sampled(frames, CUTOFF)
    run = Pass(("1",), CUTOFF, closest, SMALL)
    theirs = _uf3(Frames(frames.frames[:1]), closest, SMALL)
    times = in_turns(setting.repeats, {"pass": partial(run, frames), "uf3": theirs})
    yield Row(
        f"256 atoms, K = {run.size}",
        "atom-frames/s",
        Figure.rate(frames.atoms, times["pass"]),
        Peer("uf3").title,
        Figure.rate(ATOMS, times["uf3"]),
        remark=f"UF3: 1 frame, {SMALL} cubic splines, forces only; interpot: the first {len(frames.frames)}",
    )


def _uf3(frames: Frames, closest: float, size: int) -> Any:
    """Return a call that makes UF3's normal equations of the frames, with `size` splines that are not trimmed."""
    from ase import Atoms
    from uf3.data.composition import ChemicalSystem
    from uf3.data.io import DataCoordinator
    from uf3.regression.least_squares import WeightedLinearModel
    from uf3.representation.bspline import BSplineBasis
    from uf3.representation.process import BasisFeaturizer

    pair, trailing = ("Ar", "Ar"), 3
    basis = BSplineBasis(
        ChemicalSystem(element_list=["Ar"], degree=2),
        r_min_map={pair: 0.99 * closest},
        r_max_map={pair: CUTOFF},
        resolution_map={pair: size},  # intervals; three more splines, and as many trimmed at the cutoff
        trailing_trim=trailing,
    )
    geometries = [
        Atoms(f"Ar{len(f.positions)}", positions=f.positions, cell=f.cell.vectors, pbc=True) for f in frames
    ]
    coordinator = DataCoordinator()
    coordinator.dataframe_from_lists(
        geometries,
        prefix="liquid",
        energies=[0.0 for _ in frames],  # asked for here, not used below
        forces=[f.forces for f in frames],
    )
    table = coordinator.consolidate().drop(columns="energy")  # forces only
    featurizer, model = BasisFeaturizer(basis), WeightedLinearModel(basis)

    def make() -> Any:
        features = featurizer.evaluate(table, progress=None)
        return model.gram_from_df(features, keys=table.index)

    return make
