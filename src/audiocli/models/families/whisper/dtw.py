"""Token timestamps by dynamic time warping on cross-attention weights.

The method is that of openai/whisper (`timing.py`): the weights of the alignment heads are
standardised over the tokens, median-filtered over the frames, averaged, and the path of
lowest cost is found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SMOOTHED = 7  # frames of the median filter


def token_path(attention: NDArray[np.float32], rows: slice) -> NDArray[np.int_]:
    """Align tokens with frames.

    Parameters
    ----------
    attention : cross-attention weights, shape (heads, tokens, frames)
    rows : the text tokens among all tokens

    Returns
    -------
    monotonic path of (token, frame), shape (steps, 2)
    """
    weights = attention / attention.sum(-1, keepdims=True)
    spread = weights.std(axis=1, keepdims=True)
    weights = (weights - weights.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-12)
    return dtw_path(-_median(weights).mean(axis=0)[rows])


def _median(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply a median filter along the last axis, with reflected edges."""
    half = _SMOOTHED // 2
    if weights.shape[-1] <= half:
        return weights
    padded = np.pad(weights, ((0, 0), (0, 0), (half, half)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHED, axis=-1)
    smooth: NDArray[np.float32] = np.median(windows, axis=-1)
    return smooth


def dtw_path(cost: NDArray[np.float32]) -> NDArray[np.int_]:
    """Return the path of lowest cost through a matrix, in steps down, right or diagonal.

    Returns
    -------
    shape (steps, 2): rows and columns of the path, from the first corner to the last
    """
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    for diagonal in range(2, rows + columns + 1):  # cells of a diagonal depend on the previous ones
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
