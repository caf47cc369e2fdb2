"""Tests of sentence, passage and line splitting in several scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audiocli.render.subtitles.units import SENTENCE as SENTENCE_COST
from audiocli.render.subtitles.units import TextUnit, joined, units_of
from audiocli.results import Segment, Word
from audiocli.tasks.transcription.segments import segments
from audiocli.text.cleaning import clean_text, is_speakable
from audiocli.text.passages import PassageSplitter
from audiocli.text.readers.plain import plain_lines
from audiocli.text.script import BREATH, CLAUSE, LINE, PARAGRAPH, SENTENCE
from audiocli.text.script import ScriptLine as Passage
from audiocli.text.sentences import split_sentences

UNSPACED = {"zh", "ja"}
CASES = [
    (language, parts.split(" | "))
    for line in (Path(__file__).parent / "sentence_cases.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for language, parts in [line.split("\t")]
]


def passages(text: str, longest: int, language: str | None = None) -> list[Passage]:
    found = PassageSplitter(max_chars=longest, language=language).passages(plain_lines(text))
    return [passage for passage in found if passage.text]


def split(text: str, language: str | None = None) -> list[str]:
    return list(split_sentences(text, language))


@pytest.mark.parametrize(("language", "parts"), CASES)
def test_table_of_sentences(language: str, parts: list[str]) -> None:
    space = "" if language in UNSPACED else " "
    assert split(space.join(parts), language) == parts


@pytest.mark.parametrize(("language", "parts"), [c for c in CASES if c[0] not in UNSPACED])
def test_transcripts_and_subtitles_agree_with_the_table(language: str, parts: list[str]) -> None:
    words = [
        Word(start=n / 4, end=n / 4 + 0.25, text=word)
        for n, word in enumerate(" ".join(parts).split())
    ]
    assert [segment.text for segment in segments(words, language)] == parts
    whole = Segment(start=0.0, end=len(words) / 4, text=" ".join(parts), language=language)
    units = units_of(whole)
    lines: list[list[TextUnit]] = [[]]
    for unit in units:
        lines[-1].append(unit)
        if unit.break_cost == SENTENCE_COST:
            lines.append([])
    assert [joined(line) for line in lines if line] == parts


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["He lives on Main St.", "It is late."]),
        ("en", ["It was I.", "He knew."]),
        ("en", ["She met Dr. So at St. Ann's.", "He left."]),
        (None, ["He said etc.", "He left..."]),
        (None, ["यह वाक्य है।", "दूसरा वाक्य।"]),
        (None, ["Это предложение.", "Вот другое."]),
        (None, ["これは文です。", "次の文です！"]),
    ],
)
def test_sentences(language: str | None, parts: list[str]) -> None:
    assert split(" ".join(parts), language) == parts


def test_ordinals_depend_on_the_language() -> None:
    text = "Am 3. Oktober war es. Nun 1990."
    assert split(text, "de") == ["Am 3. Oktober war es.", "Nun 1990."]
    assert split(text, "en") == ["Am 3.", "Oktober war es.", "Nun 1990."]


def test_pauses_follow_punctuation_and_paragraphs() -> None:
    text = "One. Two?\n\nEggs\nMilk\n\n" + "word " * 8 + ", and " + "x" * 60 + "."
    given = [(p.text[:5], p.pause) for p in passages(text, 50)]
    assert given == [
        ("One.", SENTENCE),
        ("Two?", PARAGRAPH),
        ("Eggs", LINE),
        ("Milk", PARAGRAPH),
        ("word ", CLAUSE),
        ("and", BREATH),
        ("xxxxx", BREATH),
        ("xxxxx", PARAGRAPH),
    ]


def test_wrapped_lines_are_joined() -> None:
    page = (
        "It is a truth universally acknowledged, that a single man in\n"
        "possession of a good fortune, must be in want of a wife. However\n"
        "little known the feelings of such a man may be.\n"
    )
    assert [len(p.text.split()) for p in passages(page, 300)] == [23, 11]
    poem = "Tyger Tyger, burning bright,\nIn the forests of the night;\n"
    assert len(list(passages(poem, 300))) == 2
    notes = "- " + "a " * 30 + "\n- " + "b " * 30
    assert len(list(passages(notes, 300))) == 2


def test_unspeakable_characters_are_removed() -> None:
    assert clean_text("\ufeffa\x1b[1m\u200bb\u00ad\x00\r\nc\u0085d") == "ab\nc\nd"
    assert clean_text("e\u0301") == "é"
    assert list(passages(" ... !!! \n\n -- 😀", 50)) == []


def test_a_line_of_50000_characters() -> None:
    longest = 300
    words = list(passages("word " * 10_000, longest))
    assert sum(len(p.text.split()) for p in words) == 10_000
    solid = list(passages("x" * 50_000, longest))
    assert {len(p.text) for p in (*words, *solid)} <= set(range(1, longest + 1))
    assert "".join(p.text for p in solid) == "x" * 50_000


texts = st.text(
    st.sampled_from("ab zÉ1.,!?…。」\"'()-\n\t;:。？ \u0301।") | st.characters(), max_size=300
)


@given(texts, st.integers(5, 60))
@example("a\u0301" * 30, 5)
def test_passages_keep_all_letters(text: str, longest: int) -> None:
    given = list(passages(text, longest))
    assert all(0 < len(p.text) <= longest and is_speakable(p.text) for p in given)
    assert all(p.text == p.text.strip() for p in given)
    spoken = "".join(c for p in given for c in p.text if c.isalnum())
    assert spoken == "".join(c for c in clean_text(text) if c.isalnum())


@given(texts)
def test_sentences_keep_all_characters(line: str) -> None:
    line = " ".join(line.split())
    assert re.sub(r"\s", "", "".join(split_sentences(line))) == re.sub(r"\s", "", line)
