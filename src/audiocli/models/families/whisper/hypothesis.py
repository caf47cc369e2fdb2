"""Decoder output, and the rules by which it is accepted or rejected."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocli.models.protocols.recognition import CONFIDENT_SPEECH


def compression_ratio(text: str) -> float:
    """Return the ratio of the length of a text to its length compressed by zlib."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


@dataclass(frozen=True)
class Hypothesis:
    """Decoder output for one chunk.

    Attributes
    ----------
    avg_logprob : mean log probability of the tokens
    no_speech_prob : probability of the no-speech token
    encoded : encoder output, shape (frames, d_model), for aligning the words
    """

    tokens: list[int]
    avg_logprob: float
    no_speech_prob: float
    encoded: NDArray[np.float32]

    def is_accepted(self, speech_probability: float) -> bool:
        """Return whether the text is accepted as speech.

        Text of low probability (the thresholds are those of Radford et al. 2022, section 4.5)
        is rejected if the decoder detects no speech, or if the voice activity detector is
        never confident, as in barks, sneezes and engine noise.
        """
        if self.avg_logprob >= -1.0:
            return True
        return self.no_speech_prob <= 0.6 and speech_probability >= CONFIDENT_SPEECH

    def rejection_score(self, text: str, seconds: float) -> float:
        """Return how likely the text is a hallucination; it is rejected above 1."""
        return max(
            self.repetition_score(text, seconds),
            -self.avg_logprob,
            1.1 if self._repeats_ending() else 0.0,
        )

    def repetition_score(self, text: str, seconds: float) -> float:
        """Return how repetitive the text is; above 1 it is a loop.

        The threshold of the compression ratio is that of Radford et al. 2022, section 4.5.
        Speech has at most about 30 tokens per second.
        """
        return max(compression_ratio(text) / 2.4, len(self.tokens) / (30 * seconds + 8))

    def _repeats_ending(self) -> bool:
        """Return whether the text ends with a repetition of three or more tokens."""
        tokens = self.tokens
        halves = range(3, len(tokens) // 2 + 1)
        return any(tokens[-n:] == tokens[-2 * n : -n] for n in halves)
