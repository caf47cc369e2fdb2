"""SSML's say-as element (https://www.w3.org/TR/ssml-sayas/)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from audiocli.text.readers.ssml.values import SsmlError


def say_as(text: str, kind: str, form: str) -> str | None:
    """Return the words for a text that is interpreted as a kind.

    Parameters
    ----------
    kind : value of `interpret-as`, such as `cardinal` or `characters`
    form : order of a date, such as `dmy`

    Returns
    -------
    the words; None leaves the text to the normalization rules

    Raises
    ------
    SsmlError : the kind is unknown, or the text is not of that kind
    """
    if kind not in _KINDS:
        raise SsmlError(f"say-as {kind!r} is not known; known are {', '.join(_KINDS)}")
    try:
        return _KINDS[kind](text, form)
    except (ValueError, IndexError):
        raise SsmlError(f"{text!r} cannot be said as {kind}") from None


def _characters(text: str, _: str) -> str:
    from audiocli.text.normalization.english.web import address

    return ", ".join(address(character) for character in text if character.strip())


def _cardinal(text: str, _: str) -> str:
    from audiocli.text.normalization.english.words import number

    return number(_numeric(text))


def _ordinal(text: str, _: str) -> str:
    from audiocli.text.normalization.english.roman import roman_value
    from audiocli.text.normalization.english.words import ordinal

    if re.fullmatch("[IVXLCDM]+", text):
        return ordinal(roman_value(text))
    return ordinal(int(_numeric(re.sub(r"(st|nd|rd|th)$", "", text))))


def _digits(text: str, _: str) -> str:
    from audiocli.text.normalization.english.words import digits

    if not any(map(str.isdecimal, text)):
        raise ValueError
    return digits(text)


def _telephone(text: str, _: str) -> str:
    groups = re.findall(r"\d+", text)
    return ("plus " if text.startswith("+") else "") + ", ".join(_digits(g, "") for g in groups)


def _fraction(text: str, _: str) -> str:
    from audiocli.text.normalization.english.words import fraction, number

    found = re.fullmatch(r"(?:(\d+)[ +])?(\d+)/(\d+)", text)
    if not found:
        raise ValueError
    above, below = int(found[2]), int(found[3])
    said = fraction(above, below, article=bool(found[1]))
    said = said or f"{number(found[2])} over {number(found[3])}"
    return f"{number(found[1])} and {said}" if found[1] else said


def _date(text: str, form: str) -> str:
    from audiocli.text.normalization.english.dates import spoken_date

    parts = re.findall(r"\d+", text)
    order = form or ("ymd" if len(parts[0]) == 4 else "mdy")
    if not re.fullmatch("[dmy]{1,3}", order) or len(parts) != len(order):
        raise ValueError
    values = dict(zip(order, parts, strict=True))
    return spoken_date(values.get("m"), values.get("d"), values.get("y"))


def _numeric(text: str) -> str:
    if not re.fullmatch(r"[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?", text) or not text:
        raise ValueError
    return text.lstrip("+")


def _by_rule(text: str, _: str) -> None:
    """Return None: the normalization rules read times, money and units."""


_KINDS: Mapping[str, Callable[[str, str], str | None]] = {
    "characters": _characters,
    "spell-out": _characters,
    "cardinal": _cardinal,
    "number": _cardinal,
    "ordinal": _ordinal,
    "digits": _digits,
    "fraction": _fraction,
    "telephone": _telephone,
    "date": _date,
    "time": _by_rule,
    "currency": _by_rule,
    "unit": _by_rule,
    "address": _by_rule,
}
