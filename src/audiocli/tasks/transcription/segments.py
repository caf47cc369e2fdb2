"""Group timed words into segments at sentence ends and pauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from audiocli.results import Segment, Word
from audiocli.text import sentences

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAUSE = 1.0  # seconds of silence that always end a segment
WORD_PAUSE = 0.3  # seconds of silence that no word spans
WORD_SHARE = 0.2  # seconds; about the duration of the shortest word
MIN_WORD = 0.02  # seconds; one encoder frame of Whisper
BREATH = 0.3  # seconds of silence that end a long segment after a comma
LONG = 8.0  # seconds; minimum duration of a long segment
_CONTEXT = 8  # words before a sentence end that are checked for abbreviations
_COMMAS = ",;:，、；："
_QUOTES = "\"'”’)]»」』"
_UNSPACED = {"zh", "yue", "ja", "th", "lo", "my"}


def trim_to_speech(words: Sequence[Word], speech: NDArray[np.float64]) -> list[Word]:
    """Trim words to detected speech.

    Attention-based word times often include an adjacent pause. A word that overlaps speech is
    trimmed to one stretch between two pauses: the first that contains `WORD_SHARE` seconds of
    it, else the one with the largest overlap. Other words are kept. Words are at least
    `MIN_WORD` long.

    Parameters
    ----------
    speech : shape (spans, 2), on the time axis of the words, in seconds
    """
    stretches = join_spans(speech)
    trimmed = []
    for word in words:
        shared = np.minimum(stretches[:, 1], word.end) - np.maximum(stretches[:, 0], word.start)
        if len(shared) and shared.max() > 0:
            start, end = map(float, stretches[np.argmax(np.minimum(shared, WORD_SHARE))])
            word = _trimmed(word, speech[(speech[:, 0] < end) & (speech[:, 1] > start)])
        if word.end - word.start < MIN_WORD:
            word = replace(word, end=word.start + MIN_WORD)
        trimmed.append(word)
    return trimmed


def _trimmed(word: Word, speech: NDArray[np.float64]) -> Word:
    """Trim a word to the spans of a stretch that it overlaps."""
    touched = speech[(speech[:, 1] > word.start) & (speech[:, 0] < word.end)]
    if not len(touched):  # in a gap shorter than a pause
        return word
    start, end = float(touched[0, 0]), float(touched[-1, 1])
    return replace(word, start=max(word.start, start), end=min(word.end, end))


def join_spans(speech: NDArray[np.float64]) -> NDArray[np.float64]:
    """Join spans that are less than `WORD_PAUSE` apart; shape (stretches, 2)."""
    if not len(speech):
        return speech.reshape(0, 2)
    is_pause = speech[1:, 0] - speech[:-1, 1] >= WORD_PAUSE
    starts = speech[np.r_[True, is_pause], 0]
    ends = speech[np.r_[is_pause, True], 1]
    return np.column_stack([starts, ends])


def segments(words: Sequence[Word], language: str | None) -> Iterator[Segment]:
    """Yield segments that end at sentence ends and pauses.

    If the words have no punctuation, shorter pauses end segments too.
    """
    first = 0
    is_bare = not any(_is_punctuated(word.text) for word in words)
    for n, after in enumerate(words[1:], start=1):
        last = words[max(first, n - _CONTEXT) : n]
        if _ends_segment(last, words[first].start, after, is_bare, language):
            yield segment_of(words[first:n], language)
            first = n
    if words:
        yield segment_of(words[first:], language)


def _is_punctuated(text: str) -> bool:
    return sentences.ends_sentence(text, "") or text.endswith(tuple(_COMMAS))


def _ends_segment(
    words: Sequence[Word], start: float, after: Word, is_bare: bool, language: str | None
) -> bool:
    """Return whether a segment from `start` with these last words ends before `after`."""
    if ends_sentence(words, after, language):
        return True
    last = words[-1]
    pause = after.start - last.end
    is_comma = is_bare or last.text.rstrip(_QUOTES).endswith(tuple(_COMMAS))
    length = last.end - start
    return pause >= PAUSE or (length >= LONG and is_comma and pause >= BREATH)


def ends_sentence(words: Sequence[Word], after: Word, language: str | None) -> bool:
    """Return whether a sentence ends after `words` and before the word `after`.

    Parameters
    ----------
    words : at least one
    """
    before = _joined(words[-_CONTEXT:], language)
    return sentences.ends_sentence(before, after.text, language)


def segment_of(words: Sequence[Word], language: str | None) -> Segment:
    """Return a segment of at least one word."""
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
