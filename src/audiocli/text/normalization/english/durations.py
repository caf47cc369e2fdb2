"""Read durations: 2h34m, 1h 30m 15s, 45s, 5-10s."""

from __future__ import annotations

import re

from audiocli.text.normalization.english.words import NUMBER, START, number, plural
from audiocli.text.normalization.reading import rule

_UNITS = ("hour", "minute", "second")
_DECADE = re.compile("[2-9]0")
_BEFORE_DECADE = re.compile(
    r"\b(?:the|his|her|their|my|our|your|its|one['’]s|mid|early|late|low|lower|high|upper|over|under)"
    r"[ -]$|\d0s(?:,| and| or| to)[ ]$",
    re.IGNORECASE,
)
_AFTER_DECADE = re.compile(
    r"[ -](?:music|song|pop|rock|disco|hit|fashion|style|film|movie|show|band|era|hair|kid|and|or)"
)


def _compound(match: re.Match[str]) -> str | None:
    parts = [
        f"{number(written)} {plural(written, unit, unit + 's')}"
        for written, unit in zip(match.groups(), _UNITS, strict=True)
        if written
    ]
    return " ".join(parts) if len(parts) > 1 else None


def _seconds(match: re.Match[str]) -> str | None:
    """Read `45s` as seconds; leave decades (the 20s) and plurals (F-16s) to other rules."""
    first, last = match.groups()
    before, after = match.string[: match.start()], match.string[match.end() :]
    is_year = len(last) == 4 and last.endswith("0")
    is_plural = len(last) >= 3 and re.search(r"[A-Z]\w+ $", before)
    if is_year or is_plural or after.startswith(" of ") or re.search("[A-Za-z]-$", before):
        return None
    if _DECADE.fullmatch(last) and (_BEFORE_DECADE.search(before) or _AFTER_DECADE.match(after)):
        return None
    words = f"{number(first)} to {number(last)}" if first else number(last)
    return f"{words} {plural(first or last, 'second', 'seconds')}"


RULES = (
    rule(
        rf"{START}(?=\d)(?:(\d{{1,3}})[ ]?h)?(?:[ ]?(\d{{1,3}})[ ]?m(?:in)?)?"
        r"(?:[ ]?(\d{1,2}(?:\.\d+)?)[ ]?s(?:ec)?)?(?![\w²³/])",
        _compound,
    ),
    rule(rf"{START}(?<!['’])(?:({NUMBER})[-–])?({NUMBER})s(?![\w'’])", _seconds),
)
