"""What Moonshine's runtimes share: one utterance at a time, and words from its text."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from audiocli.models.protocols.recognition import (
    SURE_SPEECH,
    Decoding,
    Recognition,
    Utterance,
)
from audiocli.results import Word

RATE = 16_000  # Hz
SHORTEST = 0.2  # seconds; shorter sound is padded with silence
# Text counts as invented below this mean probability of its tokens, where speech is not sure.
BELIEVED = 0.7
_TOKENS = 6.5  # a second of speech at most; more is a loop (the model's authors)


class Written(NamedTuple):
    """The text of an utterance, and the mean probability of its tokens."""

    text: str
    confidence: float


class Writer(Protocol):
    """A runtime with a model in it."""

    def write(self, samples: NDArray[np.float32], most: int) -> Written:
        """Write down one utterance, in so many tokens at most. Thread-safe."""
        ...


class MoonshineRecogniser:
    """A Moonshine model; see `audiocli.models.protocols.recognition.Recogniser`."""

    rate = RATE
    longest = 20.0  # it was trained on 4 to 30 s
    batch_seconds = 20.0  # padding would change its numbers, so a batch saves nothing
    follows: frozenset[str] = frozenset()

    def __init__(self, writer: Writer, languages: tuple[str, ...], workers: int) -> None:
        self._writer = writer
        self.languages = languages
        self.workers = workers

    def room(self, seconds: float) -> float:
        """Seconds of sound that are read, in whole ones, so that like goes with like."""
        return ceil(seconds)

    def recognise(self, utterances: Sequence[Utterance], decoding: Decoding) -> list[Recognition]:
        """Recognise utterances one after another."""
        return [self._recognition(utterance, decoding.guards) for utterance in utterances]

    def detect_language(self, utterances: Sequence[Utterance]) -> list[dict[str, float]]:
        """Give the one language it knows, or nothing."""
        return [dict.fromkeys(self.languages, 1.0) for _ in utterances]

    def _recognition(self, utterance: Utterance, guarded: bool) -> Recognition:
        samples = utterance.samples
        padded = np.pad(samples, (0, max(0, round(SHORTEST * RATE) - len(samples))))
        written = self._writer.write(padded, round(_TOKENS * len(samples) / RATE) + 4)
        is_invented = utterance.certainty < SURE_SPEECH and written.confidence < BELIEVED
        text = "" if guarded and is_invented else written.text
        words = spread(text.split(), utterance, written.confidence)
        return Recognition(
            words=tuple(words),
            language=self.languages[0] if self.languages else utterance.language,
            confidence=written.confidence if words else None,
        )


def spread(words: Sequence[str], utterance: Utterance, confidence: float) -> list[Word]:
    """Give words times in proportion to their letters, over where speech was heard."""
    speech = utterance.speech
    if speech is None or not len(speech):
        speech = np.array([[0.0, len(utterance.samples) / RATE]])
    spoken = np.concatenate([[0.0], np.cumsum(speech[:, 1] - speech[:, 0])])
    letters = np.cumsum([0, *(len(word) + 1 for word in words)])
    clock = letters / max(1, letters[-1]) * spoken[-1]
    starts = _on_the_axis(clock[:-1], spoken, speech, "right")
    ends = _on_the_axis(clock[1:], spoken, speech, "left")
    return [
        Word(start=float(start), end=float(max(start, end)), text=word, confidence=confidence)
        for word, start, end in zip(words, starts, ends, strict=True)
    ]


def _on_the_axis(
    clock: NDArray[np.float64], spoken: NDArray[np.float64], speech: NDArray[np.float64], side: str
) -> NDArray[np.float64]:
    """Turn seconds of speech into seconds of the utterance.

    Parameters
    ----------
    spoken : speech before each span, and in all
    side : whether a bound of spans belongs to the one before ("left") or behind ("right")
    """
    span = np.searchsorted(spoken, clock, side)  # type: ignore[call-overload]
    span = np.clip(span - 1, 0, len(speech) - 1)
    times: NDArray[np.float64] = speech[span, 0] + clock - spoken[span]
    return times
