"""Truncated forces are found where they were truncated, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statistic_systems import METAL, Frames, Slope, lattice_gas, lennard_jones

from interpot.errors import InterpotError
from interpot.neighbours import pairs
from interpot.records import Cell, Frame
from interpot.statistic.accumulate import accumulate
from interpot.statistic.channels import pair_channels
from interpot.statistic.one_pass import one_pass
from interpot.statistic.reach import check_cutoffs
from interpot.statistic.truncation import find_cutoffs, shortest_decimal
from interpot.trajectory.targets.recorded import recorded
from interpot.units import UnitStyle, unit_style

LJ = lennard_jones(0.01, 2.27)
ASKED = 8.0


def truncated(slope: Slope, cutoff: float) -> Slope:
    return lambda r: np.where(r < cutoff, slope(r), 0.0)


def data(
    slopes: dict[str, Slope], count: int = 20, noise: float = 0.0, seed: int = 0, units: UnitStyle = METAL
) -> Frames:
    """216 particles a frame with the given forces and noise as a fraction of their root mean square."""
    random = np.random.default_rng(seed)
    species = tuple(sorted({name for label in slopes for name in label.split("-")}))
    frames = [
        forced(lattice_gas(random, sites=6, rattle=0.5, species=species), slopes, noise, random)
        for _ in range(count)
    ]
    scaled = [
        replace(
            f,
            positions=f.positions * units.length,
            cell=replace(f.cell, vectors=f.cell.vectors * units.length),
        )
        for f in frames
    ]
    return Frames(scaled, units)


def forced(frame: Frame, slopes: dict[str, Slope], noise: float, random: np.random.Generator) -> Frame:
    found = pairs(frame, ASKED)
    names = np.array(frame.species)[frame.kinds]
    labels = np.array(["-".join(sorted(two)) for two in zip(names[found.i], names[found.j], strict=True)])
    forces = np.zeros(frame.positions.shape)
    for label, slope in slopes.items():
        mine = labels == label
        push = slope(found.r[mine])[:, None] * found.unit[mine]
        np.add.at(forces, found.i[mine], push)
        np.add.at(forces, found.j[mine], -push)
    return replace(frame, forces=forces + noise * forces.std() * random.normal(size=forces.shape))


def found_in(frames: Frames) -> dict[int, float]:
    species = frames.frames[0].species
    statistic = one_pass(frames, pair_channels(species, ASKED * frames.units.length))
    return {
        c: value / frames.units.length for c, value in find_cutoffs(statistic, list(recorded(frames))).items()
    }


@pytest.mark.parametrize("cutoff", [4.0, 5.5, 6.0, 6.123, 6.7712, 7.5, 7.9])
def test_a_jump_is_found_exactly(cutoff: float) -> None:
    """Round numbers and others, down to shortly before the cutoff that was asked for."""
    assert found_in(data({"Ar-Ar": truncated(LJ, cutoff)})) == {0: cutoff}


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_frames_are_enough(count: int) -> None:
    assert found_in(data({"Ar-Ar": truncated(LJ, 6.0)}, count)) == {0: 6.0}


@pytest.mark.parametrize("cutoff", [5.73512847, 6.12345678, 7.31415927])
def test_all_frames_narrow_the_bracket(cutoff: float) -> None:
    """To between the last pair of 60 frames that acts and the first that does not: a jump shows in a few."""
    frames = data({"Ar-Ar": truncated(LJ, cutoff)}, count=60)
    r = np.concatenate([pairs(frame, ASKED).r for frame in frames.frames])
    [found] = found_in(frames).values()
    assert r[r < cutoff].max() < found < r[r > cutoff].min()


@pytest.mark.parametrize("seed", range(4))
def test_a_jump_in_noise(seed: int) -> None:
    """The jump of 1e-4 eV/Å is a tenth of the noise of one force component."""
    assert found_in(data({"Ar-Ar": truncated(LJ, 6.0)}, noise=1e-3, seed=seed)) == {0: 6.0}


@pytest.mark.parametrize(("count", "noise"), [(20, 0.0), (30, 0.0), (30, 1e-3)])
def test_different_cutoffs_in_a_mixture(count: int, noise: float) -> None:
    """More data must not hide a jump behind the traces that it leaves in the other channels."""
    slopes = {"Ne-Ne": truncated(LJ, 6.0), "Ne-Xe": truncated(LJ, 7.25), "Xe-Xe": LJ}
    assert found_in(data(slopes, count, noise)) == {0: 6.0, 1: 7.25}


def test_the_digits_are_those_of_the_data_s_units() -> None:
    """6.4 Bohr is a short number in Bohr only; the reduced style has no Å at all."""
    for style in ("electron", "lj"):
        frames = data({"Ar-Ar": truncated(LJ, 6.4)}, units=unit_style(style))
        [cutoff] = found_in(frames).values()
        assert cutoff == pytest.approx(6.4, rel=1e-15), style


def switched(r: np.ndarray) -> np.ndarray:
    """Lennard-Jones brought to zero between 5 and 6 Å with two continuous derivatives."""
    x = np.clip(r - 5, 0, 1)
    return LJ(r) * (1 - 10 * x**3 + 15 * x**4 - 6 * x**5)


SMOOTH: dict[str, Slope] = {
    "Lennard-Jones": LJ,
    "Yukawa": lambda r: -np.exp(-r) * (1 / r + 1) / r,
    "Coulomb": lambda r: -(r**-2.0),
    "Gaussian": lambda r: -r * np.exp(-(r**2) / 2),
    "narrow Gaussian": lambda r: -r * np.exp(-2 * r**2),
    "steep exponential": lambda r: -np.exp(-r / 0.3),
    "switched to zero": switched,
    "linear": np.ones_like,
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("noise", [0.0, 1e-3, 1e-2])
def test_a_smooth_force_is_left_alone(name: str, noise: float) -> None:
    for seed in range(1 if noise == 0 else 4):
        assert found_in(data({"Ar-Ar": SMOOTH[name]}, 10, noise, seed)) == {}


def test_noise_alone_has_no_cutoff() -> None:
    nothing = {"Ar-Ar": lambda r: 0 * r}
    for seed in range(5):
        frames = data(nothing, 5)
        random = np.random.default_rng(seed)
        noisy = [replace(f, forces=random.normal(size=f.positions.shape)) for f in frames.frames]
        assert found_in(Frames(noisy)) == {}
    assert found_in(data(nothing, 2)) == {}  # no force at all


# ------------------------------------------------------------------------------------------- accumulate


def test_the_second_pass_has_the_cutoff_that_was_found() -> None:
    frames = data({"Ar-Ar": truncated(LJ, 6.25)}, 10, units=unit_style("nano"))
    channels = pair_channels(["Ar"], 80.0)
    progress: list[int] = []
    statistic = accumulate(frames, channels, progress=progress.append)
    assert statistic.channels[0].cutoff == pytest.approx(62.5, rel=1e-14)
    assert statistic.provenance["remarks"] == [
        "the reference truncates the Ar-Ar force at 6.25 nm; that cutoff is used instead of the 8 nm asked for"
    ]
    assert progress == 2 * list(range(1, 11))
    direct = one_pass(frames, statistic.channels)
    np.testing.assert_array_equal(statistic.gram, direct.gram)


def test_a_wrong_cutoff_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the search were wrong: what would lose part of the force is refused."""
    frames = data({"Ar-Ar": LJ}, 10)
    channels = pair_channels(["Ar"], ASKED)
    module = "interpot.statistic.settled.find_cutoffs"
    monkeypatch.setattr(module, lambda *arguments: {0: 6.0})
    statistic = accumulate(frames, channels)
    assert [c.cutoff for c in statistic.channels] == [ASKED]
    assert statistic.provenance["remarks"] == []


