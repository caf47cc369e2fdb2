"""Assign the speakers of a diarization to the words of a transcript."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from audiocli.results import Diarization, Segment, Transcript, Turn, Word
from audiocli.tasks.transcription.segments import segment_of

MIN_TURN = 0.4  # seconds; shorter parts at the edge of a segment are imprecise word times


def assign_speakers(transcript: Transcript, diarization: Diarization) -> Transcript:
    """Assign a speaker to each word and segment, and split segments at speaker changes.

    A word gets the speaker of the exclusive turns that overlap it most, or of the nearest
    turn. Speakers are None only if the diarization is empty.

    Parameters
    ----------
    transcript : with words; a segment without words gets one speaker
    """
    turns = diarization.exclusive
    if not turns:
        return transcript
    segments = []
    search = _SpeakerLookup(turns)
    for segment in transcript.segments:
        if segment.words:
            segments += _split_by_speaker(segment, search)
        else:
            segments.append(replace(segment, speaker=search.speaker(segment.start, segment.end)))
    return replace(transcript, segments=tuple(segments))


def _split_by_speaker(segment: Segment, search: _SpeakerLookup) -> list[Segment]:
    """Split a segment at changes of the speaker."""
    words = [replace(w, speaker=search.speaker(w.start, w.end)) for w in segment.words]
    parts = [list(part) for _, part in groupby(words, key=lambda word: word.speaker)]
    parts = _without_short_parts(parts)
    if len(parts) == 1:
        return [replace(segment, speaker=parts[0][0].speaker, words=tuple(parts[0]))]
    return [replace(segment_of(part, segment.language), speaker=part[0].speaker) for part in parts]


def _without_short_parts(parts: list[list[Word]]) -> list[list[Word]]:
    """Join a short first or last part to the adjacent one."""
    if len(parts) > 1 and _seconds(parts[0]) < MIN_TURN:
        parts = [_as(parts[1][0].speaker, parts[0]) + parts[1], *parts[2:]]
    if len(parts) > 1 and _seconds(parts[-1]) < MIN_TURN:
        parts = [*parts[:-2], parts[-2] + _as(parts[-2][0].speaker, parts[-1])]
    return parts


def _seconds(words: Sequence[Word]) -> float:
    return words[-1].end - words[0].start


def _as(speaker: str | None, words: Sequence[Word]) -> list[Word]:
    return [replace(word, speaker=speaker) for word in words]


class _SpeakerLookup:
    """Look up the speakers of time ranges in a recording.

    Parameters
    ----------
    turns : at least one, in order of time, without overlap
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = turns
        self._ends = [turn.end for turn in turns]

    def speaker(self, start: float, end: float) -> str:
        """Return the speaker with the largest overlap, or of the nearest turn."""
        first = bisect_right(self._ends, start)
        shares: dict[str, float] = {}
        for turn in self._turns[first:]:
            if turn.start >= end:
                break
            shares.setdefault(turn.speaker, 0.0)
            shares[turn.speaker] += min(end, turn.end) - max(start, turn.start)
        if shares:
            return max(shares, key=lambda name: shares[name])
        around = self._turns[max(0, first - 1) : first + 1]
        return min(around, key=lambda t: max(t.start - end, start - t.end)).speaker
