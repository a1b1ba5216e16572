"""Regression on the compressed objective: one module per method, one row in METHODS."""

METHODS = {
    "exhaustive": "interpot.formula.regress.subsets:search",
}
"""The table of methods: how the forms of one channel are searched; all take what `subsets.search` takes."""
