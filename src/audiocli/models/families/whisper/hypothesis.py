"""What the decoder wrote, and whether it is to be believed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocli.models.protocols.recognition import CONFIDENT_SPEECH


@dataclass(frozen=True)
class Hypothesis:
    """What the decoder wrote for one chunk.

    Attributes
    ----------
    avg_logprob : mean over the tokens
    encoded : the encoder's output, shape (frames, d_model), to align the words with
    """

    tokens: list[int]
    avg_logprob: float
    no_speech_prob: float
    encoded: NDArray[np.float32]

    def is_accepted(self, speech_probability: float) -> bool:
        """Whether the words are to be believed.

        Not where the decoder guesses (the bounds are those of Radford et al. 2022,
        section 4.5) and either itself hears no speech or the voice detector was
        never sure of any: barks, sneezes and engines.
        """
        if self.avg_logprob >= -1.0:
            return True
        return self.no_speech_prob <= 0.6 and speech_probability >= CONFIDENT_SPEECH

    def rejection_score(self, text: str, seconds: float) -> float:
        """How much the text looks like a loop or a guess; above 1 it should not stand."""
        return max(
            self.repetition_score(text, seconds),
            -self.avg_logprob,
            1.1 if self._repeats_ending() else 0.0,
        )

    def repetition_score(self, text: str, seconds: float) -> float:
        """How much the text looks like a loop; above 1 it is one.

        The bound on compression is that of Radford et al. 2022, section 4.5; nobody
        speaks more than about 30 tokens a second.
        """
        written = text.encode()
        compression = len(written) / len(zlib.compress(written)) if written else 0.0
        return max(compression / 2.4, len(self.tokens) / (30 * seconds + 8))

    def _repeats_ending(self) -> bool:
        """Whether the text ends with the same three or more tokens again."""
        tokens = self.tokens
        halves = range(3, len(tokens) // 2 + 1)
        return any(tokens[-n:] == tokens[-2 * n : -n] for n in halves)
