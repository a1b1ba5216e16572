"""What every exported file says about itself: formulas, constants with errors, units, domain, provenance."""

from __future__ import annotations

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
            f"  phi(r) = {channel.expression}",
            f"  seen for {low:.6g} <= r <= {high:.6g}, zero from r = {channel.cutoff:.12g} on,"
            f" phi({channel.zero}) = 0",
        ]
    if potential.provenance:
        lines += ["", *(f"{key}: {value}" for key, value in potential.provenance.items())]
    return [part for line in lines for part in line.splitlines() or [""]]
