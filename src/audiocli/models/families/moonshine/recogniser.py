"""Moonshine recogniser: transcribe chunks one by one, and estimate word times."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from audiocli.models.protocols.recognition import (
    CONFIDENT_SPEECH,
    AudioChunk,
    DecodingOptions,
    Recognition,
)
from audiocli.results import Word

RATE = 16_000  # Hz
SHORTEST = 0.2  # seconds; shorter sound is padded with silence
# Text with a lower mean token probability is dropped unless speech was detected confidently.
MIN_CONFIDENCE = 0.7
_TOKENS = 6.5  # tokens per second; more is a loop, according to the authors


class MoonshineOutput(NamedTuple):
    """The text of a chunk, and the mean probability of its tokens."""

    text: str
    confidence: float


class MoonshineBackend(Protocol):
    """A loaded Moonshine network."""

    def generate(self, samples: NDArray[np.float32], max_tokens: int) -> MoonshineOutput:
        """Transcribe one chunk in at most `max_tokens` tokens. Thread-safe."""
        ...


class MoonshineRecogniser:
    """A Moonshine model; implements `Recogniser`."""

    rate = RATE
    max_seconds = 20.0  # it was trained on 4 to 30 s
    batch_seconds = 20.0  # padding changes the output, so chunks are not batched
    supported_options: frozenset[str] = frozenset()

    def __init__(self, backend: MoonshineBackend, languages: tuple[str, ...], workers: int) -> None:
        self._backend = backend
        self.languages = languages
        self.workers = workers

    def padded_seconds(self, seconds: float) -> float:
        """Return the length rounded up to whole seconds; chunks are not padded."""
        return ceil(seconds)

    def recognise(
        self, chunks: Sequence[AudioChunk], decoding: DecodingOptions
    ) -> list[Recognition]:
        """Recognise chunks sequentially."""
        return [self._recognition(chunk, decoding.hallucination_filter) for chunk in chunks]

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        """Return the only language of the model with probability 1, or nothing."""
        return [dict.fromkeys(self.languages, 1.0) for _ in chunks]

    def _recognition(self, chunk: AudioChunk, filtered: bool) -> Recognition:
        samples = chunk.samples
        padded = np.pad(samples, (0, max(0, round(SHORTEST * RATE) - len(samples))))
        output = self._backend.generate(padded, round(_TOKENS * len(samples) / RATE) + 4)
        is_invented = (
            chunk.speech_probability < CONFIDENT_SPEECH and output.confidence < MIN_CONFIDENCE
        )
        text = "" if filtered and is_invented else output.text
        words = spread_words(text.split(), chunk, output.confidence)
        return Recognition(
            words=tuple(words),
            language=self.languages[0] if self.languages else chunk.language,
            confidence=output.confidence if words else None,
        )


def spread_words(words: Sequence[str], chunk: AudioChunk, confidence: float) -> list[Word]:
    """Distribute words over the detected speech in proportion to their letters."""
    speech = chunk.speech_spans
    if speech is None or not len(speech):
        speech = np.array([[0.0, len(chunk.samples) / RATE]])
    spoken = np.concatenate([[0.0], np.cumsum(speech[:, 1] - speech[:, 0])])
    letters = np.cumsum([0, *(len(word) + 1 for word in words)])
    clock = letters / max(1, letters[-1]) * spoken[-1]
    starts = _speech_to_chunk_time(clock[:-1], spoken, speech, "right")
    ends = _speech_to_chunk_time(clock[1:], spoken, speech, "left")
    return [
        Word(start=float(start), end=float(max(start, end)), text=word, confidence=confidence)
        for word, start, end in zip(words, starts, ends, strict=True)
    ]


def _speech_to_chunk_time(
    clock: NDArray[np.float64], spoken: NDArray[np.float64], speech: NDArray[np.float64], side: str
) -> NDArray[np.float64]:
    """Convert times within the speech to times within the chunk.

    Parameters
    ----------
    spoken : seconds of speech before each span, and the total
    side : whether a boundary belongs to the span before ("left") or after ("right") it
    """
    span = np.searchsorted(spoken, clock, side)  # type: ignore[call-overload]
    span = np.clip(span - 1, 0, len(speech) - 1)
    times: NDArray[np.float64] = speech[span, 0] + clock - spoken[span]
    return times
