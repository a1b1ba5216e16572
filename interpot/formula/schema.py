"""``potential.json``, schema "interpot.potential/1": the documented file, its check, reading and writing.

The file is one JSON object in UTF-8. Every key is required, but for those that are called optional,
and no others are allowed, except inside ``provenance``. Numbers are written with the digits that give the
same double back.

========================  ===================================================================================
``schema``                "interpot.potential/1".
``units``                 Of every number in the file.
``units.style``           A LAMMPS unit style: "metal", "real", "lj", ...
``units.energy``          Name of its energy unit: "eV".
``units.length``          Name of its length unit: "Å".
``channels``              A list of objects, one per unknown function; no two of the same kind, species and site.
``  kind``                "pair": the function is a potential φ(r) of the distance of two particles, the force
                          on either is -dφ/dr along the line that joins them. "wall": φ(r) of the distance of one
                          particle to a wall, the force on it is -dφ/dr away from the wall. "field": φ of a
                          coordinate of one particle, the force on it is minus its gradient. "friction": a
                          dissipation function of a particle's speed, the force on it is minus its derivative
                          along the velocity; it is no potential. All its lengths are those gone in one unit of
                          time of the style, and its energies are lost in one.
``  species``             The species it acts between, sorted: ["Ne", "Xe"]; the one that feels the wall or field;
                          all that feel it, of a field with charges.
``  variable``            The symbol of the coordinate in ``expression``: "r"; of a field its site.
``  site``                Of a wall its name, "zlo"; of a field its coordinate, "x", "y", "z", or "r" for the
                          distance from the centre; of friction "v". Left out for a pair.
``  charges``             Of each of the species, in elementary charges, where a field acts on these: φ is the
                          energy per charge, and so are the units of its constants. Optional.
``  centre``              Of a field: [x, y, z] from which the coordinate is counted (length unit). Optional:
                          the origin.
``  cutoff``              The function is zero from here on (length unit). A field goes on: it was sampled below.
``  domain``              [smallest, largest] coordinate in the data (length unit); outside it the form
                          extrapolates.
``  form``                Name of the form in the field: "Lennard-Jones 12-6".
``  expression``          φ in the variable and the parameters below, which it all uses: + - * / ** and
                          parentheses, numbers, ``pi`` and the functions in `FUNCTIONS` (of one value, Max of
                          two); `sympy.sympify` reads it too, with the parameters as its ``locals``.
``  zero``                Where φ = 0: "infinity" (φ decays), "cutoff" (it is shifted or switched to be so), or
                          "origin" (a field, whose φ is what its expression says).
``  parameters``          An object, name → constant, in the order of the rows of ``covariance``.
``    value``             The constant, in ``unit``.
``    stderr``            Its standard error; 0 for one that was not fitted; null where the data were too few.
``    unit``              "eV·Å^6"; "1" where it has no dimension.
``    energy``            The unit's exponent of energy: 1 in eV·Å^6. Optional: read from ``unit``.
``    length``            The unit's exponent of length: 6 in eV·Å^6. Optional: read from ``unit``, whose six
                          digits stand for the dimensionless constant of the channel that rounds to them.
``covariance``            Matrix, a list of rows, of all parameters of all channels in the order of the file;
                          its diagonal is the square of the standard errors, null where those are.
``degrees_of_freedom``    Of the standard errors, for Student's t: blocks of frames - 1; null where they are not
                          from the spread over blocks. Optional: null.
``loss``                  Relative errors ‖F_model - F‖/‖F‖ of the forces over the trajectory, or of energies.
``  formula``             Of the closed forms.
``  ceiling``             Of the spline fit: the best that any function of the same channels can do.
``  cross_validated``     Of the closed forms on frames that their constants have not seen. Any of the
                          three is null where it is not known.
``  of``                  "forces", or "energies" or "virials" for a potential that these alone gave.
                          Optional: "forces" where it is left out.
``  energies``            Relative error of energies that were given beside the forces. Optional.
``  virials``             Of virials, likewise. Optional.
``  resolution``          Errors below it cannot be told from none. Optional.
``provenance``            An object with whatever tells where the potential comes from: files,
                          frames, versions, the command.
========================  ===================================================================================

This module knows plain dictionaries only; `interpot.formula.potential.Potential` makes itself from them.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.files import atomic
from interpot.formula.codegen import R, numpy_function
from interpot.formula.expression import FUNCTIONS, is_name, names_in, parse_expression
from interpot.formula.quantity import unit_exponents, unit_name
from interpot.statistic.channels import ENDLESS, label_of
from interpot.statistic.channels.field import COORDINATES
from interpot.statistic.channels.friction import LETTER
from interpot.units import STYLES

SCHEMA = "interpot.potential/1"

_TOLERANCE = 1e-8  # for rounding, relative to the standard errors


@dataclass(frozen=True, slots=True)
class Kind:
    """What a channel of one kind looks like in the file.

    Attributes
    ----------
    species
        How many species it has, unless it acts on charges.
    lower
        The domain lies above this value of the coordinate.
    zeros
        Where φ may vanish.
    sites
        What its site may be; anything where there are none. A kind without a site has the empty one.
    optional
        Keys that only some kinds have, and not always.
    """

    species: int
    lower: float
    zeros: tuple[str, ...] = ("infinity", "cutoff")
    sites: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    "pair": Kind(species=2, lower=0.0, sites=("",)),
    "wall": Kind(species=1, lower=0.0),
    "field": Kind(1, -math.inf, ("origin",), tuple(COORDINATES), ("charges", "centre")),
    "friction": Kind(1, -math.inf, ("origin",), (LETTER,)),
}
"""The table of channel kinds."""


# ---------------------------------------------------------------------------- files


def read(path: Path) -> dict[str, Any]:
    """Read and check a potential.json, and add the exponents of units where the file leaves them out.

    Raises
    ------
    InterpotError
        The file is missing, is no JSON, or breaks the schema; the sentence names the file and the key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InterpotError(f"{path}: no such file, expected a potential.json") from None
    except UnicodeDecodeError as error:
        raise InterpotError(
            f"{path}: not UTF-8 text at byte {error.start}, expected a potential.json"
        ) from None
    except OSError as error:
        raise InterpotError(f"{path}: cannot be read ({error.strerror})") from None

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise InterpotError(
                    f"{path}: the key '{name}' occurs twice in one object: delete one of the two"
                )
        return dict(pairs)

    try:
        document = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
        what = "ends in the middle of its JSON" if cut else f"is no valid JSON ({error.msg})"
        raise InterpotError(
            f"{path}: {what} at line {error.lineno}, column {error.colno}: save the potential again"
        ) from None
    except RecursionError:
        raise InterpotError(f"{path}: is nested too deeply for a potential.json") from None
    except ValueError as error:
        raise InterpotError(f"{path}: is no valid JSON ({error}): save the potential again") from None
    check(document, path)
    units = document["units"]
    for channel in document["channels"]:
        _complete(channel["parameters"], units["energy"], units["length"])
    return dict(document)


