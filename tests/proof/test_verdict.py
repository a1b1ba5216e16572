"""Verdicts: the right words for known curves, and the promised rate of false alarms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from observed_runs import brownian, recorded, walks

from interpot.comparison import Curve
from interpot.proof.observables.blocks import block_average, mean_value, scatter
from interpot.proof.observables.recorded import Measured, Quantity
from interpot.proof.verdict import Extent, judge, measured_alike, observables, on_common_points

G = Quantity("g", "1", "r", "Å", many=True)
PRESSURE = Quantity("mean pressure", "bar")


def series(
    y: float | np.ndarray, error: float, count: int = 100, quantity: Quantity = G, **others: float
) -> Measured:
    y = np.atleast_1d(np.asarray(y, dtype=float))
    return Measured(quantity, Curve(np.arange(float(len(y))), y, np.full(len(y), error)), count, **others)


def correlated(decay: float, length: int, count: int, seed: int = 0) -> np.ndarray:
    """AR(1) series of unit variance, (length, count)."""
    noise = np.random.default_rng(seed).normal(0, 1, (length, count))
    made = noise.copy()
    for k in range(1, length):
        made[k] = decay * made[k - 1] + np.sqrt(1 - decay**2) * noise[k]
    return made


def variance_of_mean(decay: float, length: int) -> float:
    """Of `length` consecutive members of an AR(1) series of unit variance, exactly."""
    lags = np.arange(1, length)
    return float((1 + 2 * np.sum((1 - lags / length) * decay**lags)) / length)


# ---------------------------------------------------------------------------- errors


@pytest.mark.parametrize("decay", [0.0, 0.9, 0.98, 0.995])
def test_block_errors_are_what_eight_blocks_can_tell(decay: float) -> None:
    """E[error²] = (V(block) - V(all))/(8 - 1): right once a block is far longer than the correlation time."""
    _, errors = block_average(correlated(decay, 2048, 1500))
    expected = (variance_of_mean(decay, 256) - variance_of_mean(decay, 2048)) / 7
    assert np.mean(errors**2) == pytest.approx(expected, rel=0.06)
    true = variance_of_mean(decay, 2048)
    # ln(1/decay) is the inverse of the correlation time: 256 frames are 27, 5 and 1.3 of them
    share = {0.0: 1.0, 0.9: 0.96, 0.98: 0.8, 0.995: 0.42}[decay]
    assert np.mean(errors**2) / true == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("frames", [1024, 16])
def test_false_alarms_are_as_rare_as_promised(frames: int) -> None:
    """Two runs of the same physics differ with the probability asked for, with eight blocks or with four."""
    one, two = (correlated(0.5 if frames > 16 else 0.0, frames, 3000, seed) for seed in (1, 2))
    differs = 0
    for a, b in zip(one.T, two.T, strict=True):
        runs = [Measured(PRESSURE, mean_value(x), frames, scale=1e9) for x in (a, b)]
        differs += judge(*runs, chance=0.02).verdict == "differs"
    assert differs / 3000 == pytest.approx(0.02, abs=0.008)


def test_the_advice_how_long_to_run_is_good() -> None:
    """Runs as many times longer have, in the middle of many, the telling error of a tenth."""
    values = 1.0 + 3.0 * correlated(0.8, 20_000, 80, seed=3)
    factors, later = [], []
    for pair in values.T.reshape(40, 2, -1):
        observable = judge(
            *(Measured(PRESSURE, mean_value(x[:2000]), 2000) for x in pair), extent=Extent(20_000)
        )
        if observable.verdict != "cannot tell":
            continue
        assert "too large to tell: run " in observable.remark
        factor, steps = (
            float(observable.remark.split(word)[1].split()[0].replace(",", ""))
            for word in ("run ", "(about ")
        )
        assert factor >= 1.1 and steps == pytest.approx(20_000 * factor, rel=0.06)
        longer = [mean_value(x[: round(2000 * factor)]) for x in pair]
        factors.append(factor)
        later.append(np.hypot(longer[0].error[0], longer[1].error[0]) / longer[0].y[0])
    assert len(factors) > 30 and np.median(factors) > 3
    assert np.median(later) == pytest.approx(0.1, rel=0.2)


# ---------------------------------------------------------------------------- words


def test_many_points_agree_or_differ() -> None:
    near = np.ones(20) + 0.05 * np.resize([1, 1, 1, 2, 1], 20)
    observable = judge(series(np.ones(20), 0.03), series(near, 0.04))
    assert observable.deviation == pytest.approx(np.sqrt(8 / 5)) and observable.verdict == "agrees"
    far = np.ones(20) + 0.15 * np.resize([1, 1, 1, 2, 1], 20)
    observable = judge(series(np.ones(20), 0.03), series(far, 0.04))
    assert observable.verdict == "differs"
    assert observable.remark.startswith("differs by 0.19 rms (19 % of 1)")
    assert "rms deviation 3.8 standard errors, agreement is up to 2.7; most (+6) at r" in observable.remark


def test_a_number_differs_by_so_much() -> None:
    observable = judge(series(100.0, 3.0, quantity=PRESSURE), series(130.0, 4.0, quantity=PRESSURE))
    assert observable.verdict == "differs" and observable.deviation == pytest.approx(6)
    assert observable.remark.startswith(
        "differs by +30 bar (+30 % of 100 bar); rms deviation 6 standard errors"
    )
    assert (
        judge(series(100.0, 3.0, quantity=PRESSURE), series(113.0, 4.0, quantity=PRESSURE)).verdict
        == "agrees"
    )


def test_a_number_near_zero_is_judged_against_its_scale() -> None:
    small = [series(y, 3.0, quantity=PRESSURE, scale=500.0) for y in (0.4, -1.0)]
    assert judge(*small).verdict == "agrees"
    alone = [series(y, 3.0, quantity=PRESSURE) for y in (0.4, -1.0)]
    observable = judge(*alone, extent=Extent(1000))
    assert (
        observable.verdict == "cannot tell"
        and "% of 0.4 bar, too large to tell: run 1.1e+04 times" in observable.remark
    )


def test_one_cannot_tell() -> None:
    flat = series(np.ones(5), 0.03)
    few = judge(series(np.ones(5), 0.03, 12), flat, extent=Extent(100))
    assert few.verdict == "cannot tell"
    assert few.remark.endswith("record more often, or run 1.3 times as long (about 130 steps)")
    missing = judge(flat, G.missing("the frames hold no velocities"))
    assert missing.verdict == "cannot tell" and missing.remark == "found: the frames hold no velocities"
    assert missing.reference is None and np.isnan(missing.found.y).all()
    missing = judge(G.missing("no velocities"), flat)
    assert missing.remark == "reference: no velocities" and len(missing.found.x) == 5
    assert judge(G.missing("open"), G.missing("open")).remark == "open"
    still = judge(series(1.0, 0.0), series(2.0, 0.0))
    assert still.verdict == "differs" and "without any scatter" in still.remark
    one_bin = np.ones(20)
    one_bin[7] = 3.0
    assert judge(series(np.ones(20), 0.0), series(one_bin, 0.0)).verdict == "differs"
    same = judge(series(108.0, 0.0), series(108.0, 0.0))
    assert same.verdict == "agrees" and same.deviation == 0 and "without any scatter" in same.remark


def test_curves_are_compared_where_both_have_points() -> None:
    one = Curve(np.array([1.0, 2.0, 3.0, 4.0]), np.arange(4.0), np.ones(4))
    two = Curve(np.array([0.5, 2.0 + 1e-9, 4.0 - 1e-9, 6.0]), np.arange(4.0), np.ones(4))
    a, b = on_common_points(one, two)
    assert a.y.tolist() == [1, 3] and b.y.tolist() == [1, 2]
    apart = Curve(np.array([1.5]), np.zeros(1), np.ones(1))
    observable = judge(Measured(G, one, 100), Measured(G, apart, 100))
    assert observable.verdict == "cannot tell" and "no points in common" in observable.remark


# ---------------------------------------------------------------------------- without a standard error


def few(values: np.ndarray, **others: float) -> Measured:
    return Measured(PRESSURE, mean_value(values), len(values), scatter=scatter(values), **others)


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_few_measurements_hardly_ever_raise_a_false_alarm(decay: float) -> None:
    """Fifteen measurements, independent or correlated, of the same physics."""
    one, two = (50.0 + correlated(decay, 15, 2000, seed) for seed in (5, 6))
    verdicts = [judge(few(a), few(b), chance=0.01).verdict for a, b in zip(one.T, two.T, strict=True)]
    assert verdicts.count("differs") <= 2 and verdicts.count("agrees") == 0


def test_no_error_excuses_a_deviation_of_many_times_the_scatter() -> None:
    rng = np.random.default_rng(4)
    cold, hot = rng.normal(253.5, 5.0, 11), np.linspace(250.0, 38000.0, 11)
    observable = judge(few(cold), few(hot), extent=Extent(200))
    assert observable.verdict == "differs" and observable.remark.startswith("differs by +1.89e+04 bar")
    assert "times as far off as single measurements of the reference scatter" in observable.remark
    nearly = judge(few(cold), few(cold + 20.0))  # less than a tenth: too little to say without an error
    assert nearly.verdict == "cannot tell"
    assert judge(few(cold[:1]), few(hot[:1])).verdict == "cannot tell"  # one alone does not scatter


def test_a_run_that_loses_all_its_kinetic_energy_differs_whatever_the_reference_tells() -> None:
    lost = Measured(PRESSURE, mean_value(np.full(6, -5.0)), 6, "over the run 5 of it is lost", bound=1.0)
    for reference in (
        PRESSURE.missing("the run holds no energies"),
        replace(lost, curve=mean_value(np.zeros(6))),
    ):
        observable = judge(reference, lost)
        assert (
            observable.verdict == "differs"
            and "over the run 5 of it is lost, which no sound run does" in observable.remark
        )
    assert judge(lost, lost).verdict != "differs"  # the reference does it, too
    assert judge(lost, replace(lost, bound=10.0)).verdict == "cannot tell"


@pytest.mark.parametrize("curve", [False, True])
def test_the_difference_that_would_have_shown_shows(curve: bool) -> None:
    """Runs that are apart by as much as was promised to show differ, nearly all of them."""
    random = np.random.default_rng(9)
    shape = (400, 40) if curve else (400, 1)

    def run(shift: float) -> Measured:
        y = 10.0 + shift + 0.05 * random.normal(size=shape)
        mean, error = block_average(y)
        return Measured(replace(G if curve else PRESSURE), Curve(np.arange(shape[1] + 0.0), mean, error), 400)

    seen = 0
    for _ in range(100):
        agreeing = judge(run(0.0), run(0.0), chance=1e-3)
        if agreeing.verdict != "agrees":
            continue
        percent = float(agreeing.remark.split("a difference of ")[1].split(" %")[0])
        assert "bar would have shown" in agreeing.remark or curve
        assert 0.05 < percent < 1
        seen += judge(run(0.0), run(percent / 10), chance=1e-3).verdict == "differs"
    assert seen > 85


# ---------------------------------------------------------------------------- two runs


def test_both_runs_are_measured_alike() -> None:
    """The second run, half as long, is measured with the first one's radius, bins and times."""
    one, two = brownian(np.full(40, 0.02), 128, seed=1), brownian(np.full(40, 0.02), 64, seed=2)
    velocities = np.random.default_rng(0).normal(0, 1, one.shape)
    runs = [
        recorded(walks(p, velocities=velocities[: len(p)]), "lj", reach=6.0, axes=(0,)) for p in (one, two)
    ]
    for name in ("coordination", "clusters", "profiles", "speeds", "mean-square displacement"):
        for a, b in measured_alike(name, *runs):
            assert a.curve is not None and b.curve is not None
            assert a.chosen.keys() == b.chosen.keys()
            common = on_common_points(a.curve, b.curve)[0]
            assert len(common.x) == min(len(a.curve.x), len(b.curve.x))


def test_what_only_one_run_has_is_not_left_out() -> None:
    path = brownian(np.full(40, 0.02), 64)
    velocities = np.random.default_rng(0).normal(0, 1, path.shape)
    whole, bare = recorded(walks(path, velocities=velocities), "lj"), recorded(walks(path), "lj")
    judged = {o.name: o for o in observables(bare, whole)}
    for name in ("velocity autocorrelation", "speeds A", "mean temperature"):
        assert judged[name].verdict == "cannot tell" and judged[name].remark.startswith("reference: ")
        assert judged[name].reference is None and np.isfinite(judged[name].found.y).all()
    together = judged["divergence of trajectories"]
    assert together.verdict == "not judged" and together.remark.startswith("the runs stay within")
    assert "the same trajectory for all" in together.remark
    assert "shows that the forces are the same, not that the statistics are" in together.remark
    two_kinds = recorded(walks(path, species=("A", "B"), kinds=np.arange(40) % 2), "lj")
    assert "found: it is not there" in {o.name: o for o in observables(two_kinds, bare)}["g(r) A-B"].remark
