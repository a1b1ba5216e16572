"""What stands for the force: the right-hand side of the regression, one module per kind and the table of them."""

from interpot.trajectory.targets.motion import DYNAMICS, Motion
from interpot.trajectory.targets.recorded import TARGETS, target_rows
from interpot.trajectory.targets.windows import Target, Windows

__all__ = ["DYNAMICS", "TARGETS", "Motion", "Target", "Windows", "target_rows"]
