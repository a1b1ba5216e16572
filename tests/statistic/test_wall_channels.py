"""Walls and fields: against brute force, finite differences of an energy, and functions that are known."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from statistic_systems import METAL, Frames, lattice_gas, lennard_jones, with_any_forces, with_forces

from interpot.errors import InterpotError
from interpot.records import Cell, Frame, Surface
from interpot.statistic import accumulator as passes
from interpot.statistic import batches, panels
from interpot.statistic import pair_splines as ways
from interpot.statistic.accumulate import accumulate
from interpot.statistic.basis import Functions, KnotSplines, LogSplines, UniformSplines, splines_for
from interpot.statistic.channels import Channel, collectors, pair_channels, wall_channels
from interpot.statistic.features import AnyFeatures
from interpot.statistic.frame_rows import Wanted
from interpot.statistic.layout import Layout
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.one_pass import one_pass
from interpot.statistic.recipe import check_same_recipe, recipe_of
from interpot.statistic.recognition import energy_fit
from interpot.statistic.unmet import unmet
from interpot.trajectory.motion import RECORDED

FloatArray = NDArray[np.float64]
PLANES = (Surface("zlo", "plane", 2, 1, -1.0), Surface("xhi", "plane", 0, -1, 12.5))
DEEP = (replace(PLANES[0], position=-3.0),)
ROUND = (
    Surface("tube", "cylinder", 2, -1, 14.0, (5.0, 5.0, 0.0)),
    Surface("ball", "sphere", 0, -1, 16.0, (5.0, 5.0, 5.0)),
    Surface("tip", "sphere", 0, 1, 1.5, (5.0, 6.0, -5.0)),
)


def distance(surface: Surface, x: FloatArray) -> FloatArray:
    """Written out, and apart from `interpot.geometry`."""
    c = np.array(surface.centre)
    if surface.shape == "plane":
        xi = x[:, surface.axis] - c[surface.axis]
    elif surface.shape == "cylinder":
        xi = np.hypot(*(np.delete(x - c, surface.axis, axis=1).T))
    else:
        xi = np.sqrt(((x - c) ** 2).sum(axis=1))
    return np.asarray(surface.inward * (xi - surface.position))


def coordinate(channel: Channel, frame: Frame, x: FloatArray) -> FloatArray:
    if channel.kind == "wall":
        [surface] = [s for s in frame.surfaces if s.name == channel.site]
        return distance(surface, x)
    arm = x - np.array(channel.centre)
    return np.asarray(
        np.linalg.norm(arm, axis=1) if channel.site == "r" else arm[:, "xyz".index(channel.site)]
    )


def factors(channel: Channel, frame: Frame) -> FloatArray:
    """Charge, or 1; 0 for species that the channel is not of."""
    names = np.array(frame.species)[frame.kinds]
    of = dict(zip(channel.species, channel.charges or (1.0,) * len(channel.species), strict=True))
    return np.array([of.get(str(name), 0.0) for name in names])


def forced(
    frame: Frame, potentials: Sequence[tuple[Channel, Callable[[FloatArray], FloatArray]]], h: float = 1e-4
) -> Frame:
    """Add the forces of one-body energies φ(s) by finite differences of sixth order."""
    forces = np.array(frame.forces)
    weights = {1: 0.75, 2: -0.15, 3: 1 / 60}
    for channel, phi in potentials:
        q = factors(channel, frame)
        for d in range(frame.dimension):
            for k, w in weights.items():
                step = k * h * np.eye(3)[d]
                up, down = (phi(coordinate(channel, frame, frame.positions + s * step)) for s in (1, -1))
                forces[:, d] -= q * w * (up - down) / h
    return replace(frame, forces=forces)


def gas(
    seed: int,
    count: int = 6,
    surfaces: tuple[Surface, ...] = PLANES,
    dimension: int = 3,
    spacing: float = 3.0,
    rattle: float = 0.9,
) -> list[Frame]:
    random = np.random.default_rng(seed)
    frames = []
    for _ in range(count):
        frame = lattice_gas(
            random, 4, spacing, species=("A", "B"), dimension=dimension, periodic=False, rattle=rattle
        )
        frames.append(replace(with_any_forces(frame, random), surfaces=surfaces))
    return frames


FIELDS = (
    Channel("field", ("A", "B"), 40.0, "x", (1.0, -0.5), (4.0, 0.0, 0.0)),
    Channel("field", ("B",), 40.0, "r"),
)
PAIRS = pair_channels(["A", "B"], 4.0, {"A-B": 5.0})
WALLS = wall_channels(["A", "B"], ["zlo", "xhi"], 4.0, {"B-zlo": 30.0})
CURVED = wall_channels(["A", "B"], ["tube", "ball", "tip"], 9.0)
SYSTEMS = {
    "walls and fields": (PAIRS + WALLS + FIELDS, PLANES, 3),
    "curved walls": (PAIRS + CURVED, ROUND, 3),
    "walls before pairs": (WALLS[:2] + PAIRS + FIELDS + WALLS[2:], PLANES, 3),
    "among the pairs": (PAIRS[:1] + WALLS + PAIRS[1:], PLANES, 3),
    "two dimensions": (PAIRS + wall_channels(["A", "B"], ["xhi"], 6.0) + FIELDS, PLANES[1:], 2),
    "no pairs": (WALLS + FIELDS, PLANES, 3),
    "a species without pairs": (PAIRS[:1] + WALLS + FIELDS, PLANES, 3),
}


def coarse(channels: Sequence[Channel]) -> list[KnotSplines]:
    """Few splines, so that a failure can be read; they grow."""
    return [
        UniformSplines(c.cutoff, c.cutoff / 8) if c.kind == "field" else LogSplines(c.cutoff, 1 / 4)
        for c in channels
    ]


def assert_same(one: Statistic, two: Statistic, bound: float = 1e-12) -> None:
    assert one.bases == two.bases and len(one.blocks) == len(two.blocks)
    size = np.sqrt(np.diag(one.gram))
    assert (np.abs(one.gram - two.gram) <= bound * np.outer(size, size)).all()
    np.testing.assert_allclose(one.moment, two.moment, atol=bound * size.max() * np.sqrt(one.square))
    assert one.square == pytest.approx(two.square, rel=1e-13)
    for a, b in zip(one.coverage, two.coverage, strict=True):
        np.testing.assert_array_equal(a.counts, b.counts)
        assert (a.minimum, a.maximum) == pytest.approx((b.minimum, b.maximum), rel=1e-14)


@pytest.mark.parametrize("scattered", [np.inf, 0.0])
@pytest.mark.parametrize("name", SYSTEMS)
def test_beside_the_pairs_as_in_whole_rows(
    name: str, scattered: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sparse products, with pairs scattered or in panels, against rows of all columns."""
    channels, surfaces, dimension = SYSTEMS[name]
    monkeypatch.setattr(ways, "SCATTER_BELOW", scattered)
    for seed in range(3):
        frames = Frames(gas(seed, surfaces=surfaces, dimension=dimension))
        mixed = one_pass(frames, channels, coarse(channels))
        factored = one_pass(frames, channels, coarse(channels), wanted=Wanted(factor="qr"))
        with monkeypatch.context() as patch:
            patch.setattr(batches, "features_of", lambda layout: AnyFeatures(layout.channels))
            slow = one_pass(frames, channels, coarse(channels))
        assert_same(mixed, slow)
        assert_same(factored, slow)
        assert sum(t.rows.sum() for t in factored.factors) == slow.rows


