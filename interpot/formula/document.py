"""A potential as the document that `interpot.formula.schema` describes, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from interpot.formula import schema
from interpot.formula.channel_formula import ChannelFormula, Loss, Parameter
from interpot.formula.expression import parse_expression, print_expression
from interpot.units import unit_style

if TYPE_CHECKING:
    from interpot.formula.potential import Potential


def document_of(potential: Potential) -> dict[str, Any]:
    """Make the document of a potential, ready to be written."""
    units = potential.units
    return {
        "schema": schema.SCHEMA,
        "units": {"style": units.name, "energy": units.energy_unit, "length": units.length_unit},
        "channels": [
            {
                "kind": c.kind,
                "species": list(c.species),
                "variable": c.variable,
                **_whereabouts(c),
                "cutoff": float(c.cutoff),
                "domain": [float(end) for end in c.domain],
                "form": c.form,
                "expression": print_expression(c.expression, c.variable),
                "zero": c.zero,
                "parameters": {
                    p.name: {
                        "value": float(p.value),
                        "stderr": _nullable(p.stderr),
                        "unit": p.unit(units),
                        "energy": _exponent(p.energy),
                        "length": _exponent(p.length),
                    }
                    for p in c.parameters
                },
            }
            for c in potential.channels
        ],
        "covariance": [[_nullable(value) for value in row] for row in potential.covariance],
        "degrees_of_freedom": potential.freedom if np.isfinite(potential.freedom) else None,
        "loss": _loss_entry(potential.loss),
        "provenance": _plain(potential.provenance),
    }


def fields_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Make the fields of a `Potential` from a document that keeps to the schema."""
    return {
        "units": unit_style(document["units"]["style"]),
        "channels": tuple(_channel(c) for c in document["channels"]),
        "covariance": np.array(document["covariance"], dtype=np.float64),  # null becomes NaN
        "loss": _loss(document["loss"]),
        "provenance": document["provenance"],
        "freedom": _freedom(document.get("degrees_of_freedom")),
    }


def _whereabouts(c: ChannelFormula) -> dict[str, Any]:
    """What only walls and fields have."""
    found: dict[str, Any] = {"site": c.site} if c.site else {}
    if c.charges:
        found["charges"] = [float(q) for q in c.charges]
    if any(c.centre):
        found["centre"] = [float(x) for x in c.centre]
    return found


def _channel(entry: Mapping[str, Any]) -> ChannelFormula:
    parameters = tuple(
        Parameter(name, float(p["value"]), _number(p["stderr"]), float(p["energy"]), float(p["length"]))
        for name, p in entry["parameters"].items()
    )
    x, y, z = entry.get("centre", (0.0, 0.0, 0.0))
    return ChannelFormula(
        species=tuple(entry["species"]),
        cutoff=float(entry["cutoff"]),
        domain=(float(entry["domain"][0]), float(entry["domain"][1])),
        form=entry["form"],
        expression=parse_expression(
            entry["expression"], {p.name: p.symbol for p in parameters}, entry["variable"]
        ),
        parameters=parameters,
        zero=entry["zero"],
        kind=entry["kind"],
        site=entry.get("site", ""),
        charges=tuple(map(float, entry.get("charges", ()))),
        centre=(float(x), float(y), float(z)),
    )


def _freedom(value: float | None) -> float:
    return np.inf if value is None else float(value)


def _loss_entry(loss: Loss) -> dict[str, float | str | None]:
    numbers = ("formula", "ceiling", "cross_validated")
    entry: dict[str, float | str | None] = {n: _nullable(getattr(loss, n)) for n in numbers}
    beside = {
        n: error for n in ("energies", "virials", "resolution") if not np.isnan(error := getattr(loss, n))
    }
    return {**entry, **beside} | ({} if loss.of == "forces" else {"of": loss.of})


def _loss(entry: Mapping[str, Any]) -> Loss:
    numbers = {n: _number(value) for n, value in entry.items() if n != "of"}
    return Loss(**numbers, of=entry.get("of", "forces"))


def _nullable(value: float) -> float | None:
    """JSON has no NaN: what is not known is null."""
    return None if np.isnan(value) else float(value)


def _exponent(value: float) -> float:
    return int(value) if float(value).is_integer() else float(value)


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _plain(value: Any) -> Any:
    """Turn provenance into JSON's types: paths become texts, tuples lists, numpy's numbers Python's."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value) if isinstance(value, Path) else value
