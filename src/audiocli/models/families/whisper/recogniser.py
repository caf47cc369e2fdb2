"""Whisper: log-mel in, beam search, words with times out.

The encoder reads the speech and a few seconds of silence, not always 30 s; what looks
like an invention is decoded again, with more care.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from math import ceil
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features import whisper_log_mel
from audiocli.models.common.language_detection import likeliest_language
from audiocli.models.families.whisper.backend import EncoderOutput, TokenAlignment, WhisperBackend
from audiocli.models.families.whisper.hypothesis import Hypothesis
from audiocli.models.families.whisper.tokenizer import TokenizedText, WhisperTokenizer
from audiocli.models.protocols.recognition import (
    CONFIDENT_SPEECH,
    AudioChunk,
    DecodingOptions,
    Recognition,
)
from audiocli.results import Word

RATE = 16_000  # Hz
WINDOW = 30.0  # seconds the encoder has positions for
FRAME = 0.02  # seconds of sound an encoder output is_accepted for
# The decoder is used to silence after the speech: with less it loops and invents.
# Measured with base: 2 s to 4 s invent, 5 s is unsure on clips of a second, from 8 s on more
# changes nothing (the table is in benchmarks/README.md).
PADDING = 8.0
GRAIN = 2.0  # seconds; speech is padded to a multiple, whatever else is in its batch

_Answer = TypeVar("_Answer")


class WhisperRecogniser:
    """A Whisper model on an backend; implements `Recogniser` and `Aligner`."""

    rate = RATE
    max_seconds = 29.0  # room for the silence that ends the last word
    batch_seconds = 80.0
    supported_options = frozenset({"task", "beam_size", "prompt", "hotwords"})

    def __init__(self, backend: WhisperBackend, vocabulary: WhisperTokenizer) -> None:
        self._backend = backend
        self._tokenizer = vocabulary
        self.workers = backend.workers

    def padded_seconds(self, seconds: float) -> float:
        """Seconds of sound that the encoder reads for so many of speech."""
        return _padded_seconds(seconds, PADDING)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages it can write."""
        return self._tokenizer.languages if self._backend.is_multilingual else ("en",)

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        """Probability of each language, for each chunk."""
        if not self._backend.is_multilingual:
            return [{"en": 1.0} for _ in chunks]
        return _by_padded_length(chunks, self._detect_language)

    def _detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        return self._backend.detect_language(self._encode(chunks, PADDING))

    def recognise(
        self, chunks: Sequence[AudioChunk], decoding: DecodingOptions
    ) -> list[Recognition]:
        """Recognise a batch; chunks of like length cost least."""
        return _by_padded_length(chunks, partial(self._recognise, decoding=decoding))

    def _recognise(
        self, chunks: Sequence[AudioChunk], decoding: DecodingOptions
    ) -> list[Recognition]:
        encoded = self._encode(chunks, PADDING)
        chunks, probabilities = self._with_languages(chunks, encoded)
        hypotheses = self._decode(chunks, encoded, decoding)
        if decoding.hallucination_filter:
            hypotheses = self._retry(chunks, hypotheses, decoding)
        lines = [
            TokenizedText(
                h.tokens, self._tokenizer.words(h.tokens, decoding.output_language(chunk.language))
            )
            for h, chunk in zip(hypotheses, chunks, strict=True)
        ]
        words = self._align(chunks, lines, [h.encoded for h in hypotheses], decoding.task)
        return [
            Recognition(
                words=tuple(timed),
                language=chunk.language,
                language_probability=probability,
                confidence=float(np.exp(hypothesis.avg_logprob)) if timed else None,
            )
            for chunk, probability, hypothesis, timed in zip(
                chunks, probabilities, hypotheses, words, strict=True
            )
        ]

    def _encode(self, chunks: Sequence[AudioChunk], padding: float) -> EncoderOutput:
        """Encode chunks of the same room.

        Returns
        -------
        shape (chunks, frames, d_model)
        """
        seconds = _padded_seconds(_seconds(chunks[0]), padding)
        length = round(seconds / FRAME) * round(FRAME * RATE)
        return self._backend.encode(
            [whisper_log_mel(_fitted(u.samples, length), self._backend.n_mels) for u in chunks]
        )

    def _with_languages(
        self, chunks: Sequence[AudioChunk], encoded: Any
    ) -> tuple[list[AudioChunk], list[float | None]]:
        """Give every chunk a language, and its probability where it was not known."""
        if not self._backend.is_multilingual:
            return [replace(u, language="en") for u in chunks], [None] * len(chunks)
        if all(chunk.language for chunk in chunks):
            return list(chunks), [None] * len(chunks)
        likeliest = [
            likeliest_language([found], [1.0], chunk.candidates)
            for found, chunk in zip(self._backend.detect_language(encoded), chunks, strict=True)
        ]
        settled = [
            replace(chunk, language=chunk.language or code)
            for chunk, (code, _) in zip(chunks, likeliest, strict=True)
        ]
        return settled, [
            None if chunk.language else probability
            for chunk, (_, probability) in zip(chunks, likeliest, strict=True)
        ]

    def _decode(
        self,
        chunks: Sequence[AudioChunk],
        encoded: EncoderOutput,
        decoding: DecodingOptions,
    ) -> list[Hypothesis]:
        prompts = [self._prompt(chunk, decoding) for chunk in chunks]
        longest = max(map(_seconds, chunks))
        max_tokens = min(448, len(prompts[0]) + round(30 * ceil(longest / GRAIN) * GRAIN) + 16) // 2
        written = self._backend.generate(
            encoded, prompts, beam_size=decoding.beam_size, max_tokens=max_tokens
        )
        return [
            Hypothesis(one.tokens, one.avg_logprob, one.no_speech_prob, memory)
            for one, memory in zip(written, encoded, strict=True)
        ]

    def _prompt(self, chunk: AudioChunk, decoding: DecodingOptions) -> list[int]:
        language = chunk.language if self._backend.is_multilingual else None
        context = self._context(decoding)
        task = self._tokenizer.task_prompt(language, decoding.task)
        return [*context, *task, self._tokenizer.no_timestamps]

    def _context(self, decoding: DecodingOptions) -> list[int]:
        """Tokens the decoder takes for what was said before; at most half its memory."""
        text = " ".join(filter(None, [*decoding.hotwords, decoding.prompt]))
        if not text:
            return []
        return [self._tokenizer.previous, *self._tokenizer.encode(" " + text)[-223:]]

    def _retry(
        self, chunks: Sequence[AudioChunk], hypotheses: list[Hypothesis], decoding: DecodingOptions
    ) -> list[Hypothesis]:
        """Decode what is doubtful once more, with the full 30 s; keep the less doubtful.

        What is still a loop becomes silence. Sampling, the next step of Radford et al.,
        gave no words that stood on any of the measured sets, and other ones each time.
        """
        best = list(hypotheses)
        had_less = (
            self.padded_seconds(_seconds(chunks[0])) < WINDOW
        )  # else the same would come again
        for n in (
            n for n, h in enumerate(best) if had_less and self._rejection_score(chunks[n], h) > 1
        ):
            one = chunks[n : n + 1]
            again = self._decode(one, self._encode(one, WINDOW), decoding)[0]
            if self._rejection_score(one[0], again) < self._rejection_score(one[0], best[n]):
                best[n] = again
        return [
            h if self._is_accepted(chunk, h) else replace(h, tokens=[])
            for chunk, h in zip(chunks, best, strict=True)
        ]

    def _is_accepted(self, chunk: AudioChunk, hypothesis: Hypothesis) -> bool:
        if not hypothesis.is_accepted(chunk.speech_probability):
            return False
        text = self._tokenizer.decode(hypothesis.tokens)
        is_loop = hypothesis.repetition_score(text, _seconds(chunk)) > 1
        # People do repeat themselves. Where the spans of speech are known, speech without
        # words is decoded again in shorter windows; elsewhere a loop must not be lost.
        may_repeat = chunk.speech_spans is None and chunk.speech_probability >= CONFIDENT_SPEECH
        return may_repeat or not is_loop

    def _rejection_score(self, chunk: AudioChunk, hypothesis: Hypothesis) -> float:
        text = self._tokenizer.decode(hypothesis.tokens)
        return hypothesis.rejection_score(text, _seconds(chunk))

    def align(
        self, chunks: Sequence[AudioChunk], texts: Sequence[Sequence[str]]
    ) -> list[list[Word]]:
        """Find when the words of a known text are spoken.

        What the decoder's memory cannot hold gets no length and no confidence.
        """
        return _by_padded_length(chunks, self._align_texts, texts)

    def _align_texts(
        self, chunks: Sequence[AudioChunk], texts: Sequence[Sequence[str]]
    ) -> list[list[Word]]:
        encoded = self._encode(chunks, PADDING)
        chunks, _ = self._with_languages(chunks, encoded)
        lines = [
            self._tokenizer.line(words, chunk.language)
            for words, chunk in zip(texts, chunks, strict=True)
        ]
        timed = self._align(chunks, lines, encoded, "transcribe")
        return [
            [*found, *(_nowhere(word, chunk) for word in words[len(found) :])]
            for found, words, chunk in zip(timed, texts, chunks, strict=True)
        ]

    def _align(
        self,
        chunks: Sequence[AudioChunk],
        lines: Sequence[TokenizedText],
        encoded: Sequence[EncoderOutput] | EncoderOutput,
        task: str,
    ) -> list[list[Word]]:
        """Time every word by dynamic time warping over the cross-attention."""
        words: list[list[Word]] = []
        for chunk, line, memory in zip(chunks, lines, encoded, strict=True):
            code = chunk.language if self._backend.is_multilingual else None
            start = self._tokenizer.task_prompt(code, task)
            frames = round(_seconds(chunk) / FRAME) * 2
            words.append(
                _timed(line.units, self._backend.align(memory[None], start, line.tokens, frames))
                if line.tokens
                else []
            )
        return words


