"""Assign speakers to the frames of a recording."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from audiocli.tasks.diarization.grid import STEP, WINDOW
from audiocli.tasks.diarization.segmentation import SegmentedRecording

Scores = NDArray[np.float32]

TEMPERATURE = 0.1  # of the softmax over cosine similarities
MIN_SWITCH_PROBABILITY = 0.8  # minimum probability for a span to leave the speaker of its track
MIN_SWITCH_SECONDS = 0.5  # minimum length of such a span
AT_ONCE = 512  # windows labelled at the same time: 21 minutes
OVERLAP = WINDOW // STEP - 1  # earlier windows that overlap a window


def label_frames(recording: SegmentedRecording, voices: Scores) -> NDArray[np.uint8]:
    """Return which speakers are active in each frame: one bit a speaker, as `np.packbits` does.

    The number of speakers of a frame is the mean over its windows. Each window assigns its
    tracks to different speakers; the speakers with the most votes are active.

    Parameters
    ----------
    voices : shape (speakers, dimension), of unit length

    Returns
    -------
    shape (frames, bytes)
    """
    blocks = []
    windows = recording.windows
    for first in range(0, windows, AT_ONCE):
        # A frame depends on the windows that contain it, and these on the spans of all
        # windows that overlap them.
        begin = max(0, first - 2 * OVERLAP)
        end = first + AT_ONCE
        speaks = _label(recording.part(begin, end + OVERLAP), voices)
        last = (end - begin) * STEP if end < windows else None
        blocks.append(np.packbits(speaks[(first - begin) * STEP : last], axis=1))
    return np.concatenate(blocks)


def _label(recording: SegmentedRecording, voices: Scores) -> NDArray[np.bool_]:
    """Label a part of a recording that is short enough for arrays of (frames, speakers)."""
    likely = _posteriors(recording, voices)
    votes = np.zeros_like(likely)
    by_window = _spans_by_window(recording)
    for window, active in enumerate(recording.activities):
        frames = slice(window * STEP, window * STEP + WINDOW)
        for track, speakers in _assigned_tracks(
            recording, active, by_window[window], likely[frames]
        ):
            spoken = np.flatnonzero(active[:, track])
            votes[frames.start + spoken, speakers[spoken]] += 1
    return _most_voted(votes, likely, _speaker_counts(recording))


def _posteriors(recording: SegmentedRecording, voices: Scores) -> Scores:
    """Return the probability of each speaker in frames of spans, 0 in other frames."""
    similarity = recording.vectors @ voices.T / TEMPERATURE
    odds = np.exp(similarity - similarity.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    likely = np.zeros((_frames(recording), len(voices)), np.float32)
    for (window, _, start, end), span_odds in zip(recording.spans, odds, strict=True):
        likely[window * STEP + start : window * STEP + end] += span_odds
    total = likely.sum(axis=1, keepdims=True)
    np.divide(likely, total, out=likely, where=total > 0)
    return likely


def _assigned_tracks(
    recording: SegmentedRecording,
    active: NDArray[np.bool_],
    spans: NDArray[np.int_],
    likely: Scores,
) -> Iterator[tuple[int, NDArray[np.int_]]]:
    """Yield each track of a window with its speaker at each frame."""
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
        for _, span_track, start, end in spans:
            if span_track == track and (end - start) * recording.grid.seconds > MIN_SWITCH_SECONDS:
                mean = likely[start:end].mean(axis=0)
                if mean.max() > MIN_SWITCH_PROBABILITY:  # the track changes to another speaker
                    speakers[start:end] = mean.argmax()
        yield track, speakers


def best_assignment(gain: Scores) -> list[tuple[int, int]]:
    """Assign rows to different columns so that the sum of gains is maximal.

    With the few rows there are, all permutations of the best columns can be compared.

    Parameters
    ----------
    gain : shape (rows, columns); if there are more rows than columns, some stay unassigned

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


def _speaker_counts(recording: SegmentedRecording) -> NDArray[np.int_]:
    """Return the number of speakers at each frame: the rounded mean over its windows."""
    total = np.zeros(_frames(recording), np.float32)
    seen = np.zeros(_frames(recording), np.float32)
    for window, active in enumerate(recording.activities):
        frames = slice(window * STEP, window * STEP + WINDOW)
        total[frames] += active.sum(axis=1)
        seen[frames] += 1
    return np.round(total / seen).astype(int)


def _most_voted(votes: Scores, likely: Scores, count: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Select the given number of speakers at each frame among those with votes."""
    order = np.argsort(-(votes + 1e-3 * likely), axis=1)
    speaks = np.zeros(votes.shape, bool)
    for place in range(min(count.max(initial=0), votes.shape[1])):
        frames = np.flatnonzero(count > place)
        speakers = order[frames, place]
        speaks[frames, speakers] = votes[frames, speakers] > 0
    return speaks


def _spans_by_window(recording: SegmentedRecording) -> list[NDArray[np.int_]]:
    """Return the spans of each window."""
    edges = np.searchsorted(recording.spans[:, 0], np.arange(1, recording.windows))
    return np.split(recording.spans, edges)


def _frames(recording: SegmentedRecording) -> int:
    return (recording.windows - 1) * STEP + WINDOW
