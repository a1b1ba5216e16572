"""The records of the proof: what was measured in both runs, what forces and exports deviate, and the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from interpot.display import comparison_html
from interpot.records import FloatArray, MdRun
from interpot.units import UnitStyle


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A function that was measured, with its standard error.

    Attributes
    ----------
    x, y, error : (m,) float64
    """

    x: FloatArray
    y: FloatArray
    error: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Observable:
    """One physical quantity in the reference and in the run with the found potential.

    Attributes
    ----------
    name
        "g(r) Ar-Ar", "mean-square displacement", "energy drift" ...
    x_unit, unit
        Units of abscissa and value, for people.
    reference, found
        Both on the same abscissa; a scalar is a curve of one point with x = 0. `reference` is None where
        the reference cannot tell (a trajectory without energies).
    deviation
        Root mean square over the abscissa of (found - reference)/combined standard error.
    limit
        Largest deviation that agrees; NaN where none was judged.
    verdict
        "agrees", "differs" or "cannot tell", with the reason in `remark`; "not judged" for what both runs tell
        together.
    """

    name: str
    x_label: str
    x_unit: str
    unit: str
    reference: Curve | None
    found: Curve
    deviation: float
    verdict: str
    remark: str = ""
    limit: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class ForceCheck:
    """Forces of the found potential on reference frames, against those recorded there.

    Attributes
    ----------
    relative_error
        ‖F_found - F‖ / ‖F‖ over all frames and components.
    rms, worst
        Root mean square and largest component of the difference, in force units of the style.
    frames
        How many frames were compared.
    sample_reference, sample_found : (m,) float64
        Some components for a parity plot, in force units of the style.
    verdict
        "agrees", "differs" or "cannot tell" (`interpot.proof.expectation`), with the reason in `remark`;
        "not judged" unless it was asked for.
    expected
        Relative error that was expected; NaN where none is known.
    """

    relative_error: float
    rms: float
    worst: float
    frames: int
    sample_reference: FloatArray
    sample_found: FloatArray
    verdict: str = "not judged"
    remark: str = ""
    expected: float = float("nan")


@dataclass(frozen=True, slots=True)
class ExportCheck:
    """An exported file, evaluated by its target, against the sympy original.

    Attributes
    ----------
    target, file
        Row of `interpot.proof.export.EXPORTERS`, and what was written.
    engine
        What evaluated the file, with its version.
    frames
        How many were evaluated.
    energy, forces, virial
        Largest deviation, each relative to the root mean square of what it is of (`interpot.proof.export.check`);
        NaN where the target does not tell.
    tolerance
        Largest deviation that is allowed; a larger one is an error.
    single
        Largest deviation of a force in single precision, where the target can be run so; else NaN.
    """

    target: str
    file: str
    engine: str
    frames: int
    energy: float
    forces: float
    virial: float
    tolerance: float
    single: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class StateCheck:
    """Forces of the found potential in a state that it was not fitted to.

    Attributes
    ----------
    name
        "1.5 × temperature", "frames of its own run", or a file.
    forces
        Against the truth; None where there is none, with the reason in `remark`.
    closer
        Share of the pairs that are closer than any that was sampled.
    shortest
        Distance of the closest pair, in the length unit of the style.
    verdict
        "agrees", "differs" or "cannot tell", as in `ForceCheck`, with the reason in `remark`.
    """

    name: str
    forces: ForceCheck | None
    closer: float
    shortest: float
    remark: str = ""
    verdict: str = "cannot tell"


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Reference against found potential: what `validate` returns.

    Attributes
    ----------
    forces
        None where the reference holds no forces.
    observables
        Each with its verdict.
    engine
        Name and version of the engine that ran the found potential.
    runs
        The recorded runs, by "reference" and "found" (the former only where an engine made it here).
    units
        Style of all numbers.
    elsewhere
        Forces on frames that no fit has seen: of the potential's own run, at other temperatures and densities.
    slower
        How many times as long as the reference's the run with the potential took, step for step in the same engine;
        NaN where that is not known.
    """

    forces: ForceCheck | None
    observables: tuple[Observable, ...]
    engine: str
    runs: Mapping[str, MdRun]
    units: UnitStyle
    elsewhere: tuple[StateCheck, ...] = ()
    slower: float = float("nan")

    @property
    def agrees(self) -> bool:
        """Whether nothing differs: no observable, nor the forces on the reference or elsewhere."""
        checks = (*self.observables, *self.elsewhere, *(() if self.forces is None else (self.forces,)))
        return all(check.verdict != "differs" for check in checks)

    def _repr_html_(self) -> str:
        return comparison_html(self)


@dataclass(frozen=True, slots=True, eq=False)
class EnsembleComparison:
    """Means over several runs of the reference against those over several runs of the found potential.

    Attributes
    ----------
    reference, found
        How many runs each has.
    observables
        Each with its verdict; errors are standard errors of the means over runs.
    units
        Style of all numbers.
    """

    reference: int
    found: int
    observables: tuple[Observable, ...]
    units: UnitStyle

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return all(observable.verdict != "differs" for observable in self.observables)
