"""Values that are kept while a recording is processed, so that a killed run can continue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class Checkpoint(Protocol):
    """Values computed for one recording, by key; used from several threads."""

    def get(self, key: str, seconds: float) -> Any | None:
        """Return the value that an earlier run computed, or None.

        Parameters
        ----------
        seconds : of audio that are finished with the value, for progress; 0 does not count
        """
        ...

    def put(self, key: str, value: Any, cost: float) -> None:
        """Keep a value that `json` can write.

        Parameters
        ----------
        cost : seconds that it took to compute
        """
        ...


@dataclass(frozen=True)
class UncountedCheckpoint:
    """A checkpoint for work beside the main one, which does not count as progress."""

    checkpoint: Checkpoint

    def get(self, key: str, _: float) -> Any | None:
        """Return the value that an earlier run computed, or None."""
        return self.checkpoint.get(key, 0.0)

    def put(self, key: str, value: Any, cost: float) -> None:
        """Keep a value."""
        self.checkpoint.put(key, value, cost)
