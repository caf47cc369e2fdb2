"""Read the next item of an iterator in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

ItemT = TypeVar("ItemT")


def read_ahead(items: Iterator[ItemT]) -> Iterator[ItemT]:
    """Yield items while a thread computes the next one; exceptions are raised in order."""
    with ThreadPoolExecutor(1, "reader") as executor:
        upcoming = executor.submit(_next, items)
        while found := upcoming.result():
            upcoming = executor.submit(_next, items)
            yield found[0]


def _next(items: Iterator[ItemT]) -> tuple[ItemT] | None:
    """Return the next item, or None at the end."""
    for item in items:
        return (item,)
    return None
