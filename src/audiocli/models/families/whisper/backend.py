"""What the recogniser asks of whatever runs the network: CTranslate2, or transformers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]  # log-mel, shape (mels, frames)
EncoderOutput = NDArray[np.float32]  # shape (chunks, frames / 2, d_model)


@dataclass(frozen=True)
class DecodedTokens:
    """What the decoder wrote.

    Attributes
    ----------
    tokens : of the text, without special ones at the end
    avg_logprob : mean over the tokens
    no_speech_prob : probability that nobody speaks
    """

    tokens: list[int]
    avg_logprob: float
    no_speech_prob: float


@dataclass(frozen=True)
class TokenAlignment:
    """When a text's tokens are spoken.

    Attributes
    ----------
    path : shape (steps, 2): token and encoder frame, both going forward
    probabilities : of each token of the text
    """

    path: NDArray[np.int_]
    probabilities: Sequence[float]


class WhisperBackend(Protocol):
    """The network of one model, ready to run; all methods are thread-safe.

    Attributes
    ----------
    n_mels : bands of its input
    is_multilingual : else it knows English only
    workers : calls it runs well at the same time
    """

    n_mels: int
    is_multilingual: bool
    workers: int

    def encode(self, features: Sequence[Features]) -> EncoderOutput:
        """Run the encoder on inputs of the same length."""
        ...

    def detect_language(self, encoded: EncoderOutput) -> list[dict[str, float]]:
        """Probability of each language, for each chunk."""
        ...

    def generate(
        self,
        encoded: EncoderOutput,
        prompts: Sequence[Sequence[int]],
        *,
        beam_size: int,
        max_tokens: int,
    ) -> list[DecodedTokens]:
        """Decode at most so many tokens after the prompts, which are of the same length."""
        ...

    def align(
        self, encoded: EncoderOutput, start: Sequence[int], text: Sequence[int], frames: int
    ) -> TokenAlignment:
        """Align the tokens of a text with the sound by their cross-attention.

        Parameters
        ----------
        encoded : shape (1, frames, d_model): one chunk, so that no other touches its times
        start : the tokens that say what to do, up to `<|notimestamps|>`
        frames : input frames that are not padding
        """
        ...
