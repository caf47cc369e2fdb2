"""No text, however it is made, takes time that grows with the square of its length."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from contextlib import suppress

import pytest

from audiocli.errors import AudioCliError
from audiocli.text.cleaning import clean_text
from audiocli.text.passages import PassageSplitter
from audiocli.text.readers import read_script
from audiocli.text.readers.dialogue import with_voices
from audiocli.text.script import ScriptLine
from audiocli.text.sentences import ends_sentence, split_sentences
from growth import MAX_GROWTH, growth

# What a search from each position to the end of the text, or a sort, makes quadratic.
UNITS = (
    *("[", "(", "{", "<", "`", "*", "_", '"', "'", "-", ",", ".", "。", "」", "»", " ", "\n", "\t"),
    *("1", "a", "A", "&", "&#1", "</", "<a", "<a ", "<v ", "<v.a", "<!--", "<!-- >", "<![CDATA["),
    *("<![CDATA[ >", "<svg>", "<sup>1</sup>", "[1]", "[1", "![", "[^1]", "**a", "_a_", "~~", "\\"),
    *("a-\n", "a\n", "a.", "a@", "1.", "1,", "1:", "1/", "1-", "-1s", "1%", "1 kg ", "°", '5" '),
    *("A-", "A.", "A&", "IV ", "Mr. ", " »", ". ", "...!", "\x1b[", "\x02", "| a |\n", "# a\n"),
    *("al: ", "1\n00:00:01,000 --> 00:00:02,000\na\n\n", "\u0301", "\u0301\u0316", "é", "中"),
)
CUE = "1\n00:00:01,000 --> 00:00:02,000\nhi "


def _read(suffix: str, before: str = "", after: str = "") -> Callable[[str], object]:
    def read(text: str) -> object:
        with suppress(AudioCliError):
            script = read_script(f"{before}{text}{after}", "name", suffix, ("al", "bo"))
            return list(with_voices(script, {"al": "x"}, lambda _: None).lines())
        return None

    return read


def _passages(language: str) -> Callable[[str], object]:
    splitter = PassageSplitter(max_chars=300, language=language)
    return lambda text: list(splitter.passages([ScriptLine(text=text)]))


# Each with the characters of the longer text.
ENTRY_POINTS: dict[str, tuple[Callable[[str], object], int]] = {
    "clean_text": (clean_text, 40_000),
    "split_sentences": (lambda text: list(split_sentences(text)), 10_000),
    "split_sentences el": (lambda text: list(split_sentences(text, "el")), 10_000),
    "ends_sentence": (lambda text: ends_sentence(text, text), 40_000),
    "plain": (_read(".txt"), 20_000),
    "markdown": (_read(".md"), 12_000),
    "markdown field": (_read(".md", "---\ntitle: a", "b\n---\n"), 16_000),
    "front matter": (_read(".md", "---\n"), 8_000),
    "html": (_read(".html", "<p>"), 16_000),
    "html entity": (_read(".html", "&#"), 16_000),
    "ssml": (_read(".ssml", "<speak>", "</speak>"), 20_000),
    "ssml words": (_read(".ssml", "<speak><sub alias='x'>", "</sub></speak>"), 20_000),
    "srt": (_read(".srt", CUE, " x\n"), 16_000),
    "vtt": (_read(".vtt", f"WEBVTT\n\n{CUE}".replace(",", "."), " x\n"), 16_000),
    "passages en": (_passages("en"), 4_000),
    "passages de": (_passages("de"), 4_000),
}


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_repeated_text_takes_linear_time(name: str) -> None:
    """Twice the text takes about twice the time, also for random pairs of characters."""
    work, characters = ENTRY_POINTS[name]
    rng = random.Random(25)
    pairs = {"".join(rng.choices(string.printable, k=2)) for _ in range(10)}
    slow = {unit for unit in (*UNITS, *pairs) if growth(work, unit, characters) > MAX_GROWTH}
    assert not slow
