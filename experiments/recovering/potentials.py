"""The table of published potentials."""

from recovering.mixtures import MIXTURES
from recovering.records import Published
from recovering.singles import SINGLES

POTENTIALS: dict[str, Published] = {p.name: p for p in (*SINGLES, *MIXTURES)}
"""By name, in the order in which they are run."""
