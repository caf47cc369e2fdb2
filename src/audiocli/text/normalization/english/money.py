"""Read amounts of money."""

from __future__ import annotations

import re
from typing import NamedTuple

from audiocli.text.normalization.english.words import (
    MINUS,
    NUMBER,
    SCALES,
    START,
    cardinal,
    number,
    one_of,
    plural,
)
from audiocli.text.normalization.reading import rule


class _Currency(NamedTuple):
    one: str
    many: str
    part: str = ""  # one hundredth
    parts: str = ""


_DOLLAR = _Currency("dollar", "dollars", "cent", "cents")
_POUND = _Currency("pound", "pounds", "penny", "pence")
_EURO = _Currency("euro", "euros", "cent", "cents")
_YEN = _Currency("yen", "yen")
_FRANC = _Currency("Swiss franc", "Swiss francs", "rappen", "rappen")
_RUPEE = _Currency("rupee", "rupees", "paisa", "paise")
_YUAN = _Currency("yuan", "yuan")
CURRENCIES = {
    "$": _DOLLAR,
    "US$": _Currency("US dollar", "US dollars", "cent", "cents"),
    "A$": _Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "C$": _Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "£": _POUND,
    "€": _EURO,
    "¥": _YEN,
    "₹": _RUPEE,
    "₩": _Currency("won", "won"),
    "₽": _Currency("rouble", "roubles", "kopeck", "kopecks"),
    "₿": _Currency("bitcoin", "bitcoins"),
    "USD": _DOLLAR,
    "GBP": _POUND,
    "EUR": _EURO,
    "JPY": _YEN,
    "CHF": _FRANC,
    "INR": _RUPEE,
    "CNY": _YUAN,
    "Rs.": _RUPEE,
    "Rs": _RUPEE,
}
SIGNS = "$£€¥₹₩₽₿"
_SIGN = one_of(CURRENCIES)
_SCALE = r"(?:[ ]?(hundred|thousand|million|billion|trillion|(?:[kKmMbB]|[mb]n|tn)\b))?"
_PER = r"(?:/([a-z]+)\b(?:\.(?=[,;]))?)?"
_EACH = {  # abbreviations after the slash
    **dict.fromkeys(("s", "sec"), "second"),
    "min": "minute",
    **dict.fromkeys(("h", "hr"), "hour"),
    "d": "day",
    **dict.fromkeys(("w", "wk"), "week"),
    **dict.fromkeys(("m", "mo", "mth"), "month"),
    **dict.fromkeys(("y", "yr"), "year"),
    **dict.fromkeys(("p", "pp"), "person"),
    "kg": "kilogram",
    "g": "gram",
    "lb": "pound",
    "oz": "ounce",
    "gal": "gallon",
    "l": "liter",
    "mi": "mile",
    "km": "kilometer",
    "ea": "piece",
}
_AMOUNT = rf"({NUMBER})"


def _before(match: re.Match[str]) -> str:
    minus, sign, first, until, scale, per = match.groups()
    return _amount(minus, sign, first, until, scale, per)


def _after(match: re.Match[str]) -> str:
    minus, first, until, scale, sign, per = match.groups()
    return _amount(minus, sign, first, until, scale, per)


def _amount(
    minus: str | None, sign: str, first: str, until: str | None, scale: str | None, per: str | None
) -> str:
    money = CURRENCIES[sign]
    if until and not scale and "." in first + until:
        words = f"{_exact(first, money)} to {_exact(until, money)}"
    elif until or scale:
        words = f"{number(first)} to {number(until)}" if until else number(first)
        if scale:
            words += f" {SCALES.get(scale.lower(), scale)}"
        words += f" {money.many}"
    else:
        words = _exact(first, money)
    each = f" per {_EACH.get(per, per)}" if per else ""
    return ("minus " if minus else "") + words + each


def _exact(written: str, money: _Currency) -> str:
    whole, point, hundredths = written.partition(".")
    if not point or len(hundredths) != 2 or not money.part:
        return f"{number(written)} {plural(written, money.one, money.many)}"
    parts = int(hundredths)
    small = f"{cardinal(parts)} {money.part if parts == 1 else money.parts}"
    if not int(whole.replace(",", "") or 0):
        return small
    large = f"{number(whole)} {plural(whole, money.one, money.many)}"
    return f"{large} and {small}" if parts else large


def _cents(match: re.Match[str]) -> str:
    return f"{number(match[1])} {plural(match[1], 'cent', 'cents')}"


_LEADING_MINUS = rf"(?:(?<![\w)])([{MINUS}])[ ]?)?"

RULES = (
    rule(
        rf"{_LEADING_MINUS}(?<![\w.,])({_SIGN})[ ]?{_AMOUNT}(?:[-–](?:{_SIGN})?{_AMOUNT})?"
        rf"{_SCALE}(?!\w|,\d){_PER}",
        _before,
    ),
    rule(
        rf"{_LEADING_MINUS}{START}{_AMOUNT}(?:[-–]{_AMOUNT})?{_SCALE}"
        rf"[ ]?({_SIGN})(?![\w]|[ ]?\d){_PER}",
        _after,
    ),
    rule(rf"{START}{_AMOUNT}[ ]?¢", _cents),
    rule(r"(?<![\w.,])(\d{1,2})p\b(?![./])", lambda m: f"{number(m[1])} pence"),
)
