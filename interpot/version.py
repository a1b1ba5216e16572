"""The version, in one place: packaging reads it from here too."""

VERSION = "0.1.0"
