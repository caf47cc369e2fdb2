"""Which frames a token is spoken in, by dynamic time warping over the cross-attention.

The method is that of openai/whisper (`timing.py`, after Radford et al. 2022): the
attention of the heads that follow the sound, standardised over the tokens, smoothed
over the frames, averaged, and the cheapest path through it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SMOOTHED = 7  # frames of the median filter


def token_path(attention: NDArray[np.float32], rows: slice) -> NDArray[np.int_]:
    """Find when tokens are spoken.

    Parameters
    ----------
    attention : shape (heads, tokens, frames), each row a distribution over the sound
    rows : the tokens that are spoken, among those of the prompt

    Returns
    -------
    shape (steps, 2): token and frame, both going forward
    """
    weights = attention / attention.sum(-1, keepdims=True)
    spread = weights.std(axis=1, keepdims=True)
    weights = (weights - weights.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-12)
    return dtw_path(-_median(weights).mean(axis=0)[rows])


def _median(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smooth over the last axis, whose ends are mirrored."""
    half = _SMOOTHED // 2
    if weights.shape[-1] <= half:
        return weights
    padded = np.pad(weights, ((0, 0), (0, 0), (half, half)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHED, axis=-1)
    smooth: NDArray[np.float32] = np.median(windows, axis=-1)
    return smooth


def dtw_path(cost: NDArray[np.float32]) -> NDArray[np.int_]:
    """Go from the first corner of a table to the last, each step down, right, or both.

    Returns
    -------
    shape (steps, 2): the rows and columns gone through, both ends included
    """
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    for diagonal in range(2, rows + columns + 1):  # all cells of one depend on those before
        i = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        j = diagonal - i
        before = np.minimum(total[i - 1, j - 1], np.minimum(total[i - 1, j], total[i, j - 1]))
        total[i, j] = cost[i - 1, j - 1] + before
    i, j = rows, columns
    path = [(i - 1, j - 1)]
    while (i, j) != (1, 1):
        steps = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
        i, j = min(steps, key=lambda cell: total[cell])
        path.append((i - 1, j - 1))
    return np.array(path[::-1])
