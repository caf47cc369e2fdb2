"""Read numbers with num2words (https://github.com/savoirfairelinux/num2words).

Covers whole numbers, decimals, marked ordinals, years, percentages and amounts of money.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from audiocli.errors import MissingExtra
from audiocli.text.normalization.reading import ReadingRule, rule

_PERCENT: Mapping[str, str] = {
    "de": "Prozent",
    "fr": "pour cent",
    "es": "por ciento",
    "it": "per cento",
    "pt": "por cento",
    "nl": "procent",
    "sv": "procent",
    "da": "procent",
    "no": "prosent",
    "pl": "procent",
    "cs": "procent",
    "ru": "процентов",
    "uk": "відсотків",
    "fi": "prosenttia",
    "hu": "százalék",
    "ro": "la sută",
    "tr": "yüzde",
}
_ORDINAL_MARKS: Mapping[str, str] = {
    "de": r"\.(?=[ ][A-ZÄÖÜ])",
    "da": r"\.(?=[ ]\w)",
    "no": r"\.(?=[ ]\w)",
    "cs": r"\.(?=[ ]\w)",
    "fi": r"\.(?=[ ]\w)",
    "fr": r"(?:er|ère|re|e|ème)\b",
    "es": r"(?:\.?[ºª])",
    "it": r"[º°ª]",
    "pt": r"(?:\.?[ºª])",
    "nl": r"(?:e|de|ste)\b",
    "sv": r":[ae]\b",
}
# Words after which an ordinal takes an ending: "der dritte Mai", but "am dritten Mai".
_INFLECTING = {"de": (re.compile(r"\b(?:am|vom|zum|beim|im|dem|den|des)\s+$", re.I), "n")}
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
_POINTED = {"ja", "zh", "ko", "th", "he", "ar", "hi"}  # 3.14; elsewhere 3,14
_LONGEST = 15  # digits


@lru_cache(maxsize=8)
def rules(language: str) -> tuple[ReadingRule, ...]:
    """Return the number rules of a language; empty if num2words does not support it.

    Parameters
    ----------
    language : ISO 639-1 code

    Raises
    ------
    MissingExtra : num2words is not installed
    """
    count = _counter()
    if language not in count.CONVERTER_CLASSES:
        return ()

    def say(number: Any, form: str = "cardinal", **options: Any) -> str | None:
        try:
            said: str = count.num2words(number, lang=language, to=form, **options)
        except (NotImplementedError, OverflowError, IndexError, KeyError, ValueError, TypeError):
            return None
        return said.replace(",", "")

    point, comma = (".", ",") if language in _POINTED else (",", ".")

    def value(written: str) -> int | float:
        plain = re.sub(rf"[{re.escape(comma)}\s]", "", written).replace(point, ".")
        return float(plain) if "." in plain else int(plain)

    def cardinal(match: re.Match[str]) -> str | None:
        if len(match[1]) > _LONGEST:
            return None
        said = say(value(match[1]))
        return f"{said} {_PERCENT[language]}" if said and match[2] else said

    def ordinal(match: re.Match[str]) -> str | None:
        said = say(int(match[1]), "ordinal")
        before, ending = _INFLECTING.get(language, (None, ""))
        is_inflected = before and before.search(match.string[: match.start()])
        return f"{said}{ending}" if said and is_inflected else said

    def money(match: re.Match[str]) -> str | None:
        amount = value(match[1])
        return say(
            amount if isinstance(amount, float) else float(amount),
            "currency",
            currency=_SIGNS[match[2]],
        )

    number = (
        rf"(?<![\w.,])(\d{{1,3}}(?:[{re.escape(comma)}\u00a0\u202f]\d{{3}})+(?:{re.escape(point)}\d+)?"
        rf"|\d+(?:{re.escape(point)}\d+)?)"
    )
    mark = _ORDINAL_MARKS.get(language)
    percent = r"([ \u00a0\u202f]?%)" if language in _PERCENT else r"(\b\B)"
    found = [
        rule(rf"{number}[ \u00a0]?([€$£])", money),
        rule(
            r"(?<![\w.,])(1[1-9]\d\d|20\d\d)(?![\w]|[.,%]\d|[ ]?%)",
            lambda m: say(int(m[1]), "year"),
        ),
        rule(rf"{number}{percent}?(?!\w)", cardinal),
    ]
    if mark:
        found.insert(0, rule(rf"(?<![\w.,])(\d+){mark}", ordinal))
    return tuple(found)


def _counter() -> Any:
    try:
        import num2words
    except ModuleNotFoundError:
        raise MissingExtra("numbers in other languages than English", "languages") from None
    return num2words
