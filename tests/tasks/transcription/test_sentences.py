"""Words are grouped into segments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.results import Word
from audiocli.tasks.transcription.segments import segments, trim_to_speech


def words_of(text: str, *, pause_after: dict[str, float] | None = None) -> list[Word]:
    """Return words of half a second each, with pauses after some."""
    words, now = [], 0.0
    for word in text.split():
        words.append(Word(start=now, end=now + 0.5, text=word, confidence=0.5))
        now += 0.5 + (pause_after or {}).get(word, 0.0)
    return words


def texts(words: list[Word]) -> list[str]:
    return [segment.text for segment in segments(words, "en")]


def test_sentences_end_segments_and_titles_do_not() -> None:
    words = words_of("Mr. Quilter came. J. F. Kennedy spoke at 3.5 percent. Why? e.g. this")
    assert texts(words) == [
        "Mr. Quilter came.",
        "J. F. Kennedy spoke at 3.5 percent.",
        "Why?",
        "e.g. this",
    ]


def test_pauses_end_segments_and_short_ones_after_a_comma_end_long_segments() -> None:
    assert texts(words_of("so it goes on", pause_after={"it": 1.2})) == ["so it", "goes on"]
    long = " ".join(["word"] * 16) + " comma, then more"
    assert texts(words_of(long, pause_after={"comma,": 0.4}))[1] == "then more"
    assert len(texts(words_of("a comma, then more", pause_after={"comma,": 0.4}))) == 1


def test_characters_are_not_spaced_where_the_language_has_no_spaces() -> None:
    words = [Word(start=n, end=n + 1, text=c) for n, c in enumerate("客観的。")]
    (segment,) = segments(words, "ja")
    assert (segment.text, segment.language, segment.confidence) == ("客観的。", "ja", None)


def test_words_are_trimmed_to_speech() -> None:
    speech = np.array([[1.0, 2.0], [4.0, 5.0]])
    words = [
        Word(start=0.2, end=1.5, text="late"),
        Word(start=1.5, end=4.2, text="over"),
        Word(start=4.2, end=9.0, text="early"),
        Word(start=9.0, end=9.5, text="unheard"),
    ]
    trimmed = [(word.start, word.end) for word in trim_to_speech(words, speech)]
    assert trimmed == [(1.0, 1.5), (1.5, 2.0), (4.2, 5.0), (9.0, 9.5)]


def test_no_word_lasts_over_a_pause_and_every_word_lasts() -> None:
    speech = np.array([[1.0, 2.0], [2.1, 3.0], [4.0, 5.0]])
    words = [
        Word(start=1.9, end=2.3, text="joined"),  # across less than a pause
        Word(start=2.9, end=4.8, text="after"),  # mostly after the pause
        Word(start=4.9, end=4.9, text="empty"),
    ]
    trimmed = [(word.start, word.end) for word in trim_to_speech(words, speech)]
    assert trimmed == [(1.9, 2.3), (4.0, 4.8), (4.9, pytest.approx(4.92))]


@given(st.lists(st.sampled_from(["a", "b.", "Mr.", "c,", "D", "e?"]), max_size=30), st.data())
def test_segments_keep_every_word_in_order(tokens: list[str], data: st.DataObject) -> None:
    now, words = 0.0, []
    for token in tokens:
        now += data.draw(st.floats(0, 2))
        words.append(Word(start=now, end=now + 0.3, text=token))
        now += 0.3
    cut = list(segments(words, "en"))
    assert [word for segment in cut for word in segment.words] == words
    assert all(s.start == s.words[0].start and s.end == s.words[-1].end for s in cut)
    assert " ".join(s.text for s in cut) == " ".join(tokens)


def test_confidence_is_the_mean_of_the_words() -> None:
    (segment,) = segments(
        [
            Word(start=0, end=1, text="a", confidence=0.2),
            Word(start=1, end=2, text="b", confidence=0.6),
        ],
        "en",
    )
    assert segment.confidence == pytest.approx(0.4)