@pytest.mark.parametrize("name", SYSTEMS)
def test_threads_and_panels_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    channels, surfaces, dimension = SYSTEMS[name]
    frames = Frames(gas(5, 20, surfaces, dimension))
    one, two = (one_pass(frames, channels, coarse(channels), threads=t) for t in (1, 3))
    for a, b in zip(one.blocks.parts, two.blocks.parts, strict=True):
        assert np.array_equal(a.gram, b.gram) and np.array_equal(a.moment, b.moment)
    for module, constant in ((panels, "PANEL_BYTES"), (passes, "BATCH_BYTES")):
        monkeypatch.setattr(module, constant, 3_000)
    assert_same(one, one_pass(frames, channels, coarse(channels)))


def test_pairs_are_summed_as_if_they_were_alone() -> None:
    """To the last bit."""
    frames = Frames(gas(7, 1, spacing=2.6))
    bases = splines_for(PAIRS + WALLS + FIELDS)
    alone, mixed = (one_pass(frames, c, bases[: len(c)]) for c in (PAIRS, PAIRS + WALLS + FIELDS))
    size = alone.blocks.size
    np.testing.assert_array_equal(mixed.gram[:size, :size], alone.gram)
    np.testing.assert_array_equal(mixed.moment[:size], alone.moment)


