"""Read RTTM: a line with start and duration for each turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audiocli.errors import WRONG_FILE, InputError, hint_for, reason
from audiocli.results import MAX_SECONDS, Turn
from audiocli.text.encodings import decode
from audiocli.whole_files import MAX_RESULTS, read_whole


def read_rttm(path: Path) -> list[tuple[str, Turn]]:
    """Return the turns of a file, each with the name of its recording.

    Raises
    ------
    InputError : the file cannot be read, or is not RTTM
    """
    try:
        text = decode(read_whole(path, path, MAX_RESULTS), path)
    except OSError as error:
        raise InputError(path, reason(error), hint_for(error)) from error
    try:
        return list(_turns(text))
    except ValueError as error:
        raise InputError(path, str(error), WRONG_FILE) from error


def _turns(text: str) -> Iterator[tuple[str, Turn]]:
    """Yield the recording and the turn of each line.

    A line is `SPEAKER file 1 0.50 2.25 <NA> <NA> anna <NA> <NA>`.
    """
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        if len(fields) < 8:
            raise ValueError(f"line {number} has {len(fields)} fields; RTTM has 9 or 10")
        start, length = float(fields[3]), float(fields[4])
        if not (0 <= start <= MAX_SECONDS and 0 <= length <= MAX_SECONDS):
            raise ValueError(f"line {number}: {fields[3]} and {fields[4]} are not times in seconds")
        yield fields[1], Turn(start=start, end=start + length, speaker=fields[7])
