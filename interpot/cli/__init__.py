"""The command line: thin, every command is a function of `interpot.workflow` or of the public API.

A module for each group of commands; what they share is in records of options (`interpot.cli.grouping`).
"""

# in the order in which --help names the commands
from interpot.cli import experiments, discovery, passes, potentials, validation, setting_up  # noqa: I001
from interpot.cli.application import app, main

__all__ = ["app", "discovery", "experiments", "main", "passes", "potentials", "setting_up", "validation"]
