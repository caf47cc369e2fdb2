"""The ways to diarize one stream of sound: our own, a foreign pipeline, one channel a speaker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

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
from audiocli.tasks.diarization.turns import exclusive_turns, smooth_activity, turns_from_frames

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream

    Samples = NDArray[np.float32]

BLOCK = 10.0  # seconds decoded at a time
THRESHOLD = 0.45  # cosine distance up to which two voices are one speaker's
MAX_VOICE_SECONDS = 60.0  # seconds of a speaker that tell the voice
MAX_EXCERPT = 10.0  # seconds of a turn that are listened to at most


@dataclass(frozen=True, kw_only=True)
class DiarizationOptions:
    """How to diarize.

    Attributes
    ----------
    count : what is known of the number of speakers
    threshold : cosine distance between voices up to which they are one speaker's
    """

    count: SpeakerCount = field(default_factory=SpeakerCount)
    threshold: float = THRESHOLD


@dataclass(frozen=True, eq=False)
class DiarizedStream:
    """Who spoke when, in seconds from the start of the stream.

    Attributes
    ----------
    voices : a vector of unit length for each speaker, where voices are known
    """

    turns: list[Turn]
    exclusive: list[Turn]
    duration: float
    voices: Mapping[str, Samples] = field(default_factory=dict)


class DiarizationEngine(Protocol):
    """A way to diarize."""

    @property
    def rate(self) -> int:
        """Samples a second wanted, in Hz."""
        ...

    def diarize(
        self, stream: AudioStream, options: DiarizationOptions, on_progress: Callable[[float], None]
    ) -> DiarizedStream:
        """Go through a stream once; progress is in seconds."""
        ...


def engine_for(
    model: SpeakerModel | DiarizationPipeline, embedder: SpeakerEmbedder | None = None
) -> DiarizationEngine:
    """Make the engine of a model; a pipeline needs an embedder if voices are wanted."""
    if isinstance(model, SpeakerModel):
        return ClusteringEngine(model)
    return PipelineEngine(model, embedder)


@dataclass(frozen=True)
class ClusteringEngine:
    """Local segmentation, embedding, clustering, assignment: bounded memory, no torch."""

    model: SpeakerModel

    @property
    def rate(self) -> int:
        """What the networks take."""
        return self.model.segmenter.rate

    def diarize(
        self, stream: AudioStream, options: DiarizationOptions, on_progress: Callable[[float], None]
    ) -> DiarizedStream:
        """Listen once, then decide."""
        heard = segment_and_embed(_mono(stream), self.model, on_progress)
        if not len(heard.pieces):
            return DiarizedStream([], [], heard.duration)
        lengths = (heard.pieces[:, 3] - heard.pieces[:, 2]) * heard.grid.seconds
        voices = find_speakers(heard.vectors, lengths, options.threshold, options.count)
        turns, order = turns_from_frames(
            smooth_activity(label_frames(heard, voices), heard.grid), heard.grid, heard.duration
        )
        return DiarizedStream(
            turns,
            exclusive_turns(turns),
            heard.duration,
            {name: voices[speaker] for speaker, name in order.items()},
        )


@dataclass(frozen=True)
class PipelineEngine:
    """A pipeline that wants the recording whole; voices come from our embedder."""

    pipeline: DiarizationPipeline
    embedder: SpeakerEmbedder | None = None

    @property
    def rate(self) -> int:
        """What the pipeline takes."""
        return self.pipeline.rate

    def diarize(
        self, stream: AudioStream, options: DiarizationOptions, on_progress: Callable[[float], None]
    ) -> DiarizedStream:
        """Hand the waveform in."""
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
    """Tell the voice of each speaker from their longest turns.

    Parameters
    ----------
    alone : turns of one speaker at a time
    samples : shape (time,), at the embedder's rate
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
    """Average vectors of one voice: unit length, or zeros where there is no voice."""
    total = np.asarray(weights, np.float32) @ vectors
    length = np.linalg.norm(total)
    voice: Samples = total / length if length else total
    return voice


def _mono(stream: AudioStream) -> Iterator[Any]:
    return (block[0] for block in stream.blocks(BLOCK))
