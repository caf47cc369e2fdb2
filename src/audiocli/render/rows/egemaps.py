"""Rows of eGeMAPS: one for each recording."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Egemaps
from audiocli.results.egemaps import names

COLUMNS = ("source", "duration", *names())


def rows(result: Egemaps) -> Iterator[tuple[str, ...]]:
    """Yield the row."""
    numbers = (f"{result.functionals[name]:.8g}" for name in names())
    yield plain(result.source), f"{result.duration:.3f}", *numbers
