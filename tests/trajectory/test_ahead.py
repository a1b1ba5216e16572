"""Walking ahead in a thread: same items, bounded, nothing left behind."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from interpot.trajectory import read
from interpot.trajectory.ahead import ahead


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "interpot-ahead"]


class Source:
    """Counts what has been asked of it, and notes when it is closed."""

    def __init__(self, length: int, fault: Exception | None = None) -> None:
        self.length, self.fault = length, fault
        self.made, self.closed = 0, False

    def __iter__(self) -> Iterator[int]:
        try:
            for k in range(self.length):
                self.made += 1
                yield k
            if self.fault is not None:
                raise self.fault
        finally:
            self.closed = True


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 50])
@pytest.mark.parametrize("length", [0, 1, 4, 1000])
def test_items_and_their_order_are_kept(depth: int, length: int) -> None:
    assert list(ahead(range(length), depth)) == list(range(length))
    assert list(ahead(Source(length), depth)) == list(range(length))
    assert not threads()


def test_frames(make: Callable[..., Path]) -> None:
    trajectory = read(make(6), units="metal")
    for a, b in zip(trajectory, ahead(trajectory), strict=True):
        assert a.index == b.index
        np.testing.assert_array_equal(a.positions, b.positions)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_no_more_wait_than_told(depth: int) -> None:
    source = Source(200)
    for used, _ in enumerate(ahead(source, depth), 1):
        assert source.made <= used + depth + 1


def test_both_sides_run_at_the_same_time() -> None:
    """The second item is made while the first, which is long in coming, is in use: else the barrier would break."""
    meeting = threading.Barrier(2, timeout=10)

    def items() -> Iterator[int]:
        threading.Event().wait(0.05)
        yield 0
        meeting.wait()
        yield 1

    walk = ahead(items())
    assert next(walk) == 0
    meeting.wait()
    assert list(walk) == [1]


def test_an_exception_is_raised_behind_the_items_before_it() -> None:
    seen = []
    with pytest.raises(ZeroDivisionError, match="torn"):
        for item in ahead(Source(5, ZeroDivisionError("torn"))):
            seen.append(item)
    assert seen == [0, 1, 2, 3, 4] and not threads()
    with pytest.raises(TypeError):
        list(ahead(None))  # type: ignore[arg-type]


def test_a_walk_that_is_left_ends_the_thread() -> None:
    source = Source(10**9)
    for item in ahead(source):
        if item == 3:
            break
    assert not threads() and source.closed and source.made <= 4 + 4 + 1

    source = Source(10**9)
    with pytest.raises(RuntimeError):
        for _ in ahead(source):
            raise RuntimeError
    assert not threads() and source.closed

    source = Source(10**9)
    walk = ahead(source)
    assert not threads() and next(walk) == 0 and len(threads()) == 1  # type: ignore[comparison-overlap]
    walk.close()  # type: ignore[attr-defined]
    assert not threads() and source.closed


def test_interrupting_ends_the_thread() -> None:
    """Ctrl-C arrives while items are waited for."""
    code = """
import os, signal, threading, time
from interpot.trajectory.ahead import ahead

shown = threading.Event()

def items():
    try:
        yield 0
        shown.wait()
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.2)
        yield 1
        time.sleep(60)
    finally:
        print("closed")

try:
    for item in ahead(items()):
        print(item)
        shown.set()
except KeyboardInterrupt:
    print("interrupted", threading.active_count())
"""
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=50)
    assert run.stdout.split() == ["0", "closed", "interrupted", "1"]