@pytest.mark.parametrize("channel", [*WALLS, *CURVED, *FIELDS], ids=lambda c: c.label)
def test_forces_are_those_of_an_energy(channel: Channel) -> None:
    """-φ'(s) ∇s, times the charge, for φ = sin(s/3); without a sample where the particle does not count."""
    [frame] = gas(1, 1, PLANES + ROUND)
    [(_, collect)] = collectors([channel])
    [part] = collect(frame)
    s, q = coordinate(channel, frame, frame.positions), factors(channel, frame)
    mine = (q != 0) & (s < channel.cutoff)
    np.testing.assert_array_equal(np.sort(part.i), np.flatnonzero(mine))
    np.testing.assert_allclose(part.s, s[part.i], atol=1e-12)
    made = np.zeros((len(s), 3))
    made[part.i] = (np.cos(part.s / 3) / 3)[:, None] * part.unit
    without = replace(frame, forces=np.zeros_like(frame.positions))
    expected = forced(without, [(channel, lambda s: np.sin(s / 3))], h=1e-2).forces
    assert expected is not None
    np.testing.assert_allclose(made[mine], expected[mine], atol=1e-11)


def nine_three(epsilon: float, sigma: float) -> Callable[[FloatArray], FloatArray]:
    return lambda s: epsilon * (2 / 15 * (sigma / s) ** 9 - (sigma / s) ** 3)


def test_given_functions_find_their_coefficients() -> None:
    """The textbook's normal equations of a wall 9-3, Lennard-Jones pairs and a uniform field."""
    channels = (
        *pair_channels(["A"], 6.0),
        *wall_channels(["A"], ["zlo"], 30.0),
        Channel("field", ("A",), 40.0, "x"),
    )
    epsilon, sigma, gravity = 0.02, 2.1, 0.003
    frames = []
    for frame in gas(2, 4, PLANES[:1], rattle=0.5):
        one = replace(frame, species=("A",), kinds=np.zeros_like(frame.kinds))
        one = with_forces(one, channels[:1], [lennard_jones(0.01, 2.0)])
        s = one.positions[:, 2] + 1.0
        assert one.forces is not None
        one.forces[:, 2] += epsilon * (9 * 2 / 15 * sigma**9 / s**10 - 3 * sigma**3 / s**4)
        one.forces[:, 0] -= gravity
        frames.append(one)
    bases = [
        Functions([lambda r: -12 * r**-13, lambda r: -6 * r**-7], ("r^-12", "r^-6")),
        Functions([lambda s: -9 * s**-10, lambda s: -3 * s**-4], ("s^-9", "s^-3")),
        Functions([np.ones_like], ("x",)),
    ]
    known = [0.04 * 2.0**12, -0.04 * 2.0**6, epsilon * 2 / 15 * sigma**9, -epsilon * sigma**3, gravity]
    for factor in ("gram", "qr"):
        found = accumulate(Frames(frames), channels, bases=bases, factor=factor).solve()
        np.testing.assert_allclose(found, known, rtol=1e-10)


def test_splines_find_the_forces_of_walls_and_charges() -> None:
    """Best functions of the mixed statistic explain forces that were made of energies alone."""
    wall, field = WALLS[0], FIELDS[0]
    potentials = [(wall, lambda s: 0.1 * np.exp(-s)), (field, lambda x: 0.02 * np.sin(x / 4))]
    frames = [
        forced(replace(f, forces=np.zeros_like(f.positions)), potentials, h=1e-2)
        for f in gas(3, 40, DEEP, rattle=1.6)
    ]
    channels = (replace(wall, cutoff=30.0), field)
    statistic = accumulate(Frames(frames), channels, cutoffs="given")
    k = statistic.solve()
    x = np.linspace(-3.0, 6.0, 9)
    slopes = statistic.bases[1].matrix(x, derivative=True) @ k[statistic.columns(1)]
    np.testing.assert_allclose(slopes, 0.005 * np.cos(x / 4), atol=1e-8)
    s = np.linspace(3.5, 12.0, 7)
    slopes = statistic.bases[0].matrix(s, derivative=True) @ k[statistic.columns(0)]
    np.testing.assert_allclose(slopes, -0.1 * np.exp(-s), atol=1e-8)


