"""interpot: closed-form interatomic potentials from molecular-dynamics data, proved by running them.

    frames = interpot.read("argon.lammpstrj", units="metal")
    statistic = interpot.accumulate(frames, interpot.pair_channels(frames, cutoff=10.0))
    found = interpot.discover(statistic)
    found.best.force(3.8)
    check = interpot.validate(found.best, frames)

The names below are the public interface; each loads its module on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from interpot.version import VERSION

if TYPE_CHECKING:
    from interpot.comparison import Comparison
    from interpot.errors import InterpotError
    from interpot.formula.curve import CurveDiscovery, discover_curves
    from interpot.formula.discover import Discovery, discover
    from interpot.formula.one_formula import discover_shared
    from interpot.formula.potential import Potential
    from interpot.formula.symbolic.asked import Symbolic
    from interpot.formula.symbolic.search import Budget
    from interpot.proof.calculator import calculator
    from interpot.proof.export import export
    from interpot.proof.observables.arrhenius import arrhenius
    from interpot.proof.validate import validate
    from interpot.records import Dynamics, EnergyCurve, Experiment, Frame, ReferenceModel
    from interpot.statistic.accumulate import accumulate
    from interpot.statistic.basis import Functions
    from interpot.statistic.normal_equations import Statistic
    from interpot.statistic.weights import weighted
    from interpot.trajectory import from_atoms, read, read_curves
    from interpot.workflow import channels, pair_channels, run

_HOMES = {
    "Budget": "interpot.formula.symbolic.search",
    "Comparison": "interpot.comparison",
    "CurveDiscovery": "interpot.formula.curve",
    "Discovery": "interpot.formula.discover",
    "Dynamics": "interpot.records",
    "EnergyCurve": "interpot.records",
    "Experiment": "interpot.records",
    "Frame": "interpot.records",
    "Functions": "interpot.statistic.basis",
    "InterpotError": "interpot.errors",
    "Motion": "interpot.trajectory.motion",
    "Potential": "interpot.formula.potential",
    "ReferenceModel": "interpot.records",
    "Statistic": "interpot.statistic.normal_equations",
    "Symbolic": "interpot.formula.symbolic.asked",
    "accumulate": "interpot.statistic.accumulate",
    "arrhenius": "interpot.proof.observables.arrhenius",
    "calculator": "interpot.proof.calculator",
    "channels": "interpot.workflow",
    "discover": "interpot.formula.discover",
    "discover_curves": "interpot.formula.curve",
    "discover_shared": "interpot.formula.one_formula",
    "export": "interpot.proof.export",
    "from_atoms": "interpot.trajectory",
    "pair_channels": "interpot.workflow",
    "read": "interpot.trajectory",
    "read_curves": "interpot.trajectory",
    "run": "interpot.workflow",
    "validate": "interpot.proof.validate",
    "weighted": "interpot.statistic.weights",
}

__version__ = VERSION

__all__ = [
    "Budget",
    "Comparison",
    "CurveDiscovery",
    "Discovery",
    "Dynamics",
    "EnergyCurve",
    "Experiment",
    "Frame",
    "Functions",
    "InterpotError",
    "Potential",
    "ReferenceModel",
    "Statistic",
    "Symbolic",
    "accumulate",
    "arrhenius",
    "calculator",
    "channels",
    "discover",
    "discover_curves",
    "discover_shared",
    "export",
    "from_atoms",
    "pair_channels",
    "read",
    "read_curves",
    "run",
    "validate",
    "weighted",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'interpot' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
