"""Read times of day, dates and years."""

from __future__ import annotations

import re

from audiocli.text.normalization.english.words import (
    cardinal,
    digits,
    is_year,
    ordinal,
    words_of_decade,
)
from audiocli.text.normalization.english.words import year as year_words
from audiocli.text.normalization.reading import rule

_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_MONTHS = {name[:3].lower(): name for name in _MONTH_NAMES}
_MONTH = rf"({'|'.join(_MONTH_NAMES)}|(?:{'|'.join(m.capitalize() for m in _MONTHS)}|Sept)\b\.?)"
_WEEKDAYS = {
    day[:length]: day
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    for length in (3, 4, 5)
    if length < len(day)
}
_WEEKDAY = "|".join(sorted(_WEEKDAYS, key=len, reverse=True))
_ORDINAL_END = r"(?:st|nd|rd|th)?"
_HALF_DAY = r"(?:[ ]?([AaPp])\.?[ ]?[Mm]\b(?:\.(?=\s*\S))?)"
_YEAR = r"((?:1[0-9]|20)\d\d)"


def _clock(match: re.Match[str]) -> str | None:
    return _time(match[1], match[2], match[3], match[4])


def _time(hour: str, minute: str, second: str | None, half: str | None) -> str | None:
    """Return the words for a time of day; `second` may have a fraction."""
    hours, minutes = int(hour), int(minute)
    if hours > 24 or minutes > 59 or (second and int(second[:2]) > 59):
        return None
    words = cardinal(hours)
    if minutes:
        words += f" oh {cardinal(minutes)}" if minutes < 10 else f" {cardinal(minutes)}"
    elif not half and not second:
        words += " o'clock" if 0 < hours <= 12 else " hundred hours"
    if second:
        words += f" and {cardinal(int(second[:2]))}"
        words += f" point {digits(second[3:])}" if second[3:] else ""
        words += " second" if second == "01" else " seconds"
    return words + _half(half)


def _hour(match: re.Match[str]) -> str | None:
    hour = int(match[1])
    return cardinal(hour) + _half(match[2]) if 0 < hour <= 12 else None


def _half(letter: str | None) -> str:
    return f" {letter.upper()}.M." if letter else ""


def _iso(match: re.Match[str]) -> str | None:
    return _date(int(match[2]), int(match[3]), match[1])


def _iso_time(match: re.Match[str]) -> str | None:
    """Read an ISO 8601 date and time, with the offset from UTC."""
    second = None if match[6] == "00" else match[6]
    date, time = _iso(match), _time(match[4], match[5], second, None)
    return f"{date}, {time}{_utc_offset(match[7])}" if date and time else None


def _utc_offset(written: str | None) -> str:
    if not written:
        return ""
    hours, minutes = int(written[1:3] or 0), int(written[-2:] if len(written) > 3 else 0)
    if not hours and not minutes:
        return " U.T.C."
    sign = "plus" if written[0] == "+" else "minus"
    return f" U.T.C. {sign} {cardinal(hours)}" + (f" {cardinal(minutes)}" if minutes else "")


def _numeric(match: re.Match[str]) -> str | None:
    month, day = int(match[1]), int(match[3])
    if month > 12:
        month, day = day, month
    year = match[4]
    if len(year) == 2:
        year = ("19" if int(year) > 30 else "20") + year
    return _date(month, day, year)


def _dotted(match: re.Match[str]) -> str | None:
    return _date(int(match[2]), int(match[1]), match[3])


def _date(month: int, day: int, year: str | None) -> str | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    words = f"{_MONTH_NAMES[month - 1]} {ordinal(day)}"
    return f"{words}, {year_words(int(year))}" if year else words


def spoken_date(month: str | None, day: str | None, year: str | None) -> str:
    """Return the words for a date; each part is a string of digits or None.

    Raises
    ------
    ValueError : the day does not exist
    """
    if month and day:
        words = _date(int(month), int(day), year)
        if words is None:
            raise ValueError(f"{month}/{day}")
        return words
    said = [_MONTH_NAMES[int(month) - 1]] if month else []
    said += [ordinal(int(day))] if day else []
    said += [year_words(int(year))] if year else []
    return " ".join(said)


def _month(name: str) -> str:
    return _MONTHS[name[:3].lower()]


def _month_day(match: re.Match[str]) -> str | None:
    day = int(match[2])
    if not 1 <= day <= 31:
        return None
    until = f" to {ordinal(int(match[3]))}" if match[3] else ""
    year = f", {year_words(int(match[4]))}" if match[4] else ""
    return f"{_month(match[1])} {ordinal(day)}{until}{year}"


def _day_month(match: re.Match[str]) -> str | None:
    day = int(match[1])
    if not 1 <= day <= 31:
        return None
    year = f" {year_words(int(match[3]))}" if match[3] else ""
    return f"the {ordinal(day)} of {_month(match[2])}{year}"


