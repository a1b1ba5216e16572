"""Rows of energies and virials from files: checkpoints, a cluster, and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.calculators.lj import LennardJones
from ase.calculators.singlepoint import SinglePointCalculator

from interpot import Statistic, accumulate, discover, pair_channels, read, weighted, workflow
from interpot.cli import main
from interpot.errors import InterpotError
from interpot.statistic import checkpoint
from interpot.statistic.distribute import accumulate_span, beside, summed
from interpot.statistic.frame_rows import Wanted
from interpot.statistic.recognition import virial_fit

EPSILON, SIGMA = 0.0103, 3.4
FRAMES = 100


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Argon in boxes of several sizes, as ASE writes what its calculator gives."""
    random = np.random.default_rng(9)
    path = tmp_path_factory.mktemp("rows") / "argon.xyz"
    for _ in range(FRAMES):
        spacing = random.uniform(3.6, 4.2)
        grid = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1).reshape(-1, 3) * spacing
        x = grid + random.uniform(-0.4, 0.4, (27, 3))
        atoms = Atoms("Ar27", x, cell=[3 * spacing] * 3, pbc=True)
        calculator = LennardJones(sigma=SIGMA, epsilon=EPSILON, rc=8.0)
        forces, stress = calculator.get_forces(atoms), calculator.get_stress(atoms)
        energy = calculator.get_potential_energy(atoms) - 4.0 * 27
        atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces, stress=stress)
        ase.io.write(path, atoms, format="extxyz", append=True)
    return path


def made(file: Path, cutoff: float = 8.0, frames: str | None = None, **options: Any) -> Statistic:
    data = read(file, frames=frames)
    options = {"energies": "potential", "virials": "given", "cutoffs": "given", **options}
    return accumulate(data, pair_channels(data, cutoff), **options)


def test_what_ase_writes_is_read_in_our_convention(file: Path) -> None:
    statistic = made(file)
    slopes = virial_fit(statistic)
    assert slopes is not None and slopes[0][0] == pytest.approx(1.0, abs=1e-4)  # ASE writes eight decimals
    [said] = [r for r in statistic.provenance["remarks"] if "constants" in r]
    assert "constants Ar -4" in said or "constants Ar -3.99" in said
    assert weighted(statistic).provenance["weights"]["energies"] > 1


def test_a_stopped_pass_goes_on_to_the_same_rows(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)

    class StoppedError(Exception):
        pass

    def stop(done: int) -> None:
        if done == 69:
            raise StoppedError

    options = {"cutoff": 5.0, "frames": ":72", "factor": "qr"}  # blocks are joined at frame 64
    whole, out = made(file, **options), tmp_path / "out.h5"
    with pytest.raises(StoppedError):
        made(file, out=out, progress=stop, **options)
    resumed = made(file, out=out, resume=True, **options)
    for one in (resumed, Statistic.load(out)):
        assert [t.label for t in one.blocks.tables] == ["energies", "forces_on_Ar", "virials"]
        for a, b in zip(one.blocks.tables, whole.blocks.tables, strict=True):
            assert all(np.array_equal(s, t) for s, t in zip(a.tables, b.tables, strict=True))
    with pytest.raises(InterpotError, match="was made with the energies potential, not total"):
        made(file, out=out, energies="total", resume=True, **options)


def test_ranges_of_frames_add_up(file: Path) -> None:
    """What workers of a cluster do, without one."""
    frames = read(file)
    channels, wanted = pair_channels(frames, 8.0), Wanted("potential", "given")
    spans = [accumulate_span(frames.part(a, a + 25), channels, 50, wanted) for a in (0, 25, 50, 75)]
    total = beside(summed(*spans[:2]), summed(*spans[2:]))
    whole = accumulate(frames, channels, cutoffs="given", energies="potential", virials="given")
    for a, b in zip(total.blocks.tables, whole.blocks.tables, strict=True):
        one, two = (np.concatenate(t.tables) for t in (a, b))
        np.testing.assert_allclose(one.T @ one, two.T @ two, atol=1e-10 * np.abs(two.T @ two).max())
        assert a.rows.sum() == b.rows.sum()


def test_commands(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accumulate with both kinds, discover from it; weights reach the discovery, and the file keeps the rows."""
    kept = tmp_path / "argon.h5"
    seen: list[Statistic] = []
    monkeypatch.setattr(workflow, "_discovered", lambda statistic, *_: seen.append(statistic))

    def run(*arguments: object) -> int:
        monkeypatch.setattr("sys.argv", ["interpot", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    words = ["--cutoff", "8", "--keep-cutoff", "--energies", "potential", "--virials", "given"]
    assert run("accumulate", file, *words, "--out", kept) == 0
    assert run("discover", kept, "--virial-weight", "0", "--energy-weight", "2", "--out", tmp_path / "a") == 0
    assert run("discover", file, *words, "--energy-weight", "0", "--out", tmp_path / "b") == 0
    assert run("discover", kept, "--energies", "total", "--out", tmp_path / "c") == 1
    assert run("discover", kept, "--energy-weight", "much", "--out", tmp_path / "d") == 1
    assert seen[0].provenance["weights"] == {"forces": 1.0, "energies": 2.0}
    assert list(seen[1].provenance["weights"]) == ["forces", "virials"]
    best = discover(seen[0], terms=["power"], max_terms=2).best
    r = np.linspace(3.2, 7.5, 9)
    truth = 24 * EPSILON * (2 * (SIGMA / r) ** 12 - (SIGMA / r) ** 6) / r
    np.testing.assert_allclose(best.force(r), truth, rtol=1e-5, atol=1e-8)
    assert best.provenance["weights"] == {"forces": 1.0, "energies": 2.0}