def test_energies_hold_the_walls_and_the_virial_only_pairs() -> None:
    channels = PAIRS + WALLS + FIELDS
    [frame] = gas(4, 1)
    random = np.random.default_rng(0)
    frame = replace(frame, energy=1.25, virial=random.normal(size=(3, 3)))
    wanted = Wanted("potential", "given")
    mixed, alone = (one_pass(Frames([frame]), c, coarse(c), wanted=wanted) for c in (channels, PAIRS))
    assert mixed.energies and mixed.virials and alone.energies and alone.virials
    n, first = len(frame.positions), len(mixed.energies.leading)
    row, width = mixed.energies.tables[0][0, first:-1], alone.blocks.size
    np.testing.assert_array_equal(row[:width], alone.energies.tables[0][0, first:-1])
    for c in range(len(PAIRS), len(channels)):
        s, q = coordinate(channels[c], frame, frame.positions), factors(channels[c], frame)
        near = s < channels[c].cutoff
        values = mixed.bases[c].matrix(s[near])  # dense, and another way than the sums go
        np.testing.assert_allclose(row[mixed.columns(c)], q[near] @ values / n, rtol=1e-12, atol=1e-15)
    table = mixed.virials.tables[0]
    np.testing.assert_array_equal(table[:, 1 : width + 1], alone.virials.tables[0][:, 1:-1])
    assert not table[:, width + 1 : -1].any()


def test_energies_shift_pairs_and_no_walls() -> None:
    """The constant of the species is found; a wall has none of its own."""
    random = np.random.default_rng(8)
    wall = Channel("wall", ("A",), 30.0, "zlo")
    frames = []
    for k in range(60):
        frame = lattice_gas(random, 2 + k % 3, 3.0, species=("A",), periodic=False, rattle=1.6)
        frame = replace(frame, surfaces=DEEP, forces=np.zeros_like(frame.positions))
        frame = forced(frame, [(wall, lambda s: 0.1 * np.exp(-s))], h=1e-2)
        s = distance(DEEP[0], frame.positions)
        energy = float(np.sum(0.1 * (np.exp(-s) - np.exp(-30.0)))) - 0.3 * len(s)
        frames.append(replace(frame, energy=energy))
    statistic = accumulate(Frames(frames), [wall], cutoffs="given", energies="potential")
    fit = energy_fit(statistic)
    assert fit is not None and fit.shifts == {} and fit.rms < 1e-7
    assert fit.constants["A"][0] == pytest.approx(-0.3, abs=0.01)


# ---------------------------------------------------------------------------- lattices, files, words


def test_lattices_grow_with_slack_where_coordinates_are_near_zero() -> None:
    channels = (Channel("field", ("A",), 10.0, "x"), Channel("wall", ("A",), 10.0, "zlo"))
    layout = Layout.of(channels, splines_for(channels))
    for smallest in ([0.01, 0.01], [-3.0, 4.0], [5.0, 0.3]):
        tight, loose = layout.covering(smallest), layout.covering(smallest, 0.02)
        for a, b, s in zip(tight.bases, loose.bases, smallest, strict=True):
            assert isinstance(a, KnotSplines) and isinstance(b, KnotSplines)
            assert a.innermost < s and 2 <= b.intervals - a.intervals <= 4
    assert layout.covering([np.inf, np.inf], 0.02) is layout


def test_counts_and_extremes_of_signed_coordinates() -> None:
    channel = Channel("field", ("A", "B"), 20.0, "x", (1.0, 2.0), (5.0, 0.0, 0.0))
    frames = gas(6, 5)
    statistic = one_pass(Frames(frames), [channel])
    x = np.concatenate([frame.positions[:, 0] - 5.0 for frame in frames])
    [seen], [basis] = statistic.coverage, statistic.bases
    assert (seen.minimum, seen.maximum) == (x.min(), x.max()) and x.min() < 0
    assert isinstance(basis, KnotSplines) and basis.innermost < x.min() < basis.innermost + basis.spacing
    counts, _ = np.histogram(20.0 - x, np.arange(basis.intervals + 1) * basis.spacing)
    np.testing.assert_array_equal(seen.counts, counts)


