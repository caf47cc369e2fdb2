"""Replace the word times of a recogniser by forced alignment with another model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from audiocli.errors import UsageError
from audiocli.models.protocols.recognition import (
    Aligner,
    AudioChunk,
    DecodingOptions,
    Recogniser,
    Recognition,
)
from audiocli.results import Word


class RealigningRecogniser:
    """Recognise with one model and align the words with another; see `Recogniser`.

    Raises
    ------
    UsageError : the models have different sample rates
    """

    def __init__(self, recogniser: Recogniser, aligner: Aligner) -> None:
        if aligner.rate != recogniser.rate:
            raise UsageError(
                f"the models have different sample rates: {recogniser.rate} and {aligner.rate} Hz",
                "choose another --align-model",
            )
        self._recogniser = recogniser
        self._aligner = aligner
        self.rate = recogniser.rate
        self.max_seconds = recogniser.max_seconds
        self.batch_seconds = recogniser.batch_seconds
        self.padded_seconds = recogniser.padded_seconds
        self.workers = recogniser.workers
        self.languages = recogniser.languages
        self.supported_options = recogniser.supported_options

    def recognise(
        self, chunks: Sequence[AudioChunk], decoding: DecodingOptions
    ) -> list[Recognition]:
        """Recognise a batch and align the words."""
        found = self._recogniser.recognise(chunks, decoding)
        spoken = [
            replace(chunk, language=recognition.language)
            for chunk, recognition in zip(chunks, found, strict=True)
        ]
        texts = [[word.text for word in recognition.words] for recognition in found]
        times = self._aligner.align(spoken, texts)
        return [
            replace(r, words=tuple(map(_timed, r.words, words)))
            for r, words in zip(found, times, strict=True)
        ]

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        """Return the probability of each language for each chunk."""
        return self._recogniser.detect_language(chunks)


def _timed(word: Word, aligned: Word) -> Word:
    """Take the times of an aligned word, if it was found."""
    if aligned.end <= aligned.start:
        return word
    return replace(word, start=aligned.start, end=aligned.end)