def _complete(parameters: dict[str, Any], energy: str, length: str) -> None:
    """Add the exponents of energy and length that stand in the units only.

    A unit has six digits of C's exponent in C/r^n: where n is a constant of the channel, all its digits hold.
    """
    found = {name: unit_exponents(p["unit"], energy, length) for name, p in parameters.items()}
    numbers = [parameters[name]["value"] for name, exponents in found.items() if exponents == (0, 0)]
    exact = {float(f"{n:g}"): float(n) for value in numbers for n in (value, -value)}
    for name, constant in parameters.items():
        of_energy, of_length = found[name]
        constant.setdefault("energy", of_energy)
        constant.setdefault("length", exact.get(of_length, of_length) if of_energy else of_length)


def write(document: Mapping[str, Any], path: Path) -> None:
    """Check a document and write it, whole or not at all.

    Raises
    ------
    InterpotError
        The document breaks the schema, or the file cannot be written.
    """
    check(document, path)
    try:
        with atomic(path) as temporary:
            temporary.write_text(_layout(document) + "\n", encoding="utf-8")
    except OSError as error:
        raise InterpotError(f"{path}: cannot be written ({error.strerror}): choose another folder") from error


def _layout(value: Any, indent: int = 0, width: int = 110) -> str:
    """JSON for people: rows of numbers stand on one line, other lists and objects where they fit."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not isinstance(value, dict | list) or _is_row(value):
        return line
    nested = any(
        isinstance(item, dict | list) for item in (value.values() if isinstance(value, dict) else value)
    )
    if not nested and len(line) + indent <= width:
        return line
    margin = " " * (indent + 2)
    if isinstance(value, dict):
        items = [
            f"{margin}{json.dumps(key, ensure_ascii=False)}: {_layout(item, indent + 2)}"
            for key, item in value.items()
        ]
        opening, closing = "{}"
    else:
        items = [margin + _layout(item, indent + 2) for item in value]
        opening, closing = "[]"
    return f"{opening}\n" + ",\n".join(items) + f"\n{' ' * indent}{closing}"


def _is_row(value: Any) -> bool:
    return isinstance(value, list) and all(item is None or isinstance(item, int | float) for item in value)


# ---------------------------------------------------------------------------- the check


def check(document: Any, source: str | Path) -> None:
    """Check a whole document against the schema; nothing is returned, nothing is changed.

    Parameters
    ----------
    document
        What `json.loads` gives.
    source
        Name of the file, for the message.

    Raises
    ------
    InterpotError
        One sentence with the file, the key, what was found and what was expected.
    """
    top = _Place(source, "")
    if not isinstance(document, Mapping):
        top.fail(f"holds {_kind(document)}", "a JSON object")
    found = document.get("schema")
    if found != SCHEMA:
        what = "has no key 'schema'" if found is None else f"has the schema {json.dumps(found)}"
        top.fail(what, f"a potential of the schema '{SCHEMA}'")
    names = ("schema", "units", "channels", "covariance", "loss", "provenance")
    top.keys(document, (*names, "degrees_of_freedom"), optional=("degrees_of_freedom",))
    energy, length = _check_units(document["units"], top.at("units"))
    channels, place = document["channels"], top.at("channels")
    if not isinstance(channels, list) or not channels:
        place.fail(f"is {_kind(channels)}", "a list of at least one channel")
    seen: dict[tuple[str, ...], int] = {}
    for index, channel in enumerate(channels):
        here = place.at(index)
        _check_channel(channel, here, energy, length)
        species, site = channel["species"], channel.get("site", "")
        name = (channel["kind"], *species, site)
        if name in seen:
            label = label_of(channel["kind"], species, site, "charges" in channel)
            expected = "one channel per pair of species" if not site else "one channel per species and site"
            here.fail(f"repeats {label} of channels[{seen[name]}]", expected)
        seen[name] = index
    stderrs = [p["stderr"] for channel in channels for p in channel["parameters"].values()]
    _check_covariance(document["covariance"], stderrs, top.at("covariance"))
    _check_loss(document["loss"], top.at("loss"))
    top.at("degrees_of_freedom").number(document.get("degrees_of_freedom"), lower=1.0, nullable=True)
    place = top.at("provenance")
    if not isinstance(document["provenance"], Mapping):
        place.fail(f"is {_kind(document['provenance'])}", "an object")
    _check_plain(document["provenance"], place)


@dataclass(frozen=True, slots=True)
class _Place:
    """A key of the document: what the checks share, and how they fail."""

    source: str | Path
    key: str

    def at(self, part: str | int) -> _Place:
        step = f"[{part}]" if isinstance(part, int) else f".{part}"
        return _Place(self.source, (self.key + step).removeprefix("."))

    def fail(self, found: str, expected: str) -> NoReturn:
        where = f"{self.source}: '{self.key}'" if self.key else f"{self.source}:"
        raise InterpotError(f"{where} {found}, expected {expected}")

    def keys(self, value: Any, names: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        if not isinstance(value, Mapping):
            self.fail(f"is {_kind(value)}", "an object")
        for name in names:
            if name not in value and name not in optional:
                self.fail(f"has no key '{name}'", f"the keys {', '.join(names)}")
        for name in value:
            if name not in names:
                self.fail(f"has an unknown key '{name}'", f"only the keys {', '.join(names)}")

    def text(self, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            self.fail(f"is {_kind(value)}", "a text that is not empty")
        return value

    def number(self, value: Any, lower: float = -math.inf, nullable: bool = False) -> None:
        if nullable and value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"is {_kind(value)}", "a number")
        if not abs(value) <= sys.float_info.max:
            self.fail("is not finite", "a number of double precision")
        if value < lower:
            self.fail(f"is {value:g}", f"at least {lower:g}")


def _kind(value: Any) -> str:
    """Name what stands where something else was expected."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"the text {json.dumps(value, ensure_ascii=False)}"
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "an object" if isinstance(value, Mapping) else f"a Python {type(value).__name__}"


