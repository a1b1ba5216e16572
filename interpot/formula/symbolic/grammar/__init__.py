"""The grammar: formulas enumerated by rising complexity, each fitted exactly; nothing hangs on chance.

`functions` and `factors` say what may be written, `stages` and `beam` what is looked at, `scans` and `kernels` solve
it, `search` is the order of these steps.
"""

from interpot.formula.symbolic.grammar.search import BACKEND

__all__ = ["BACKEND"]
