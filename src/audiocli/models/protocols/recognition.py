"""Protocols of speech recognition and forced alignment models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.results import Word


@dataclass(frozen=True, kw_only=True, eq=False)
class AudioChunk:
    """Audio passed to a recogniser: a window of a recording.

    Attributes
    ----------
    samples : float32, shape (time,), mono at the recogniser's rate
    language : ISO 639-1 code; None to detect it
    candidates : languages that detection chooses from; all if empty
    speech_probability : highest probability of a voice activity detector, in [0, 1]
    speech_spans : detected speech in seconds, shape (spans, 2); None without detection
    """

    samples: NDArray[np.float32]
    language: str | None = None
    candidates: tuple[str, ...] = ()
    speech_probability: float = 1.0
    speech_spans: NDArray[np.float64] | None = None


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """The recognised words of one chunk.

    Attributes
    ----------
    words : times in seconds from the start of the chunk
    language_probability : None if the language was given
    confidence : mean probability of the tokens, in [0, 1]
    unrecognised : spans of speech without words, (start, end) in seconds
    """

    words: tuple[Word, ...] = ()
    language: str | None = None
    language_probability: float | None = None
    confidence: float | None = None
    unrecognised: tuple[tuple[float, float], ...] = ()


BEAM_SIZE = 3
CONFIDENT_SPEECH = 0.9  # nearly all speech reaches it in some frame of the detector


@dataclass(frozen=True, kw_only=True)
class DecodingOptions:
    """Decoding options.

    Attributes
    ----------
    task : `translate` translates to English, if the model supports it
    beam_size : beam size; 1 for greedy decoding
    prompt : previous text, for the spelling of names and the style
    hotwords : words that are likely to occur
    hallucination_filter : decode likely hallucinations again, and drop those that remain
    language_model : path of an n-gram language model (ARPA or KenLM binary)
    """

    task: Literal["transcribe", "translate"] = "transcribe"
    beam_size: int = BEAM_SIZE
    prompt: str = ""
    hotwords: tuple[str, ...] = field(default=())
    hallucination_filter: bool = True
    language_model: str = ""

    def output_language(self, spoken: str | None) -> str | None:
        """Return the language of the text for a spoken language."""
        return "en" if self.task == "translate" else spoken

    @property
    def requested_options(self) -> dict[str, str]:
        """Options set by the user that not all models support: field and command-line option."""
        asked = {
            "task": self.task == "translate" and "--translate",
            "beam_size": self.beam_size != BEAM_SIZE and "--beam-size",
            "prompt": self.prompt and "--prompt",
            "hotwords": self.hotwords and "--hotwords",
            "language_model": self.language_model and "--lm",
        }
        return {name: option for name, option in asked.items() if option}


class Recogniser(Protocol):
    """A loaded speech recognition model.

    Attributes
    ----------
    rate : sampling rate of the input in Hz
    max_seconds : longest supported chunk in seconds
    batch_seconds : preferred padded length of a batch in seconds
    workers : number of batches to run in parallel
    languages : supported languages, ISO 639-1 codes if possible; empty if unknown
    supported_options : supported fields of `DecodingOptions.requested_options`
    """

    rate: int
    max_seconds: float
    batch_seconds: float
    workers: int
    languages: tuple[str, ...]
    supported_options: frozenset[str]

    def padded_seconds(self, seconds: float) -> float:
        """Return the padded length of a chunk; chunks of a batch have the same."""
        ...

    def recognise(
        self, chunks: Sequence[AudioChunk], decoding: DecodingOptions
    ) -> list[Recognition]:
        """Recognise a batch of chunks, best of similar lengths. Thread-safe.

        The result for a chunk does not depend on the others in the batch.
        """
        ...

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        """Return the probability of each language, for each chunk."""
        ...


class Aligner(Protocol):
    """A model that aligns a known text with audio."""

    rate: int

    def align(
        self, chunks: Sequence[AudioChunk], texts: Sequence[Sequence[str]]
    ) -> list[list[Word]]:
        """Return the words of each text with their times. Thread-safe.

        The confidence of a word is the probability of its tokens given the audio.
        """
        ...
