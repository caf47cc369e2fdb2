"""Extract the diarization of a diarized transcript."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from audiocli.errors import InputError
from audiocli.results import Diarization, Result, Transcript
from audiocli.tasks.diarization.turns import exclusive_turns

TurnsT = TypeVar("TurnsT", Diarization, Transcript)


def with_exclusive_turns(result: TurnsT) -> TurnsT:
    """Return the result with non-overlapping speaker turns."""
    if isinstance(result, Diarization):
        return replace(result, turns=result.exclusive)
    return replace(result, turns=tuple(exclusive_turns(result.turns or ())))


def diarization_of(result: Result, name: str) -> Diarization:
    """Return the diarization that a result is or contains.

    Parameters
    ----------
    name : file of the result, for the error

    Raises
    ------
    InputError : the result has no speaker turns
    """
    if isinstance(result, Diarization):
        return result
    if not isinstance(result, Transcript) or result.turns is None:
        hint = "audiocli transcribe --diarize and audiocli diarize find them"
        raise InputError(name, f"this {result.kind} has no speaker turns", hint)
    return Diarization(
        source=result.source,
        duration=result.duration,
        model=result.model,
        parameters=result.parameters,
        start=result.start,
        turns=result.turns,
        exclusive=tuple(exclusive_turns(result.turns)),
        speakers=tuple(dict.fromkeys(turn.speaker for turn in result.turns)),
    )
