"""Find speech that is not covered by words, and decode it again.

A recogniser may stop early, most often at a change of the speaker, and lose the speech
after that point (OpenNMT/CTranslate2#1111, SYSTRAN/faster-whisper#1179).
`CoverageRecogniser` compares the words of each chunk with the speech that the voice
activity detector found, decodes uncovered spans separately, and reports those that still
have no words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audiocli.models.protocols.recognition import (
    CONFIDENT_SPEECH,
    AudioChunk,
    DecodingOptions,
    Recogniser,
    Recognition,
)
from audiocli.results import Word
from audiocli.tasks.transcription.segments import join_spans, trim_to_speech
from audiocli.tasks.transcription.speech_windows import intersect_spans, total_seconds
from audiocli.tasks.transcription.stretched_words import (
    anchor_words,
    is_end_of_number,
    is_similar,
    is_stretched,
    overlong_seconds,
    shorten_words,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Spans = NDArray[np.float64]  # shape (spans, 2), in seconds

MIN_ISOLATED = 0.3  # seconds of a span between two pauses without any word
MIN_UNCOVERED = 0.6  # seconds of speech without words that are decoded again
MAX_PASSES = 3  # each pass decodes only speech that is still uncovered
MARGIN = 0.15  # seconds around a word that count as covered, because word times are imprecise
MIN_SPLIT = 3.0  # seconds of speech; longer spans that gave no words are split in two
CONTEXT = 0.2  # seconds of audio decoded before and after an uncovered span


@dataclass(frozen=True, kw_only=True)
class CoverageRecogniser:
    """A recogniser that decodes uncovered speech again; implements `Recogniser`."""

    recogniser: Recogniser

    def __getattr__(self, name: str) -> Any:
        return getattr(self.recogniser, name)

    def recognise(
        self, chunks: Sequence[AudioChunk], decoding: DecodingOptions
    ) -> list[Recognition]:
        """Recognise a batch, then decode the uncovered speech of each chunk again."""
        found = self.recogniser.recognise(chunks, decoding)
        if not decoding.hallucination_filter:
            return found
        states = {
            n: _ChunkCoverage(chunk, chunk.speech_spans, found[n], self.recogniser.rate)
            for n, chunk in enumerate(chunks)
            if chunk.speech_spans is not None
        }
        for _ in range(MAX_PASSES):
            gaps = [(state, gap) for state in states.values() for gap in state.new_gaps()]
            if not gaps:
                break
            parts = [state.part(gap) for state, gap in gaps]
            again = self.recogniser.recognise(parts, decoding)
            for (state, gap), part, new in zip(gaps, parts, again, strict=True):
                state.insert(gap, part, new)
        return [states[n].recognition() if n in states else one for n, one in enumerate(found)]


@dataclass(frozen=True)
class UncoveredSpan:
    """A span to decode again, in seconds from the start of the chunk.

    Attributes
    ----------
    replaced : overlong words in the span, to be replaced by new words
    """

    start: float
    end: float
    replaced: tuple[Word, ...] = ()


class _ChunkCoverage:
    """The words of a chunk, and the speech that they cover.

    Parameters
    ----------
    rate : sample rate in Hz
    """

    def __init__(self, chunk: AudioChunk, speech: Spans, found: Recognition, rate: int) -> None:
        self._chunk = chunk
        self._speech = speech
        self._found = found
        self._rate = rate
        self._duration = len(chunk.samples) / rate
        self._words = anchor_words(found.words, speech)
        self._as_recognised = dict(zip(self._words, found.words, strict=True))
        self._tried: list[UncoveredSpan] = []

    def new_gaps(self) -> list[UncoveredSpan]:
        """Return the spans to decode that were not decoded yet."""
        gaps = (part for gap in self._gaps() for part in self._untried(gap))
        return [gap for gap in gaps if not self._is_tried(gap)]

    def _untried(self, gap: UncoveredSpan) -> list[UncoveredSpan]:
        """Return the gap, or its halves if it was decoded before and is long enough."""
        inside = intersect_spans(self._speech, gap.start, gap.end)
        is_long = total_seconds(inside) >= MIN_SPLIT
        if self._is_tried(gap) and is_long and self._chunk.speech_probability >= CONFIDENT_SPEECH:
            middle = best_split(inside)
            return [UncoveredSpan(gap.start, middle), UncoveredSpan(middle, gap.end)]
        return [gap]

    def part(self, gap: UncoveredSpan) -> AudioChunk:
        """Return the audio of a gap as a chunk."""
        start = max(0.0, gap.start - CONTEXT)
        end = min(self._duration, gap.end + CONTEXT)
        return replace(
            self._chunk,
            samples=self._chunk.samples[round(start * self._rate) : round(end * self._rate)],
            speech_spans=intersect_spans(self._speech, start, end) - start,
            language=self._found.language or self._chunk.language,
        )

    def insert(self, gap: UncoveredSpan, part: AudioChunk, new: Recognition) -> None:
        """Insert the words of a decoded gap, in place of the words that they replace."""
        self._tried.append(gap)
        if len(new.words) <= len(gap.replaced):
            return
        offset = max(0.0, gap.start - CONTEXT)
        assert part.speech_spans is not None
        words = [
            replace(word, start=word.start + offset, end=word.end + offset)
            for word in trim_to_speech(new.words, part.speech_spans)
        ]
        kept = [
            word
            for word in self._words
            if word not in gap.replaced and not self._is_repeated(word, gap, words)
        ]
        before = [w for w in kept if (w.start + w.end) / 2 < (gap.start + gap.end) / 2]
        after = kept[len(before) :]
        if before and words and is_end_of_number(before[-1], words[0]):
            whole = replace(before[-1], end=words.pop(0).end)
            self._as_recognised[whole] = self._as_recognised.get(before[-1], before[-1])
            before[-1] = whole
        self._words = [*before, *words, *after]

    def _is_repeated(self, word: Word, gap: UncoveredSpan, new: Sequence[Word]) -> bool:
        """Return whether a stretched word was recognised again in a gap next to it."""
        original = self._as_recognised.get(word)
        if original is None or original.end <= gap.start or original.start >= gap.end:
            return False
        return is_stretched(original, self._speech) and any(
            is_similar(word.text, other.text) for other in new
        )

    def recognition(self) -> Recognition:
        """Return the recognition with all words and the uncovered speech."""
        words = shorten_words(self._words, self._speech)
        spans = tuple(
            (float(speech[0, 0]), float(speech[-1, 1]))
            for speech in self._uncovered(trim_to_speech(words, self._speech))
            if total_seconds(speech) >= MIN_UNCOVERED
        )
        return replace(self._found, words=tuple(words), unrecognised=spans)

    def _is_tried(self, gap: UncoveredSpan) -> bool:
        """Return whether nearly the same span was decoded before, or is the whole chunk."""
        whole = UncoveredSpan(0.0, self._duration)
        return any(_overlap(gap, other) > 0.9 for other in (*self._tried, whole))

    def _gaps(self) -> Iterator[UncoveredSpan]:
        """Yield the uncovered spans, each with the overlong words that overlap it."""
        words = trim_to_speech(self._words, self._speech)
        suspicious = [
            n for n, word in enumerate(self._words) if overlong_seconds(word, self._speech) > 0
        ]
        sure = [word for n, word in enumerate(words) if n not in suspicious]
        for speech in filter(self._is_long_enough, self._uncovered(sure)):
            start, end = float(speech[0, 0]), float(speech[-1, 1])
            inside = tuple(
                self._words[n] for n in suspicious if words[n].end > start and words[n].start < end
            )
            yield UncoveredSpan(start, end, inside)

    def _is_long_enough(self, speech: Spans) -> bool:
        """Return whether uncovered speech is decoded: shorter spans where pauses isolate them."""
        if total_seconds(speech) >= MIN_UNCOVERED:
            return True
        is_sure = self._chunk.speech_probability >= CONFIDENT_SPEECH
        isolated = [
            end - start
            for start, end in join_spans(self._speech)
            if start >= speech[0, 0] and end <= speech[-1, 1]
        ]
        return is_sure and max(isolated, default=0.0) >= MIN_ISOLATED

    def _uncovered(self, words: Sequence[Word]) -> Iterator[Spans]:
        """Yield the speech between trimmed words, shape (parts, 2) each, where there is any."""
        edges = [0.0]
        for word in words:
            edges += [word.start - MARGIN, word.end + MARGIN]
        edges.append(self._duration)
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            inside = intersect_spans(self._speech, start, end)
            if len(inside):
                yield inside


def best_split(speech: Spans) -> float:
    """Return the middle of the longest pause in the middle half of speech, or else its middle."""
    start, end = speech[0, 0], speech[-1, 1]
    pauses = np.column_stack([speech[:-1, 1], speech[1:, 0]])
    middles = pauses.mean(axis=1)
    central = pauses[np.abs(middles - (start + end) / 2) <= (end - start) / 4]
    if not len(central):
        return float((start + end) / 2)
    return float(central[np.argmax(central[:, 1] - central[:, 0])].mean())


def _overlap(one: UncoveredSpan, other: UncoveredSpan) -> float:
    """Return the overlap of two spans as a share of the longer one."""
    common = min(one.end, other.end) - max(one.start, other.start)
    return common / max(one.end - one.start, other.end - other.start)
