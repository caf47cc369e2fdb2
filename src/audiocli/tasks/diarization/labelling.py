"""From local tracks and known voices to who speaks in every frame of a recording."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from audiocli.tasks.diarization.grid import STEP, WINDOW
from audiocli.tasks.diarization.segmentation import SegmentedRecording

Scores = NDArray[np.float32]

TEMPERATURE = 0.1  # of the softmax over similarities
MIN_SWITCH_PROBABILITY = 0.8  # probability at which a piece leaves the speaker of its track
MIN_SWITCH_SECONDS = 0.5  # length such a piece has at least
AT_ONCE = 512  # windows labelled at the same time, 21 minutes
OVERLAP = WINDOW // STEP - 1  # windows before a window that see a part of it


def label_frames(heard: SegmentedRecording, voices: Scores) -> NDArray[np.bool_]:
    """Decide for each frame how many speak, and who: shape (frames, speakers).

    How many is the mean over the windows that see the frame. Who is what most
    windows say, each of which gives its tracks to different speakers.

    Parameters
    ----------
    voices : shape (speakers, dimension), of unit length
    """
    blocks = []
    windows = len(heard.activities)
    for first in range(0, windows, AT_ONCE):
        # A frame depends on the windows that see it, and these on the pieces of all
        # windows that see a part of theirs.
        begin = max(0, first - 2 * OVERLAP)
        end = first + AT_ONCE
        speaks = _label(heard.part(begin, end + OVERLAP), voices)
        last = (end - begin) * STEP if end < windows else None
        blocks.append(speaks[(first - begin) * STEP : last])
    return np.concatenate(blocks)


def _label(heard: SegmentedRecording, voices: Scores) -> NDArray[np.bool_]:
    """Label a part whose frames are few enough to hold numbers for each speaker."""
    likely = _posteriors(heard, voices)
    votes = np.zeros_like(likely)
    by_window = _spans_by_window(heard)
    for window, active in enumerate(heard.activities):
        frames = slice(window * STEP, window * STEP + WINDOW)
        for track, speakers in _assigned_tracks(heard, active, by_window[window], likely[frames]):
            spoken = np.flatnonzero(active[:, track])
            votes[frames.start + spoken, speakers[spoken]] += 1
    return _most_voted(votes, likely, _speaker_counts(heard))


def _posteriors(heard: SegmentedRecording, voices: Scores) -> Scores:
    """Probability of each speaker by frame, where a piece lies; else 0."""
    similarity = heard.vectors @ voices.T / TEMPERATURE
    odds = np.exp(similarity - similarity.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    likely = np.zeros((_frames(heard), len(voices)), np.float32)
    for (window, _, start, end), piece_odds in zip(heard.pieces, odds, strict=True):
        likely[window * STEP + start : window * STEP + end] += piece_odds
    total = likely.sum(axis=1, keepdims=True)
    np.divide(likely, total, out=likely, where=total > 0)
    return likely


def _assigned_tracks(
    heard: SegmentedRecording, active: NDArray[np.bool_], pieces: NDArray[np.int_], likely: Scores
) -> Iterator[tuple[int, NDArray[np.int_]]]:
    """Yield each track of a window with its speaker at every frame."""
    tracks = np.flatnonzero(active.any(axis=0))
    if not len(tracks):
        return
    alone = active.sum(axis=1) == 1
    gain = np.array(
        [
            likely[active[:, t] & alone].sum(axis=0) + 1e-3 * likely[active[:, t]].sum(axis=0)
            for t in tracks
        ]
    )
    for row, speaker in best_assignment(gain):
        track = int(tracks[row])
        speakers = np.full(WINDOW, speaker)
        for _, piece_track, start, end in pieces:
            if piece_track == track and (end - start) * heard.grid.seconds > MIN_SWITCH_SECONDS:
                mean = likely[start:end].mean(axis=0)
                if (
                    mean.max() > MIN_SWITCH_PROBABILITY
                ):  # the track goes over from one speaker to another
                    speakers[start:end] = mean.argmax()
        yield track, speakers


def best_assignment(gain: Scores) -> list[tuple[int, int]]:
    """Pair rows with different columns so that the sum is greatest.

    There are at most a handful of rows. Only as many of a row's best columns can
    matter as there are rows, so all choices can be gone through.

    Parameters
    ----------
    gain : shape (rows, columns); with more rows than columns some rows stay alone

    Returns
    -------
    (row, column) pairs
    """
    rows, columns = gain.shape
    if rows > columns:
        return [(row, column) for column, row in best_assignment(gain.T)]
    worth = np.unique(np.argsort(-gain, axis=1)[:, :rows]).tolist()
    best = max(
        permutations(worth, rows), key=lambda chosen: gain[np.arange(rows), list(chosen)].sum()
    )
    return list(enumerate(best))


def _speaker_counts(heard: SegmentedRecording) -> NDArray[np.int_]:
    """Speakers at each frame, the rounded mean over windows."""
    total = np.zeros(_frames(heard), np.float32)
    seen = np.zeros(_frames(heard), np.float32)
    for window, active in enumerate(heard.activities):
        frames = slice(window * STEP, window * STEP + WINDOW)
        total[frames] += active.sum(axis=1)
        seen[frames] += 1
    return np.round(total / seen).astype(int)


def _most_voted(votes: Scores, likely: Scores, count: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Choose at each frame so many speakers, of those with votes."""
    order = np.argsort(-(votes + 1e-3 * likely), axis=1)
    speaks = np.zeros(votes.shape, bool)
    for place in range(min(count.max(initial=0), votes.shape[1])):
        frames = np.flatnonzero(count > place)
        speakers = order[frames, place]
        speaks[frames, speakers] = votes[frames, speakers] > 0
    return speaks


def _spans_by_window(heard: SegmentedRecording) -> list[NDArray[np.int_]]:
    """Pieces of each window."""
    edges = np.searchsorted(heard.pieces[:, 0], np.arange(1, len(heard.activities)))
    return np.split(heard.pieces, edges)


def _frames(heard: SegmentedRecording) -> int:
    return (len(heard.activities) - 1) * STEP + WINDOW