def _seconds(chunk: AudioChunk) -> float:
    return len(chunk.samples) / RATE


def _padded_seconds(seconds: float, padding: float) -> float:
    """Seconds that the encoder reads: the speech, up to the next step of `GRAIN`, and silence."""
    return min(WINDOW, ceil(seconds / GRAIN) * GRAIN + padding)


def _by_padded_length(
    chunks: Sequence[AudioChunk], work: Callable[..., Sequence[_Answer]], *beside: Sequence[Any]
) -> list[_Answer]:
    """Work on chunks of the same room together, so that no answer depends on the others.

    Parameters
    ----------
    work : takes some chunks, and of each sequence of `beside` what belongs to them
    """
    groups: dict[float, list[int]] = defaultdict(list)
    for n, chunk in enumerate(chunks):
        groups[_padded_seconds(_seconds(chunk), PADDING)].append(n)
    answers: dict[int, _Answer] = {}
    for group in groups.values():
        some = ([of_all[n] for n in group] for of_all in (chunks, *beside))
        answers.update(zip(group, work(*some), strict=True))
    return [answers[n] for n in range(len(chunks))]


def _nowhere(text: str, chunk: AudioChunk) -> Word:
    end = _seconds(chunk)
    return Word(start=end, end=end, text=text, confidence=0.0)


def _timed(units: Sequence[tuple[str, int, int]], alignment: TokenAlignment) -> list[Word]:
    """Give each word the time from its first token to the first of the next word."""
    token, frame = alignment.path.T
    starts = frame[np.flatnonzero(np.diff(token, prepend=-1))] * FRAME
    ends = [*starts[1:], frame[-1] * FRAME]
    probability = alignment.probabilities
    return [
        Word(
            start=float(starts[first]),
            end=float(ends[last - 1]),
            text=text.strip(),
            confidence=float(np.mean(probability[first:last])),
        )
        for text, first, last in units
        if text.strip()
    ]


def _fitted(samples: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    return np.pad(samples[:length], (0, max(0, length - len(samples))))
