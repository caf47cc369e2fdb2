"""Numbers as English words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from hibari.g2p import numbers as hibari_numbers

# A number as it is written, with its thousands parted by commas or not at all.
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
START = r"(?<![\w.,/:])"  # ... and where one may begin
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
_LARGEST_PART = 20  # the largest denominator that is read as one: 3/16, but 7/24 is a slash
_MOST_DIGITS = 15  # longer numbers are told digit by digit
_EARLIEST, _LATEST = 1010, 2099  # years that are said in two halves


def cardinal(number: int) -> str:
    """`1234` as `one thousand two hundred thirty-four`."""
    return _without_and(hibari_numbers.cardinal(number))


def ordinal(number: int) -> str:
    """`23` as `twenty-third`."""
    return _without_and(hibari_numbers.ordinal(number))


def _without_and(words: str) -> str:
    """As Americans count: after a spoken `and`, a listener takes the rest for another number."""
    return words.replace(",", "").replace(" and ", " ")


def year(number: int) -> str:
    """`1999` as `nineteen ninety-nine`, `2005` as `two thousand and five`."""
    words: str = hibari_numbers.year(number)
    return words.replace("oh-", "oh ")


def in_pairs(number: int) -> str:
    """`747` as `seven forty-seven`, `1080` as `ten eighty`: a name, not an amount."""
    return year(number) if number % 1000 else cardinal(number)


def is_year(digits: str) -> bool:
    """Whether four digits would be a year people speak of."""
    return len(digits) == 4 and digits.isdecimal() and _EARLIEST <= int(digits) <= _LATEST


def digits(text: str) -> str:
    """Each digit by itself, everything else left out."""
    return " ".join(cardinal(int(digit)) for digit in text if digit.isdecimal())


def number(text: str) -> str:
    """Say a number as written: `-1,234.50` is `minus one thousand ... point five zero`."""
    unsigned = text.lstrip(MINUS)
    whole, _, fraction = unsigned.replace(",", "").partition(".")
    if len(whole) > _MOST_DIGITS or (len(whole) > 1 and whole.startswith("0") and not fraction):
        words = digits(whole)
    else:
        words = cardinal(int(whole or 0))
    if fraction:
        words += f" point {digits(fraction)}"
    return f"minus {words}" if unsigned != text else words


def plural(written: str, one: str, many: str) -> str:
    """The form of a noun that follows a number as written."""
    return one if re.fullmatch(rf"[{MINUS}]?1", written) else many


def words_of_decade(number: int) -> str:
    """`1990` as `nineteen nineties`, `80` as `eighties`, `2000` as `two thousands`."""
    words = year(number) if number >= 100 else cardinal(number)
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def fraction(above: int, below: int, *, article: bool = False) -> str | None:
    """`3/4` as `three quarters`; None where it is no fraction people name."""
    if not ((above and 2 <= below <= _LARGEST_PART) or below == 100):
        return None
    part = {2: "half", 4: "quarter"}.get(below) or ordinal(below)
    if above == 1:
        return f"a {part}" if article and below in {2, 4} else f"one {part}"
    return f"{cardinal(above)} {'halves' if below == 2 else part + 's'}"


def vulgar(sign: str) -> tuple[int, int]:
    """What stands above and below the line of a sign such as ¾."""
    above, _, below = unicodedata.normalize("NFKC", sign).partition("\u2044")
    return int(above), int(below)


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def one_of(words: Iterable[str]) -> str:
    """A pattern for any of some words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
