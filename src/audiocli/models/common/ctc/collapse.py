"""Collapse a CTC path to timed words: merge repeats, remove blanks, join tokens."""

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
    """Consecutive frames with the same token.

    Attributes
    ----------
    first, end : first frame, and one past the last frame
    probability : highest probability of the token in these frames
    """

    token: int
    first: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class DecodedToken:
    """The text of a token with its frames; a space separates words."""

    text: str
    first: int
    end: int
    probability: float


def best_path(log_probabilities: NDArray[np.float32]) -> list[TokenSpan]:
    """Return the most probable token of each frame, with repeats merged and blanks kept.

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
    spans: Sequence[TokenSpan], pieces: Sequence[str], blank: int
) -> list[DecodedToken]:
    """Return the texts of tokens, without blanks and special tokens.

    Parameters
    ----------
    pieces : text of each token in the vocabulary; a leading space begins a word
    """
    spelled = ((pieces[span.token], span) for span in spans if span.token != blank)
    return [DecodedToken(text, s.first, s.end, s.probability) for text, s in spelled if text]


def join_words(spelled: Sequence[DecodedToken], frame: float) -> list[Word]:
    """Join tokens to words at spaces.

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
    """Yield the tokens of each word."""
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
