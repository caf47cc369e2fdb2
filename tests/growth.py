"""Measure how the time of a function grows with the length of its input."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

MAX_GROWTH = 3.0  # of the time for twice the input; 2 is linear, 4 is quadratic
_NEGLIGIBLE = 0.02  # seconds; below, the clock decides
_RUNS = 4


def growth(work: Callable[[str], object], unit: str, characters: int) -> float:
    """Return the time for a repeated unit of text in relation to the time for half of it.

    The shortest times of several runs are compared; the first runs usually suffice.
    """
    whole, half = unit * (characters // len(unit)), unit * (characters // 2 // len(unit))
    longer = shorter = float("inf")
    for _ in range(_RUNS):
        shorter = min(shorter, _seconds(work, half))
        longer = min(longer, _seconds(work, whole))
        if longer < max(_NEGLIGIBLE, 2.5 * shorter):
            break
    return longer / max(shorter, _NEGLIGIBLE / 2)


def _seconds(work: Callable[[str], object], text: str) -> float:
    gc.disable()  # a collection in one of the runs would count as growth
    try:
        start = time.process_time()
        work(text)
        return time.process_time() - start
    finally:
        gc.enable()
