"""LAMMPS makes the truth, discovery has to find it: the form by name and every constant.

The trajectories are free of noise and have twelve digits.
"""

from __future__ import annotations

from math import exp, sqrt
from pathlib import Path

import numpy as np
import pytest
from systems import Frames, System, crystal, noisy, opened, scaled, square_lattice, statistic_of

from interpot import Discovery, discover, pair_channels
from interpot.records import Dynamics
from interpot.statistic.basis import Functions
from interpot.statistic.objective import Objective
from interpot.statistic.one_pass import one_pass
from interpot.units import STYLES

ACCURACY = 1e-8  # relative, of every constant
LJ = "Lennard-Jones 12-6"
COULOMB = 14.399645  # eV Å, LAMMPS's constant of the style metal
CHARGES = ("fix charges all property/atom q ghost yes", "set type 1 charge 0.4")


def fluid(temperature: float, timestep: float = 0.002, steps: int = 1200) -> Dynamics:
    return Dynamics(timestep, steps, every=40, temperature=temperature, equilibration=500)


def pure(
    name: str,
    form: str,
    constants: dict[str, float],
    commands: tuple[str, ...],
    cutoff: float,
    dynamics: Dynamics,
    spacing: float = 5.9,
    units: str = "metal",
    start=None,
) -> System:
    mass = 1.0 if units == "lj" else None
    return System(
        name,
        commands,
        start or crystal(spacing, 3, units=units, mass=mass),
        dynamics,
        cutoff,
        {"Ar-Ar": constants},
        {"Ar-Ar": form},
        units,
    )


ARGON = {"epsilon": 0.0103, "sigma": 3.405}
REDUCED = {"epsilon": 1.0, "sigma": 1.0}

PURE = [
    pure("lj", LJ, ARGON, ("pair_style lj/cut 8.5", "pair_coeff 1 1 0.0103 3.405"), 8.5, fluid(300)),
    pure(
        "lj-reduced", LJ, REDUCED, ("pair_style lj/cut 2.5", "pair_coeff 1 1 1.0 1.0"), 2.5, fluid(2.5, 0.004),
        spacing=(4 / 0.75) ** (1 / 3), units="lj",
    ),
    pure(
        "lj-real", LJ, {"epsilon": 0.2381, "sigma": 3.405},
        ("pair_style lj/cut 8.5", "pair_coeff 1 1 0.2381 3.405"), 8.5, fluid(300, 2.0), units="real",
    ),
    pure(
        "lj-plane", LJ, REDUCED, ("pair_style lj/cut 3.0", "pair_coeff 1 1 1.0 1.0"), 3.0, fluid(1.5, 0.004),
        units="lj", start=square_lattice(1.2, 14),
    ),
    pure(
        "lj-cluster", LJ, ARGON, ("pair_style lj/cut 12.0", "pair_coeff 1 1 0.0103 3.405"), 12.0, fluid(60),
        start=opened(crystal(5.4, 3)),
    ),
    pure(
        "mie-whole", "Mie 14-7", ARGON,
        ("pair_style mie/cut 9.0", "pair_coeff 1 1 0.0103 3.405 14 7"), 9.0, fluid(300),
    ),
    pure(
        "mie-real", "Mie n-m", ARGON | {"n": 13.3, "m": 6.4},
        ("pair_style mie/cut 9.0", "pair_coeff 1 1 0.0103 3.405 13.3 6.4"), 9.0, fluid(300),
    ),
    pure(
        "morse", "Morse", {"D": 0.3429, "alpha": 1.3588, "r_0": 2.866},
        ("pair_style morse 6.5", "pair_coeff 1 1 0.3429 1.3588 2.866"), 6.5, fluid(2500, 0.001), spacing=4.2,
    ),
    pure(
        "buckingham", "Buckingham exp-6", {"A": 13000.0, "rho": 0.273, "C_6": 65.0},
        ("pair_style buck 9.0", "pair_coeff 1 1 13000.0 0.273 65.0"), 9.0, fluid(300),
    ),
    pure(
        "born-mayer", "Born-Mayer", {"A": 0.05 * exp(3.0 / 0.3), "rho": 0.3},
        ("pair_style born 7.0", "pair_coeff 1 1 0.05 0.3 3.0 0.0 0.0"), 7.0, fluid(1500), spacing=5.3,
    ),
    pure(
        "born-mayer-huggins", "Born-Mayer-Huggins",
        {"A": 0.02 * exp(3.4 / 0.29), "rho": 0.29, "C_6": 40.0, "C_8": 150.0},
        ("pair_style born 9.0", "pair_coeff 1 1 0.02 0.29 3.4 40.0 -150.0"), 9.0, fluid(400),
    ),
    pure(
        "yukawa", "Yukawa", {"A": 7.2, "kappa": 0.8},
        ("pair_style yukawa 0.8 9.0", "pair_coeff 1 1 7.2"), 9.0, fluid(1500), spacing=5.3,
    ),
    pure(
        "gaussian", "Gaussian", {"A": 6.0, "w": sqrt(1 / 1.4)},
        ("pair_style gauss 5.0", "pair_coeff 1 1 -6.0 0.7"), 5.0, fluid(1.0, 0.004), spacing=2.6, units="lj",
    ),
    pure(
        "coulomb", "Coulomb", {"C": COULOMB * 0.4**2},
        (*CHARGES, "pair_style coul/cut 8.0", "pair_coeff * *"), 8.0, fluid(3000, 0.001),
    ),
    pure(
        "charged-lj", f"{LJ} + Coulomb", ARGON | {"C": COULOMB * 0.4**2},
        (
            *CHARGES,
            "pair_style hybrid/overlay lj/cut 8.0 coul/cut 8.0",
            "pair_coeff 1 1 lj/cut 0.0103 3.405",
            "pair_coeff 1 1 coul/cut",
        ),
        8.0, fluid(3000, 0.001), spacing=5.3,
    ),
]  # fmt: skip