def _check_units(units: Any, place: _Place) -> tuple[str, str]:
    place.keys(units, ("style", "energy", "length"))
    style = STYLES.get(units["style"]) if isinstance(units["style"], str) else None
    if style is None:
        place.at("style").fail(f"is {_kind(units['style'])}", f"one of {', '.join(STYLES)}")
    for name, unit in (("energy", style.energy_unit), ("length", style.length_unit)):
        if units[name] != unit:
            place.at(name).fail(f"is {_kind(units[name])}", f"'{unit}' as in the style '{style.name}'")
    return style.energy_unit, style.length_unit


def _check_channel(channel: Any, place: _Place, energy: str, length: str) -> None:
    names = ("kind", "species", "variable", "cutoff", "domain", "form", "expression", "zero", "parameters")
    name = channel.get("kind") if isinstance(channel, Mapping) else None
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        place.keys(channel, (*names, "site", "charges", "centre"), ("site", "charges", "centre"))
        place.at("kind").fail(f"is {_kind(name)}", f"one of {', '.join(KINDS)}")
    site = () if kind.sites == ("",) else ("site",)
    place.keys(channel, (*names, *site, *kind.optional), kind.optional)
    _check_species(channel, kind, place)
    _check_place(channel, kind, place)
    _check_range(channel["domain"], channel["cutoff"], kind, place)
    place.at("form").text(channel["form"])
    if channel["zero"] not in kind.zeros:
        expected = " or ".join(f"'{zero}'" for zero in kind.zeros)
        place.at("zero").fail(f"is {_kind(channel['zero'])}", expected)
    _check_parameters(channel["parameters"], channel["variable"], place.at("parameters"), energy, length)
    _check_expression(channel, place.at("expression"))


