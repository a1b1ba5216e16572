"""Reading on one core what is worked on by another: any sequence, walked a few items ahead by a thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, nullcontext
from typing import Generic, TypeVar

Item = TypeVar("Item")

_PATIENCE = 0.002  # seconds


def ahead(items: Iterable[Item], depth: int = 8) -> Iterator[Item]:
    """Walk `items` in a background thread and yield them here, in their order.

    The two sides run at the same time as far as both leave Python's lock alone: decompressing, parsing and
    BLAS do, and so does compiled code that says ``nogil``.

    Parameters
    ----------
    items
        A generator is closed in that thread when the walk is left early.
    depth
        The most items that wait; with the one in the making and the one in use, two more are alive.

    Yields
    ------
    Item
        An exception of `items` is raised here, behind the last item that came before it. When this iterator is
        exhausted, closed or dropped, the thread ends, at the latest with the item that it is making.
    """
    shelf: _Shelf[Item] = _Shelf(depth)
    thread = threading.Thread(target=shelf.fill, args=(items,), name="interpot-ahead", daemon=True)
    try:
        thread.start()
        yield from shelf
    finally:
        shelf.close()
        if thread.ident is not None and thread is not threading.current_thread():
            thread.join()


class _Shelf(Generic[Item]):
    """Where items wait; it knows neither of the two sides."""

    def __init__(self, depth: int) -> None:
        # a side that waits is woken when the shelf is half full or half empty: one switch between the threads for
        # each item would cost as much as a tenth of reading 864 atoms
        self._depth, self._half = max(depth, 1), depth // 2
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._starved = self._finished = self._closed = False
        self._error: BaseException | None = None

    def fill(self, items: Iterable[Item]) -> None:
        """Put the items on the shelf, in the producing thread."""
        try:
            walk = iter(items)
            with closing(walk) if isinstance(walk, Generator) else nullcontext():
                for item in walk:
                    if not self._put(item):
                        return
        except BaseException as error:  # to be raised where the items are used
            self._error = error
        finally:
            with self._changed:
                self._finished = True
                self._changed.notify_all()

    def _put(self, item: Item) -> bool:
        """Wait for room and put an item there; returns whether another is wanted."""
        with self._changed:
            if len(self._items) >= self._depth:
                self._changed.wait_for(lambda: self._closed or len(self._items) <= self._half)
            self._items.append(item)
            if self._starved or len(self._items) == self._half + 1:
                self._changed.notify_all()
            return not self._closed

    def __iter__(self) -> Iterator[Item]:
        while True:
            with self._changed:
                if not self._items:
                    self._wait()
                if not self._items:
                    break
                item = self._items.popleft()
                if len(self._items) == self._half:
                    self._changed.notify_all()
            yield item
            del item
        if self._error is not None:
            raise self._error

    def _wait(self) -> None:
        """Wait until the shelf is half full, or for some time until there is anything on it."""
        self._changed.wait_for(lambda: self._finished or len(self._items) > self._half, _PATIENCE)
        self._starved = True
        self._changed.wait_for(lambda: self._finished or self._items)
        self._starved = False

    def close(self) -> None:
        """Let the producing thread end."""
        with self._changed:
            self._closed = True
            self._items.clear()
            self._changed.notify_all()