NEON_XENON = {  # neither mixed constant is a mean of the pure ones
    "Ne-Ne": {"epsilon": 0.0031, "sigma": 2.74},
    "Ne-Xe": {"epsilon": 0.0064, "sigma": 3.35},
    "Xe-Xe": {"epsilon": 0.0190, "sigma": 4.10},
}
TRUNCATED = {"Ne-Ne": 6.0, "Ne-Xe": 8.0, "Xe-Xe": 10.0}


def coefficients(cutoffs: dict[str, float]) -> tuple[str, ...]:
    numbers = zip(("1 1", "1 2", "2 2"), NEON_XENON.items(), strict=True)
    return tuple(
        f"pair_coeff {types} {c['epsilon']} {c['sigma']} {cutoffs.get(label, '')}"
        for types, (label, c) in numbers
    )


MIXTURES = [
    System(
        "neon-xenon",
        ("pair_style lj/cut 9.0", *coefficients({})),
        crystal(6.0, 3, ("Ne", "Xe")),
        fluid(500),
        9.0,
        NEON_XENON,
        dict.fromkeys(NEON_XENON, LJ),
    ),
    System(
        "three-forms",
        (
            "pair_style hybrid morse 8.0 buck 8.0 lj/cut 8.0",
            "pair_coeff 1 1 morse 0.02 1.6 3.2",
            "pair_coeff 1 2 buck 13000.0 0.273 65.0",
            "pair_coeff 2 2 lj/cut 0.0190 4.10",
        ),
        crystal(5.9, 3, ("Ne", "Xe")),
        fluid(400),
        8.0,
        {
            "Ne-Ne": {"D": 0.02, "alpha": 1.6, "r_0": 3.2},
            "Ne-Xe": {"A": 13000.0, "rho": 0.273, "C_6": 65.0},
            "Xe-Xe": NEON_XENON["Xe-Xe"],
        },
        {"Ne-Ne": "Morse", "Ne-Xe": "Buckingham exp-6", "Xe-Xe": LJ},
    ),
]
CUT = System(
    "cut-mixture",
    ("pair_style lj/cut 10.0", *coefficients(TRUNCATED)),
    crystal(6.0, 4, ("Ne", "Xe")),
    fluid(300, steps=4000),
    10.0,
    NEON_XENON,
    dict.fromkeys(NEON_XENON, LJ),
)


def discovered(system: System, folder: Path) -> Discovery:
    return discover(statistic_of(system.simulate(folder), system.cutoff))


def named(systems: list[System]):
    return pytest.mark.parametrize("system", systems, ids=lambda s: s.name)


def check(found: Discovery, system: System, accuracy: float = ACCURACY) -> None:
    """Forms by name, the very constants and no others, and standard errors that admit the truth."""
    assert {c.label: c.form for c in found.best.channels} == dict(system.forms)
    for channel in found.best.channels:
        truth = system.constants[channel.label]
        assert {p.name for p in channel.parameters} == set(truth)
        for p in channel.parameters:
            assert p.value == pytest.approx(truth[p.name], rel=accuracy), f"{channel.label} {p.name}"
            assert 0 < p.stderr < 1e-5 * p.value
            assert abs(p.value - truth[p.name]) < 4 * p.stderr
    assert found.best.units.name == system.units


# ---------------------------------------------------------------------------- free of noise


@named(PURE)
def test_every_form_is_found(system: System, reference_folder: Path) -> None:
    check(discovered(system, reference_folder), system)


@named(MIXTURES)
def test_every_form_of_a_mixture_is_found(system: System, reference_folder: Path) -> None:
    check(discovered(system, reference_folder), system)


