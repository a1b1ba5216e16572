"""A free piston in LAMMPS: a wall that moves as the particles and a load push it, M Ẍ = F + load.

LAMMPS has no such wall. A further atom carries it: it meets no other atom, its coordinate along the axis is the wall's
position, and the force on it is set so that it moves as M does. It is integrated by the same velocity Verlet as the
particles, so that energy and momentum of both together are conserved as those of the particles alone are.
"""

from __future__ import annotations

from interpot.proof.dialects.lammps_walls import position_name
from interpot.records import Piston

GROUP = "gas"
"""Group of the particles; the atom that carries a piston is not in it."""


def piston_lines(piston: Piston, axis: int, push: str) -> tuple[str, ...]:
    """Write the lines that let a piston go, at the beginning of the recorded part.

    The wall must stand at ``v_wall_NAME`` (an equal-style variable, a number until then) and act on the group "gas",
    which must hold all particles; their thermostat, temperature and dump must be of that group. The box must be open
    along the axis (``boundary m``). The engine `interpot.proof.engines.lammps.Lammps` sees to all this.

    Parameters
    ----------
    piston
        In units of the run.
    axis
        0, 1 or 2: that of the wall.
    push
        Formula of the force of the particles on the wall, along +axis: "f_wall[2]" of ``fix wall wall/lj93 zlo ... zhi
        ...``.

    Returns
    -------
    tuple of str
        They leave the variables ``wall_NAME``, which follows the piston, and ``speed_NAME``, its velocity.
    """
    name, x = position_name(piston.wall), "xyz"[axis]
    velocity, force = ["0.0"] * 3, ["0.0"] * 3
    velocity[axis], force[axis] = repr(float(piston.velocity)), "v_piston_force"
    middle = " ".join(f"$(({k}lo+{k}hi)/2:%.17g)" for k in "xyz")
    return (
        f"create_atoms 1 single {middle} units box",
        f"group piston subtract all {GROUP}",
        f"set group piston {x} $(v_{name}:%.17g)",
        "neigh_modify exclude group piston all",
        f"velocity piston set {' '.join(velocity)} units box",
        f"variable {name} equal xcm(piston,{x})",
        f"variable {name.replace('wall_', 'speed_', 1)} equal vcm(piston,{x})",
        f'variable piston_force equal "({push}+{float(piston.load)!r})*mass(piston)/{float(piston.mass)!r}"',
        f"fix piston_force piston setforce {' '.join(force)}",
        "fix piston_motion piston nve",
    )
