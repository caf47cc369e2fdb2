"""A checkpoint in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class MemoryCheckpoint:
    """Keeps values in the form in which they are written."""

    values: dict[str, str] = field(default_factory=dict)
    restored: float = 0.0

    def get(self, key: str, seconds: float) -> Any | None:
        if key not in self.values:
            return None
        self.restored += seconds
        return json.loads(self.values[key])

    def put(self, key: str, value: Any, cost: float) -> None:
        assert cost >= 0
        self.values[key] = json.dumps(value, default=float)
