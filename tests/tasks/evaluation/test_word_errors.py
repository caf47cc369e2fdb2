"""WER, CER and cpWER are those of jiwer."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.results import ModelInfo, Segment, Transcript, Turn, Word
from audiocli.tasks.evaluation.normalizers import normalizer
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.report import ScoredRecording, ScoredSystem, score_systems
from audiocli.tasks.evaluation.statistics import Bootstrap
from audiocli.tasks.evaluation.word_errors import (
    TranscriptScorer,
    character_edits,
    cp_errors,
    word_edits,
)

REFERENCES = ["the quick brown fox", "jumps over the lazy dog", "one"]
HYPOTHESES = ["the quick crown fox fox", "jumps over lazy dog", "two three"]


def transcript(text: str, **fields: object) -> Transcript:
    segments = (Segment(start=0.0, end=1.0, text=text),) if text else ()
    values = {"segments": segments, **fields}
    return Transcript(source="x.wav", duration=1.0, model=ModelInfo("m"), **values)  # type: ignore[arg-type]


def values(scorer: TranscriptScorer, references: list[str], found: list[str]) -> dict[str, float]:
    tallies = [
        scorer.tally(Reference(name="x", text=reference), transcript(text))
        for reference, text in zip(references, found, strict=True)
    ]
    return {metric.name: metric.value(len(tallies)) for metric in scorer.metrics(tallies)}


def test_rates_are_those_of_jiwer() -> None:
    got = values(TranscriptScorer("none"), REFERENCES, HYPOTHESES)
    direct = jiwer.process_words(REFERENCES, HYPOTHESES)
    words = sum(len(text.split()) for text in REFERENCES)
    assert got == {
        "wer": pytest.approx(direct.wer),
        "substitutions": pytest.approx(direct.substitutions / words),
        "deletions": pytest.approx(direct.deletions / words),
        "insertions": pytest.approx(direct.insertions / words),
        "cer": pytest.approx(jiwer.cer(REFERENCES, HYPOTHESES)),
    }


def test_words_where_nothing_is_said_are_insertions() -> None:
    assert word_edits("", "thank you").errors == 2
    assert character_edits(" ", "a b").errors == 3
    got = values(TranscriptScorer("none"), ["one two", ""], ["one two", "thank you"])
    assert got["wer"] == got["insertions"] == 1.0


def test_a_rate_without_words_is_not_defined() -> None:
    assert np.isnan(values(TranscriptScorer("none"), [""], [""])["wer"])


@pytest.mark.parametrize(
    ("name", "language", "text", "expected"),
    [
        ("whisper", "en", "Mr. Brown's colour, twenty-one!", "mister brown is color 21"),
        ("whisper", None, "OK, we'll go", "ok we will go"),
        ("whisper", "fr", "L'été, Twenty-One!", "l été twenty one"),
        ("basic", "en", "Mr. Brown's colour!", "mr brown s colour"),
        ("none", "en", "Mr. Brown!", "Mr. Brown!"),
    ],
)
def test_normalizers(name: str, language: str | None, text: str, expected: str) -> None:
    assert normalizer(name, language)(text).split() == expected.split()  # type: ignore[arg-type]


def test_the_english_normalizer_is_that_of_whisper() -> None:
    """Compare with the copy in transformers, which has the same tests as openai-whisper."""
    import json
    from importlib.resources import files

    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    spellings = files("whisper_normalizer") / "normalizers" / "english.json"
    theirs = EnglishTextNormalizer(json.loads(spellings.read_text("utf-8")))
    for text in (
        "Well, he's paid $20 million on the 3rd of May, 1995.",
        "I ain't gonna say three point one four per cent, Dr. O'Neill.",
        "the neighbourhood [laughs] centre (inaudible) hmm uh-huh",
        "double oh seven nineteen ninety nine twenty-first",
    ):
        assert normalizer("whisper", "en")(text) == theirs(text)


SPEAKERS = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.sampled_from("xyz"), max_size=4).map(" ".join), max_size=4
)


@given(SPEAKERS, SPEAKERS)
def test_cp_errors_are_the_minimum_over_permutations(
    reference: Mapping[str, str], hypothesis: Mapping[str, str]
) -> None:
    size = max(len(reference), len(hypothesis))
    expected, found = (
        [*texts.values(), *[""] * (size - len(texts))] for texts in (reference, hypothesis)
    )
    every = (
        sum(word_edits(a, b).errors for a, b in zip(expected, order, strict=True))
        for order in permutations(found)
    )
    assert cp_errors(reference, hypothesis) == min(every)


def test_cpwer_counts_words_of_the_wrong_speaker() -> None:
    spans = (("a", "good morning"), ("b", "hello there"), ("a", "how are you"))
    segments = tuple(
        Segment(start=n, end=n + 1.0, text=text, speaker=name)
        for n, (name, text) in enumerate(spans)
    )
    reference = Reference(name="x", text=" ".join(text for _, text in spans), segments=segments)
    names = ["S1", "S1", "S2", "S2", "S1", "S1", "S2"]  # the last word is of the wrong speaker
    words = tuple(
        Word(start=n, end=n + 0.5, text=text, speaker=name)
        for n, (text, name) in enumerate(zip(reference.text.split(), names, strict=True))  # type: ignore[union-attr]
    )
    whole = Segment(start=0.0, end=7.0, text=reference.text, words=words)  # type: ignore[arg-type]
    turns = (Turn(start=0.0, end=7.0, speaker="S1"),)
    scorer = TranscriptScorer("none")
    tallies = [scorer.tally(reference, transcript("", segments=(whole,), turns=turns))]
    got = {metric.name: metric.value(1) for metric in scorer.metrics(tallies)}
    assert got["wer"] == 0.0
    assert got["cpwer"] == pytest.approx(2 / 7)  # deleted for one, inserted for the other
    without = [scorer.tally(reference, transcript("good morning"))]
    assert "cpwer" not in {metric.name for metric in scorer.metrics(without)}


def scored(texts: list[str], name: str = "m") -> ScoredSystem:
    scorer = TranscriptScorer("none")
    recordings = {
        n: ScoredRecording(
            f"{n}.wav",
            "ab"[n % 2],
            2.0,
            scorer.tally(Reference(name="x", text="one two three four"), transcript(text)),
        )
        for n, text in enumerate(texts)
    }
    return ScoredSystem(name=name, revision=None, failed=0, recordings=recordings)


def test_systems_are_compared_on_the_same_resamples() -> None:
    """The difference of equal systems is exactly 0, and groups are scored by themselves."""
    texts = ["one two three four", "one two", "two four", "one two three five"] * 5
    better = [texts[0] if n % 2 else text for n, text in enumerate(texts)]
    systems = [scored(texts, "first"), scored(texts, "same"), scored(better, "better")]
    first, same, other = score_systems(systems, TranscriptScorer("none"), Bootstrap(200, 3))
    assert first.differences == ()
    difference = same.differences[0]
    assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)
    change = other.differences[0]
    assert change.metric == "wer" and change.high is not None and change.high < 0
    assert [(one.group, one.recordings) for one in first.groups] == [
        (None, 20),
        ("a", 10),
        ("b", 10),
    ]
    assert first.groups[1].metrics[0].value == pytest.approx(0.25)
    assert first.recordings[1].metrics["wer"] == 0.5
