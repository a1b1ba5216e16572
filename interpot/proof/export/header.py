"""What every exported file says about itself: formulas, constants with errors, units, domain, provenance."""

from __future__ import annotations

from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.potential import Potential
from interpot.version import VERSION


def header(potential: Potential) -> list[str]:
    """Lines of plain text for the head of a file; the target adds its own comment signs."""
    units = potential.units
    lines = [
        f"Interatomic potential, discovered by interpot {VERSION}",
        f"units {units.name}: energy in {units.energy_unit}, length in {units.length_unit}",
        f"relative {potential.loss.name} on its data: {potential.loss.formula:.3g}"
        f" (cross-validated {potential.loss.cross_validated:.3g})",
    ]
    for channel in potential.channels:
        low, high = channel.domain
        lines += [
            "",
            f"{channel.label}: {potential.describe(channel)}",
            f"  phi(r) = {channel.expression}{_where(channel)}",
            f"  seen for {low:.6g} <= r <= {high:.6g}{_end(channel)}",
            *_continuation(channel),
        ]
    if potential.provenance:
        lines += ["", *(f"{key}: {value}" for key, value in potential.provenance.items())]
    return [part for line in lines for part in line.splitlines() or [""]]


def _where(channel: ChannelFormula) -> str:
    """What r is, if not the distance of two particles."""
    if channel.kind == "wall":
        return f", r the distance to the wall {channel.site}"
    if channel.kind == "field":
        centre = ", ".join(f"{x:.12g}" for x in channel.centre)
        of = (
            f"distance from ({centre})" if channel.site == "r" else f"{channel.site}, counted from ({centre})"
        )
        charges = ", ".join(f"{q:g} ({s})" for s, q in zip(channel.species, channel.charges, strict=False))
        return f", r the {of}" + (f"; times the charge {charges}" if charges else "")
    return ""


def _end(channel: ChannelFormula) -> str:
    """Where the function ends; a field does not."""
    if channel.kind == "field":
        return ""
    shifted = "; energies count from there" if channel.kind == "wall" else f", phi({channel.zero}) = 0"
    return f", zero from r = {channel.cutoff:.12g} on{shifted}"


def _continuation(channel: ChannelFormula) -> list[str]:
    """What stands for the formula where it would not repel."""
    core = channel.core
    if core is None:
        return []
    d = f"(r - {core.r:.6g})"
    return [
        f"  it ceases to repel below the sampled range: for r < {core.r:.6g} continued by",
        f"  phi(r) = {core.energy:.6g} + {core.slope:.6g}*{d} + {core.curvature / 2:.6g}*{d}**2"
        f" + {core.strength:.6g}*({core.r:.6g}/r - 1)**3",
    ]
