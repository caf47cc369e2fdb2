"""One pass over the sound: who speaks in each window, and what the voices are like.

Windows of 10 s are segmented every 2.5 s. From the middle 2.5 s of each, the
stretches in which one speaker is alone are cut into pieces of at most 2 s and
embedded, so all speech is embedded about once. Only what later windows and waiting
pieces need of the sound is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiocli.tasks.diarization.grid import STEP, WINDOW, FrameGrid, runs
from audiocli.tasks.diarization.streaming import window_batches

if TYPE_CHECKING:
    from audiocli.models.protocols.speakers import SpeakerModel

    Samples = NDArray[np.float32]

EMBEDDING_BATCH = 256  # pieces that wait for others of their length
EMBEDDING_SHARE = 0.5  # share of the time that goes into embedding; the rest is segmentation
MAX_SPAN = 2.0  # seconds of a piece
MIN_SPAN = 0.2  # seconds; less says nothing of a voice
PAUSE = 0.3  # seconds of silence inside a stretch
ROUNDING = 0.1  # seconds; pieces are cut to multiples, so that many are of one length


class SingleSpeakerSpan(NamedTuple):
    """A stretch of one local speaker alone: frames of its window, `end` not included."""

    window: int
    track: int
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class SegmentedRecording:
    """All that is kept of a recording.

    Attributes
    ----------
    activities : shape (windows, WINDOW, tracks): who speaks, by window
    pieces : shape (pieces, 4), the fields of `SingleSpeakerSpan`
    vectors : shape (pieces, dimension): the voice of each piece
    duration : in seconds
    """

    grid: FrameGrid
    activities: NDArray[np.bool_]
    pieces: NDArray[np.int_]
    vectors: Samples
    duration: float

    def part(self, first: int, end: int) -> SegmentedRecording:
        """Take the windows from `first` on, before `end`, numbered from 0."""
        a, b = np.searchsorted(self.pieces[:, 0], [first, end])
        return replace(
            self,
            activities=self.activities[first:end],
            pieces=self.pieces[a:b] - np.array([first, 0, 0, 0]),
            vectors=self.vectors[a:b],
        )


def segment_and_embed(
    blocks: Iterable[Samples], model: SpeakerModel, on_progress: Callable[[float], None]
) -> SegmentedRecording:
    """Go through mono blocks of shape (n,), at the model's rate.

    Parameters
    ----------
    on_progress : told the seconds that are worked through
    """
    segmenter = model.segmenter
    grid = FrameGrid(segmenter.rate, segmenter.hop, segmenter.first)
    voices = _BatchEmbedder(model)
    activities: list[NDArray[np.bool_]] = []
    pieces: list[SingleSpeakerSpan] = []
    length = 0
    for batch in window_batches(blocks, segmenter.window(WINDOW), STEP * grid.hop):
        length = batch.length
        active = segmenter.activities(batch.windows)
        for n, window in enumerate(active):
            number = batch.first + n
            for piece in _single_speaker_spans(
                window, number, grid, is_last=batch.is_last and n == len(active) - 1
            ):
                begin = batch.start(n) + grid.sample(piece.start)
                end = min(batch.start(n) + grid.sample(piece.end), length)
                if end - begin >= MIN_SPAN * grid.rate:
                    pieces.append(piece)
                    voices.add(batch.sound(begin, end))
        activities.append(active)
        on_progress(length / grid.rate - EMBEDDING_SHARE * voices.waiting_seconds)
    return SegmentedRecording(
        grid=grid,
        activities=np.concatenate(activities),
        pieces=np.array(pieces, int).reshape(-1, 4),
        vectors=voices.all(),
        duration=length / grid.rate,
    )


def _single_speaker_spans(
    active: NDArray[np.bool_], number: int, grid: FrameGrid, *, is_last: bool
) -> Iterator[SingleSpeakerSpan]:
    """Cut the speech of single speakers whose middle lies in the window's own part."""
    begin = 0 if number == 0 else (WINDOW - STEP) // 2
    end = WINDOW if is_last else (WINDOW + STEP) // 2
    alone = active.sum(axis=1) == 1
    for track in range(active.shape[1]):
        for start, stop in _joined_runs(active[:, track] & alone, active, grid.frames(PAUSE)):
            count = int(np.ceil((stop - start) * grid.seconds / MAX_SPAN))
            cuts = np.linspace(start, stop, count + 1).round().astype(int)
            for a, b in pairwise(cuts):
                if begin <= (a + b) / 2 < end:
                    yield SingleSpeakerSpan(number, track, int(a), int(b))


def _joined_runs(
    flags: NDArray[np.bool_], active: NDArray[np.bool_], pause: int
) -> Iterator[tuple[int, int]]:
    """Yield the runs of a speaker, joined over pauses in which nobody speaks."""
    start = stop = -1
    for a, b in runs(flags):
        if start >= 0 and a - stop < pause and not active[stop:a].any():
            stop = b
            continue
        if start >= 0:
            yield start, stop
        start, stop = a, b
    if start >= 0:
        yield start, stop


class _BatchEmbedder:
    """Embeds pieces in batches of one length, keeping their order."""

    def __init__(self, model: SpeakerModel) -> None:
        self._embedder = model.embedder
        self._unit = round(ROUNDING * model.embedder.rate)
        self._waiting: list[Samples] = []
        self._done: list[Samples] = []

    @property
    def waiting_seconds(self) -> float:
        """Length of the pieces that are not embedded yet."""
        return sum(map(len, self._waiting)) / self._embedder.rate

    def add(self, sound: Samples) -> None:
        """Take a piece, less what is over a multiple of the unit."""
        over = len(sound) % self._unit
        self._waiting.append(sound[over // 2 : len(sound) - over + over // 2])
        if len(self._waiting) >= EMBEDDING_BATCH:
            self._embed()

    def all(self) -> Samples:
        """Vectors of all pieces, shape (pieces, dimension)."""
        self._embed()
        return np.concatenate(self._done)

    def _embed(self) -> None:
        self._done.append(self._embedder.embed(self._waiting))
        self._waiting = []
