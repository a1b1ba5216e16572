"""Motion that is known exactly: free flight, random walks, oscillators, ions on their own and in pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from observed_runs import CUBE, SHEAR, brownian, curve, found, number, recorded, walks
from scipy import constants, stats

from interpot.errors import InterpotError
from interpot.proof.observables import paths as following
from interpot.proof.observables.arrhenius import arrhenius
from interpot.proof.observables.divergence import divergence
from interpot.proof.observables.paths import follow
from interpot.records import Cell

BOTH = np.repeat([0, 1], 60)


# ---------------------------------------------------------------------------- diffusion


@pytest.mark.parametrize("dimension", [2, 3])
def test_diffusion_of_each_species(dimension: int) -> None:
    known = np.where(BOTH == 0, 0.02, 0.09)
    path = brownian(known, 1600, dimension)
    run = recorded(walks(path, SHEAR, ("A", "B"), BOTH, dimension), units="lj")
    measured = found("diffusion", run)
    for name, exact in (("A", 0.02), ("B", 0.09)):
        value, error = number(measured[f"diffusion coefficient {name}"])
        assert error < 0.2 * exact and abs(value - exact) < 3 * error
        remark = measured[f"diffusion coefficient {name}"].remark
        assert ("logarithm of the box" in remark) if dimension == 2 else ("20 %, in both runs" in remark)


def test_diffusion_has_the_units_of_the_style() -> None:
    """Internal time is Å sqrt(amu/eV) = 10.18 fs; the style metal speaks of Å²/ps."""
    path = brownian(np.full(80, 0.05), 800)
    internal, metal = (found("diffusion", recorded(walks(path), units)) for units in ("lj", "metal"))
    name = "diffusion coefficient A"
    picoseconds = constants.angstrom * np.sqrt(constants.atomic_mass / constants.electron_volt) * 1e12
    assert metal[name].quantity.unit == "Å^2/ps"
    assert number(metal[name])[0] == pytest.approx(number(internal[name])[0] / picoseconds, rel=1e-6)


def test_free_flight_and_rest_are_no_diffusion() -> None:
    velocities = np.random.default_rng(5).normal(0, 0.01, (30, 3))
    path = 6.0 + np.arange(200)[:, None, None] * velocities
    (flying,) = found("diffusion", recorded(walks(path))).values()
    assert "not diffusive: the displacement grows as t^2.00" in flying.remark
    rattling = 6.0 + np.random.default_rng(5).normal(0, 0.1, (400, 30, 3))
    (bound,) = found("diffusion", recorded(walks(rattling))).values()
    assert "grows as t^0.0" in bound.remark or "grows as t^-0.0" in bound.remark
    assert bound.scale > 3 * abs(number(bound)[0])
    (short,) = found("diffusion", recorded(walks(path[:20]))).values()
    assert short.curve is None and "20 frames give no straight line" in short.remark


def test_few_of_one_kind_weigh_as_they_should() -> None:
    """Eight fast among four thousand slow ones: of the slow 500 are followed, and weigh eight times as much."""
    kinds = np.repeat([0, 1], [4000, 8])
    path = np.zeros((40, 4008, 3))
    path[:, 4000:, 0] = 0.5 * np.arange(40)[:, None]
    paths = follow(walks(path, 50 * np.eye(3), ("A", "B"), kinds))
    assert len(paths.particles) == 508 and paths.weights.sum() == pytest.approx(1)
    (measured,) = found(
        "mean-square displacement", recorded(walks(path, 50 * np.eye(3), ("A", "B"), kinds), "lj")
    ).values()
    assert curve(measured).y[0] == pytest.approx(0.25 * 8 / 4008)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_MEMORY", 9000)
    path = brownian(np.full(100, 0.05), 300)
    frames = walks(path, kinds=np.arange(100) % 2, species=("A", "B"), velocities=path)
    paths = follow(frames)
    assert paths.positions.size <= 3 * 9100 and len(paths) == 300
    assert 8 <= len(paths.particles) <= 30
    assert set(paths.kinds.tolist()) == {0, 1}
    np.testing.assert_array_equal(paths.positions, path[:, paths.particles])
    assert paths.velocities is not None
    np.testing.assert_array_equal(paths.velocities, path[:, paths.particles])


# ---------------------------------------------------------------------------- velocities


def oscillators(frequency: float, frames: int, spacing: float) -> np.ndarray:
    """Velocities cos(2πνt + random phase) of unit amplitude along x, (m, n, 3)."""
    phase = np.random.default_rng(3).uniform(0, 2 * np.pi, 400)
    motion = np.cos(2 * np.pi * frequency * spacing * np.arange(frames)[:, None] + phase)
    return motion[:, :, None] * [1.0, 0.0, 0.0]


def test_oscillators_keep_their_beat() -> None:
    """C(t) = ½ cos(2πνt); the spectrum is a peak of unit area at ν."""
    velocities = oscillators(0.2, 1600, 0.5)
    run = recorded(walks(6 + 0 * velocities, velocities=velocities), units="lj")
    measured = found("velocity correlation", run)
    c = curve(measured["velocity autocorrelation"])
    assert c.x[0] == 0
    np.testing.assert_allclose(c.y, 0.5 * np.cos(2 * np.pi * 0.2 * c.x), atol=0.02)
    g = curve(measured["vibrational spectrum"])
    width = g.x[1] - g.x[0]
    assert g.x[g.y.argmax()] == pytest.approx(0.2, abs=width)
    assert np.trapezoid(g.y, g.x) == pytest.approx(1, rel=1e-9)
    assert g.y[np.abs(g.x - 0.2) > 4 * width].max() < 1e-3 * g.y.max()
    assert measured["vibrational spectrum"].remark == ""


def test_frames_too_far_apart_fold_the_spectrum() -> None:
    velocities = oscillators(0.99, 800, 0.5)
    run = recorded(walks(6 + 0 * velocities, velocities=velocities), units="lj")
    assert (
        "frequencies above 1/τ appear below it"
        in found("velocity correlation", run)["vibrational spectrum"].remark
    )


def test_a_langevin_particle_forgets_its_velocity() -> None:
    """Ornstein and Uhlenbeck: C(t) = 3 kT/m exp(-γt)."""
    random, decay = np.random.default_rng(12), np.exp(-0.2 * 0.5)
    noise = random.normal(0, np.sqrt(1 - decay**2), (1200, 200, 3))
    velocities = np.empty_like(noise)
    velocities[0] = random.normal(0, 1, (200, 3))
    for k in range(1, len(noise)):
        velocities[k] = decay * velocities[k - 1] + noise[k]
    run = recorded(walks(6 + 0 * velocities, velocities=velocities), units="lj")
    c = curve(found("velocity correlation", run)["velocity autocorrelation"])
    assert np.sqrt(np.mean(((c.y - 3 * np.exp(-0.2 * c.x)) / c.error) ** 2)) < 2
    assert c.error.max() < 0.05


@pytest.mark.parametrize(("dimension", "law"), [(3, stats.maxwell), (2, stats.rayleigh)])
def test_speeds_are_maxwells(dimension: int, law: stats.rv_continuous) -> None:
    velocities = np.random.default_rng(2).normal(0, 1.3, (64, 300, 3))
    run = recorded(walks(6 + 0 * velocities, SHEAR, velocities=velocities, dimension=dimension), units="lj")
    c = curve(found("speeds", run)["speeds A"])
    met = c.y > 0.05 * c.y.max()
    assert np.sqrt(np.mean(((c.y - law.pdf(c.x, scale=1.3))[met] / c.error[met]) ** 2)) < 1.7
    assert np.sum(c.y) * (c.x[1] - c.x[0]) == pytest.approx(1, abs=0.01)


def test_without_velocities_there_is_a_reason() -> None:
    run = recorded(walks(brownian(np.full(20, 0.05), 64)))
    for row in ("velocity correlation", "speeds"):
        for measured in found(row, run).values():
            assert measured.curve is None and "the frames hold no velocities" in measured.remark


# ---------------------------------------------------------------------------- ions


def ions(path: np.ndarray) -> dict[str, tuple[float, float]]:
    velocities = np.random.default_rng(1).normal(0, 1, path.shape)  # kT = 1 with unit masses
    frames = walks(path, CUBE, ("A", "B"), BOTH[: path.shape[1]], velocities=velocities)
    run = recorded(frames, units="lj", charges={"A": 1.0, "B": -1.0})
    return {name: number(m) for name, m in found("conductivity", run).items()}


def test_ions_on_their_own_conduct_as_nernst_and_einstein_say() -> None:
    """σ = (60 · 0.02 + 60 · 0.09)/V, kT = 1."""
    measured = ions(brownian(np.where(BOTH == 0, 0.02, 0.09), 4000))
    exact = 60 * (0.02 + 0.09) / 12**3
    for value, error in measured.values():
        assert abs(value - exact) < 3 * error + 0.03 * exact
    assert measured["conductivity (Nernst-Einstein)"][1] < 0.1 * exact
    assert measured["conductivity (Green-Kubo)"][1] < 0.45 * exact  # one collective walk, not 120


def test_ions_in_pairs_diffuse_and_do_not_conduct() -> None:
    pairs = brownian(np.full(60, 0.05), 1600)
    rattle = np.random.default_rng(0).normal(0, 0.05, (1600, 120, 3))
    measured = ions(np.concatenate([pairs, pairs], axis=1) + rattle)
    apart, together = measured["conductivity (Nernst-Einstein)"], measured["conductivity (Green-Kubo)"]
    assert apart[0] > 10 * apart[1] and abs(together[0]) < 0.02 * apart[0]


def test_conductivity_in_siemens_per_metre() -> None:
    """n q² D/(kT) with SI numbers of a mole of ions per litre or so: 120 in (12 Å)³ at their kinetic temperature."""
    path = brownian(np.full(120, 0.05), 800)
    velocities = np.random.default_rng(1).normal(0, 0.16, path.shape)
    frames = walks(path, CUBE, ("A", "B"), BOTH, velocities=velocities)
    run = recorded(frames, charges={"A": 1.0, "B": -1.0})
    temperature = number(found("temperature", run)["mean temperature"])[0]
    d = number(found("diffusion", run)["diffusion coefficient A"])[0]
    d = (d + number(found("diffusion", run)["diffusion coefficient B"])[0]) / 2 * 1e-8  # Å²/ps → m²/s
    exact = 120 / 12**3 * 1e30 * constants.elementary_charge**2 * d / (constants.Boltzmann * temperature)
    measured = found("conductivity", run)["conductivity (Nernst-Einstein)"]
    assert measured.quantity.unit == "S/m" and number(measured)[0] == pytest.approx(exact, rel=1e-4)


def test_without_charges_there_is_no_conductivity() -> None:
    run = recorded(walks(brownian(np.full(20, 0.05), 64)))
    assert not found("conductivity", run)
    opened = recorded(walks(brownian(np.full(20, 0.05), 64), periodic=False), charges={"A": 1.0})
    assert all(m.curve is None for m in found("conductivity", opened).values())


# ---------------------------------------------------------------------------- two runs, several runs


def test_runs_part_as_their_paths_do() -> None:
    """Neighbours are 3 Å apart; the second run leaves the first by 0.0101 Å per frame: a tenth after 30 frames."""
    places = 3.0 * np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3)
    path = places + 0.2 * np.sin(0.3 * np.arange(64))[:, None, None]
    away = path + 0.0101 * np.arange(64)[:, None, None] * [1.0, 0.0, 0.0]
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    one = recorded(walks(path, spacing=0.5), units="lj")
    for other in (walks(away), walks(away @ turn, CUBE @ turn)):
        measured = divergence(one, recorded(other, units="lj"))
        np.testing.assert_allclose(curve(measured).y, 0.0101 * np.arange(64), atol=1e-9)
        assert measured.remark.endswith("after 15 τ")
    same = divergence(one, recorded(walks(path), units="lj"))
    assert not curve(same).y.any() and "stay within" in same.remark
    assert "different intervals" in divergence(one, recorded(walks(path, spacing=0.7), units="lj")).remark


def test_a_turned_cell_with_an_open_axis_is_left_alone() -> None:
    path = brownian(np.full(30, 0.05), 40)
    frames = walks(path, periodic=False)
    longer = [replace(f, cell=Cell(np.diag([12.0, 12.0, 15.0]), np.zeros(3), (False,) * 3)) for f in frames]
    measured = divergence(recorded(frames), recorded(longer))
    assert not curve(measured).y.any()


def test_arrhenius_finds_its_law() -> None:
    temperatures = np.array([250.0, 300.0, 400.0, 500.0])
    exact = 3.0e-2 * np.exp(-1200.0 / temperatures)
    fit = arrhenius(temperatures, exact, 0.01 * exact)
    assert (fit.activation, fit.prefactor) == pytest.approx((1200.0, 3.0e-2), rel=1e-9)
    assert fit.probability == pytest.approx(1)
    random = np.random.default_rng(4)
    noisy = exact * (1 + 0.01 * random.normal(size=(400, 4)))
    fits = [arrhenius(temperatures, y, 0.01 * exact) for y in noisy]
    assert np.std([f.activation for f in fits]) == pytest.approx(fit.activation_error, rel=0.1)
    assert np.std([f.prefactor for f in fits]) == pytest.approx(fit.prefactor_error, rel=0.1)
    assert np.mean([f.probability < 0.1 for f in fits]) == pytest.approx(0.1, abs=0.04)
    bent = exact * np.array([1.0, 1.3, 1.3, 1.0])
    assert arrhenius(temperatures, bent, 0.01 * bent).probability < 1e-6
    assert arrhenius([300, 400], exact[1:3], 0.01 * exact[1:3]).probability == 1.0


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (([300.0], [1.0], [0.1]), "two temperatures or more"),
        (([300.0, 300.0], [1.0, 1.1], [0.1, 0.1]), "two temperatures or more"),
        (([300.0, 400.0], [1.0], [0.1, 0.1]), "1 values"),
        (([300.0, 400.0], [1.0, -0.5], [0.1, 0.1]), "one value is -0.5"),
        (([300.0, 400.0], [1.0, 0.5], [0.1, np.nan]), "one error is nan"),
    ],
)
def test_arrhenius_refuses(numbers: tuple[list[float], ...], message: str) -> None:
    with pytest.raises(InterpotError, match=message):
        arrhenius(*numbers)
