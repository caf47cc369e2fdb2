"""Protocol of the backends that run a Whisper network: CTranslate2 and transformers."""

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
    """Output of the decoder for one chunk.

    Attributes
    ----------
    tokens : text tokens, without special tokens at the end
    avg_logprob : mean log probability of the tokens
    no_speech_prob : probability of the no-speech token
    """

    tokens: list[int]
    avg_logprob: float
    no_speech_prob: float


@dataclass(frozen=True)
class TokenAlignment:
    """Alignment of text tokens with encoder frames.

    Attributes
    ----------
    path : monotonic path of (token, encoder frame), shape (steps, 2)
    probabilities : probability of each token
    """

    path: NDArray[np.int_]
    probabilities: Sequence[float]


class WhisperBackend(Protocol):
    """A loaded Whisper network; all methods are thread-safe.

    Attributes
    ----------
    n_mels : number of mel bands of the input
    is_multilingual : whether it supports other languages than English
    workers : number of calls to run in parallel
    """

    n_mels: int
    is_multilingual: bool
    workers: int

    def encode(self, features: Sequence[Features]) -> EncoderOutput:
        """Run the encoder on inputs of the same length."""
        ...

    def detect_language(self, encoded: EncoderOutput) -> list[dict[str, float]]:
        """Return the probability of each language, for each chunk."""
        ...

    def generate(
        self,
        encoded: EncoderOutput,
        prompts: Sequence[Sequence[int]],
        *,
        beam_size: int,
        max_tokens: int,
    ) -> list[DecodedTokens]:
        """Decode at most `max_tokens` tokens after each prompt; the prompts have equal lengths."""
        ...

    def align(
        self, encoded: EncoderOutput, start: Sequence[int], text: Sequence[int], frames: int
    ) -> TokenAlignment:
        """Align the tokens of a text with the audio by cross-attention weights.

        Parameters
        ----------
        encoded : output for one chunk, shape (1, frames, d_model)
        start : prompt tokens before `<|notimestamps|>`
        frames : number of input frames without padding
        """
        ...
