"""The rules of the coverage pass: each test fails when its rule is removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions, Recognition
from audiocli.results import Word
from audiocli.tasks.transcription.coverage import CoverageRecogniser

RATE = 16_000


@dataclass
class Answering:
    """A recogniser that returns words by the start and length of each chunk, in seconds.

    Attributes
    ----------
    answer : return words on the time axis of the recording
    decoded : start and length of every chunk
    languages : requested language of every chunk
    """

    answer: Callable[[float, float], Sequence[Word]]
    rate: int = RATE
    decoded: list[tuple[float, float]] = field(default_factory=list)
    languages: list[str | None] = field(default_factory=list)

    def recognise(self, chunks: Sequence[AudioChunk], _: DecodingOptions) -> list[Recognition]:
        return [self._recognise(chunk) for chunk in chunks]

    def _recognise(self, chunk: AudioChunk) -> Recognition:
        start = float(chunk.samples[0])  # the value of each sample is its time
        length = len(chunk.samples) / RATE
        self.decoded.append((start, length))
        self.languages.append(chunk.language)
        words = [
            replace(word, start=word.start - start, end=word.end - start)
            for word in self.answer(start, length)
        ]
        return Recognition(words=tuple(words), language=chunk.language or "es")


def covered(answering: Answering, seconds: float, *speech: tuple[float, float]) -> Recognition:
    times = np.arange(round(seconds * RATE), dtype=np.float32) / np.float32(RATE)
    spans = np.array(speech or [(0.0, seconds)])
    recogniser: Any = answering
    (found,) = CoverageRecogniser(recogniser=recogniser).recognise(
        [AudioChunk(samples=times, speech_spans=spans)], DecodingOptions()
    )
    return found


def words_between(start: float, end: float, step: float = 0.5) -> list[Word]:
    times = np.arange(start, end - 1e-6, step)
    return [Word(start=t, end=t + 0.9 * step, text=f"w{t:g}") for t in times.tolist()]


def at_first(first: Sequence[Word], then: Callable[[float, float], Sequence[Word]]) -> Answering:
    """Return fixed words for the whole chunk, which comes first, and `then` for its parts."""
    answers = iter([lambda *_: first])
    return Answering(lambda start, length: next(answers, then)(start, length))


def texts(found: Recognition) -> list[str]:
    return [word.text for word in found.words]


def test_what_a_second_attempt_leaves_out_is_decoded_too() -> None:
    words = words_between(0, 14)
    answering = Answering(
        lambda start, _: [w for w in words if w.start >= start - 1e-3 and w.end <= start + 5.0]
    )
    assert texts(covered(answering, 14.0)) == [word.text for word in words]


def test_a_short_stretch_without_words_is_not_split() -> None:
    answering = Answering(lambda *_: [])
    covered(answering, 2.5)
    assert answering.decoded == [(0.0, 2.5)]


LONG = Word(start=2.0, end=6.0, text="long")
AROUND_LONG = [*words_between(0, 2), LONG, *words_between(6, 8)]


@pytest.mark.parametrize("again", [[], [Word(start=3.0, end=3.5, text="one")]])
def test_an_over_long_word_stays_unless_more_words_replace_it(again: list[Word]) -> None:
    found = covered(at_first(AROUND_LONG, lambda _, length: again if length > 3 else []), 8.0)
    assert texts(found) == [word.text for word in AROUND_LONG]


def test_an_over_long_word_that_stays_is_shortened() -> None:
    found = covered(at_first(AROUND_LONG, lambda *_: []), 8.0)
    (long,) = [word for word in found.words if word.text == "long"]
    assert long.end - long.start == pytest.approx(1.5)
    assert found.unrecognised == ((pytest.approx(2.1), pytest.approx(4.35)),)


def test_words_of_a_stretch_do_not_last_over_its_pauses() -> None:
    """The word before a pause of 2 s reaches into the following speech."""
    again = [*words_between(4, 5.5), Word(start=5.5, end=8.1, text="w"), *words_between(8.2, 10)]
    answering = at_first(words_between(0, 4), lambda *_: again)
    found = covered(answering, 10.0, (0.0, 6.0), (8.0, 10.0))
    (word,) = [word for word in found.words if word.text == "w"]
    assert (word.start, word.end) == (pytest.approx(5.5), 6.0)


def test_times_of_words_may_be_off_by_a_little() -> None:
    """There is 0.8 s of speech between the words: not enough without 0.15 s on both sides."""
    words = [replace(word, end=word.start + 0.5) for word in words_between(0, 10, step=1.3)]
    answering = Answering(lambda *_: words)
    found = covered(answering, 10.0)
    assert len(answering.decoded) == 1
    assert found.unrecognised == ()


def test_an_uncovered_stretch_is_decoded_in_the_language_of_its_utterance() -> None:
    answering = at_first(words_between(0, 5), lambda *_: [])
    covered(answering, 8.0)
    assert answering.languages == [None, "es"]


def test_a_word_covers_no_speech_behind_a_pause() -> None:
    """The word spans a pause of 2.6 s and reaches into speech without words."""
    first = [*words_between(0, 2), Word(start=2.0, end=6.0, text="w"), *words_between(6.1, 8)]
    found = covered(at_first(first, lambda *_: []), 8.0, (0.0, 2.4), (5.0, 8.0))
    assert found.unrecognised == ((5.0, pytest.approx(5.95)),)