def test_cutoffs_can_be_taken_as_given() -> None:
    frames = data({"Ar-Ar": truncated(LJ, 6.0)}, 3)
    statistic = accumulate(frames, pair_channels(["Ar"], ASKED), cutoffs="given")
    assert statistic.channels[0].cutoff == ASKED and statistic.provenance["remarks"] == []


def test_a_cutoff_beyond_the_sampled_distances() -> None:
    """Only an open cloud has a largest distance; the advice lies within it."""
    frames = data({"Ar-Ar": LJ}, 2)
    cloud = [replace(f, cell=replace(f.cell, periodic=(False, False, False))) for f in frames.frames]
    reach = max(pairs(f, 99.0).r.max() for f in cloud)
    with pytest.raises(
        InterpotError, match=r"cutoff of 40 Å for Ar-Ar lies beyond .* --cutoff Ar-Ar="
    ) as error:
        accumulate(Frames(cloud), pair_channels(["Ar"], 40.0))
    assert 0.9 * reach < float(str(error.value).split("=")[-1]) < reach
    assert f"{reach:.6g} Å" in str(error.value)


def test_a_cutoff_in_another_unit_is_refused() -> None:
    """10 for 10 Å, where lengths are nm: the error names the unit."""
    nano = Frames(data({"Ar-Ar": LJ}, 1).frames, unit_style("gromacs"))
    with pytest.raises(
        InterpotError, match=r"within the cutoff of 10 nm for Ar-Ar .* a cutoff in nm, the unit of the data"
    ):
        accumulate(nano, pair_channels(["Ar"], 100.0))
    frame = next(iter(nano))
    few = replace(frame, species=("Ar", "C"), kinds=(np.arange(len(frame.kinds)) < 2).astype(np.int64))
    check_cutoffs(pair_channels(["C"], 100.0), few, nano.units)  # two have no more than each other


