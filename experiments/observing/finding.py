"""What interpot makes of a case, held against the constants that LAMMPS was given."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import interpot
from interpot import InterpotError, Motion, Potential, Statistic
from interpot.formula.channel_formula import ChannelFormula
from interpot.proof.forces import PotentialForces
from interpot.records import FloatArray, Frame
from observing.differences import differentiated
from observing.observed import observed, opened
from observing.records import WEAK, Case, Chosen, Outcome
from observing.systems import LIQUIDS, TIMESTEP, Liquid, file_of, recorded

FORM = "Lennard-Jones 12-6"
NOTHING = float("nan")
KNOWN = ("1/r**12", "1/r**6")
"""The terms of the true form."""
POWERS: dict[str, Any] = {"terms": ["power"], "max_terms": 2}
"""Options of a quick search, where only errors are asked for."""


def statistic_of(case: Case, frames: int, folder: Path) -> Statistic:
    """Make the one pass over the data of a case."""
    liquid, run = LIQUIDS[case.liquid], observed(case, frames, folder)
    if case.method in ("difference", "smoothed"):
        half_width = case.width[0] if case.width else 0
        data = differentiated(run, case.liquid, case.stride * TIMESTEP, half_width)
        return interpot.accumulate(data, interpot.channels(data, liquid.cutoff), cutoffs="given")
    motion = Motion(timestep=TIMESTEP, masses=liquid.species, width=case.width, substeps=case.substeps)
    channels = interpot.channels(run, liquid.cutoff)
    if case.method == "recorded":
        return interpot.accumulate(run, channels, target="recorded", cutoffs="given")
    return interpot.accumulate(run, channels, target=case.method, motion=motion, cutoffs="given")


def find(case: Case, frames: int, folder: Path, options: Mapping[str, Any] | None = None) -> Outcome:
    """Discover from the data of a case and judge; a refusal is an answer, too.

    Parameters
    ----------
    options
        Of `interpot.discover`; by default the whole library, and no search beyond it: the truth is in it.
    """
    begin = time.perf_counter()
    chosen = Chosen(case.width)
    try:
        statistic = statistic_of(case, frames, folder)
        if case.method in WEAK:
            chosen = chosen_by(statistic, LIQUIDS[case.liquid])
        known = float(np.abs(constants_errors(statistic, LIQUIDS[case.liquid])).max())
        best = interpot.discover(statistic, symbolic="none", **(options or {})).best
    except (InterpotError, np.linalg.LinAlgError) as error:
        seconds = time.perf_counter() - begin
        return Outcome(case, False, {}, *[NOTHING] * 4, chosen, seconds, f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - begin
    made = judged(case, best, clean_frame(case, frames, folder), chosen, seconds)
    return replace(made, known=known)


def chosen_by(statistic: Statistic, liquid: Liquid) -> Chosen:
    """What the statistic says of its windows."""
    told = statistic.provenance["target"]
    noise = (told.get("noise") or 0.0) / liquid.length
    return Chosen(tuple(told.get("width", ())), told.get("substeps") or 1, noise)


def clean_frame(case: Case, frames: int, folder: Path) -> Frame:
    """The first frame of the run with LAMMPS's own forces."""
    liquid = LIQUIDS[case.liquid]
    return next(iter(opened(recorded(liquid, file_of(case.stride), frames, folder), liquid)))


def judged(case: Case, best: Potential, clean: Frame, chosen: Chosen, seconds: float) -> Outcome:
    """Hold a potential against the truth."""
    liquid = LIQUIDS[case.liquid]
    forms = {channel.label: channel.form for channel in best.channels}
    exact = all(form == FORM for form in forms.values())
    errors = (
        np.array([_errors(channel, liquid) for channel in best.channels])
        if exact
        else np.full((1, 1, 2), NOTHING)
    )
    deviations = errors[..., 0] / errors[..., 1]
    assert clean.forces is not None
    lack = PotentialForces(best)(clean).forces - clean.forces
    force_error = float(np.sqrt(np.mean(lack**2) / np.mean(clean.forces**2)))
    error, stderr = errors.reshape(-1, 2).max(axis=0)
    return Outcome(
        case, exact, forms, float(error), float(stderr), float(deviations.max()), force_error, chosen, seconds
    )


def _errors(channel: ChannelFormula, liquid: Liquid) -> list[tuple[float, float]]:
    """Relative error and relative standard error of ε and of σ."""
    made = {p.name: p for p in channel.parameters}
    truth = dict(zip(("epsilon", "sigma"), liquid.pairs[channel.label], strict=True))
    return [(abs(made[name].value / true - 1), made[name].stderr / true) for name, true in truth.items()]


def constants_errors(statistic: Statistic, liquid: Liquid) -> FloatArray:
    """Relative errors of ε and σ of each pair, (pairs, 2), where the form is known."""
    best = interpot.discover(statistic, terms=KNOWN, max_terms=2, symbolic="none").best
    return np.array([_of_known_form(channel, liquid.pairs[channel.label]) for channel in best.channels])


def _of_known_form(channel: ChannelFormula, truth: tuple[float, float]) -> tuple[float, float]:
    """From A/r¹² + B/r⁶: σ⁶ = -A/B, ε = B²/(4A)."""
    values = {p.name: p.value for p in channel.parameters}
    try:
        A, B = values["A_1"], values["A_2"]
    except KeyError:  # noise drowned one of them
        return float("nan"), float("nan")
    if A <= 0 or B >= 0:
        return float("nan"), float("nan")
    return B**2 / (4 * A) / truth[0] - 1, (-A / B) ** (1 / 6) / truth[1] - 1
