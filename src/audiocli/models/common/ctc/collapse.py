"""From a token for every frame to timed words: repeats are joined, blanks dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from audiocli.results import Word

# Written without spaces: a character counts as a word (Han, Hiragana, Katakana).
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """Frames in a row with the same token.

    Attributes
    ----------
    first, end : its first frame, and the one after its last
    probability : of the token in the frame that is surest of it
    """

    token: int
    first: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class DecodedToken:
    """A token's text in time, such as a character; a space stands between words."""

    text: str
    first: int
    end: int
    probability: float


def best_path(log_probabilities: NDArray[np.float32]) -> list[TokenSpan]:
    """Take the likeliest token of every frame, blanks included.

    Parameters
    ----------
    log_probabilities : shape (frames, tokens)
    """
    if not len(log_probabilities):
        return []
    tokens = log_probabilities.argmax(axis=1)
    best = np.exp(log_probabilities.max(axis=1))
    firsts = np.flatnonzero(np.diff(tokens, prepend=-1))
    ends = [*firsts[1:].tolist(), len(tokens)]
    surest = np.maximum.reduceat(best, firsts)
    return [
        TokenSpan(int(tokens[first]), int(first), end, float(probability))
        for first, end, probability in zip(firsts, ends, surest, strict=True)
    ]


def decode_tokens(
    runs: Sequence[TokenSpan], pieces: Sequence[str], blank: int
) -> list[DecodedToken]:
    """Spell what was emitted; blanks and special tokens are silent.

    Parameters
    ----------
    pieces : the text of each token; a piece that begins with a space begins a word
    """
    spelled = ((pieces[run.token], run) for run in runs if run.token != blank)
    return [DecodedToken(text, r.first, r.end, r.probability) for text, r in spelled if text]


def join_words(spelled: Sequence[DecodedToken], frame: float) -> list[Word]:
    """Join units into words at the spaces.

    Parameters
    ----------
    frame : seconds from one frame to the next
    """
    return [
        Word(
            start=members[0].first * frame,
            end=members[-1].end * frame,
            text="".join(unit.text for unit in members).strip(),
            confidence=float(np.mean([unit.probability for unit in members])),
        )
        for members in _grouped(spelled)
    ]


def _grouped(spelled: Sequence[DecodedToken]) -> Iterator[list[DecodedToken]]:
    """Yield the units of each word."""
    number = 0
    numbered = []
    for unit in spelled:
        if unit.text[0].isspace() or _UNSPACED.match(unit.text):
            number += 1
        if not unit.text.isspace():
            numbered.append((number, unit))
        if _UNSPACED.match(unit.text):
            number += 1
    for _, members in groupby(numbered, key=lambda pair: pair[0]):
        yield [unit for _, unit in members]
