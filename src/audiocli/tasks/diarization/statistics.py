"""Compute conversation statistics of a diarization."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from audiocli.results import Conversation, Diarization, SpeakerShare, Turn


def conversation(diarization: Diarization) -> Conversation:
    """Compute speaking time, turns, interruptions and overlap of each speaker.

    An interruption starts during another speaker's turn and ends after it. A turn that ends
    within the other one does not count.
    """
    turns = diarization.turns
    seconds = Counter[str]()
    overlap = Counter[str]()
    speech = together = 0.0
    for length, speaking in _stretches(turns):
        speech += length
        together += length * (len(speaking) > 1)
        for name in speaking:
            seconds[name] += length  # type: ignore[assignment]
            overlap[name] += length * (len(speaking) > 1)  # type: ignore[assignment]
    floor = Counter(turn.speaker for turn in _changes(turns))
    pairs = list(_interruptions(turns))
    return Conversation(
        source=diarization.source,
        duration=diarization.duration,
        model=diarization.model,
        parameters=diarization.parameters,
        speech=speech,
        overlap=together,
        silence=max(0.0, diarization.duration - speech),
        speakers=tuple(
            SpeakerShare(
                speaker=name,
                seconds=seconds[name],
                share=seconds[name] / sum(seconds.values()),
                turns=floor[name],
                interruptions=sum(by == name for by, _ in pairs),
                interrupted=sum(whom == name for _, whom in pairs),
                overlap=overlap[name],
            )
            for name in diarization.speakers
        ),
    )


def _stretches(turns: Sequence[Turn]) -> Iterator[tuple[float, set[str]]]:
    """Yield the length of each stretch between turn edges, with the speakers in it."""
    starts = sorted(turns, key=lambda turn: turn.start)
    edges = sorted({edge for turn in turns for edge in (turn.start, turn.end)})
    active: list[Turn] = []
    next_turn = 0
    for start, end in pairwise(edges):
        while next_turn < len(starts) and starts[next_turn].start <= start:
            active.append(starts[next_turn])
            next_turn += 1
        active = [turn for turn in active if turn.end > start]
        if active:
            yield end - start, {turn.speaker for turn in active}


def _changes(turns: Sequence[Turn]) -> Iterator[Turn]:
    """Yield the turns at which the speaker changes."""
    last = None
    for turn in sorted(turns, key=lambda turn: turn.start):
        if turn.speaker != last:
            yield turn
        last = turn.speaker


def _interruptions(turns: Sequence[Turn]) -> Iterator[tuple[str, str]]:
    """Yield pairs of the interrupting and the interrupted speaker."""
    active: list[Turn] = []
    for turn in sorted(turns, key=lambda turn: turn.start):
        active = [other for other in active if other.end > turn.start]
        for other in active:
            if other.start < turn.start and other.end < turn.end:
                yield turn.speaker, other.speaker
        active.append(turn)
