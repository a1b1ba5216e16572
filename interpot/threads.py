"""How many threads searches and the linear algebra may take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import scipy.linalg.cython_blas  # noqa: F401  what is to be limited has to be there when it is looked for
from threadpoolctl import ThreadpoolController


def threads() -> int:
    """As many as this process has cores."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread, as a context or a decorator.

    On matrices of a few hundred rows its threads cost more than they gain: with both cores of a machine busy,
    discovery in a mixture of two species took 39 s instead of 5 s.
    """
    with _libraries().limit(limits=1, user_api="blas"):
        yield


@cache
def _libraries() -> ThreadpoolController:
    """All that is loaded; to look through it takes 4 ms, as long as a pass over five small frames."""
    return ThreadpoolController()