@pytest.mark.parametrize(("cutoff", "said"), [(8.9, 0), (9.1, 1)])
def test_a_cutoff_larger_than_the_box_is_remarked_on(cutoff: float, said: int) -> None:
    """The box is 9 Å wide along its periodic axes; along the open one, of 1 Å, nobody meets an image."""
    frame = forced(lattice_gas(np.random.default_rng(2)), {"Ar-Ar": LJ}, 0.0, np.random.default_rng(2))
    cell = Cell(np.diag([9.0, 9.0, 1.0]), np.zeros(3), (True, True, False))
    gas = Frames([replace(frame, cell=cell)])
    remarks = accumulate(gas, pair_channels(["Ar"], cutoff), cutoffs="given").provenance["remarks"]
    larger = [remark for remark in remarks if "larger than the periodic box" in remark]
    assert len(larger) == said
    assert all("the cutoff of 9.1 Å for Ar-Ar" in r and "9 Å at its shortest edge" in r for r in larger)


# ------------------------------------------------------------------------------------------ decimals


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (8.51249, 8.51251, 8.5125),
        (5.9993, 6.0004, 6.0),
        (0.0499, 0.0502, 0.05),
        (97.0, 104.0, 100.0),
        (6, 6, 6),
    ],
)
def test_shortest_decimal(low: float, high: float, expected: float) -> None:
    assert shortest_decimal(low, high) == expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(low=st.floats(1e-12, 1e12), width=st.floats(1e-9, 0.5))
def test_shortest_decimal_is_inside_and_shortest(low: float, width: float) -> None:
    """No number with a digit less lies in the interval."""
    high = low * (1 + width)
    found = shortest_decimal(low, high)
    assert low * (1 - 1e-15) <= found <= high * (1 + 1e-15)
    digits, exponent = Decimal(repr(found)).normalize().as_tuple()[1:]
    unit = 10.0 ** (int(exponent) + 1)  # place of the last digit but one
    coarser = np.ceil(low / unit * (1 - 1e-13)) * unit
    assert len(digits) == 1 or not low * (1 + 1e-13) < coarser < high * (1 - 1e-13)


def test_a_cutoff_between_the_shells_of_a_crystal_is_welcome() -> None:
    """Pairs beyond it there are; only a cluster can be smaller than its cutoff."""
    sites = np.stack(np.meshgrid(*[np.arange(4.0)] * 3), -1).reshape(-1, 3) * 4.0
    moved = sites + np.random.default_rng(2).normal(0, 0.05, sites.shape)
    cell = Cell(np.eye(3) * 16.0, np.zeros(3), (True, True, True))
    frame = Frame(moved, ("Ar",), np.zeros(64, dtype=np.int64), cell)
    statistic = accumulate(
        Frames([forced(frame, {"Ar-Ar": LJ}, 0.0, np.random.default_rng(0))]), pair_channels(["Ar"], 5.0)
    )
    assert statistic.coverage[0].maximum < 0.95 * 5.0
