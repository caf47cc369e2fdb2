"""LocalAgreement: which words are confirmed, and that confirmed words never change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audiocli.results import Word
from audiocli.tasks.transcription.agreement import LocalAgreement, unconfirmed_words


def words_of(text: str, begin: float = 0.0) -> list[Word]:
    """Return words of half a second each."""
    words = enumerate(text.split())
    return [Word(start=begin + n / 2, end=begin + n / 2 + 0.5, text=word) for n, word in words]


def texts(words: list[Word]) -> str:
    return " ".join(word.text for word in words)


def test_words_are_confirmed_once_two_hypotheses_agree_on_them() -> None:
    agreement = LocalAgreement()
    assert agreement.add_hypothesis(words_of("and so my fell")) == []
    assert texts(agreement.add_hypothesis(words_of("And so, my fellow Americans"))) == "And so, my"
    assert texts(agreement.unconfirmed) == "fellow Americans"
    assert (
        texts(agreement.add_hypothesis(words_of("And so my fellow Americans ask")))
        == "fellow Americans"
    )
    assert texts(agreement.confirm_rest()) == "ask"
    assert agreement.unconfirmed == []


def test_number_of_agreeing_hypotheses_is_configurable() -> None:
    agreement = LocalAgreement(hypotheses=3)
    assert agreement.add_hypothesis(words_of("ask not what")) == []
    assert agreement.add_hypothesis(words_of("ask not what your")) == []
    assert texts(agreement.add_hypothesis(words_of("ask not why your country"))) == "ask not"
    assert agreement.add_hypothesis(words_of("ask not what your country")) == []


def test_final_hypothesis_with_other_confirmed_words_adds_only_words_after_them() -> None:
    agreement = LocalAgreement()
    for _ in range(2):
        agreement.add_hypothesis(words_of("they asked not what"))
    assert (
        texts(agreement.confirm_rest(words_of("ask not what your country can do")))
        == "your country can do"
    )
    assert texts(agreement.confirmed) == "they asked not what your country can do"
    assert agreement.confirm_rest([]) == []


def test_hypothesis_of_later_audio_continues_after_confirmed_words() -> None:
    confirmed = words_of("ask not what your country can do for you ask")
    later = words_of("do for you ask what you can", begin=3.0)
    assert texts(unconfirmed_words(confirmed, later)) == "what you can"
    again = words_of("ask not what your country can do for you ask ask what", begin=0.0)
    assert texts(unconfirmed_words(confirmed, again)) == "ask what"


def test_words_before_a_time_are_dropped() -> None:
    agreement = LocalAgreement()
    agreement.confirm_rest(words_of("one two three four"))
    agreement.drop_before(1.0)
    assert texts(agreement.confirmed) == "three four"


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", "a,", "B"]), max_size=8), max_size=6))
def test_confirmed_words_only_grow_and_are_ordered_by_time(hypotheses: list[list[str]]) -> None:
    agreement = LocalAgreement()
    before: list[Word] = []
    for hypothesis in hypotheses:
        new = agreement.add_hypothesis(words_of(" ".join(hypothesis)))
        assert agreement.confirmed == before + new
        before = list(agreement.confirmed)
    times = [time for word in before for time in (word.start, word.end)]
    assert times == sorted(times)
