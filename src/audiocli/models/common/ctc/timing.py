"""Word times and confidences of a known text, by forced alignment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audiocli.models.common.ctc.alignment import forced_alignment, frames_needed
from audiocli.models.common.ctc.emissions import CtcEmissions
from audiocli.results import Word


def timed_words(emissions: CtcEmissions, words: Sequence[str]) -> list[Word]:
    """Return words with their times.

    A word without tokens, such as a number in digits, is aligned with any tokens. The
    confidence is the mean probability of the tokens of a word. If the audio is too short
    for the text, all words have zero length and confidence.
    """
    if not words:
        return []
    table, wildcard = _with_wildcard(emissions)
    spelled = [emissions.vocabulary.spell(word) or [wildcard] for word in words]
    tokens, owners = _concatenated(spelled, emissions.vocabulary.space)
    if frames_needed(tokens) > len(table):
        end = len(table) * emissions.frame_seconds
        return [Word(start=end, end=end, text=word, confidence=0.0) for word in words]
    path = forced_alignment(table, tokens, emissions.vocabulary.blank)
    return list(_timed(words, path, np.array(owners), table, tokens, emissions.frame_seconds))


def _with_wildcard(emissions: CtcEmissions) -> tuple[NDArray[np.float32], int]:
    """Add a wildcard token: the maximum over all tokens except the blank."""
    table = emissions.log_probabilities
    others = np.delete(table, emissions.vocabulary.blank, axis=1).max(axis=1, keepdims=True)
    return np.concatenate([table, others], axis=1), table.shape[1]


def _concatenated(
    spelled: Sequence[Sequence[int]], space: int | None
) -> tuple[list[int], list[int]]:
    """Concatenate tokens with spaces; also return the word index of each (-1 for spaces)."""
    tokens: list[int] = []
    owners: list[int] = []
    for number, word in enumerate(spelled):
        if number and space is not None:
            tokens.append(space)
            owners.append(-1)
        tokens += word
        owners += [number] * len(word)
    return tokens, owners


def _timed(
    words: Sequence[str],
    path: NDArray[np.int64],
    owners: NDArray[np.int64],
    table: NDArray[np.float32],
    tokens: Sequence[int],
    frame: float,
) -> Iterator[Word]:
    spoken = np.flatnonzero(path >= 0)
    at = path[spoken]
    probability = np.exp(table[spoken, np.array(tokens)[at]])
    bounds = np.searchsorted(owners[at][owners[at] >= 0], range(len(words) + 1))
    of_words = np.flatnonzero(owners[at] >= 0)
    for text, (first, end) in zip(words, pairwise(bounds.tolist()), strict=True):
        members = of_words[first:end]
        yield Word(
            start=float(spoken[members[0]] * frame),
            end=float((spoken[members[-1]] + 1) * frame),
            text=text,
            confidence=float(probability[members].mean()),
        )
