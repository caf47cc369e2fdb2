"""Segment and embed the speech of a recording in one pass.

Windows of 10 s are segmented every 2.5 s. In the middle 2.5 s of each window, speech of a
single speaker is cut into spans of at most 2 s and embedded, so speech is embedded about
once. Only audio needed by later windows and waiting spans is kept in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiocli.tasks.common.runs import true_runs
from audiocli.tasks.diarization.grid import STEP, WINDOW, FrameGrid
from audiocli.tasks.diarization.streaming import window_batches

if TYPE_CHECKING:
    from audiocli.models.protocols.speakers import SpeakerModel

    Samples = NDArray[np.float32]

EMBEDDING_BATCH = 256  # spans embedded together
EMBEDDING_SHARE = 0.5  # share of embedding in the processing time, for the progress
MAX_SPAN = 2.0  # maximum length of a span in seconds
MIN_SPAN = 0.2  # seconds; shorter spans are not embedded
PAUSE = 0.3  # maximum silence within a span, in seconds
ROUNDING = 0.1  # seconds; span lengths are rounded down to multiples, to form batches


class SingleSpeakerSpan(NamedTuple):
    """Speech of one local speaker alone: frames of its window, without `end`."""

    window: int
    track: int
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class SegmentedRecording:
    """The segmentation and embeddings of a recording.

    Attributes
    ----------
    packed : shape (windows, WINDOW / 8, tracks): `activities` as `np.packbits` returns them
    spans : shape (spans, 4), the fields of `SingleSpeakerSpan`
    vectors : shape (spans, dimension): embedding of each span
    duration : in seconds
    """

    grid: FrameGrid
    packed: NDArray[np.uint8]
    spans: NDArray[np.int_]
    vectors: Samples
    duration: float

    @property
    def windows(self) -> int:
        """Number of windows."""
        return len(self.packed)

    @property
    def activities(self) -> NDArray[np.bool_]:
        """Local speakers active in each frame: shape (windows, WINDOW, tracks)."""
        return np.unpackbits(self.packed, axis=1, count=WINDOW).view(bool)

    def part(self, first: int, end: int) -> SegmentedRecording:
        """Return the windows from `first` to before `end`, numbered from 0."""
        a, b = np.searchsorted(self.spans[:, 0], [first, end])
        return replace(
            self,
            packed=self.packed[first:end],
            spans=self.spans[a:b] - np.array([first, 0, 0, 0]),
            vectors=self.vectors[a:b],
        )


def segment_and_embed(
    blocks: Iterable[Samples], model: SpeakerModel, on_progress: Callable[[float], None]
) -> SegmentedRecording:
    """Segment and embed mono blocks of shape (n,), at the rate of the model.

    Parameters
    ----------
    on_progress : called with the processed seconds
    """
    segmenter = model.segmenter
    grid = FrameGrid(segmenter.rate, segmenter.hop, segmenter.first)
    embedder = _BatchEmbedder(model)
    packed: list[NDArray[np.uint8]] = []
    spans: list[SingleSpeakerSpan] = []
    length = 0
    for batch in window_batches(blocks, segmenter.window(WINDOW), STEP * grid.hop):
        length = batch.length
        active = segmenter.activities(batch.windows)
        for n, window in enumerate(active):
            number = batch.first + n
            for span in _single_speaker_spans(
                window, number, grid, is_last=batch.is_last and n == len(active) - 1
            ):
                begin = batch.start(n) + grid.sample(span.start)
                end = min(batch.start(n) + grid.sample(span.end), length)
                if end - begin >= MIN_SPAN * grid.rate:
                    spans.append(span)
                    embedder.add(batch.sound(begin, end))
        packed.append(np.packbits(active, axis=1))
        on_progress(length / grid.rate - EMBEDDING_SHARE * embedder.waiting_seconds)
    return SegmentedRecording(
        grid=grid,
        packed=np.concatenate(packed),
        spans=np.array(spans, int).reshape(-1, 4),
        vectors=embedder.all(),
        duration=length / grid.rate,
    )


def _single_speaker_spans(
    active: NDArray[np.bool_], number: int, grid: FrameGrid, *, is_last: bool
) -> Iterator[SingleSpeakerSpan]:
    """Yield the single-speaker spans whose middle lies in the middle part of the window."""
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
    """Yield runs of a speaker, joined across short pauses without other speakers."""
    start = stop = -1
    for a, b in true_runs(flags):
        if start >= 0 and a - stop < pause and not active[stop:a].any():
            stop = b
            continue
        if start >= 0:
            yield start, stop
        start, stop = a, b
    if start >= 0:
        yield start, stop


class _BatchEmbedder:
    """Embed spans in batches of equal length, and keep their order."""

    def __init__(self, model: SpeakerModel) -> None:
        self._embedder = model.embedder
        self._unit = round(ROUNDING * model.embedder.rate)
        self._waiting: list[Samples] = []
        self._done: list[Samples] = []

    @property
    def waiting_seconds(self) -> float:
        """Seconds of spans that are not embedded yet."""
        return sum(map(len, self._waiting)) / self._embedder.rate

    def add(self, sound: Samples) -> None:
        """Add a span, cut to a multiple of `ROUNDING`."""
        over = len(sound) % self._unit
        self._waiting.append(sound[over // 2 : len(sound) - over + over // 2])
        if len(self._waiting) >= EMBEDDING_BATCH:
            self._embed()

    def all(self) -> Samples:
        """Return the embeddings of all spans, shape (spans, dimension)."""
        self._embed()
        return np.concatenate(self._done)

    def _embed(self) -> None:
        self._done.append(self._embedder.embed(self._waiting))
        self._waiting = []
