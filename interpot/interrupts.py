"""Ctrl-C and the end of a batch job, held back until the work is at a place where it can be left."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class Held:
    """What has been held back.

    Attributes
    ----------
    number
        Of the signal, None as long as there was none.
    """

    number: int | None = None


@contextmanager
def held_back() -> Iterator[Held]:
    """Note SIGINT and SIGTERM instead of obeying; the block is to end soon after, and then they are obeyed.

    A second signal is obeyed at once. Signals that the process ignores, and calls outside the main thread, which
    gets the signals, change nothing.
    """
    held = Held()
    if threading.current_thread() is not threading.main_thread():
        yield held
        return

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, _: FrameType | None) -> None:
        if held.number is not None:
            restore()
            signal.raise_signal(number)
        held.number = number

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: h for number, h in handlers.items() if h not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, note)
    try:
        yield held
    finally:
        restore()
    if held.number is not None:
        signal.raise_signal(held.number)
