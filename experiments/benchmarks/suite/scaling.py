"""Strong and weak scaling on the workers of a Dask cluster; its page is `scaling.md`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from suite.records import NotMeasured, Row, Setting


def workers(setting: Setting) -> Iterator[Row]:
    """Say what is missing: there is nothing that could be measured without it."""
    if find_spec("interpot.statistic.distribute") is None:
        raise NotMeasured("interpot has no interpot.statistic.distribute")
    raise NotMeasured("suite/scaling.py does not measure interpot.statistic.distribute")
    yield  # a generator, as every benchmark is
