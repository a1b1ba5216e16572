"""What the words of options mean: numbers, names, sizes; and options that were given where they mean nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from interpot.errors import InterpotError
from interpot.trajectory import parse_species


def refuse(options: Mapping[str, object], reason: str) -> None:
    """Stop at options that were given where they mean nothing."""
    for name, value in options.items():
        if value:
            raise InterpotError(f"--{name.replace('_', '-')} was given, but {reason}: leave it out")


def positive(text: str, option: str, example: str) -> float:
    """Read a positive number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise InterpotError(f"{option}: '{text}' is no positive number: expected, e.g., {example}")
    return value


def parse_cutoffs(options: Sequence[str]) -> tuple[float, dict[str, float]]:
    """Sort ``--cutoff 10 --cutoff Ne-Xe=8`` into the common cutoff, which is needed, and the exceptions."""
    common, pairs = sorted_cutoffs(options)
    if common is None:
        beside = f" beside {', '.join(pairs)}" if pairs else ""
        raise InterpotError(f"no cutoff for all pairs was given{beside}: expected one, such as --cutoff 10")
    return common, pairs


def sorted_cutoffs(options: Sequence[str]) -> tuple[float | None, dict[str, float]]:
    """Do the same where the common cutoff may be missing."""
    common: list[float] = []
    pairs: dict[str, float] = {}
    for option in options:
        label, _, text = option.rpartition("=")
        value = positive(text, f"--cutoff {option}", "10, or Ne-Xe=8 for a pair")
        if label in pairs:
            raise InterpotError(f"--cutoff names '{label}' twice: give each pair once")
        if label:
            pairs[label] = value
        else:
            common.append(value)
    if len(common) > 1:
        raise InterpotError(
            f"{len(common)} cutoffs for all pairs were given: expected one, such as --cutoff 10, beside those of "
            "single pairs"
        )
    return (common[0] if common else None), pairs


def parse_masses(text: str) -> dict[str, float]:
    """Read ``--masses Ne=20.18,Xe=131.29``."""
    return {
        name: positive(mass, f"--masses {text}", "Ne=20.18,Xe=131.29")
        for name, mass in parse_species(text).items()
    }


def parse_charges(text: str) -> dict[str, float]:
    """Read ``--charges Na=1,Cl=-1``."""
    try:
        return {name: float(charge) for name, charge in parse_species(text).items()}
    except ValueError:
        raise InterpotError(f"--charges {text}: a charge is no number: expected, e.g., Na=1,Cl=-1") from None


def parse_axes(text: str) -> tuple[int, ...]:
    """Read ``--profiles z`` or ``xz``: numbers of the axes."""
    if not text or set(text) - set("xyz") or len(set(text)) < len(text):
        raise InterpotError(f"--profiles '{text}': expected axes, such as z or xyz")
    return tuple("xyz".index(axis) for axis in text)


_FACTORS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def memory_size(text: str) -> int:
    """Read a size such as 500M or 2G, in bytes.

    >>> memory_size("1.5G")
    1500000000
    """
    word = text.strip().upper().removesuffix("B")
    number, factor = (word[:-1], word[-1:]) if word[-1:] in _FACTORS else (word, "")
    return int(positive(number, f"--memory {text}", "500M or 2G") * _FACTORS[factor])
