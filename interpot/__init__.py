"""interpot: closed-form interatomic potentials from molecular-dynamics data, proved by running them."""

__version__ = "0.1.0"
