"""From timed words to segments that read as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from audiocli.results import Segment, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PAUSE = 1.0  # seconds of silence that end a segment wherever it stands
BREATH = 0.3  # seconds that end it after a comma, once it is long enough
LONG = 8.0  # seconds after which a breath is enough
_ENDS = ".?!。？！…"
_COMMAS = ",;:，、；："
_QUOTES = "\"'”’)]»」』"
_ABBREVIATIONS = {"mr", "mrs", "ms", "dr", "prof", "st", "vs", "no", "jr", "sr", "gen", "col"}
_UNSPACED = {"zh", "yue", "ja", "th", "lo", "my"}


def snapped(words: Sequence[Word], speech: NDArray[np.float64]) -> list[Word]:
    """Trim words to where speech was heard.

    Attention gives a pause to the word before it or after it. A word that touches
    speech is cut to the speech that it touches; one that touches none is kept.

    Parameters
    ----------
    speech : shape (spans, 2), in the words' seconds
    """
    trimmed = []
    for word in words:
        touched = speech[(speech[:, 1] > word.start) & (speech[:, 0] < word.end)]
        if len(touched):
            start = max(word.start, float(touched[0, 0]))
            end = min(word.end, float(touched[-1, 1]))
            word = replace(word, start=start, end=max(start, end))
        trimmed.append(word)
    return trimmed


def segments(words: Sequence[Word], language: str | None) -> Iterator[Segment]:
    """Cut words into segments at the ends of sentences and at pauses.

    Models that write no punctuation leave only pauses to go by, so shorter ones count.
    """
    first = 0
    is_bare = not any(word.text.endswith(tuple(_ENDS + _COMMAS)) for word in words)
    for n, (word, after) in enumerate(pairwise(words), start=1):
        if _ends_segment(word, after, word.end - words[first].start, is_bare):
            yield segment_of(words[first:n], language)
            first = n
    if words:
        yield segment_of(words[first:], language)


def _ends_segment(word: Word, after: Word, length: float, is_bare: bool) -> bool:
    if ends_sentence(word, after):
        return True
    pause = after.start - word.end
    is_comma = is_bare or word.text.rstrip(_QUOTES).endswith(tuple(_COMMAS))
    return pause >= PAUSE or (length >= LONG and is_comma and pause >= BREATH)


def ends_sentence(word: Word, after: Word) -> bool:
    """Whether the punctuation of a word ends a sentence."""
    bare = word.text.rstrip(_QUOTES)
    return bare.endswith(tuple(_ENDS)) and not _is_abbreviation(bare, after)


def _is_abbreviation(text: str, after: Word) -> bool:
    """Whether a full stop belongs to the word, not to the sentence."""
    if not text.endswith("."):
        return False
    bare = text[:-1].lower()
    return bare in _ABBREVIATIONS or len(bare) == 1 or after.text[:1].islower()


def segment_of(words: Sequence[Word], language: str | None) -> Segment:
    """Join words, at least one, into a segment."""
    known = [word.confidence for word in words if word.confidence is not None]
    space = "" if language in _UNSPACED else " "
    return Segment(
        start=words[0].start,
        end=words[-1].end,
        text=space.join(word.text for word in words),
        language=language,
        confidence=sum(known) / len(known) if known else None,
        words=tuple(words),
    )
