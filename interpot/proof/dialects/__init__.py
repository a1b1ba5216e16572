"""A formula in an engine's own words; engines and exports stand on these."""
