"""Text normalisation: what is written, as the words that are said.

A language is a module with rules (`english`), or one that num2words can count in
(`counted`). Readings keep the place in the text that they stand for, so that what is
shown on a screen stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from audiocli.text.normalization.reading import Reading, find_readings, spoken_form

# MMS and others name languages by three letters (ISO 639-3).
_TWO_LETTERS = {
    "eng": "en",
    "deu": "de",
    "fra": "fr",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "nld": "nl",
    "swe": "sv",
    "dan": "da",
    "nob": "no",
    "pol": "pl",
    "ces": "cs",
    "rus": "ru",
    "ukr": "uk",
    "fin": "fi",
    "hun": "hu",
    "ron": "ro",
    "tur": "tr",
}

__all__ = ["Reading", "readings", "spoken_form", "two_letters"]


def two_letters(language: str | None) -> str | None:
    """`fra` and `fr-CA` as `fr`, where there is such a code; others as they are."""
    base = re.split("[-_]", language.lower())[0] if language else language
    return _TWO_LETTERS.get(base or "", base)


def readings(text: str, language: str | None, settled: Sequence[Reading] = ()) -> list[Reading]:
    """Find what is not said as it is written.

    Parameters
    ----------
    language : ISO 639 code; None where it is not known, and nothing is found
    settled : readings that were given, by a lexicon or by markup; they stay
    """
    language = two_letters(language)
    if language == "en":
        from audiocli.text.normalization.english import RULES

        return find_readings(text, RULES, settled)
    if not language or not any(map(str.isdigit, text)):
        return sorted(settled)
    from audiocli.text.normalization.counted import rules

    return find_readings(text, rules(language), settled)
