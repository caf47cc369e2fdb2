"""Restore the order of results that are computed in parallel."""

from __future__ import annotations

from typing import Generic, TypeVar

OutputT = TypeVar("OutputT")


class OrderedResults(Generic[OutputT]):
    """Buffer the results of numbered windows until all earlier ones have arrived.

    Attributes
    ----------
    released : number of results returned so far; also the number of the next one
    """

    def __init__(self) -> None:
        self.released = 0
        self._waiting: dict[int, OutputT] = {}

    def add(self, number: int, result: OutputT) -> list[OutputT]:
        """Add the result of a window and return the results that are next in order."""
        self._waiting[number] = result
        ready = []
        while self.released in self._waiting:
            ready.append(self._waiting.pop(self.released))
            self.released += 1
        return ready
