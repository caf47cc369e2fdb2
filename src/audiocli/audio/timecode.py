"""Parse and format times."""

from __future__ import annotations

import re

from audiocli.errors import UsageError

_PLAIN = re.compile(r"(\d{1,9}(?:[.,]\d+)?|[.,]\d+)s?", re.ASCII)
_CLOCK = re.compile(
    r"(?:(\d{1,5}):(?=[0-5]?\d:))?(\d{1,7}):([0-5]?\d(?:[.,]\d+)?)",  # minutes < 60 after hours
    re.ASCII,
)


def parse_time(text: str) -> float:
    """Parse a time in seconds: `62.5`, `62.5s`, `1:02.5` or `1:02:03.5`.

    A decimal comma, as in SubRip, is accepted.

    Raises
    ------
    UsageError
        when the text is not a time
    """
    if match := _PLAIN.fullmatch(text.strip()):
        return _number(match[1])
    if match := _CLOCK.fullmatch(text.strip()):
        return int(match[1] or 0) * 3600 + int(match[2]) * 60 + _number(match[3])
    raise UsageError(f"{text!r} is not a time", "write seconds, 62.5, or a clock time, 1:02:03.5")


def format_time(seconds: float) -> str:
    """Format seconds as a clock time, truncated to tenths: `0:05.2`, `1:02:03.0`."""
    minutes, rest = divmod(int(seconds * 10 + 1e-6), 600)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{clock}:{rest // 10:02}.{rest % 10}"


def _number(text: str) -> float:
    return float(text.replace(",", "."))
