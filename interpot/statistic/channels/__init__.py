"""Channels: the coordinates on which unknown functions may depend. One module per kind, one row in CHANNELS."""

from interpot.statistic.channels.asked import asked_channels, parse_field
from interpot.statistic.channels.channel import ENDLESS, Channel, Contributions, collectors, label_of
from interpot.statistic.channels.friction import friction_channels
from interpot.statistic.channels.measure import Measure, measure_of
from interpot.statistic.channels.pair import pair_channels
from interpot.statistic.channels.wall import wall_channels

__all__ = [
    "ENDLESS",
    "Channel",
    "Contributions",
    "Measure",
    "asked_channels",
    "collectors",
    "friction_channels",
    "label_of",
    "measure_of",
    "pair_channels",
    "parse_field",
    "wall_channels",
]
