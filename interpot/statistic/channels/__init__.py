"""Channels: the coordinates on which unknown functions may depend. One module per kind, one row in CHANNELS."""

from interpot.statistic.channels.channel import Channel, Contributions, collectors
from interpot.statistic.channels.pair import pair_channels

__all__ = ["Channel", "Contributions", "collectors", "pair_channels"]
