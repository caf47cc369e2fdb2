"""Text normalization: replace numbers, dates, abbreviations and signs by spoken words.

English has its own rules (`english`); numbers of other languages are read with num2words
(`counted`). A `Reading` keeps its position in the text, so that subtitles show the text as
written.
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
    """Return the ISO 639-1 code of a language: `fr` for `fra` and `fr-CA`."""
    base = re.split("[-_]", language.lower())[0] if language else language
    return _TWO_LETTERS.get(base or "", base)


def readings(text: str, language: str | None, settled: Sequence[Reading] = ()) -> list[Reading]:
    """Find the parts of a text that are not said as they are written.

    Parameters
    ----------
    language : ISO 639 code; None (unknown) adds no readings
    settled : readings given by a lexicon or by markup; they are kept
    """
    language = two_letters(language)
    if language == "en":
        from audiocli.text.normalization.english import english_readings

        return english_readings(text, settled)
    if not language or not any(map(str.isdigit, text)):
        return sorted(settled)
    from audiocli.text.normalization.other_languages import rules

    return find_readings(text, rules(language), settled)
