"""CTC forced alignment of a known token sequence.

The Viterbi path through the CTC lattice of the tokens (Kürzinger et al. 2020,
"CTC-Segmentation", section 2). Results equal those of `torchaudio.functional.forced_align`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BLANK = -1  # marks frames without a token in a path


def forced_alignment(
    log_probabilities: NDArray[np.float32], tokens: Sequence[int], blank: int
) -> NDArray[np.int64]:
    """Return the most probable path that emits exactly these tokens.

    Memory is frames * (2 * tokens + 1) bytes.

    Parameters
    ----------
    log_probabilities : shape (frames, vocabulary)

    Returns
    -------
    shape (frames,): index in `tokens` for each frame, or `BLANK`

    Raises
    ------
    ValueError : there are too few frames for the tokens
    """
    if len(log_probabilities) < frames_needed(tokens):
        raise ValueError(f"{len(log_probabilities)} frames are too few for {len(tokens)} tokens")
    labels = np.full(2 * len(tokens) + 1, blank)  # a blank before, between and after all tokens
    labels[1::2] = tokens
    may_skip = np.zeros(len(labels), bool)  # over the blank between two different tokens
    may_skip[3::2] = labels[3::2] != labels[1:-2:2]
    taken, last = _viterbi(log_probabilities, labels, may_skip)
    return _backtrace(taken, last)


def frames_needed(tokens: Sequence[int]) -> int:
    """Return the minimum number of frames: one per token, plus one between two equal tokens."""
    return len(tokens) + sum(a == b for a, b in pairwise(tokens))


def _viterbi(
    log_probabilities: NDArray[np.float32], labels: NDArray[np.int64], may_skip: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], int]:
    """Return the backpointers (labels back, per frame and label) and the last label."""
    count = len(labels)
    taken = np.zeros((len(log_probabilities), count), np.uint8)
    # Two impossible labels at the front avoid special cases for steps of one and two.
    score = np.full(count + 2, -np.inf)
    score[2] = 0.0  # as if a blank had come before the first frame
    barred = np.where(may_skip, 0.0, -np.inf)
    for frame, row in enumerate(log_probabilities):
        stay, step, skip = score[2:], score[1:-1], score[:-2] + barred
        best = np.maximum(stay, step)
        np.greater(step, stay, out=taken[frame].view(bool))
        skipping = skip > best
        taken[frame, skipping] = 2
        score[2:] = np.maximum(best, skip) + row[labels]
    ends_in_token = count > 1 and score[count] > score[count + 1]
    return taken, count - 2 if ends_in_token else count - 1


def _backtrace(taken: NDArray[np.uint8], last: int) -> NDArray[np.int64]:
    """Trace the path from the last frame backwards."""
    path = np.empty(len(taken), np.int64)
    label = last
    for frame in range(len(taken) - 1, -1, -1):
        path[frame] = label // 2 if label % 2 else BLANK
        label -= int(taken[frame, label])
    return path
