"""Confirm the words on which consecutive hypotheses of a live stream agree.

The policy is LocalAgreement-n (Liu et al. 2020, "Low-Latency Sequence-to-Sequence
Speech Recognition and Translation by Partial Hypothesis Selection"), as Macháček et
al. 2023 use it for Whisper ("Turning Whisper into Real-Time Transcription System",
arXiv:2307.14743): words are confirmed once n consecutive hypotheses, each of more audio
than the one before, begin with them. Confirmed words never change.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from audiocli.results import Word


class LocalAgreement:
    """The confirmed words of a stretch of speech, and the unconfirmed words after them.

    Attributes
    ----------
    confirmed : in order
    unconfirmed : words of the last hypothesis after the confirmed ones
    """

    def __init__(self, hypotheses: int = 2) -> None:
        self.confirmed: list[Word] = []
        self.unconfirmed: list[Word] = []
        self._before: deque[Sequence[Word]] = deque(maxlen=hypotheses - 1)

    def add_hypothesis(self, words: Sequence[Word]) -> list[Word]:
        """Add a hypothesis of all speech so far; return the words that it confirms."""
        rest = unconfirmed_words(self.confirmed, words)
        enough = len(self._before) == self._before.maxlen
        count = (
            min((common_prefix_length(rest, other) for other in self._before), default=0)
            if enough
            else 0
        )
        self._before.append(rest)
        self.unconfirmed = rest
        return self._confirm(count)

    def confirm_rest(self, words: Sequence[Word] | None = None) -> list[Word]:
        """Confirm and return all words of a last hypothesis, or all unconfirmed words."""
        if words is not None:
            self.unconfirmed = unconfirmed_words(self.confirmed, words)
        self._before.clear()
        return self._confirm(len(self.unconfirmed))

    def drop_before(self, time: float) -> None:
        """Drop the confirmed words before the time at which the next hypothesis starts."""
        self.confirmed = [word for word in self.confirmed if middle(word) >= time]

    def _confirm(self, count: int) -> list[Word]:
        new = self.unconfirmed[:count]
        self.confirmed += new
        self.unconfirmed = self.unconfirmed[count:]
        self._before = deque((b[count:] for b in self._before), self._before.maxlen)
        return new


def middle(word: Word) -> float:
    """Return the middle of a word, which is more precise than its start and end."""
    return (word.start + word.end) / 2


def common_prefix_length(some: Sequence[Word], others: Sequence[Word]) -> int:
    """Return the number of leading words that two hypotheses share, ignoring punctuation."""
    pairs = zip(normalised_texts(some), normalised_texts(others), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(some), len(others)))


def unconfirmed_words(confirmed: Sequence[Word], words: Sequence[Word]) -> list[Word]:
    """Return the words of a hypothesis after the confirmed ones.

    The confirmed words are matched to the beginning of the hypothesis with the lowest word
    edit distance; of several, to the one that ends nearest in time. No returned word starts
    before the last confirmed word ends.
    """
    if not confirmed:
        return list(words)
    known, end = normalised_texts(confirmed), confirmed[-1].end
    distances = list(range(len(known) + 1))  # from the confirmed words to no words
    best, split = (float(distances[-1]), end), 0
    for n, text in enumerate(normalised_texts(words), start=1):
        above, distances = distances, [n]
        for m, other in enumerate(known, start=1):
            step = min(above[m] + 1, distances[-1] + 1, above[m - 1] + (text != other))
            distances.append(step)
        candidate = (float(distances[-1]), abs(words[n - 1].end - end))
        if candidate < best:
            best, split = candidate, n
    return [
        replace(word, start=max(word.start, end), end=max(word.end, end)) for word in words[split:]
    ]


def normalised_texts(words: Iterable[Word]) -> list[str]:
    """Return the letters and digits of each word in lower case, or its text if it has none."""
    return ["".join(filter(str.isalnum, w.text)).casefold() or w.text for w in words]