def _check_place(channel: Any, kind: Kind, place: _Place) -> None:
    """Site, coordinate and centre."""
    site = channel.get("site", "")
    if kind.sites and site not in kind.sites:
        place.at("site").fail(f"is {_kind(site)}", f"one of {', '.join(kind.sites)}")
    if kind.sites != ("",):
        place.at("site").text(site)
    variable = site if channel["kind"] in ENDLESS else R.name
    if channel["variable"] != variable:
        place.at("variable").fail(f"is {_kind(channel['variable'])}", f"'{variable}'")
    _check_numbers(channel.get("centre", [0, 0, 0]), 3, place.at("centre"))


def _check_numbers(values: Any, count: int, place: _Place) -> None:
    if not isinstance(values, list) or len(values) != count:
        place.fail(f"is {_kind(values)}", f"a list of {count} numbers")
    for index, value in enumerate(values):
        place.at(index).number(value)


def _check_species(channel: Any, kind: Kind, above: _Place) -> None:
    species, place = channel["species"], above.at("species")
    if "charges" in channel and isinstance(species, list) and species:
        _check_numbers(channel["charges"], len(species), above.at("charges"))
    elif not isinstance(species, list) or len(species) != kind.species:
        place.fail(f"is {_kind(species)}", f"a list of {kind.species} name{'s' * (kind.species > 1)}")
    for index, name in enumerate(species):
        place.at(index).text(name)
    if species != sorted(species):
        place.fail(f"is {species}", f"sorted names, {sorted(species)}")


def _check_range(domain: Any, cutoff: Any, kind: Kind, place: _Place) -> None:
    place.at("cutoff").number(cutoff)
    if cutoff <= 0:
        place.at("cutoff").fail(f"is {cutoff:g}", "more than 0")
    here = place.at("domain")
    if not isinstance(domain, list) or len(domain) != 2:
        here.fail(f"is {_kind(domain)}", "a list of the smallest and the largest sampled coordinate")
    for index, end in enumerate(domain):
        here.at(index).number(end)
    if not kind.lower < domain[0] < domain[1] <= cutoff:
        least = f"{kind.lower:g} < " if math.isfinite(kind.lower) else ""
        here.fail(f"is {domain}", f"{least}smallest < largest ≤ cutoff = {cutoff:g}")


def _check_parameters(parameters: Any, variable: str, place: _Place, energy: str, length: str) -> None:
    if not isinstance(parameters, Mapping):
        place.fail(f"is {_kind(parameters)}", "an object")
    for name, constant in parameters.items():
        here = place.at(name)
        taken = name in FUNCTIONS or name in ("pi", variable)
        if taken or not name.isidentifier() or not is_name(name):
            here.fail("is no name for a constant", "letters, digits and _, no function, variable or keyword")
        here.keys(constant, ("value", "stderr", "unit", "energy", "length"), optional=("energy", "length"))
        here.at("value").number(constant["value"])
        here.at("stderr").number(constant["stderr"], lower=0.0, nullable=True)
        _check_unit(constant, here, energy, length)


