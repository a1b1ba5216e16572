"""Options that belong together, as one record: commands take them whole, and say so once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Annotated, Any, get_args, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take records of options.

    A parameter whose type is a dataclass becomes, for typer, an option for each of the fields; the command is called
    with the record made of them.

    Parameters
    ----------
    command
        All fields of its records are ``Annotated`` with a `typer.Option`, and have defaults.
    """
    hints = get_type_hints(command, include_extras=True)
    records: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in records:
            parameters += _options(records[name])
        else:
            parameters.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))
    names = {name: [field.name for field in fields(kind)] for name, kind in records.items()}

    @wraps(command)
    def called(**given: Any) -> None:
        made = {
            name: kind(**{option: given.pop(option) for option in names[name]})
            for name, kind in records.items()
        }
        command(**given, **made)

    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called


def _options(record: Any) -> list[inspect.Parameter]:
    """The fields as parameters of a command; its help shows them below the first line of the record's docstring."""
    hints = get_type_hints(record, include_extras=True)
    title = (inspect.getdoc(record) or "").partition("\n")[0].rstrip(".")
    parameters = []
    for field in fields(record):
        assert field.default is not MISSING
        kind, option = get_args(hints[field.name])
        option = copy(option)  # several records may share it
        option.rich_help_panel = title
        parameters.append(
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=Annotated[kind, option],
            )
        )
    return parameters


def differing(record: Any) -> dict[str, bool]:
    """Which options of a record were given, by name: those that are not as usual."""
    return {field.name: getattr(record, field.name) != field.default for field in fields(record)}
