"""Regression on the compressed objective."""
