"""interpot: closed-form interatomic potentials from molecular-dynamics data, proved by running them.

frames = interpot.read("argon.lammpstrj", units="metal")
statistic = interpot.accumulate(frames, interpot.pair_channels(frames, cutoff=10.0))
found = interpot.discover(statistic)
found.best.force(3.8)
check = interpot.validate(found.best, frames)
"""

from interpot.errors import InterpotError
from interpot.formula.discover import Discovery, discover
from interpot.formula.potential import Potential
from interpot.proof.export import export
from interpot.proof.validate import validate
from interpot.records import Comparison, Dynamics, Experiment, Frame, ReferenceModel
from interpot.statistic.accumulate import accumulate
from interpot.statistic.normal_equations import Statistic
from interpot.trajectory import from_atoms, read
from interpot.version import VERSION
from interpot.workflow import pair_channels, run

__version__ = VERSION

__all__ = [
    "Comparison",
    "Discovery",
    "Dynamics",
    "Experiment",
    "Frame",
    "InterpotError",
    "Potential",
    "ReferenceModel",
    "Statistic",
    "accumulate",
    "discover",
    "export",
    "from_atoms",
    "pair_channels",
    "read",
    "run",
    "validate",
]
