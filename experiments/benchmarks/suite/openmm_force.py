"""From memory: the pass against OpenMM's CustomNonbondedForce on its CPU platform, one thread."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from suite.measuring import in_turns
from suite.passes import SMALL, Pass
from suite.peers import Peer
from suite.records import Figure, NotMeasured, Row, Setting, Wish
from suite.systems import CUTOFF, Frames, liquid, sampled

TWICE = Wish("≥ 2", 2.0)


def forces(setting: Setting) -> Iterator[Row]:
    """Forces at the positions of each frame; and plain MD, whose neighbour list lives several steps."""
    Peer("openmm").need()
    frames = liquid(setting, 864, setting.frames(100))
    run = Pass(("1",), CUTOFF, sampled(frames, CUTOFF)[0], SMALL)
    context = _context(frames)
    _check(context, frames)
    jobs = {
        "pass": partial(run, frames),
        "forces": partial(_forces, context, frames),
        "steps": partial(context.getIntegrator().step, len(frames.frames)),
    }
    times = in_turns(setting.repeats, jobs)
    kinds = {
        "forces": ("custom force, frame by frame", TWICE, "setPositions, then getState of the forces"),
        "steps": ("custom force, MD steps", None, "steps of 0.001 τ, which share neighbour lists"),
    }
    for kind, (title, wish, remark) in kinds.items():
        yield Row(
            f"864 atoms, K = {run.size}",
            "atom-frames/s",
            Figure.rate(frames.atoms, times["pass"]),
            f"{Peer('openmm').title} {title}",
            Figure.rate(frames.atoms, times[kind]),
            wish,
            f"{remark}; single precision",
        )


def _context(frames: Frames) -> Any:
    """The liquid in OpenMM, with σ = 1 nm, ε = 1 kJ/mol, m = 1 u and so τ = 1 ps."""
    import openmm

    system = openmm.System()
    system.setDefaultPeriodicBoxVectors(*frames.frames[0].cell.vectors)
    force = openmm.CustomNonbondedForce("4*(s^2 - s); s = r^-6")
    force.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
    force.setCutoffDistance(CUTOFF)
    for _ in frames.frames[0].positions:
        system.addParticle(1.0)
        force.addParticle([])
    system.addForce(force)
    platform = openmm.Platform.getPlatformByName("CPU")
    return openmm.Context(system, openmm.VerletIntegrator(0.001), platform, {"Threads": "1"})


def _forces(context: Any, frames: Frames) -> Any:
    for frame in frames:
        context.setPositions(frame.positions)
        found = context.getState(getForces=True).getForces(asNumpy=True)
    return found


def _check(context: Any, frames: Frames) -> None:
    """See that OpenMM computes what LAMMPS recorded."""
    last = frames.frames[-1].forces
    assert last is not None
    difference = np.asarray(_forces(context, frames)) - last
    if np.linalg.norm(difference) > 1e-4 * np.linalg.norm(last):
        raise NotMeasured("OpenMM's forces are not those in the frames")
