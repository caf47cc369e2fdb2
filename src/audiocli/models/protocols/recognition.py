"""What `transcribe` asks of a model: windows of speech in, timed words out."""

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
    """A window of speech to be recognised.

    Attributes
    ----------
    samples : float32, shape (time,), mono at the recogniser's rate
    language : ISO 639-1 code, None to have it detected
    speech_probability : how sure a voice detector is that somebody speaks, in [0, 1]
    candidates : languages that detection chooses from; all if empty
    speech_spans : shape (spans, 2): where it heard speech, in seconds; None where nobody knows
    """

    samples: NDArray[np.float32]
    language: str | None = None
    candidates: tuple[str, ...] = ()
    speech_probability: float = 1.0
    speech_spans: NDArray[np.float64] | None = None


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """What was recognised in one chunk.

    Attributes
    ----------
    words : times in seconds from the start of the chunk
    confidence : mean probability of the emitted tokens, in [0, 1]
    language_probability : None where the language was given
    unrecognised : spans of speech without words, (start, end) in seconds
    """

    words: tuple[Word, ...] = ()
    language: str | None = None
    language_probability: float | None = None
    confidence: float | None = None
    unrecognised: tuple[tuple[float, float], ...] = ()


BEAM_SIZE = 3
CONFIDENT_SPEECH = 0.9  # a voice detector's probability somewhere in nearly all speech


@dataclass(frozen=True, kw_only=True)
class DecodingOptions:
    """How to search for the words.

    Attributes
    ----------
    task : `translate` gives English whatever was spoken, where the model can
    beam_size : hypotheses kept at each step; 1 is greedy
    prompt : text to continue from: spelling of names, style
    hotwords : words to expect
    hallucination_filter : try again, then give up, on output that looks hallucinated
    language_model : file of an n-gram model (ARPA, or KenLM's binary form) to search with
    """

    task: Literal["transcribe", "translate"] = "transcribe"
    beam_size: int = BEAM_SIZE
    prompt: str = ""
    hotwords: tuple[str, ...] = field(default=())
    hallucination_filter: bool = True
    language_model: str = ""

    def output_language(self, spoken: str | None) -> str | None:
        """Language of the text where a language is spoken."""
        return "en" if self.task == "translate" else spoken

    @property
    def requested_options(self) -> dict[str, str]:
        """What not every model can follow, where it is asked for: field and option."""
        asked = {
            "task": self.task == "translate" and "--task translate",
            "beam_size": self.beam_size != BEAM_SIZE and "--beam-size",
            "prompt": self.prompt and "--prompt",
            "hotwords": self.hotwords and "--hotwords",
            "language_model": self.language_model and "--lm",
        }
        return {name: option for name, option in asked.items() if option}


class Recogniser(Protocol):
    """A speech recognition model that is ready to run.

    Attributes
    ----------
    rate : samples a second it takes, in Hz
    max_seconds : seconds of speech it can take at once
    batch_seconds : seconds of `room` that make a good batch
    workers : batches it runs well at the same time
    languages : codes it knows, ISO 639-1 where there is one; empty where it cannot tell
    supported_options : the fields of `DecodingOptions.requested_options` that it can follow
    """

    rate: int
    max_seconds: float
    batch_seconds: float
    workers: int
    languages: tuple[str, ...]
    supported_options: frozenset[str]

    def padded_seconds(self, seconds: float) -> float:
        """Seconds of sound that are read for so many of speech; those of a batch are the same."""
        ...

    def recognise(
        self, chunks: Sequence[AudioChunk], decoding: DecodingOptions
    ) -> list[Recognition]:
        """Recognise a batch; chunks of like length cost least. Thread-safe.

        What is recognised in one does not depend on the others.
        """
        ...

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        """Probability of each language, for each chunk."""
        ...


class Aligner(Protocol):
    """A model that finds when a known text is spoken."""

    rate: int

    def align(
        self, chunks: Sequence[AudioChunk], texts: Sequence[Sequence[str]]
    ) -> list[list[Word]]:
        """Time the words of each chunk's text, as many as are given.

        The confidence of a word is how well it fits the sound. Thread-safe.
        """
        ...
