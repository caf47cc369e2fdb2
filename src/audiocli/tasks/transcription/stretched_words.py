"""Find words that last longer than they are spoken, and correct their times.

A decoder that leaves out some speech stretches the words beside it over what it left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from audiocli.results import Word
from audiocli.tasks.transcription.segments import join_spans
from audiocli.tasks.transcription.speech_windows import intersect_spans, total_seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Spans = NDArray[np.float64]  # shape (spans, 2), in seconds

MAX_WORD = 1.5  # seconds of speech in a word; more usually covers lost text
MAX_LETTER = 0.1  # seconds a letter: long words may last longer than MAX_WORD
MAX_SPELLED = 0.6  # seconds a digit, or a letter said by its name, as in "K-A-T-E"
USUAL_WORD = 0.5  # seconds of a word next to lost speech
MIN_SHARED = 0.2  # seconds of a span of speech that a word must hold to extend into it
MIN_CROSSING = 0.6  # seconds of speech in a word that extends over a pause by mistake
MAX_GAP = 0.15  # seconds between words that follow each other

_NUMBER = re.compile(r"[\s$€£%.,:;!?]*\d[\s$€£%.,:;!?\d]*")
MIN_SIMILARITY = 0.7  # of two decodings of the same word


def max_seconds(text: str) -> float:
    """Return the maximum duration of a word in seconds: "K-A-T-E" lasts longer than "Kate"."""
    return max(MAX_WORD, _written_seconds(text))


def usual_seconds(text: str) -> float:
    """Return the duration of a slowly spoken word in seconds."""
    return max(USUAL_WORD, _written_seconds(text))


def _written_seconds(text: str) -> float:
    """Return the seconds needed for the letters and digits of a word.

    Digits, the letters of words in capitals, and single letters are spelled.
    """
    letters = [c for c in text if c.isalnum()]
    parts = re.findall(r"\w+", text)
    spelled = sum(
        len(part) if part.isupper() or len(part) == 1 else sum(map(str.isdigit, part))
        for part in parts
    )
    return max(MAX_LETTER * len(letters), MAX_SPELLED * spelled)


def overlong_seconds(word: Word, speech: Spans) -> float:
    """Return the seconds of speech in a word beyond its maximum duration."""
    return total_seconds(intersect_spans(speech, word.start, word.end)) - max_seconds(word.text)


def is_stretched(word: Word, speech: Spans) -> bool:
    """Return whether a word is too long, or spans a pause between two stretches of speech."""
    if overlong_seconds(word, speech) > 0:
        return True
    shared = [
        total_seconds(intersect_spans(speech, max(word.start, start), min(word.end, end)))
        for start, end in join_spans(speech)
        if end > word.start and start < word.end
    ]
    return sum(seconds > MIN_SHARED for seconds in shared) > 1 and sum(shared) > MIN_CROSSING


def anchor_words(words: Sequence[Word], speech: Spans) -> list[Word]:
    """Shorten stretched words at both ends of a text towards the other words.

    If a decoder loses speech at the start or the end, it stretches the first or last words
    that it writes over the lost speech.
    """
    stretched = [is_stretched(word, speech) for word in words]
    if all(stretched):
        return list(words)
    anchored = list(words)
    stretches = join_spans(speech)
    first = stretched.index(False)
    for n in reversed(range(first)):
        end = anchored[n + 1].start if _follows(words[n], words[n + 1]) else words[n].end
        earliest = max([start for start, _ in stretches if start < end], default=0.0)
        start = max(words[n].start, earliest, end - usual_seconds(words[n].text))
        anchored[n] = replace(words[n], start=min(start, end), end=end)
    last = len(words) - stretched[::-1].index(False)
    for n in range(last, len(words)):
        start = anchored[n - 1].end if _follows(words[n - 1], words[n]) else words[n].start
        latest = min([end for _, end in stretches if end > start], default=math.inf)
        end = min(words[n].end, latest, start + usual_seconds(words[n].text))
        anchored[n] = replace(words[n], start=start, end=max(start, end))
    return anchored


def _follows(word: Word, after: Word) -> bool:
    return after.start - word.end < MAX_GAP


def is_similar(text: str, other: str) -> bool:
    """Return whether two decodings of a word share most of their letters and digits."""
    one, two = (re.sub(r"\W|_", "", each).lower() for each in (text, other))
    return SequenceMatcher(None, one, two, autojunk=False).ratio() >= MIN_SIMILARITY


def is_end_of_number(number: Word, word: Word) -> bool:
    """Return whether a word repeats the end of the number right before it: "1967", "67".

    A number is one word in writing and several in speech, of which its time may cover only
    the first.
    """
    if not (_NUMBER.fullmatch(number.text) and _NUMBER.fullmatch(word.text)):
        return False
    digits, end = (re.sub(r"\D", "", each.text) for each in (number, word))
    follows = word.start - number.end <= MAX_GAP
    return follows and digits != end and digits.endswith(end)


def shorten_words(words: Sequence[Word], speech: Spans) -> list[Word]:
    """Limit words to `max_seconds`, at the end that is closer to another word."""
    limited = []
    for n, word in enumerate(words):
        if overlong_seconds(word, speech) > 0:
            before = word.start - words[n - 1].end if n else math.inf
            after = words[n + 1].start - word.end if n + 1 < len(words) else math.inf
            if after < before:
                word = replace(word, start=word.end - max_seconds(word.text))
            else:
                word = replace(word, end=word.start + max_seconds(word.text))
        limited.append(word)
    return limited
