"""From frames to turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audiocli.results import Turn
from audiocli.tasks.diarization.grid import FrameGrid, runs

MARGIN = 0.1  # seconds a turn reaches into silence: segmentation cuts soft sounds off
PAUSE = 1.0  # seconds of silence that do not end a turn


def smooth_activity(speaks: NDArray[np.bool_], grid: FrameGrid) -> NDArray[np.bool_]:
    """Widen turns into silence, and close pauses after which the same people go on.

    Speech of others is left as it is: nothing here makes two people overlap who did not.
    """
    speaks = speaks.copy()
    silent = runs(np.logical_not(speaks.any(axis=1)))
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


def turns_from_frames(
    speaks: NDArray[np.bool_], grid: FrameGrid, duration: float
) -> tuple[list[Turn], dict[int, str]]:
    """List the runs of each speaker, who are numbered in order of their first words.

    Parameters
    ----------
    speaks : shape (frames, speakers)
    duration : of the recording, in seconds; nothing lies beyond

    Returns
    -------
    the turns in order of time, and the names by column
    """
    found = sorted(
        (grid.time(start), min(grid.time(end), duration), speaker)
        for speaker in range(speaks.shape[1])
        for start, end in runs(speaks[:, speaker])
    )
    names: dict[int, str] = {}
    turns = []
    for start, end, speaker in found:
        if end > start:
            name = names.setdefault(speaker, f"SPEAKER_{len(names):02}")
            turns.append(Turn(start=start, end=end, speaker=name))
    return turns, names


def exclusive_turns(turns: Iterable[Turn]) -> list[Turn]:
    """Leave one speaker at a time: who has begun last has the floor until they end.

    A short remark made into someone's long turn so keeps its place; the long turn
    goes on after it. Words meet speakers through this form.
    """
    edges = sorted({edge for turn in turns for edge in (turn.start, turn.end)})
    waiting = sorted(turns, key=lambda turn: turn.start)
    on: list[Turn] = []
    result: list[Turn] = []
    for start, end in pairwise(edges):
        while waiting and waiting[0].start <= start:
            on.append(waiting.pop(0))
        on = [turn for turn in on if turn.end > start]
        if on:
            _append(result, Turn(start=start, end=end, speaker=on[-1].speaker))
    return result


def _append(turns: list[Turn], turn: Turn) -> None:
    """Add a turn, or lengthen the last one where the speaker goes on without a break."""
    if turns and turns[-1].speaker == turn.speaker and turns[-1].end == turn.start:
        turn = Turn(start=turns.pop().start, end=turn.end, speaker=turn.speaker)
    turns.append(turn)


def rename_speakers(turns: Sequence[Turn], names: dict[str, str]) -> tuple[Turn, ...]:
    """Give speakers other names; who is not in `names` keeps theirs."""
    return tuple(
        Turn(start=t.start, end=t.end, speaker=names.get(t.speaker, t.speaker)) for t in turns
    )