def test_a_file_keeps_walls_and_fields(tmp_path: Path) -> None:
    channels = PAIRS + WALLS + FIELDS
    statistic = one_pass(Frames(gas(0)), channels, coarse(channels))
    statistic.save(tmp_path / "one.h5")
    again = Statistic.load(tmp_path / "one.h5")
    assert again.channels == channels and again.bases == statistic.bases
    np.testing.assert_array_equal(again.gram, statistic.gram)
    both = again + one_pass(Frames(gas(1)), channels, coarse(channels))
    together = one_pass(Frames(gas(0) + gas(1)), channels, coarse(channels))
    np.testing.assert_allclose(both.gram, together.gram, rtol=1e-9, atol=1e-9)
    with pytest.raises(InterpotError, match=r"different channels: .*B-zlo to 30 Å.* against .*B-zlo to 5 Å"):
        other = (*PAIRS, *(replace(c, cutoff=5.0) if c.label == "B-zlo" else c for c in WALLS), *FIELDS)
        _ = statistic + one_pass(Frames(gas(1)), other, coarse(other))


def test_a_recipe_names_all_that_tells_channels_apart() -> None:
    frames = Frames(gas(0, 1))

    def recipe(*channels: Channel) -> dict[str, object]:
        return recipe_of(frames, channels, motion=RECORDED, cutoffs="given")

    kept = recipe(PAIRS[0], WALLS[0], FIELDS[0])
    words = "A-A to 4 Å, A-zlo to 4 Å, charge@x:4,0,0 of A=1.0,B=-0.5 from 4.0,0.0,0.0 to 40 Å"
    for other in (
        replace(FIELDS[0], charges=(1.0, -0.25)),
        replace(FIELDS[0], centre=(0.0, 0.0, 1.0)),
        replace(FIELDS[0], site="y"),
    ):
        with pytest.raises(InterpotError, match=f"with the channels {words}, not A-A to 4 Å"):
            check_same_recipe(Path("s.h5"), kept, recipe(PAIRS[0], WALLS[0], other))
    walls = {"walls": [{"name": "zlo", "position": "edge"}]}
    with pytest.raises(InterpotError, match=r"with the walls zlo=edge, not zlo=2\.5"):
        check_same_recipe(Path("s.h5"), kept | walls, {**kept, "walls": [{"name": "zlo", "position": "2.5"}]})
    with pytest.raises(InterpotError, match="with the walls zlo=edge, not none"):
        check_same_recipe(Path("s.h5"), kept | walls, kept)


# ---------------------------------------------------------------------------- bad input


def test_a_wall_nobody_knows_of() -> None:
    with pytest.raises(
        InterpotError, match=r"frame 0 of .* does not say where the wall top is: give it with --wall"
    ):
        one_pass(Frames(gas(0)), wall_channels(["A", "B"], ["top"], 5.0))


def test_particles_beyond_a_wall() -> None:
    surfaces = (replace(PLANES[0], position=2.0),)
    with pytest.raises(InterpotError, match=r"atom \d+ of frame 0 of .* is .* Å beyond the wall zlo at 2 Å"):
        one_pass(Frames(gas(0, surfaces=surfaces)), wall_channels(["A", "B"], ["zlo"], 5.0))


def test_a_field_that_does_not_reach() -> None:
    with pytest.raises(InterpotError, match="beyond the 3 Å that the field A@x reaches: enlarge its cutoff"):
        one_pass(Frames(gas(0)), [Channel("field", (name,), 3.0, "x") for name in "AB"])


def boxed(surface: Surface, periodic: bool = True) -> Frames:
    frames = gas(0, 3, (surface,))
    cell = Cell(np.diag([12.0, 12.0, 14.0]), np.array([0.0, 0.0, -2.0]), (True, True, periodic))
    return Frames([replace(frame, cell=cell) for frame in frames])


def test_a_wall_outside_a_periodic_box() -> None:
    outside = (
        "the wall zlo at -5 Å is 3 Å outside the box of frame 0 of .*, which is periodic along z: expected it"
    )
    channels = wall_channels(["A", "B"], ["zlo"], 9.0)
    with pytest.raises(InterpotError, match=outside):
        one_pass(boxed(replace(PLANES[0], position=-5.0)), channels)
    for position in (-2.0 - 1e-9, -1.5):  # at the edge, give or take a file's rounding, and within
        assert one_pass(boxed(replace(PLANES[0], position=position)), channels).frames == 3


