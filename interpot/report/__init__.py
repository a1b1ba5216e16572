"""Figures, tables and the page a supervisor would read."""
