"""Which functions there are for which species."""

from __future__ import annotations

import numpy as np
import pytest
from statistic_systems import lattice_gas, neighbours

from interpot.errors import InterpotError
from interpot.statistic.channels import Channel, collectors, pair_channels


def test_one_channel_for_every_two_species() -> None:
    channels = pair_channels(["Xe", "Ne", "Xe", "Ar"], 9.0, {"Xe-Ne": 8.0, "Ar-Ar": 6.5})
    assert channels == (
        Channel("pair", ("Ar", "Ar"), 6.5),
        Channel("pair", ("Ar", "Ne"), 9.0),
        Channel("pair", ("Ar", "Xe"), 9.0),
        Channel("pair", ("Ne", "Ne"), 9.0),
        Channel("pair", ("Ne", "Xe"), 8.0),
        Channel("pair", ("Xe", "Xe"), 9.0),
    )
    assert [c.label for c in channels[:2]] == ["Ar-Ar", "Ar-Ne"]


def test_names_with_hyphens() -> None:
    assert pair_channels(["C-1", "H"], 5.0, {"H-C-1": 4.0})[1] == Channel("pair", ("C-1", "H"), 4.0)


@pytest.mark.parametrize("cutoff", [0.0, -1.0, float("nan")])
def test_a_cutoff_is_a_positive_length(cutoff: float) -> None:
    with pytest.raises(InterpotError, match=r"the cutoff of Ar-Ar is (0|-1|nan), expected a positive length"):
        pair_channels(["Ar"], cutoff)


def test_a_cutoff_for_nobody() -> None:
    with pytest.raises(
        InterpotError, match=r"given for 'Ne-Kr', .* Ne, Xe: expected one of Ne-Ne, Ne-Xe, Xe-Xe"
    ):
        pair_channels(["Ne", "Xe"], 9.0, {"Ne-Kr": 8.0})


def test_contributions_come_sorted_by_channel() -> None:
    """Each with its own cutoff, in frames that name their species in another order."""
    random = np.random.default_rng(4)
    channels = pair_channels(["A", "B", "C"], 4.0, {"A-C": 5.0, "B-B": 3.1})
    [(members, collect)] = collectors(channels)
    assert members == list(range(6))
    for species in (("A", "B", "C"), ("A", "C"), ("B",), ("A", "B", "C", "D")):
        frame = lattice_gas(random, sites=4, species=species)
        names = np.array(species)[frame.kinds]
        for channel, part in zip(channels, collect(frame), strict=True):
            i, _, vector = neighbours(frame, channel)
            assert 2 * part.s.size == len(i)
            np.testing.assert_allclose(
                np.sort(np.repeat(part.s, 2)), np.sort(np.linalg.norm(vector, axis=1)), atol=1e-12
            )
            pairs = zip(names[part.i], names[part.j], strict=True)
            assert {tuple(sorted(pair)) for pair in pairs} <= {channel.species}
