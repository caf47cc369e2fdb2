"""Number words and patterns shared by the English rules."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# A written number, with or without commas between thousands.
# Indian usage groups by two digits above the thousands: 1,00,000.
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d\d)+,\d{3}|\d+)(?:\.\d+)?|\.\d+"
START = r"(?<![\w.,/:])"  # where a number may begin
VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
MINUS = "-−–"
SIGN = rf"(?:(?<![\w)\]%°])[{MINUS}])?"
SCALES = {
    "k": "thousand",
    "m": "million",
    "mn": "million",
    "mio": "million",
    "b": "billion",
    "bn": "billion",
    "tn": "trillion",
}
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
# Names of the powers of 1000.
_GROUPS = (
    *("", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion"),
    *("sextillion", "septillion", "octillion", "nonillion", "decillion"),
)
_IRREGULAR_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_LARGEST_PART = 20  # the largest denominator that is read as one: 3/16, but 7/24 is a slash
_MAX_DIGITS = 15  # longer numbers are read digit by digit
_EARLIEST, _LATEST = 1010, 2099  # years that are read in two halves


def cardinal(number: int) -> str:
    """Return `one thousand two hundred thirty-four` for 1234, without `and` (American)."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    groups: list[str] = []
    for scale in _GROUPS:
        number, group = divmod(number, 1000)
        if group:
            groups.append(f"{_below_thousand(group)} {scale}".rstrip())
        if not number:
            break
    return " ".join(reversed(groups)) or "zero"


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        words.append(_TENS[rest // 10] + (f"-{_ONES[rest % 10]}" if rest % 10 else ""))
    elif rest:
        words.append(_ONES[rest])
    return " ".join(words)


def ordinal(number: int) -> str:
    """Return `twenty-third` for 23."""
    before, last = re.fullmatch(r"(.*?)(\w+)", cardinal(number)).groups()  # type: ignore[union-attr]
    if last in _IRREGULAR_ORDINALS:
        return f"{before}{_IRREGULAR_ORDINALS[last]}"
    return f"{before}{last[:-1]}ieth" if last.endswith("y") else f"{before}{last}th"


def year(number: int) -> str:
    """Return `nineteen ninety-nine` for 1999, `two thousand and five` for 2005."""
    high, low = divmod(number, 100)
    if not 0 < high < 100:
        return cardinal(number)
    if high % 10 == 0 and low < 10:
        return cardinal(high * 100) + (f" and {cardinal(low)}" if low else "")
    if not low:
        return f"{cardinal(high)} hundred"
    return f"{cardinal(high)} {'oh ' if low < 10 else ''}{cardinal(low)}"


def in_pairs(number: int) -> str:
    """Return `seven forty-seven` for 747, as in names: Boeing 747."""
    return year(number) if number % 1000 else cardinal(number)


def is_year(digits: str) -> bool:
    """Return whether four digits are probably a year."""
    return len(digits) == 4 and digits.isdecimal() and _EARLIEST <= int(digits) <= _LATEST


def digits(text: str) -> str:
    """Return the digits of a text one by one; other characters are ignored."""
    return " ".join(cardinal(int(digit)) for digit in text if digit.isdecimal())


def number(text: str) -> str:
    """Return the words for a written number: `minus one thousand ...` for `-1,234.50`."""
    unsigned = text.lstrip(MINUS)
    whole, _, fraction = unsigned.replace(",", "").partition(".")
    if len(whole) > _MAX_DIGITS or (len(whole) > 1 and whole.startswith("0") and not fraction):
        words = digits(whole)
    else:
        words = cardinal(int(whole or 0))
    if fraction:
        words += f" point {digits(fraction)}"
    return f"minus {words}" if unsigned != text else words


def plural(written: str, one: str, many: str) -> str:
    """Return the singular or plural for a written number."""
    return one if re.fullmatch(rf"[{MINUS}]?1", written) else many


def words_of_decade(number: int) -> str:
    """Return `nineteen nineties` for 1990, `eighties` for 80."""
    words = year(number) if number >= 100 else cardinal(number)
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def fraction(above: int, below: int, *, article: bool = False) -> str | None:
    """Return a fraction in words, such as `three quarters`; None if it has no common name."""
    if not ((above and 2 <= below <= _LARGEST_PART) or below == 100):
        return None
    part = {2: "half", 4: "quarter"}.get(below) or ordinal(below)
    if above == 1:
        return f"a {part}" if article and below in {2, 4} else f"one {part}"
    return f"{cardinal(above)} {'halves' if below == 2 else part + 's'}"


def vulgar(sign: str) -> tuple[int, int]:
    """Return numerator and denominator of a sign such as ¾."""
    above, _, below = unicodedata.normalize("NFKC", sign).partition("\u2044")
    return int(above), int(below)


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def one_of(words: Iterable[str]) -> str:
    """Return a pattern that matches any of the words, longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