def _check_unit(constant: Mapping[str, Any], place: _Place, energy: str, length: str) -> None:
    """The unit agrees with its exponents, and can be read where they are left out."""
    given = [name for name in ("energy", "length") if name in constant]
    for name in given:
        place.at(name).number(constant[name])
    unit, here = constant["unit"], place.at("unit")
    if len(given) == 2:
        expected = unit_name(constant["energy"], constant["length"], energy, length)
        if unit != expected and not (unit == "" and expected == "1"):
            here.fail(f"is {_kind(unit)}", f"'{expected}' by its exponents")
        return
    try:
        exponents = dict(zip(("energy", "length"), unit_exponents(unit, energy, length), strict=True))
    except (TypeError, ValueError):
        here.fail(f"is {_kind(unit)}", f"a unit like '{unit_name(1, 6, energy, length)}', or '1'")
    for name in given:
        if f"{constant[name]:g}" != f"{exponents[name]:g}":
            place.at(name).fail(f"is {constant[name]:g}", f"{exponents[name]:g} as in the unit '{unit}'")


def _check_expression(channel: Mapping[str, Any], place: _Place) -> None:
    names = tuple(channel["parameters"])
    text = place.text(channel["expression"])
    try:
        symbols = {name: sympy.Symbol(name, real=True) for name in names}
        expression = parse_expression(text, symbols, channel["variable"])
        for name in names:
            if name not in names_in(text):
                raise ValueError(f"does not use the parameter '{name}'")
        nodes = np.linspace(channel["domain"][0], channel["domain"][1], 9)
        values = [float(channel["parameters"][name]["value"]) for name in names]
        energy = numpy_function(expression, (R, *symbols.values()))(nodes, *values)
    except ValueError as error:
        place.fail(str(error), f"a formula in {channel['variable']} and the channel's parameters")
    if not np.all(np.isfinite(energy)):
        at = f"{channel['variable']} = {nodes[~np.isfinite(energy)][0]:g}"
        place.fail(f"is {energy[~np.isfinite(energy)][0]} at {at}", "finite energies within the domain")


def _check_covariance(rows: Any, stderrs: list[float | None], place: _Place) -> None:
    size = len(stderrs)
    expected = f"{size} rows of {size} numbers, one per parameter"
    if not isinstance(rows, list) or len(rows) != size:
        place.fail(f"is {_kind(rows)}", expected)
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != size:
            place.at(i).fail(f"is {_kind(row)}", f"a row of {size} numbers, one per parameter")
        for j, value in enumerate(row):
            place.at(i).at(j).number(value, nullable=stderrs[i] is None or stderrs[j] is None)
    covariance = np.array(rows, dtype=np.float64).reshape(size, size)  # null becomes NaN
    sigma = np.array(stderrs, dtype=np.float64)
    tiny = np.finfo(np.float64).tiny  # below it products of errors, as of 1e-200 J·m^20, lose their digits
    for i, j in np.argwhere(np.abs(covariance - covariance.T) > _TOLERANCE * np.outer(sigma, sigma) + tiny):
        place.at(int(i)).at(int(j)).fail(
            f"is {covariance[i, j]:g} but [{j}][{i}] is {covariance[j, i]:g}", "a symmetric matrix"
        )
    variance = sigma**2
    for k in np.flatnonzero(np.abs(np.diag(covariance) - variance) > 1e-6 * variance + tiny):
        place.at(int(k)).at(int(k)).fail(
            f"is {covariance[k, k]:g}", f"{variance[k]:g}, the square of the parameter's stderr"
        )
    fitted = variance >= tiny
    correlation = covariance[np.ix_(fitted, fitted)] / sigma[fitted, None] / sigma[fitted]
    correlation = correlation[np.ix_(*2 * [np.isfinite(correlation).all(axis=1)])]
    if correlation.size and np.linalg.eigvalsh((correlation + correlation.T) / 2)[0] < -1e-6 * size:
        place.fail("has a negative eigenvalue", "a positive semi-definite matrix")


def _check_loss(loss: Any, place: _Place) -> None:
    names = ("formula", "ceiling", "cross_validated")
    beside, others = ("energies", "virials"), ("energies", "virials", "resolution")
    place.keys(loss, (*names, "of", *others), optional=("of", *others))
    for name in (*names, *(name for name in others if name in loss)):
        place.at(name).number(loss[name], lower=0.0, nullable=True)
    if loss.get("of", "forces") not in ("forces", *beside):
        place.at("of").fail(f"is {_kind(loss['of'])}", "'forces', 'energies' or 'virials'")


def _check_plain(value: Any, place: _Place) -> None:
    """Provenance is free, but JSON: texts, finite numbers, lists and objects."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                place.fail(f"has the key {key!r}", "keys that are texts")
            _check_plain(item, place.at(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_plain(item, place.at(index))
    elif isinstance(value, float):
        place.number(value)
    elif not (value is None or isinstance(value, str | int)):
        place.fail(f"is {_kind(value)}", "what JSON can hold")