def test_truncated_channels_are_found_with_their_cutoffs(reference_folder: Path) -> None:
    found = discover(statistic_of(CUT.simulate(reference_folder), CUT.cutoff, find="find"))
    assert {c.label: c.cutoff for c in found.best.channels} == TRUNCATED
    for word in ("Ne-Ne force at 6 Å", "Ne-Xe force at 8 Å"):
        assert any(word in remark for remark in found.remarks)
    check(found, CUT)


# ---------------------------------------------------------------------------- the same by other ways


@named([s for s in PURE if s.name in ("lj", "morse")])
def test_given_functions_and_compressed_splines_give_the_same_coefficients(
    system: System, reference_folder: Path
) -> None:
    if system.name == "lj":
        functions = (lambda r: r**-12.0, lambda r: r**-6.0)
        slopes = (lambda r: -12 * r**-13.0, lambda r: -6 * r**-7.0)
    else:
        rate = system.constants["Ar-Ar"]["alpha"]
        functions = (lambda r: np.exp(-2 * rate * r), lambda r: np.exp(-rate * r))
        slopes = (lambda r: -2 * rate * np.exp(-2 * rate * r), lambda r: -rate * np.exp(-rate * r))
    frames = system.simulate(reference_folder)
    channels = pair_channels(frames, system.cutoff)
    textbook = one_pass(frames, channels, bases=[Functions(slopes, ("repulsion", "attraction"))])
    scale = np.sqrt(np.diag(textbook.gram))
    direct = np.linalg.solve(textbook.gram / scale / scale[:, None], textbook.moment / scale) / scale

    objective = Objective.of(one_pass(frames, channels))
    columns = objective.maps[0] @ np.column_stack([f(objective.nodes[0]) for f in functions])
    size = np.linalg.norm(columns, axis=0)
    compressed = np.linalg.lstsq(columns / size, objective.y, rcond=None)[0] / size
    np.testing.assert_allclose(compressed, direct, rtol=1e-8)


@pytest.mark.parametrize("style", ["real", "si", "nano", "electron"])
def test_units_change_nothing_but_the_numbers(style: str, reference_folder: Path) -> None:
    system = PURE[0]
    metal, units = STYLES["metal"], STYLES[style]
    frames = Frames(tuple(system.simulate(reference_folder)), units)
    found = discover(statistic_of(frames, system.cutoff * metal.length / units.length))
    channel = found.best.channel()
    assert (channel.form, found.best.units) == (LJ, units)
    values = {p.name: p.value for p in channel.parameters}
    assert values["epsilon"] * units.energy == pytest.approx(ARGON["epsilon"], rel=ACCURACY)
    assert values["sigma"] * units.length == pytest.approx(ARGON["sigma"], rel=ACCURACY)


@pytest.mark.parametrize(
    ("name", "length", "energy"),
    [
        ("lj-reduced", 1.0, 1e-6),
        ("lj-reduced", 1.0, 1e6),
        ("lj-reduced", 0.1, 1.0),
        ("lj-reduced", 1e-10, 1e-21),
        ("gaussian", 340.5, 1.0),
        ("gaussian", 1e6, 1e-21),
    ],
)
def test_reduced_units_may_have_any_size(
    name: str, length: float, energy: float, reference_folder: Path
) -> None:
    (system,) = (s for s in PURE if s.name == name)
    frames = scaled(system.simulate(reference_folder), length, energy)
    found = discover(statistic_of(Frames(frames, STYLES["lj"]), system.cutoff * length))
    channel = found.best.channel()
    assert channel.form == system.forms["Ar-Ar"]
    for p in channel.parameters:
        truth = system.constants["Ar-Ar"][p.name] * energy**p.energy * length**p.length
        assert p.value == pytest.approx(truth, rel=ACCURACY)


# ---------------------------------------------------------------------------- honest in noise


@named([s for s in PURE if s.name in ("lj", "morse")])
def test_noise_widens_the_errors_and_hides_no_truth(system: System, reference_folder: Path) -> None:
    """The truth is chosen or among the indistinguishable; once chosen, its errors admit the constants."""
    form, truth = system.forms["Ar-Ar"], system.constants["Ar-Ar"]
    chosen, errors = [], []
    for level in (0.01, 0.1):
        frames = Frames(noisy(system.simulate(reference_folder), level, seed=1))
        found = discover(statistic_of(frames, system.cutoff))
        front, channel = found.front, found.best.channel()
        assert form in set(front[front.chosen | front.indistinguishable].form)
        assert found.best.loss.ceiling == pytest.approx(level, rel=0.05)
        chosen.append(channel.form == form)
        if chosen[-1]:
            assert {p.name for p in channel.parameters} == set(truth)
            assert all(abs(p.value - truth[p.name]) < 4 * p.stderr for p in channel.parameters)
            errors.append([p.stderr for p in channel.parameters])
    assert any(chosen)
    assert np.all(np.diff(errors, axis=0) > 0)
