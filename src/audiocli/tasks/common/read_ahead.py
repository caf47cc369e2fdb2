"""Reading ahead: the next block is decoded while this one is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

ItemT = TypeVar("ItemT")


def read_ahead(items: Iterator[ItemT]) -> Iterator[ItemT]:
    """Yield items, each next one being made in a thread meanwhile; errors come in their turn."""
    with ThreadPoolExecutor(1, "reader") as executor:
        upcoming = executor.submit(_next, items)
        while found := upcoming.result():
            upcoming = executor.submit(_next, items)
            yield found[0]


def _next(items: Iterator[ItemT]) -> tuple[ItemT] | None:
    """Give the next item, or None at the end."""
    for item in items:
        return (item,)
    return None
