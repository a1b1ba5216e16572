"""From the statistic to a closed form."""
