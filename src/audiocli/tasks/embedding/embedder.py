"""Compute embeddings of many recordings with one model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from audiocli.errors import UsageError
from audiocli.models.protocols.encoders import AudioEncoder, SupportsAttentionPooling, pool_frames
from audiocli.results import Embedding, ModelInfo
from audiocli.tasks.common.events import (
    Done,
    Failed,
    Progress,
    Recording,
    failed_on_error,
    ignore_progress,
)
from audiocli.tasks.common.windowing import WindowAccumulator, Windowing, WindowItem, run_windows
from audiocli.tasks.embedding.options import EmbeddingOptions

Samples = NDArray[np.float32]
Vectors = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class SoundEncoder:
    """Compute embeddings of recordings with an encoder.

    Raises
    ------
    UsageError : the model does not support the options
    """

    encoder: AudioEncoder
    model: ModelInfo
    options: EmbeddingOptions = field(default_factory=EmbeddingOptions)

    def __post_init__(self) -> None:
        options = self.options
        if options.pool == "attention" and not isinstance(self.encoder, SupportsAttentionPooling):
            raise UsageError(f"{self.model.name} has no attention pooling", "--pooling mean or max")
        if options.pool == "attention" and options.layer is not None:
            raise UsageError(
                "--pooling attention only applies to the model output", "leave out --layer"
            )
        if options.pool == "none" and (options.window or options.hop):
            raise UsageError("--pooling none keeps every frame", "leave out --window and --hop")
        if options.hop and not options.window:
            raise UsageError("--hop requires --window")
        if (options.window or 0) > self.encoder.max_seconds:
            raise UsageError(
                f"{self.model.name} takes at most {self.encoder.max_seconds:g} s at once"
            )
        _ = self.layer  # raises an error for a layer that does not exist

    @cached_property
    def layer(self) -> int | None:
        """The index of the hidden layer, or None for the output of the model.

        Raises
        ------
        UsageError : the model has no such layer
        """
        wanted, layers = self.options.layer, self.encoder.layers
        if wanted is None:
            return None
        if not layers:
            raise UsageError(f"{self.model.name} has no hidden layers", "leave out --layer")
        if not -layers <= wanted <= layers:
            raise UsageError(
                f"{self.model.name} has no layer {wanted}", f"0 to {layers}, or -1 for the last"
            )
        return wanted if wanted >= 0 else layers + 1 + wanted

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Embedding] | Failed]:
        """Embed recordings; yield results as they are finished.

        Parameters
        ----------
        on_progress : called with the finished seconds of audio of all recordings
        """
        whole = run_windows(
            recordings,
            self.windowing,
            self.encoder,
            self._frames,
            self._new_accumulator,
            on_progress,
        )
        for accumulator, end in whole:
            recording = end.recording
            yield failed_on_error(
                recording.key, recording.name, partial(self._outcome, accumulator, end)
            )

    @property
    def windowing(self) -> Windowing:
        """Length and step of the windows."""
        options, encoder = self.options, self.encoder
        window = options.window or encoder.window
        own_hop = options.window or encoder.hop
        return Windowing(encoder.rate, window, options.hop or own_hop)

    def _frames(self, windows: Sequence[Samples]) -> Sequence[Vectors]:
        if self.options.pool == "attention":
            assert isinstance(self.encoder, SupportsAttentionPooling)
            return list(self.encoder.attention_pooled(windows)[:, None])
        return self.encoder.encode(windows, self.layer)

    def _new_accumulator(self) -> _EmbeddingAccumulator:
        return _EmbeddingAccumulator(self.options, self.encoder.step)

    def _outcome(
        self, accumulator: _EmbeddingAccumulator, end: WindowItem
    ) -> Done[Embedding] | Failed:
        if end.error:
            return Failed(end.recording.key, end.error)
        starts, ends, vectors = accumulator.rows(end)
        embedding = Embedding(
            source=end.recording.name,
            duration=end.end - end.start,
            model=self.model,
            parameters=asdict(self.options),
            start=end.start,
            dimension=self.encoder.dimension,
            layer=self.layer,
            pool=self.options.pool,
            starts=starts,
            ends=ends,
            vectors=vectors,
        )
        return Done(end.recording.key, embedding)


class _EmbeddingAccumulator(WindowAccumulator[Vectors]):
    """Accumulate the vectors of one recording; only a running sum if it gets a single vector."""

    def __init__(self, options: EmbeddingOptions, step: float) -> None:
        super().__init__()
        self._options = options
        self._step = step
        self._times: list[tuple[float, float]] = []
        self._rows: list[Vectors] = []  # of shape (rows, dimension)
        self._whole: NDArray[np.floating] | None = None
        self._weight = 0

    def accumulate(self, item: WindowItem, frames: Vectors) -> None:
        """Add the frames of the next window, shape (frames, dimension)."""
        overlap = _overlapping_frames(item, frames)
        if self._options.pool == "none":
            self._keep_frames(item, frames, overlap)
        elif self._options.window:
            self._times.append((item.start, item.end))
            self._rows.append(pool_frames(frames, self._options.pool)[None])
        else:
            self._add(item, pool_frames(frames[overlap:], self._options.pool))

    def rows(self, end: WindowItem) -> tuple[NDArray[np.float64], NDArray[np.float64], Vectors]:
        """Return the starts, the ends and the vectors."""
        if self._whole is not None:
            scale = self._weight if self._options.pool != "max" else 1
            self._times = [(end.start, end.end)]
            self._rows = [(self._whole / scale).astype(np.float32)[None]]
        starts, ends = np.array(self._times, np.float64).T
        return starts, ends, np.concatenate(self._rows)

    def _keep_frames(self, item: WindowItem, frames: Vectors, overlap: int) -> None:
        self._rows.append(frames[overlap:].copy())  # not a view of a whole batch
        if len(frames) == 1:
            self._times.append((item.start, item.end))
            return
        for number in range(overlap, len(frames)):
            start = item.start + number * self._step
            self._times.append((start, min(start + self._step, item.end)))

    def _add(self, item: WindowItem, vector: Vectors) -> None:
        assert item.window is not None
        if self._options.pool == "max":
            self._whole = vector if self._whole is None else np.maximum(self._whole, vector)
            return
        weighted = vector * float(item.window.fresh)
        self._whole = weighted if self._whole is None else self._whole + weighted
        self._weight += item.window.fresh


def _overlapping_frames(item: WindowItem, frames: Vectors) -> int:
    """Return how many frames of a window also belong to the previous window."""
    window = item.window
    assert window is not None
    if len(frames) == 1 or not item.number:
        return 0
    new = round(len(frames) * window.fresh / len(window.samples))
    return len(frames) - max(1, new)
