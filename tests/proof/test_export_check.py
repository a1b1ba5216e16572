"""The check of an export: a file that is not what was found is never written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from proof_systems import channel, disordered, lennard_jones, mixture, potential

from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.potential import Potential
from interpot.neighbours import pairs
from interpot.proof import export as exports
from interpot.proof.export import CHECKED, export, python
from interpot.proof.export.exporter import Exporter
from interpot.proof.export.probes import probes
from interpot.proof.forces import PairForces
from interpot.records import Evaluation, Frame


def with_exporter(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    monkeypatch.setattr(exports, "load_row", lambda *_: replace(python.EXPORTER, **changes))


def deviating(what: str, by: float) -> Exporter:
    """Evaluate as the original does, except for one number."""

    def evaluate(path: Path, original: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
        found = [PairForces(original)(frame) for frame in frames]
        last = found[-1]
        if what == "energy":
            found[-1] = replace(
                last, energy=last.energy + by * max(abs(last.energy), np.linalg.norm(last.virial))
            )
        elif what == "forces":
            last.forces[3, 1] += by * np.sqrt(np.mean(last.forces**2))
        else:
            last.virial[0, 2] += by * max(abs(last.energy), np.linalg.norm(last.virial))
        return found

    return evaluate


@pytest.mark.parametrize("what", ["energy", "forces", "virial"])
def test_a_deviation_is_found_and_nothing_is_written(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_exporter(monkeypatch, evaluate=deviating(what, 3e-8))
    (tmp_path / "argon.py").write_text("an older one")
    with pytest.raises(InterpotError, match=rf"gives {what} that deviate by 3e-08 .* where 1e-08 is allowed"):
        export(lennard_jones(), "python", tmp_path / "argon.py")
    assert [p.name for p in tmp_path.iterdir()] == ["argon.py"]
    assert (tmp_path / "argon.py").read_text() == "an older one"


@pytest.mark.parametrize("what", ["energy", "forces", "virial"])
def test_the_deviation_is_what_is_kept(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_exporter(monkeypatch, evaluate=deviating(what, 4e-9))
    made = export(mixture(), "python", tmp_path / "pair.py")
    assert made is not None and getattr(made, what) == pytest.approx(4e-9, rel=1e-5)
    kept = json.loads((tmp_path / f"pair.py{CHECKED}").read_text())
    assert kept["file"] == "pair.py" and kept[what] == getattr(made, what) and kept["frames"] == made.frames


def test_a_number_that_is_none_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_exporter(monkeypatch, evaluate=deviating("forces", float("nan")))
    with pytest.raises(InterpotError, match="forces that deviate by inf"):
        export(lennard_jones(), "python", tmp_path / "argon.py")


def test_unchecked_leaves_no_check(tmp_path: Path) -> None:
    export(lennard_jones(), "python", tmp_path / "argon.py")
    assert export(lennard_jones(), "python", tmp_path / "argon.py", checked=False) is None
    assert [p.name for p in tmp_path.iterdir()] == ["argon.py"]


def test_own_frames_count(tmp_path: Path) -> None:
    made = export(mixture(), "python", tmp_path / "pair.py", frames=[disordered(("Ne", "Xe"))])
    assert made is not None and made.frames == len(probes(mixture())) + 1


@pytest.mark.parametrize("target", ["lammps", "lammps-table", "openmm", "ase", "python"])
def test_frames_name_their_species_as_they_please(target: str, tmp_path: Path) -> None:
    """In another order, with one that no atom has, and with fewer than the potential."""
    frame = disordered(("Ne", "Xe"))
    frames = [
        replace(frame, species=("Xe", "Ne")),
        replace(frame, species=("Ne", "Rn", "Xe"), kinds=2 * frame.kinds),
        replace(frame, species=("Xe",), kinds=np.zeros_like(frame.kinds), masses=None, velocities=None),
    ]
    made = export(mixture(), target, tmp_path / "pair.xml", frames=frames)
    assert made is not None and max(made.energy, made.forces) < made.tolerance


def test_a_strong_pair_hides_no_weak_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Xe-Xe ten billion times as strong as Ne-Ne, whose sign is wrong in what was written."""
    strong = channel("Lennard-Jones 12-6", ("Xe", "Xe"), 9.5, epsilon=1.9e8)
    original = potential(*mixture().channels[:2], strong)
    wrong = replace(original, channels=(flipped(original.channels[0]), *original.channels[1:]))

    def evaluate(path: Path, _: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
        return [PairForces(wrong)(frame) for frame in frames]

    with_exporter(monkeypatch, evaluate=evaluate)
    with pytest.raises(InterpotError, match=r"deviate by .* in pairs Ne-Ne"):
        export(original, "python", tmp_path / "pair.py")


def flipped(original: ChannelFormula) -> ChannelFormula:
    return replace(original, expression=-original.expression)


def test_a_pair_without_a_formula(tmp_path: Path) -> None:
    lacking = potential(channel("Morse", ("Ar", "Kr")))
    with pytest.raises(InterpotError, match="no formula for Ar-Ar, Kr-Kr"):
        export(lacking, "python", tmp_path / "pair.py")
    assert not list(tmp_path.iterdir())


def test_probes_reach_every_distance_of_every_pair() -> None:
    original = mixture()
    reach = max(c.cutoff for c in original.channels)
    seen: dict[tuple[str, ...], list[float]] = {c.species: [] for c in original.channels}
    for frame in probes(original):
        found = pairs(frame, 1.1 * reach)
        for i, j, r in zip(found.i, found.j, found.r, strict=True):
            names = sorted((frame.species[frame.kinds[i]], frame.species[frame.kinds[j]]))
            seen[tuple(names)].append(float(r))
    for c in original.channels:
        r = np.sort(seen[c.species])
        assert r[0] < 0.86 * c.domain[0] and r[-1] > c.cutoff
        inside = r[(r > c.domain[0]) & (r < c.cutoff)]
        assert np.diff(inside).max() < 0.05 * (c.cutoff - c.domain[0])


def test_the_fluid_is_no_closer_than_was_sampled() -> None:
    fluid = probes(mixture())[0]
    nearest = max(c.domain[0] for c in mixture().channels)
    assert pairs(fluid, 3 * nearest).r.min() > nearest and len(fluid.kinds) > 30
    assert probes(mixture())[0].positions.tolist() == fluid.positions.tolist()
