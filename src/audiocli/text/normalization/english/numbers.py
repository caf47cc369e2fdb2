"""Read plain numbers: fractions, ordinals, ranges, scores and years."""

from __future__ import annotations

import re

from audiocli.text.normalization.english.words import (
    NUMBER,
    SCALES,
    SIGN,
    START,
    VULGAR,
    cardinal,
    fraction,
    is_year,
    number,
    ordinal,
    vulgar,
    year,
)
from audiocli.text.normalization.reading import rule

_RESOLUTIONS_AND_RACES = {"2", "3", "4", "5", "8", "10", "16"}  # 4K is no four thousand
_PAIRS = {(24, 7), (50, 50), (9, 11), (20, 20)}  # said without a word between
_SCORE = r"(?:won|lost|beat|win|lead|led|draw|drew|tied|score|final|victory|defeat)"
# What follows a year is no plural: "1999 was", but "1500 people" and "2000 soldiers".
_COUNTED = r"(?:people|men|women|children|[a-z]{2,}(?<!i)(?<!a)(?<!u)(?<!s)s)\b"


_GAP = "[ \u00a0\u202f]"  # between thousands, as in 1 000 000


def _spaced(match: re.Match[str]) -> str:
    return number(re.sub(r"\s", "", match[1]))


def _mixed(match: re.Match[str]) -> str | None:
    part = fraction(int(match[2]), int(match[3]), article=True)
    return f"{number(match[1])} and {part}" if part else None


def _mixed_sign(match: re.Match[str]) -> str:
    above, below = vulgar(match[2])
    part = fraction(above, below, article=bool(match[1]))
    return f"{number(match[1])} and {part}" if match[1] else str(part)


def _slash(match: re.Match[str]) -> str:
    above, below = int(match[1]), int(match[2])
    if (above, below) in _PAIRS:
        return f"{cardinal(above)} {cardinal(below)}"
    if above < below and (said := fraction(above, below)):
        return said
    between = "over" if above < below else "slash"
    return f"{cardinal(above)} {between} {cardinal(below)}"


def _rating(match: re.Match[str]) -> str:
    return f"{number(match[1])} out of {number(match[2])}"


def _ordinal(match: re.Match[str]) -> str:
    return ordinal(int(match[1].replace(",", "")))


def _range(match: re.Match[str]) -> str | None:
    return f"{number(match[1])} to {number(match[2])}"


def _score(match: re.Match[str]) -> str:
    return f"{match[1]}{number(match[2])} {number(match[3])}"


def _scaled(match: re.Match[str]) -> str | None:
    if match[2] == "K" and match[1] in _RESOLUTIONS_AND_RACES:
        return None
    return f"{number(match[1])} {SCALES[match[2].lower()]}"


def _plain(match: re.Match[str]) -> str:
    written = match[1]
    is_result = match.string[: match.start()].rstrip(" ").endswith("=")
    if is_year(written) and not match[2] and not is_result:
        return year(int(written))
    return number(written)


_AMOUNT = rf"({SIGN}(?:{NUMBER}))"

RULES = (
    rule(rf"{START}([1-9]\d{{0,2}}(?:{_GAP}\d{{3}}){{2,}})(?!\w|{_GAP}\d)", _spaced),
    rule(rf"{START}(\d+)[ ](\d{{1,2}})/(\d{{1,2}})(?![\w/])", _mixed),
    rule(rf"(?:(\d+)[ ]?)?([{VULGAR}])", _mixed_sign),
    rule(r"(?<![\w.,/])(\d{1,3}(?:,\d{3})*|\d+)(?:st|nd|rd|th)\b", _ordinal),
    rule(r"(?<![\w.,/])(\d{1,3})/(\d{1,3})(?![\w/])", _slash),
    rule(rf"{START}(\d+\.\d+)/(5|10|100)(?![\w/]|\.\d)", _rating),
    rule(r"(?<![\w.,:])(\d{1,3}):(\d{1,3})(?![\w:])", _range),
    rule(rf"(\b{_SCORE}[ ](?:\w+[ ]){{0,3}}?)(\d{{1,3}})[-–](\d{{1,3}})(?![\w-])", _score),
    rule(rf"{START}({NUMBER})[ ]?[-–][ ]?({NUMBER})(?![\w-])", _range),
    rule(rf"{START}{_AMOUNT}(k|K|M|bn|B(?![ ][A-Z]))(?![\w/])", _scaled),
    rule(rf"(?<![\w.,:]){_AMOUNT}(?!\w)(?=([ ]{_COUNTED})?)", _plain),
)
