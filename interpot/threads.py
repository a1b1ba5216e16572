"""How many threads the linear algebra may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread, as a context or a decorator.

    On matrices of a few hundred rows its threads cost more than they gain: with both cores of a machine busy,
    discovery in a mixture of two species took 39 s instead of 5 s.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield
