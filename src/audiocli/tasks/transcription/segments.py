"""From timed words to segments that read as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from audiocli.results import Segment, Word
from audiocli.text import sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PAUSE = 1.0  # seconds of silence that end a segment wherever it stands
BREATH = 0.3  # seconds that end it after a comma, once it is long enough
LONG = 8.0  # seconds after which a breath is enough
_CONTEXT = 8  # words before the end of a sentence that decide whether it is one
_COMMAS = ",;:，、；："
_QUOTES = "\"'”’)]»」』"
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
    is_bare = not any(_is_punctuated(word.text) for word in words)
    for n, after in enumerate(words[1:], start=1):
        if _ends_segment(words[first:n], after, is_bare, language):
            yield segment_of(words[first:n], language)
            first = n
    if words:
        yield segment_of(words[first:], language)


def _is_punctuated(text: str) -> bool:
    return sentences.ends_sentence(text, "") or text.endswith(tuple(_COMMAS))


def _ends_segment(words: Sequence[Word], after: Word, is_bare: bool, language: str | None) -> bool:
    """Return whether a segment of these words ends before the word `after`."""
    if ends_sentence(words, after, language):
        return True
    last = words[-1]
    pause = after.start - last.end
    is_comma = is_bare or last.text.rstrip(_QUOTES).endswith(tuple(_COMMAS))
    length = last.end - words[0].start
    return pause >= PAUSE or (length >= LONG and is_comma and pause >= BREATH)


def ends_sentence(words: Sequence[Word], after: Word, language: str | None) -> bool:
    """Return whether the words end a sentence, as the text of the segment so far.

    Parameters
    ----------
    words : at least one; the last few decide
    """
    before = _joined(words[-_CONTEXT:], language)
    return sentences.ends_sentence(before, after.text, language)


def segment_of(words: Sequence[Word], language: str | None) -> Segment:
    """Join words, at least one, into a segment."""
    known = [word.confidence for word in words if word.confidence is not None]
    return Segment(
        start=words[0].start,
        end=words[-1].end,
        text=_joined(words, language),
        language=language,
        confidence=sum(known) / len(known) if known else None,
        words=tuple(words),
    )


def _joined(words: Sequence[Word], language: str | None) -> str:
    return ("" if language in _UNSPACED else " ").join(word.text for word in words)
