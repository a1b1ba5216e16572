"""The neighbour search alone: distances and vectors of every pair, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from interpot.neighbours import PairSearch
from interpot.records import Frame
from suite.measuring import in_turns
from suite.peers import Peer
from suite.records import Figure, NotMeasured, Row, Setting
from suite.systems import CRYSTAL_CUTOFF, CUTOFF, Frames, gas, liquid, sampled, silicon

Search = Callable[[Frame], int]
"""Number of entries in the list of a frame."""


def ours(cutoff: float) -> Search:
    """interpot: a half list."""
    search = PairSearch(cutoff)
    return lambda frame: search(frame).r.size


def vesin(cutoff: float) -> Search:
    """vesin: a half list, its memory reused as ours is."""
    from vesin import NeighborList

    search = NeighborList(cutoff=cutoff, full_list=False, n_threads=1)

    def count(frame: Frame) -> int:
        found = search.compute(frame.positions, frame.cell.vectors, True, quantities="ijdD", copy=False)
        return len(found[2])

    return count


def matscipy(cutoff: float) -> Search:
    """matscipy: it has full lists only, each pair twice."""
    from matscipy.neighbours import neighbour_list

    def count(frame: Frame) -> int:
        found = neighbour_list(
            "ijdD", positions=frame.positions, cell=frame.cell.vectors, pbc=(True, True, True), cutoff=cutoff
        )
        return len(found[2])

    return count


LISTS = {
    "vesin": (vesin, 1, "half lists on both sides"),
    "matscipy": (matscipy, 2, "full list, each pair twice"),
}
"""Package → how to search with it, how often its list has each pair, what to say of it."""


def lists(setting: Setting) -> Iterator[Row]:
    """Every system with every list."""
    systems = {
        "liquid, 864 atoms": (liquid(setting, 864, setting.frames(100)), CUTOFF),
        "liquid, 10,976 atoms": (liquid(setting, 10_976, setting.frames(8)), CUTOFF),
        "liquid, 100,000 atoms": (liquid(setting, 100_000, setting.frames(2)), CUTOFF),
        "gas, 864 atoms": (gas(setting, setting.frames(100)), CUTOFF),
        "silicon, 64 atoms, several images": (silicon(1, setting.frames(300)), CRYSTAL_CUTOFF),
    }
    installed = []
    for name in LISTS:
        try:
            Peer(name).need()
            installed.append(name)
        except NotMeasured as reason:
            yield Row("all systems", "atom-frames/s", None, name, remark=str(reason))
    for case, (frames, cutoff) in systems.items():
        yield from _compared(setting, case, frames, cutoff, installed)


def _compared(setting: Setting, case: str, frames: Frames, cutoff: float, names: list[str]) -> Iterator[Row]:
    """One system with the lists that are installed."""
    setting.say(case)
    pairs = round(sampled(frames, cutoff)[1] * len(frames.frames))
    searches = {"interpot": ours(cutoff)} | {name: LISTS[name][0](cutoff) for name in names}

    def walk(search: Search) -> int:
        return sum(search(frame) for frame in frames)

    times = in_turns(setting.repeats, {name: partial(walk, search) for name, search in searches.items()})
    rates = {name: Figure.rate(frames.atoms, taken) for name, taken in times.items()}
    for name in names:
        _, multiple, remark = LISTS[name]
        if (found := walk(searches[name])) != multiple * pairs:
            remark = f"{name} finds {found:,} entries where there are {multiple * pairs:,}"
        yield Row(case, "atom-frames/s", rates["interpot"], Peer(name).title, rates[name], remark=remark)
