"""What LAMMPS reads: a data file from a frame, an input script from a model and its dynamics.

LAMMPS wants the cell lower triangular. Any cell H is turned (or mirrored, where it is left-handed) into
L = H Q with Q orthogonal; row vectors transform as v Q, and forces come back as f Qᵀ. Distances, and with
them every pair potential, do not notice.

Source: https://docs.lammps.org/Howto_triclinic.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.geometry import complete_vectors
from interpot.proof.dialects.lammps import commands
from interpot.proof.engines.lammps_walls import Walls
from interpot.proof.engines.piston import GROUP
from interpot.proof.ensembles import check_dynamics
from interpot.records import Dynamics, FloatArray, Frame, ReferenceModel
from interpot.units import UnitStyle, lammps_style
from interpot.version import VERSION

_DAMPING = 100  # timesteps: the thermostat's relaxation time that LAMMPS's documentation recommends
_BARO_DAMPING = 1000  # timesteps, likewise the barostat's
_SKIN = 1.0  # Å; in the style lj 0.3 σ, LAMMPS's own default
DUMP_COLUMNS = "id type element mass x y z ix iy iz vx vy vz fx fy fz"


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A frame's cell as LAMMPS wants it.

    Attributes
    ----------
    vectors : (3, 3) float64, Å
        Lower triangular, positive diagonal.
    rotation : (3, 3) float64
        The orthogonal Q with vectors = H Q.
    """

    vectors: FloatArray
    rotation: FloatArray


def lammps_box(frame: Frame) -> Box:
    """Turn a frame's cell into a lower-triangular one; open axes become perpendicular to all others."""
    vectors = complete_vectors(frame.cell)
    for axis in np.flatnonzero(~np.array(frame.cell.periodic)):
        b, c = vectors[axis - 2], vectors[axis - 1]
        normal = np.cross(b, c)
        normal *= np.sign(normal @ vectors[axis]) / np.linalg.norm(normal)
        vectors[axis] = normal * np.linalg.norm(vectors[axis])
    q, r = np.linalg.qr(vectors.T)  # H = Rᵀ Qᵀ, hence H Q = Rᵀ
    signs = np.where(np.diag(r) < 0, -1.0, 1.0)
    lower, rotation = (r.T * signs), q * signs
    lower[np.abs(lower) < 1e-14 * np.abs(lower).max()] = 0.0
    rotation[np.abs(rotation) < 1e-15] = 0.0
    return Box(lower, rotation)


def model_species(model: Potential | ReferenceModel, frame: Frame) -> tuple[str, ...]:
    """Return the names of LAMMPS's atom types 1, 2 ...

    Raises
    ------
    InterpotError
        The frame has a species that the model lacks.
    """
    species = model.species
    if isinstance(model, ReferenceModel) and not species:
        return tuple(sorted(frame.species))
    missing = sorted({frame.species[k] for k in np.unique(frame.kinds)} - set(species))
    if missing:
        what = "the potential" if isinstance(model, Potential) else "the reference model"
        raise InterpotError(
            f"{frame.source or 'the frame'} has the species {', '.join(missing)}, but {what} is for "
            f"{', '.join(species)}: name the species alike with --species"
        )
    return species


def model_commands(model: Potential | ReferenceModel, units: UnitStyle) -> tuple[str, ...]:
    """Return the lines that define the interaction, in the style of the run."""
    if isinstance(model, Potential):
        return commands(model.to_units(units))
    if model.engine != "lammps":
        raise InterpotError(f"the reference model is written for the engine '{model.engine}', not for lammps")
    return model.commands


def data_file(frame: Frame, species: Sequence[str], units: UnitStyle) -> str:
    """Write a frame as a LAMMPS data file (atom style atomic), 17 digits.

    Raises
    ------
    InterpotError
        No masses, or one species with several.
    """
    box = lammps_box(frame)
    origin = frame.cell.origin @ box.rotation / units.length
    positions = _turned(frame, frame.positions, box) / units.length
    kinds = np.array([species.index(frame.species[k]) for k in frame.kinds]) + 1
    ids = atom_ids(frame)
    masses = enumerate(_masses(frame, species).items(), 1)
    atoms = zip(ids, kinds, positions.tolist(), strict=True)
    lines = [
        f"# {len(kinds)} atoms, units {units.name}, written by interpot {VERSION}",
        "",
        f"{len(kinds)} atoms",
        f"{len(species)} atom types",
        "",
        *_box_lines(frame, box.vectors / units.length, origin, positions, 1.0 / units.length),
        *("", "Masses", ""),
        *(f"{t} {mass / units.mass!r}  # {name}" for t, (name, mass) in masses),
        *("", "Atoms  # atomic", ""),
        *(f"{n} {t} {x!r} {y!r} {z!r}" for n, t, (x, y, z) in atoms),
    ]
    if frame.velocities is not None:
        velocities = _turned(frame, frame.velocities, box) / units.velocity
        rows = zip(ids, velocities.tolist(), strict=True)
        lines += ["", "Velocities", "", *(f"{n} {x!r} {y!r} {z!r}" for n, (x, y, z) in rows)]
    return "\n".join([*lines, ""])


