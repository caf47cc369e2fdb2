"""Whisper recogniser: log-mel features, beam search, and word timestamps.

Chunks are padded with a few seconds of silence, not always to 30 s. Likely hallucinations
are decoded again with the full 30 s.
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
WINDOW = 30.0  # seconds; the longest input of the encoder
FRAME = 0.02  # seconds per frame of the encoder output
# Seconds of silence after the speech. The decoder was trained with it, and loops or hallucinates
# with less: benchmarks/README.md has the measurements.
PADDING = 8.0
GRAIN = 2.0  # seconds; speech is padded to a multiple, so that its batch has no influence

_Answer = TypeVar("_Answer")


class WhisperRecogniser:
    """A Whisper model on a backend; implements `Recogniser` and `Aligner`."""

    rate = RATE
    max_seconds = 29.0  # leaves silence to end the last word
    batch_seconds = 80.0
    supported_options = frozenset({"task", "beam_size", "prompt", "hotwords"})

    def __init__(self, backend: WhisperBackend, tokenizer: WhisperTokenizer) -> None:
        self._backend = backend
        self._tokenizer = tokenizer
        self.workers = backend.workers

    def padded_seconds(self, seconds: float) -> float:
        """Return the padded length of a chunk in seconds."""
        return _padded_seconds(seconds, PADDING)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Codes of the supported languages."""
        return self._tokenizer.languages if self._backend.is_multilingual else ("en",)

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        """Return the probability of each language, for each chunk."""
        if not self._backend.is_multilingual:
            return [{"en": 1.0} for _ in chunks]
        return _by_padded_length(chunks, self._detect_language)

    def _detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        return self._backend.detect_language(self._encode(chunks, PADDING))

    def recognise(
        self, chunks: Sequence[AudioChunk], decoding: DecodingOptions
    ) -> list[Recognition]:
        """Recognise a batch of chunks, best of similar lengths."""
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
                h.tokens,
                self._tokenizer.split_words(h.tokens, decoding.output_language(chunk.language)),
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
        """Encode chunks of the same padded length.

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
        """Set the language of each chunk; return the probabilities of detected languages."""
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
        """Return the tokens of the previous text; at most half of the decoder's context."""
        text = " ".join(filter(None, [*decoding.hotwords, decoding.prompt]))
        if not text:
            return []
        return [self._tokenizer.previous, *self._tokenizer.encode(" " + text)[-223:]]

    def _retry(
        self, chunks: Sequence[AudioChunk], hypotheses: list[Hypothesis], decoding: DecodingOptions
    ) -> list[Hypothesis]:
        """Decode likely hallucinations again with 30 s of input; keep the lower score.

        Text that is still rejected is dropped. Sampling at higher temperatures, the fallback of
        Radford et al., gave no accepted words on the measured data, and random ones.
        """
        best = list(hypotheses)
        # With 30 s of input already, decoding again would give the same text.
        was_shorter = self.padded_seconds(_seconds(chunks[0])) < WINDOW
        for n, first in enumerate(hypotheses):
            if not was_shorter or self._rejection_score(chunks[n], first) <= 1:
                continue
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
        # Speakers do repeat themselves. If the spans of speech are known, the coverage pass
        # decodes the rejected speech again; without them, a loop in clear speech is kept.
        may_repeat = chunk.speech_spans is None and chunk.speech_probability >= CONFIDENT_SPEECH
        return may_repeat or not is_loop

    def _rejection_score(self, chunk: AudioChunk, hypothesis: Hypothesis) -> float:
        text = self._tokenizer.decode(hypothesis.tokens)
        return hypothesis.rejection_score(text, _seconds(chunk))

    def align(
        self, chunks: Sequence[AudioChunk], texts: Sequence[Sequence[str]]
    ) -> list[list[Word]]:
        """Align the words of known texts with the audio.

        Words beyond the decoder's context get zero length and zero confidence.
        """
        return _by_padded_length(chunks, self._align_texts, texts)

    def _align_texts(
        self, chunks: Sequence[AudioChunk], texts: Sequence[Sequence[str]]
    ) -> list[list[Word]]:
        encoded = self._encode(chunks, PADDING)
        chunks, _ = self._with_languages(chunks, encoded)
        lines = [
            self._tokenizer.tokenize_words(words, chunk.language)
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
        """Align words by dynamic time warping on the cross-attention weights."""
        words: list[list[Word]] = []
        for chunk, line, memory in zip(chunks, lines, encoded, strict=True):
            code = chunk.language if self._backend.is_multilingual else None
            start = self._tokenizer.task_prompt(code, task)
            frames = round(_seconds(chunk) / FRAME) * 2
            words.append(
                _timed(line.words, self._backend.align(memory[None], start, line.tokens, frames))
                if line.tokens
                else []
            )
        return words


def _seconds(chunk: AudioChunk) -> float:
    return len(chunk.samples) / RATE


def _padded_seconds(seconds: float, padding: float) -> float:
    """Return the length of the speech rounded up to `GRAIN`, plus padding."""
    return min(WINDOW, ceil(seconds / GRAIN) * GRAIN + padding)


def _by_padded_length(
    chunks: Sequence[AudioChunk], work: Callable[..., Sequence[_Answer]], *beside: Sequence[Any]
) -> list[_Answer]:
    """Process chunks in groups of equal padded length, so that results do not interact.

    Parameters
    ----------
    work : takes the chunks of a group, and the matching items of each sequence of `beside`
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
    """Return words with the time from their first token to that of the next word."""
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