def test_a_wall_out_of_reach_of_an_open_box() -> None:
    frames = boxed(replace(PLANES[0], position=-20.0), periodic=False)
    channels = (*PAIRS, *wall_channels(["A", "B"], ["zlo"], 8.0))
    far = "the wall zlo at -20 Å stands 18 Å outside the box of frame 0 of .*, farther than the 8 Å that A-zlo reaches"
    with pytest.raises(InterpotError, match=far):
        accumulate(frames, channels, cutoffs="given")
    assert (
        accumulate(frames, (*PAIRS, *wall_channels(["A", "B"], ["zlo"], 25.0)), cutoffs="given").frames == 3
    )


def test_a_wall_that_nobody_comes_near(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is known of it, but of the others: as of pairs that never meet."""
    sentence = (
        "no A ever comes within 0.2 Å of the wall zlo, so that A-zlo has no formula: enlarge the cutoff"
    )
    walls = wall_channels(["A", "B"], ["zlo"], 0.2, {"B-zlo": 20.0})
    frames = boxed(replace(PLANES[0], position=-2.0))
    with caplog.at_level(logging.WARNING, "interpot"):
        statistic = accumulate(frames, (*PAIRS, *walls), cutoffs="given")
    assert any(sentence in message for message in caplog.messages)
    assert list(unmet(statistic)) == [len(PAIRS)]
    with pytest.raises(InterpotError, match=sentence):
        accumulate(frames, (walls[0], Channel("field", ("C",), 9.0, "x"), replace(walls[0], species=("B",))))
    absent = one_pass(frames, (*PAIRS, Channel("field", ("C",), 9.0, "x")))
    assert unmet(absent)[len(PAIRS)].startswith(
        "there is never a C in the field C@x, so that it has no formula"
    )


def test_a_cutoff_beyond_all_particles_is_remarked_on() -> None:
    frames = boxed(PLANES[0])
    statistic = accumulate(frames, wall_channels(["A", "B"], ["zlo"], 25.0, {"B-zlo": 9.0}), cutoffs="given")
    [remark] = statistic.provenance["remarks"]
    assert remark.startswith(
        f"no A is ever farther than {statistic.coverage[0].maximum:.6g} Å from the wall zlo: "
    )
    assert "not to its cutoff of 25 Å" in remark


# ---------------------------------------------------------------------------- truncated walls


def test_a_truncated_wall_is_found_beside_truncated_pairs() -> None:
    """Exactly, and no remark takes the cutoffs of walls for those of pairs; fields end nowhere."""
    random = np.random.default_rng(3)
    channels = (
        *pair_channels(["A"], 6.0), *wall_channels(["A"], ["zlo", "xhi"], 9.0), Channel("field", ("A",), 40.0, "y")
    )  # fmt: skip
    pair, wall = lennard_jones(0.01, 2.3), lambda s: -0.1 * np.exp(-s / 3) / 3
    frames = []
    for _ in range(40):
        frame = lattice_gas(random, 6, 2.6, rattle=0.5, species=("A",), periodic=False)
        frame = replace(
            frame, surfaces=(replace(PLANES[0], position=-1.5), replace(PLANES[1], position=16.5))
        )
        frame = with_forces(frame, channels[:1], [lambda r: np.where(r < 5.25, pair(r), 0.0)])
        assert frame.forces is not None
        low, high = frame.positions[:, 2] + 1.5, 16.5 - frame.positions[:, 0]
        frame.forces[:, 2] -= np.where(low < 6.5, wall(low), 0.0)
        frame.forces[:, 0] += np.where(high < 8.625, wall(high), 0.0)
        frame.forces[:, 1] -= 0.001 * frame.positions[:, 1]
        frames.append(frame)
    statistic = accumulate(Frames(frames, METAL), channels)
    assert [c.cutoff for c in statistic.channels] == [5.25, 6.5, 8.625, 40.0]
    remarks = statistic.provenance["remarks"]
    assert "truncates the A-zlo force at 6.5 Å" in remarks[1] and not any("for all" in r for r in remarks)