def _turned(frame: Frame, vectors: FloatArray, box: Box) -> FloatArray:
    """Turn row vectors with the box; in two dimensions z becomes 0, where LAMMPS wants it."""
    return np.asarray(vectors @ box.rotation * (1.0, 1.0, float(frame.dimension == 3)))


def atom_ids(frame: Frame) -> Sequence[int]:
    """Return the frame's own names of its atoms where LAMMPS can use them, so that files compare by id."""
    n = len(frame.kinds)
    if frame.ids is None or (n > 0 and frame.ids.min() < 1):
        return range(1, n + 1)
    ids: list[int] = frame.ids.tolist()
    return ids


def _box_lines(
    frame: Frame, vectors: FloatArray, origin: FloatArray, positions: FloatArray, margin: float
) -> list[str]:
    low, high = origin.copy(), origin + np.diag(vectors)
    # Open axes grow with the particles but never fall below these bounds, so that a flat cloud has a volume. A box
    # that confines them keeps its faces, where walls may stand (EDGE).
    for axis in np.flatnonzero(~np.array(frame.cell.periodic)):
        x = positions[:, axis]
        if not frame.cell.vectors[axis].any() or x.min() <= low[axis] or x.max() >= high[axis]:
            low[axis], high[axis] = min(low[axis], x.min() - margin), max(high[axis], x.max() + margin)
    if frame.dimension == 2:
        low[2], high[2] = -0.5, 0.5
    lines = [f"{a!r} {b!r} {x}lo {x}hi" for a, b, x in zip(low.tolist(), high.tolist(), "xyz", strict=True)]
    xy, xz, yz = (float(vectors[k]) for k in ((1, 0), (2, 0), (2, 1)))
    return [*lines, f"{xy!r} {xz!r} {yz!r} xy xz yz"] if xy or xz or yz else lines


def _masses(frame: Frame, species: Sequence[str]) -> dict[str, float]:
    if frame.masses is None:
        raise InterpotError(
            f"{frame.source or 'the start'} holds no masses, without which nothing moves: give them"
        )
    masses = dict.fromkeys(species, 1.0)  # a species without atoms needs some mass, too
    for kind in np.unique(frame.kinds):
        values = np.unique(frame.masses[frame.kinds == kind])
        if len(values) > 1:
            raise InterpotError(
                f"the atoms of the species {frame.species[kind]} have several masses "
                f"({values[0]:g} ... {values[-1]:g} amu): name them as different species"
            )
        masses[frame.species[kind]] = float(values[0])
    return masses


# ---------------------------------------------------------------------------- scripts


def static_script(model: Potential | ReferenceModel, frame: Frame, units: UnitStyle, data: str) -> str:
    """Write the script for energy, virial and forces of one configuration, all 17 digits."""
    return "\n".join(
        [
            *_system(model, frame, units, data, Walls(model, frame, units)),
            "compute virial all pressure NULL virial",  # without the kinetic part
            "thermo_style custom step pe vol c_virial[1] c_virial[2] c_virial[3] c_virial[4] c_virial[5] c_virial[6]",
            "thermo_modify format float %.17g norm no",
            "dump frames all custom 1 ${dump} id fx fy fz",
            "dump_modify frames sort id format float %.17g",
            "run 0 post no",
            "",
        ]
    )


