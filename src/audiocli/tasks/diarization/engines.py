"""Engines that diarize an audio stream: the built-in one and pipelines such as pyannote's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from audiocli.models.protocols.speakers import (
    DiarizationPipeline,
    SpeakerCount,
    SpeakerEmbedder,
    SpeakerModel,
)
from audiocli.results import Turn
from audiocli.tasks.diarization.clustering import find_speakers
from audiocli.tasks.diarization.labelling import label_frames
from audiocli.tasks.diarization.segmentation import segment_and_embed
from audiocli.tasks.diarization.speaker_memo import kept_model
from audiocli.tasks.diarization.turns import (
    exclusive_turns,
    lanes_of,
    smooth_activity,
    turns_from_frames,
)

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream
    from audiocli.tasks.common.checkpoints import Checkpoint

    Samples = NDArray[np.float32]

BLOCK = 10.0  # seconds decoded at a time
THRESHOLD = 0.45  # maximum cosine distance between the clusters of one speaker
MAX_VOICE_SECONDS = 60.0  # seconds of speech from which the voice of a speaker is computed
MAX_EXCERPT = 10.0  # maximum seconds of a turn that are used for it


@dataclass(frozen=True, kw_only=True)
class DiarizationOptions:
    """Options of a diarization.

    Attributes
    ----------
    count : constraints on the number of speakers
    threshold : maximum cosine distance between the clusters of one speaker
    """

    count: SpeakerCount = field(default_factory=SpeakerCount)
    threshold: float = THRESHOLD


@dataclass(frozen=True, eq=False)
class DiarizedStream:
    """The turns of a stream, in seconds from its start.

    Attributes
    ----------
    exclusive : turns without overlap
    voices : an embedding of unit length for each speaker, empty if not computed
    """

    turns: list[Turn]
    exclusive: list[Turn]
    duration: float
    voices: Mapping[str, Samples] = field(default_factory=dict)


class DiarizationEngine(Protocol):
    """An engine that diarizes streams."""

    @property
    def rate(self) -> int:
        """Required sample rate in Hz."""
        ...

    def diarize(
        self, stream: AudioStream, options: DiarizationOptions, on_progress: Callable[[float], None]
    ) -> DiarizedStream:
        """Diarize a stream; progress is reported in seconds."""
        ...


def engine_for(
    model: SpeakerModel | DiarizationPipeline, embedder: SpeakerEmbedder | None = None
) -> DiarizationEngine:
    """Return the engine of a model; a pipeline needs an embedder to compute voices."""
    if isinstance(model, SpeakerModel):
        return ClusteringEngine(model)
    return PipelineEngine(model, embedder)


def with_checkpoint(engine: DiarizationEngine, checkpoint: Checkpoint | None) -> DiarizationEngine:
    """Return an engine that keeps the outputs of its networks; pipelines keep nothing."""
    model = getattr(engine, "model", None)
    if checkpoint is None or not isinstance(model, SpeakerModel):
        return engine
    changed: Any = replace(cast(Any, engine), model=kept_model(model, checkpoint))
    return cast(DiarizationEngine, changed)


@dataclass(frozen=True)
class ClusteringEngine:
    """Diarize by segmentation, embedding and clustering, with bounded memory."""

    model: SpeakerModel

    @property
    def rate(self) -> int:
        """Sample rate of the networks in Hz."""
        return self.model.segmenter.rate

    def diarize(
        self, stream: AudioStream, options: DiarizationOptions, on_progress: Callable[[float], None]
    ) -> DiarizedStream:
        """Segment and embed the stream, then cluster and label it."""
        recording = segment_and_embed(_mono(stream), self.model, on_progress)
        if not len(recording.spans):
            return DiarizedStream([], [], recording.duration)
        lengths = (recording.spans[:, 3] - recording.spans[:, 2]) * recording.grid.seconds
        voices = find_speakers(recording.vectors, lengths, options.threshold, options.count)
        speaks = smooth_activity(label_frames(recording, voices), recording.grid)
        turns, order = turns_from_frames(
            lanes_of(speaks, len(voices)), recording.grid, recording.duration
        )
        return DiarizedStream(
            turns,
            exclusive_turns(turns),
            recording.duration,
            {name: voices[speaker] for speaker, name in order.items()},
        )


@dataclass(frozen=True)
class PipelineEngine:
    """Diarize with a pipeline that reads the whole recording into memory."""

    pipeline: DiarizationPipeline
    embedder: SpeakerEmbedder | None = None

    @property
    def rate(self) -> int:
        """Sample rate of the pipeline in Hz."""
        return self.pipeline.rate

    def diarize(
        self, stream: AudioStream, options: DiarizationOptions, on_progress: Callable[[float], None]
    ) -> DiarizedStream:
        """Diarize a stream; voices are computed by the embedder, if there is one."""
        samples = np.concatenate(list(_mono(stream)))
        duration = len(samples) / stream.rate
        turns, alone = self.pipeline.diarize(
            samples, options.count, lambda share: on_progress(share * duration)
        )
        voices = voices_of(alone, samples, self.embedder) if self.embedder else {}
        return DiarizedStream(turns, alone, duration, voices)


def voices_of(
    alone: Sequence[Turn], samples: Samples, embedder: SpeakerEmbedder
) -> dict[str, Samples]:
    """Compute the voice of each speaker from their longest turns.

    Parameters
    ----------
    alone : turns without overlap
    samples : shape (time,), at the rate of the embedder
    """
    voices = {}
    for speaker in dict.fromkeys(turn.speaker for turn in alone):
        own = [turn for turn in alone if turn.speaker == speaker]
        own.sort(key=lambda turn: turn.start - turn.end)
        clips = []
        seconds = 0.0
        for turn in own:
            end = min(turn.end, turn.start + MAX_EXCERPT)
            clips.append(samples[int(turn.start * embedder.rate) : int(end * embedder.rate)])
            seconds += end - turn.start
            if seconds >= MAX_VOICE_SECONDS:
                break
        voices[speaker] = mean_voice(embedder.embed(clips), [len(clip) for clip in clips])
    return voices


def mean_voice(vectors: Samples, weights: Sequence[float]) -> Samples:
    """Return the weighted mean of embeddings: of unit length, or zeros if the sum is zero."""
    total = np.asarray(weights, np.float32) @ vectors
    length = np.linalg.norm(total)
    voice: Samples = total / length if length else total
    return voice


def _mono(stream: AudioStream) -> Iterator[Any]:
    return (block[0] for block in stream.blocks(BLOCK))
