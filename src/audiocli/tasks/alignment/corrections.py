"""Restore the word times of a transcript whose text was corrected by hand.

A corrected segment has new text but its old words. Words that are the same in both keep
their times; the other words of the text share the time between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from typing import TypeVar

from audiocli.results import Result, Segment, Transcript, Word

MIN_WORD_SECONDS = 0.08  # minimum duration of a word, in seconds
_MAX_CELLS = 200_000_000  # old times new words of a segment that are matched, which takes 3 s

_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")  # as in `AlignmentScript`

ResultT = TypeVar("ResultT", bound=Result)


def realign_corrected_words(result: ResultT) -> ResultT:
    """Make the words of each segment of a transcript agree with its text and speaker.

    Other results, and segments without words, are returned unchanged.
    """
    if not isinstance(result, Transcript):
        return result
    return replace(result, segments=tuple(map(_corrected, result.segments)))


def _corrected(segment: Segment) -> Segment:
    words = segment.words
    if not words:
        return segment
    if _letters(segment.text) != "".join(_letters(word.text) for word in words):
        words = tuple(_words(segment))
    if segment.speaker is not None:
        words = tuple(replace(word, speaker=segment.speaker) for word in words)
    return segment if words == segment.words else replace(segment, words=words)


def _letters(text: str) -> str:
    return "".join(text.split())


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, or a character of a script without spaces.

    Attributes
    ----------
    origin : number of the old word that it belongs to, None for new text
    """

    word: Word
    origin: int | None = None


def _words(segment: Segment) -> list[Word]:
    """Return the words of the text with times from the old words."""
    # NumPy is imported late: it takes longer than most conversions.
    from audiocli.tasks.alignment.matching import match_words, normalise_word
    from audiocli.tasks.alignment.scripts import AlignmentScript

    old = [token for number, word in enumerate(segment.words) for token in _tokens_of(word, number)]
    texts = AlignmentScript.of("", segment.text).words
    pairs = []
    if len(texts) * len(old) <= _MAX_CELLS:
        pairs = match_words(
            [normalise_word(text) for text in texts],
            [normalise_word(token.word.text) for token in old],
        )
    new: list[_Token | None] = [None] * len(texts)
    for i, j in pairs:
        new[i] = replace(old[j], word=replace(old[j].word, text=texts[i]))
    for (i, j), (k, m) in pairwise([(-1, -1), *pairs, (len(texts), len(old))]):
        if k - i > 1:
            _fill(new, i, k, texts[i + 1 : k], [token.word for token in old[j + 1 : m]], segment)
    return list(_grouped([token for token in new if token]))


def _tokens_of(word: Word, number: int) -> Iterator[_Token]:
    """Split a word of a script without spaces into characters; return other words whole."""
    from audiocli.tasks.alignment.scripts import AlignmentScript

    texts = AlignmentScript.of("", word.text).words
    if not texts or not all(map(_IDEOGRAPH.match, texts)):
        texts = [word.text]
    for text, (start, end) in zip(texts, _shared(texts, word.start, word.end), strict=True):
        yield _Token(replace(word, text=text, start=start, end=end), number)


def _shared(texts: Sequence[str], start: float, end: float) -> list[tuple[float, float]]:
    """Divide a time range in proportion to the letters of the texts."""
    ends = list(accumulate(len(text) for text in texts))
    step = (end - start) / ends[-1]
    edges = [start, *(start + step * letters for letters in ends)]
    return list(pairwise(edges))


def _fill(
    new: list[_Token | None],
    before: int,
    after: int,
    texts: Sequence[str],
    replaced: Sequence[Word],
    segment: Segment,
) -> None:
    """Time new texts between two positions of `new`, in place of the replaced words.

    If there is no time between the neighbours, the longer one gives up half of its own.
    """
    left = new[before] if before >= 0 else None
    right = new[after] if after < len(new) else None
    start = left.word.end if left else segment.start
    end = right.word.start if right else segment.end
    if replaced:
        start, end = max(start, replaced[0].start), min(end, replaced[-1].end)
    if end - start < MIN_WORD_SECONDS * len(texts):
        if left and (right is None or _length(left) >= _length(right)):
            start = left.word.start + _length(left) / 2
            end = max(end, left.word.end)
            new[before] = replace(left, word=replace(left.word, end=start))
        elif right:
            end = right.word.start + _length(right) / 2
            start = min(start, right.word.start)
            new[after] = replace(right, word=replace(right.word, start=end))
    around = [*replaced, *(token.word for token in (left, right) if token)]
    speaker = next((word.speaker for word in around), segment.speaker)
    for offset, (text, times) in enumerate(
        zip(texts, _shared(texts, start, max(start, end)), strict=True)
    ):
        word = Word(start=times[0], end=times[1], text=text, speaker=speaker)
        new[before + 1 + offset] = _Token(word)


def _length(token: _Token) -> float:
    return token.word.end - token.word.start


def _grouped(tokens: Sequence[_Token]) -> Iterator[Word]:
    """Join the characters of one old word, or of new text, to words."""

    def key(pair: tuple[int, _Token]) -> tuple[object, ...]:
        number, token = pair
        is_ideograph = bool(_IDEOGRAPH.match(token.word.text))
        return (is_ideograph, token.origin) if is_ideograph else (number,)

    for _, group in groupby(enumerate(tokens), key):
        words = [token.word for _, token in group]
        text = "".join(word.text for word in words)
        yield replace(words[0], end=words[-1].end, text=text)
