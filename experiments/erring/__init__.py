"""How the error of a discovered potential falls with the data: the parts of ``experiments/gas_errors.py``."""
