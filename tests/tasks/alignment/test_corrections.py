"""Words are restored after the text of their segment was corrected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.results import ModelInfo, Segment, Transcript, Word
from audiocli.tasks.alignment.corrections import realign_corrected_words

TIMES = {
    "We": (1.0, 1.2),
    "met": (1.2, 1.6),
    "Mr": (1.9, 2.1),
    "Hail": (2.1, 2.5),
    "today.": (2.6, 3),
}


def word(text: str, start: float, end: float, speaker: str | None = None) -> Word:
    return Word(start=start, end=end, text=text, confidence=0.5, speaker=speaker)


WORDS = tuple(word(text, *times) for text, times in TIMES.items())


def words_of(text: str, words: tuple[Word, ...] = WORDS) -> list[tuple[str, float, float]]:
    """Return the words of a segment after its text was replaced."""
    segment = Segment(start=1.0, end=3.0, text=text, words=words)
    transcript = Transcript(source="a", duration=3.0, model=ModelInfo("m"), segments=(segment,))
    (result,) = realign_corrected_words(transcript).segments
    assert (result.text, result.start, result.end) == (text, 1.0, 3.0)
    return [(one.text, round(one.start, 3), round(one.end, 3)) for one in result.words]


def test_unchanged_words_keep_their_times() -> None:
    same = [(text, *times) for text, times in TIMES.items()]
    assert words_of("We met Mr Hail today.") == same
    assert words_of("We  met\nMr Hail today.") == same
    assert words_of("we met, Mr Hail... today!") == [
        ("we", 1.0, 1.2),
        ("met,", 1.2, 1.6),
        ("Mr", 1.9, 2.1),
        ("Hail...", 2.1, 2.5),
        ("today!", 2.6, 3),
    ]


def test_a_replaced_word_takes_its_time() -> None:
    assert words_of("We met Mr Hale today.")[3] == ("Hale", 2.1, 2.5)
    assert words_of("We met Mr Margaret Hale today.") == [
        *[(text, *TIMES[text]) for text in ("We", "met", "Mr")],
        ("Margaret", 2.1, round(2.1 + 0.4 * 8 / 12, 3)),
        ("Hale", round(2.1 + 0.4 * 8 / 12, 3), 2.5),
        ("today.", 2.6, 3),
    ]
    assert words_of("We saw her today.")[1:3] == [("saw", 1.2, 1.85), ("her", 1.85, 2.5)]


def test_inserted_word_takes_the_pause_or_half_of_a_neighbour() -> None:
    assert words_of("We met old Mr Hail today.")[2] == ("old", 1.6, 1.9)
    assert words_of("We met Mr John Hail today.")[2:5] == [
        ("Mr", 1.9, 2.1),
        ("John", 2.1, 2.3),
        ("Hail", 2.3, 2.5),
    ]
    assert words_of("So We met Mr Hail today.")[:2] == [("So", 1.0, 1.1), ("We", 1.1, 1.2)]
    assert words_of("We met Mr Hail today. Yes.")[-2:] == [("today.", 2.6, 2.8), ("Yes.", 2.8, 3)]


def test_removed_words_leave_a_pause() -> None:
    assert words_of("We met today.") == [("We", 1, 1.2), ("met", 1.2, 1.6), ("today.", 2.6, 3)]
    assert words_of("") == []
    assert words_of("Nothing of it.") == [
        ("Nothing", 1.0, round(1 + 2 * 7 / 12, 3)),
        ("of", round(1 + 2 * 7 / 12, 3), 2.5),
        ("it.", 2.5, 3.0),
    ]


def test_scripts_without_spaces_keep_adjacent_words() -> None:
    words = (
        word("今天", 1.0, 1.4),
        word("天气", 1.4, 1.8),
        word("很", 1.8, 2.0),
        word("好。", 2.0, 2.4),
    )
    assert words_of("今天天气不好。", words) == [
        ("今天", 1.0, 1.4),
        ("天气", 1.4, 1.8),
        ("不", 1.8, 2.0),
        ("好。", 2.0, 2.4),
    ]


def test_words_follow_the_speaker_of_their_segment() -> None:
    segment = Segment(
        start=1, end=3, text="We met", speaker="B", words=(word("We", 1, 2, "A"), word("met", 2, 3))
    )
    transcript = Transcript(source="a", duration=3.0, model=ModelInfo("m"), segments=(segment,))
    assert {one.speaker for one in realign_corrected_words(transcript).segments[0].words} == {"B"}


def test_other_results_and_segments_without_words_stay() -> None:
    segment = Segment(start=1.0, end=3.0, text="anything")
    transcript = Transcript(source="a", duration=3.0, model=ModelInfo("m"), segments=(segment,))
    assert realign_corrected_words(transcript) == transcript


TEXTS = st.lists(st.sampled_from(["We", "met", "Mr", "Hail", "today.", "no", "—", "a-b", "今天好"]))


@given(TEXTS)
@pytest.mark.filterwarnings("error")
def test_words_always_spell_the_text_in_order(texts: list[str]) -> None:
    text = " ".join(texts)
    found = words_of(text)
    if set(text) - {"—", " "}:
        assert "".join("".join(w for w, _, _ in found).split()) == "".join(text.split())
    times = [time for _, start, end in found for time in (start, end)]
    assert times == sorted(times)
    assert all(1.0 <= time <= 3.0 for time in times)
    assert all(start < end for _, start, end in found)
