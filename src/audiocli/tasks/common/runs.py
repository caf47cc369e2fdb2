"""Runs of equal values in arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def true_runs(flags: ArrayLike) -> NDArray[np.int_]:
    """Return the first index and one past the last of each run of True; shape (runs, 2)."""
    edges = np.flatnonzero(np.diff(np.asarray(flags, np.int8), prepend=0, append=0))
    return edges.reshape(-1, 2)
