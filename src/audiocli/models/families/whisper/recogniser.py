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
from audiocli.models.families.whisper.engine import Alignment, Encoded, Engine
from audiocli.models.families.whisper.hypothesis import Hypothesis
from audiocli.models.families.whisper.tokens import Line, Vocabulary
from audiocli.models.protocols.recognition import (
    SURE_SPEECH,
    Decoding,
    Recognition,
    Utterance,
)
from audiocli.results import Word

RATE = 16_000  # Hz
CHUNK = 30.0  # seconds the encoder has positions for
FRAME = 0.02  # seconds of sound an encoder output stands for
# The decoder is used to silence after the speech: with less it loops and invents.
# Measured with base: 2 s to 4 s invent, 5 s is unsure on clips of a second, from 8 s on more
# changes nothing (the table is in benchmarks/README.md).
PADDING = 8.0
GRAIN = 2.0  # seconds; speech is padded to a multiple, whatever else is in its batch

_Answer = TypeVar("_Answer")


class WhisperRecogniser:
    """A Whisper model on an engine; implements `Recogniser` and `Aligner`."""

    rate = RATE
    longest = 29.0  # room for the silence that ends the last word
    batch_seconds = 80.0
    follows = frozenset({"task", "beam_size", "prompt", "hotwords"})

    def __init__(self, engine: Engine, vocabulary: Vocabulary) -> None:
        self._engine = engine
        self._vocabulary = vocabulary
        self.workers = engine.workers

    def room(self, seconds: float) -> float:
        """Seconds of sound that the encoder reads for so many of speech."""
        return _room(seconds, PADDING)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages it can write."""
        return self._vocabulary.languages if self._engine.is_multilingual else ("en",)

    def detect_language(self, utterances: Sequence[Utterance]) -> list[dict[str, float]]:
        """Probability of each language, for each utterance."""
        if not self._engine.is_multilingual:
            return [{"en": 1.0} for _ in utterances]
        return _by_room(utterances, self._detect_language)

    def _detect_language(self, utterances: Sequence[Utterance]) -> list[dict[str, float]]:
        return self._engine.detect_language(self._encode(utterances, PADDING))

    def recognise(self, utterances: Sequence[Utterance], decoding: Decoding) -> list[Recognition]:
        """Recognise a batch; utterances of like length cost least."""
        return _by_room(utterances, partial(self._recognise, decoding=decoding))

    def _recognise(self, utterances: Sequence[Utterance], decoding: Decoding) -> list[Recognition]:
        encoded = self._encode(utterances, PADDING)
        utterances, probabilities = self._with_languages(utterances, encoded)
        hypotheses = self._decode(utterances, encoded, decoding)
        if decoding.guards:
            hypotheses = self._retry(utterances, hypotheses, decoding)
        lines = [
            Line(h.tokens, self._vocabulary.words(h.tokens, decoding.written(utterance.language)))
            for h, utterance in zip(hypotheses, utterances, strict=True)
        ]
        words = self._align(utterances, lines, [h.encoded for h in hypotheses], decoding.task)
        return [
            Recognition(
                words=tuple(timed),
                language=utterance.language,
                language_probability=probability,
                confidence=float(np.exp(hypothesis.log_probability)) if timed else None,
            )
            for utterance, probability, hypothesis, timed in zip(
                utterances, probabilities, hypotheses, words, strict=True
            )
        ]

    def _encode(self, utterances: Sequence[Utterance], padding: float) -> Encoded:
        """Encode utterances of the same room.

        Returns
        -------
        shape (utterances, frames, d_model)
        """
        seconds = _room(_seconds(utterances[0]), padding)
        length = round(seconds / FRAME) * round(FRAME * RATE)
        return self._engine.encode(
            [whisper_log_mel(_fitted(u.samples, length), self._engine.n_mels) for u in utterances]
        )

    def _with_languages(
        self, utterances: Sequence[Utterance], encoded: Any
    ) -> tuple[list[Utterance], list[float | None]]:
        """Give every utterance a language, and its probability where it was not known."""
        if not self._engine.is_multilingual:
            return [replace(u, language="en") for u in utterances], [None] * len(utterances)
        if all(utterance.language for utterance in utterances):
            return list(utterances), [None] * len(utterances)
        likeliest = [
            likeliest_language([found], [1.0], utterance.candidates)
            for found, utterance in zip(
                self._engine.detect_language(encoded), utterances, strict=True
            )
        ]
        settled = [
            replace(utterance, language=utterance.language or code)
            for utterance, (code, _) in zip(utterances, likeliest, strict=True)
        ]
        return settled, [
            None if utterance.language else probability
            for utterance, (_, probability) in zip(utterances, likeliest, strict=True)
        ]

    def _decode(
        self,
        utterances: Sequence[Utterance],
        encoded: Encoded,
        decoding: Decoding,
    ) -> list[Hypothesis]:
        prompts = [self._prompt(utterance, decoding) for utterance in utterances]
        longest = max(map(_seconds, utterances))
        most = min(448, len(prompts[0]) + round(30 * ceil(longest / GRAIN) * GRAIN) + 16) // 2
        written = self._engine.write(encoded, prompts, beam_size=decoding.beam_size, most=most)
        return [
            Hypothesis(one.tokens, one.log_probability, one.no_speech, memory)
            for one, memory in zip(written, encoded, strict=True)
        ]

    def _prompt(self, utterance: Utterance, decoding: Decoding) -> list[int]:
        language = utterance.language if self._engine.is_multilingual else None
        context = self._context(decoding)
        task = self._vocabulary.task_prompt(language, decoding.task)
        return [*context, *task, self._vocabulary.no_timestamps]

    def _context(self, decoding: Decoding) -> list[int]:
        """Tokens the decoder takes for what was said before; at most half its memory."""
        text = " ".join(filter(None, [*decoding.hotwords, decoding.prompt]))
        if not text:
            return []
        return [self._vocabulary.previous, *self._vocabulary.encode(" " + text)[-223:]]

    def _retry(
        self, utterances: Sequence[Utterance], hypotheses: list[Hypothesis], decoding: Decoding
    ) -> list[Hypothesis]:
        """Decode what is doubtful once more, with the full 30 s; keep the less doubtful.

        What is still a loop becomes silence. Sampling, the next step of Radford et al.,
        gave no words that stood on any of the measured sets, and other ones each time.
        """
        best = list(hypotheses)
        had_less = self.room(_seconds(utterances[0])) < CHUNK  # else the same would come again
        for n in (n for n, h in enumerate(best) if had_less and self._doubt(utterances[n], h) > 1):
            one = utterances[n : n + 1]
            again = self._decode(one, self._encode(one, CHUNK), decoding)[0]
            if self._doubt(one[0], again) < self._doubt(one[0], best[n]):
                best[n] = again
        return [
            h if self._stands(utterance, h) else replace(h, tokens=[])
            for utterance, h in zip(utterances, best, strict=True)
        ]

    def _stands(self, utterance: Utterance, hypothesis: Hypothesis) -> bool:
        if not hypothesis.stands(utterance.certainty):
            return False
        text = self._vocabulary.decode(hypothesis.tokens)
        is_loop = hypothesis.looping(text, _seconds(utterance)) > 1
        # People do repeat themselves. Where the spans of speech are known, speech without
        # words is decoded again in shorter windows; elsewhere a loop must not be lost.
        may_repeat = utterance.speech is None and utterance.certainty >= SURE_SPEECH
        return may_repeat or not is_loop

    def _doubt(self, utterance: Utterance, hypothesis: Hypothesis) -> float:
        text = self._vocabulary.decode(hypothesis.tokens)
        return hypothesis.doubt(text, _seconds(utterance))

    def align(
        self, utterances: Sequence[Utterance], texts: Sequence[Sequence[str]]
    ) -> list[list[Word]]:
        """Find when the words of a known text are spoken.

        What the decoder's memory cannot hold gets no length and no confidence.
        """
        return _by_room(utterances, self._align_texts, texts)

    def _align_texts(
        self, utterances: Sequence[Utterance], texts: Sequence[Sequence[str]]
    ) -> list[list[Word]]:
        encoded = self._encode(utterances, PADDING)
        utterances, _ = self._with_languages(utterances, encoded)
        lines = [
            self._vocabulary.line(words, utterance.language)
            for words, utterance in zip(texts, utterances, strict=True)
        ]
        timed = self._align(utterances, lines, encoded, "transcribe")
        return [
            [*found, *(_nowhere(word, utterance) for word in words[len(found) :])]
            for found, words, utterance in zip(timed, texts, utterances, strict=True)
        ]

    def _align(
        self,
        utterances: Sequence[Utterance],
        lines: Sequence[Line],
        encoded: Sequence[Encoded] | Encoded,
        task: str,
    ) -> list[list[Word]]:
        """Time every word by dynamic time warping over the cross-attention."""
        words: list[list[Word]] = []
        for utterance, line, memory in zip(utterances, lines, encoded, strict=True):
            code = utterance.language if self._engine.is_multilingual else None
            start = self._vocabulary.task_prompt(code, task)
            frames = round(_seconds(utterance) / FRAME) * 2
            words.append(
                _timed(line.units, self._engine.align(memory[None], start, line.tokens, frames))
                if line.tokens
                else []
            )
        return words


def _seconds(utterance: Utterance) -> float:
    return len(utterance.samples) / RATE


def _room(seconds: float, padding: float) -> float:
    """Seconds that the encoder reads: the speech, up to the next step of `GRAIN`, and silence."""
    return min(CHUNK, ceil(seconds / GRAIN) * GRAIN + padding)


def _by_room(
    utterances: Sequence[Utterance], work: Callable[..., Sequence[_Answer]], *beside: Sequence[Any]
) -> list[_Answer]:
    """Work on utterances of the same room together, so that no answer depends on the others.

    Parameters
    ----------
    work : takes some utterances, and of each sequence of `beside` what belongs to them
    """
    groups: dict[float, list[int]] = defaultdict(list)
    for n, utterance in enumerate(utterances):
        groups[_room(_seconds(utterance), PADDING)].append(n)
    answers: dict[int, _Answer] = {}
    for group in groups.values():
        some = ([of_all[n] for n in group] for of_all in (utterances, *beside))
        answers.update(zip(group, work(*some), strict=True))
    return [answers[n] for n in range(len(utterances))]


def _nowhere(text: str, utterance: Utterance) -> Word:
    end = _seconds(utterance)
    return Word(start=end, end=end, text=text, confidence=0.0)


def _timed(units: Sequence[tuple[str, int, int]], alignment: Alignment) -> list[Word]:
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