def _month_year(match: re.Match[str]) -> str:
    return f"{_month(match[1])} {year_words(int(match[2]))}"


def _short_month(match: re.Match[str]) -> str:
    return _month(match[1])


def _months(match: re.Match[str]) -> str:
    return f"{_month(match[1])} to {_month(match[2])}"


def _weekdays(match: re.Match[str]) -> str:
    return f"{_WEEKDAYS[match[1]]} to {_WEEKDAYS[match[2]]}"


def _decade(match: re.Match[str]) -> str:
    return words_of_decade(int(match[1]))


def _years(match: re.Match[str]) -> str | None:
    first, last = match[1], match[2]
    if len(last) == 4 and not is_year(last):
        return None
    if len(last) == 2 and int(last) <= int(first[2:]):
        return None
    until = year_words(int(last)) if len(last) == 4 else cardinal(int(last))
    return f"{year_words(int(first))} to {until}"


def _season(match: re.Match[str]) -> str | None:
    first, second = int(match[1]), int(match[2])
    is_next = (first + 1) % 100 == second
    return f"{year_words(first)} {cardinal(second)}" if is_next and second else None


def _era(match: re.Match[str]) -> str:
    said = year_words(int(match[1])) if is_year(match[1]) else cardinal(int(match[1]))
    return f"{said} {'.'.join(match[2].replace('.', ''))}."


def _apostrophe(match: re.Match[str]) -> str:
    """Read `'90s` as `nineties`, `'68` as `sixty-eight`, `'09` as `oh nine`."""
    if match[1]:
        return words_of_decade(int(match[1]) or 2000)
    zero = "oh " if match[3].startswith("0") else ""
    return zero + cardinal(int(match[3]))


RULES = (
    rule(
        r"(?<![\w/\-])(\d{4})-(\d\d)-(\d\d)(?:T|[ ]|,[ ])(\d\d):(\d\d)(?::(\d\d(?:\.\d{1,6})?))?"
        r"(Z|[+\-−]\d\d:?\d\d)?(?![\w:])",
        _iso_time,
    ),
    rule(
        rf"(?<![\d:.])(\d{{1,2}})[:h](\d\d)(?::(\d\d(?:[.,]\d{{1,3}})?))?(?![\d:]){_HALF_DAY}?",
        _clock,
    ),
    rule(rf"(?<![\d:.,])(\d{{1,2}}){_HALF_DAY}", _hour),
    rule(r"\b(\d{4})-(\d\d)-(\d\d)\b(?!-)", _iso),
    rule(r"(?<![\w/.\-])(\d{4})/(\d{1,2})/(\d{1,2})(?![\w/\-])", _iso),
    rule(r"(?<![\w/\-])(\d{1,2})([/-])(\d{1,2})\2(\d{4}|(?<=/)\d\d)(?![\w/\-])", _numeric),
    rule(r"(?<![\w.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?![\w])", _dotted),
    rule(
        rf"\b{_MONTH}[ ](?:the[ ])?(\d{{1,2}}){_ORDINAL_END}(?:[-–](\d{{1,2}}))?"
        rf"(?![\w:%]|[.,]\d)(?:,?[ ]{_YEAR}\b)?",
        _month_day,
    ),
    rule(
        rf"(?<![\w.,/])(?:the[ ])?(\d{{1,2}}){_ORDINAL_END}[ ](?:of[ ])?{_MONTH}(?!\w)"
        rf"(?:,?[ ]{_YEAR}\b)?",
        _day_month,
    ),
    rule(rf"\b{_MONTH},?[ ]{_YEAR}(?![\w]|[.,]\d)", _month_year),
    rule(rf"\b{_MONTH}[-–]{_MONTH}(?!\w)", _months),
    rule(r"\b(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)\.(?=\s|$)", _short_month),
    rule(rf"\b({_WEEKDAY})\.?[-–]({_WEEKDAY})\b\.?(?=[ ]?[a-z\d,;:)]|$)", _weekdays),
    rule(rf"\b({_WEEKDAY})\.(?=\s|$)|\b({_WEEKDAY})(?=,[ ]\w)", lambda m: _WEEKDAYS[m[1] or m[2]]),
    rule(r"(?<!\w)['’](\d0)(s)\b|(?<!\w)['’](\d\d)\b", _apostrophe),
    rule(r"(?<![\w.,])((?:1\d|20)\d0|[2-9]0)['’]?s\b", _decade),
    rule(rf"(?<![\w.,\-–]){_YEAR}[-–](\d{{4}}|\d\d)(?![\w\-–]|[.,]\d)", _years),
    rule(rf"(?<![\w.,/]){_YEAR}/(\d\d)(?![\w/])", _season),
    rule(r"(?<![\w.,])(\d{1,4})[ ]?(BCE|BC|CE|AD|B\.C\.E?\.|A\.D\.)(?!\w)", _era),
    rule(r"\bAD[ ](\d{1,4})\b", lambda m: f"A.D. {year_words(int(m[1]))}"),
)
