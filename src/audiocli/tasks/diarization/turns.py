"""Convert speaker activity in frames to speaker turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from audiocli.results import Turn
from audiocli.tasks.common.runs import true_runs
from audiocli.tasks.diarization.grid import FrameGrid

ActivityT = TypeVar("ActivityT", np.bool_, np.uint8)

MARGIN = 0.1  # seconds by which turns are extended, because segmentation misses soft speech
PAUSE = 1.0  # seconds; shorter silences within a turn are filled


def smooth_activity(speaks: NDArray[ActivityT], grid: FrameGrid) -> NDArray[ActivityT]:
    """Extend turns into silence, and fill pauses between turns of the same speakers.

    Only silent frames are changed, so no overlap is added.

    Parameters
    ----------
    speaks : shape (frames, speakers), or (frames, bytes) with a bit for each speaker
    """
    speaks = speaks.copy()
    silent = true_runs(np.logical_not(speaks.any(axis=1)))
    margin, pause = grid.frames(MARGIN), grid.frames(PAUSE)
    for start, end in silent:
        before = speaks[start - 1] if start else np.zeros_like(speaks[0])
        after = speaks[end] if end < len(speaks) else np.zeros_like(speaks[0])
        both = before & after
        if end - start - 2 * margin <= pause and both.any():
            speaks[start:end] = both
            continue
        half = min(margin, (end - start) // 2)
        speaks[start : start + half] = before
        speaks[end - half : end] = after
    return speaks


def lanes_of(packed: NDArray[np.uint8], speakers: int) -> Iterator[NDArray[np.bool_]]:
    """Yield the activity of each speaker, shape (frames,), from frames packed by `np.packbits`."""
    for speaker in range(speakers):
        yield (packed[:, speaker // 8] & (128 >> speaker % 8)) != 0


def turns_from_frames(
    lanes: Iterable[NDArray[np.bool_]], grid: FrameGrid, duration: float
) -> tuple[list[Turn], dict[int, str]]:
    """Return the turns of all speakers, who are numbered in order of appearance.

    Parameters
    ----------
    lanes : the activity of each speaker, shape (frames,)
    duration : of the recording in seconds, to which turns are limited

    Returns
    -------
    the turns in order of time, and the speaker name of each lane
    """
    found = sorted(
        (grid.time(start), min(grid.time(end), duration), speaker)
        for speaker, lane in enumerate(lanes)
        for start, end in true_runs(lane)
    )
    names: dict[int, str] = {}
    turns = []
    for start, end, speaker in found:
        if end > start:
            name = names.setdefault(speaker, f"SPEAKER_{len(names):02}")
            turns.append(Turn(start=float(start), end=float(end), speaker=name))
    return turns, names


def exclusive_turns(turns: Iterable[Turn]) -> list[Turn]:
    """Return turns without overlap: the speaker who started last is kept.

    A short turn within a longer one splits the longer one. Words are assigned to speakers by
    these turns.
    """
    edges = sorted({edge for turn in turns for edge in (turn.start, turn.end)})
    waiting = sorted(turns, key=lambda turn: turn.start)
    active: list[Turn] = []
    result: list[Turn] = []
    for start, end in pairwise(edges):
        while waiting and waiting[0].start <= start:
            active.append(waiting.pop(0))
        active = [turn for turn in active if turn.end > start]
        if active:
            _append(result, Turn(start=start, end=end, speaker=active[-1].speaker))
    return result


def _append(turns: list[Turn], turn: Turn) -> None:
    """Append a turn, or extend the last one if the same speaker continues."""
    if turns and turns[-1].speaker == turn.speaker and turns[-1].end == turn.start:
        turn = Turn(start=turns.pop().start, end=turn.end, speaker=turn.speaker)
    turns.append(turn)


def rename_speakers(turns: Sequence[Turn], names: dict[str, str]) -> tuple[Turn, ...]:
    """Rename speakers; those not in `names` keep their names."""
    return tuple(
        Turn(start=t.start, end=t.end, speaker=names.get(t.speaker, t.speaker)) for t in turns
    )
