"""Formulas from what experiments give: positions and momenta at the stride and noise at which people save them."""