def dynamics_script(
    model: Potential | ReferenceModel,
    start: Frame,
    dynamics: Dynamics,
    units: UnitStyle,
    label: str,
    walls: Walls | None = None,
) -> str:
    """Write the script of a run, such that ``lmp -in LABEL.in`` repeats it; `walls` are those of the start if None.

    Raises
    ------
    InterpotError
        The dynamics contradict themselves.
    """
    check_dynamics(dynamics, start)
    walls = walls or Walls(model, start, units, dynamics)
    names = " ".join(model_species(model, start))
    who = "all" if dynamics.piston is None else GROUP
    return "\n".join(
        [
            f"# {label}: molecular dynamics, written by interpot {VERSION}",
            f"# rerun with: lmp -in {label}.in",
            f"variable dump index {label}.lammpstrj",
            *_system(model, start, units, f"{label}.data", walls),
            "",
            f"timestep {float(dynamics.timestep)}",
            f"thermo {dynamics.every}",
            *_thermo(),
            *_prepare(start, dynamics),
            "",
            "# the recorded part",
            *walls.recorded,
            *_thermo(tuple(walls.columns), piston=dynamics.piston is not None),
            *_integrate(dynamics.ensemble, start, dynamics, who),
            f"dump frames {who} custom {dynamics.every} ${{dump}} {DUMP_COLUMNS}",
            "dump_modify frames sort id format float %.12g units yes time yes first yes &",
            f"    element {names}",
            f"run {dynamics.steps}",
            "",
        ]
    )


def _thermo(columns: tuple[str, ...] = (), piston: bool = False) -> list[str]:
    """Say what is printed; the atom that carries a piston has no part in the temperature."""
    style = "thermo_style custom step time temp pe ke etotal press pxx pyy pzz pxy pxz pyz vol"
    modify = "thermo_modify format float %.17g norm no lost error"
    if piston:
        return [
            f"compute temperature {GROUP} temp",
            " ".join((style, *columns)),
            f"{modify} temp temperature",
        ]
    return [" ".join((style, *columns)), modify]


def _prepare(start: Frame, dynamics: Dynamics) -> list[str]:
    """Velocities where there are none, and the equilibration, which is not recorded."""
    lines = []
    if start.velocities is None:
        temperature = f"{dynamics.temperature:.17g}"
        lines.append(f"velocity all create {temperature} {dynamics.seed} mom yes rot no dist gaussian")
    if dynamics.equilibration:
        lines += [
            "",
            "# equilibration, not recorded",
            *_integrate(_before(dynamics), start, dynamics),
            f"run {dynamics.equilibration} post no",
            "unfix motion",
            *(["unfix plane"] if start.dimension == 2 else []),
            "reset_timestep 0 time 0.0",
        ]
    return lines


def _before(dynamics: Dynamics) -> str:
    """Return the ensemble of the equilibration: with a thermostat where there is a temperature."""
    if dynamics.ensemble == "nve" and dynamics.temperature is not None:
        return "nvt"
    return dynamics.ensemble


def _integrate(ensemble: str, start: Frame, dynamics: Dynamics, who: str = "all") -> list[str]:
    fix = f"fix motion {who} nve"
    if ensemble != "nve":
        t, p = (f"{value:.17g}" for value in (dynamics.temperature or 0.0, dynamics.pressure or 0.0))
        fix = f"fix motion {who} {ensemble} temp {t} {t} {_DAMPING * dynamics.timestep:.17g}"
        if ensemble == "npt":
            relaxation = f"{_BARO_DAMPING * dynamics.timestep:.17g}"
            axes = f"x {p} {p} {relaxation} y {p} {p} {relaxation} couple xy"
            fix += f" {axes}" if start.dimension == 2 else f" iso {p} {p} {relaxation}"
    # enforce2d must come last, or the thermostat would move atoms out of the plane
    return [fix, *(["fix plane all enforce2d"] if start.dimension == 2 else [])]


def _system(
    model: Potential | ReferenceModel, frame: Frame, units: UnitStyle, data: str, walls: Walls
) -> list[str]:
    if lammps_style(units) != units:
        raise InterpotError(
            f"LAMMPS has no unit style '{units.name}' to run in: choose another engine (--engine openmm), or give the "
            f"reference in a style that LAMMPS has, such as {lammps_style(units).name}"
        )
    if walls.acting and not np.allclose(lammps_box(frame).rotation, np.eye(3), rtol=0, atol=1e-12):
        raise InterpotError(
            f"the cell of {frame.source or 'the frame'} is not lower triangular, and LAMMPS would turn it, but not the "
            "walls and fields: give the cell with its first vector along x and its second in the plane of x and y"
        )
    flags = ["p" if periodic else "m" for periodic in frame.cell.periodic]
    if frame.dimension == 2:
        flags[2] = "p"  # LAMMPS's rule for two dimensions
    skin = 0.3 if units.name == "lj" else _SKIN / units.length
    return [
        f"units {units.name}",
        f"dimension {frame.dimension}",
        f"boundary {' '.join(flags)}",
        "atom_style atomic",
        "atom_modify map array",
        f"read_data {data}",
        *walls.start,
        *model_commands(model, units),
        "pair_modify shift no",
        f"neighbor {skin!r} bin",
        "neigh_modify every 1 delay 0 check yes",
        *walls.acting,
    ]
