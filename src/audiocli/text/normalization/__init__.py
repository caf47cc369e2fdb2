"""Text normalization: replace numbers, dates, abbreviations and signs by spoken words.

English has its own rules (`english`); numbers of other languages are read with num2words
(`counted`). A `Reading` keeps its position in the text, so that subtitles show the text as
written.
"""

from __future__ import annotations

from collections.abc import Sequence

from audiocli.text.languages import base_code
from audiocli.text.normalization.reading import Reading, find_readings, spoken_form

__all__ = ["Reading", "readings", "spoken_form"]


def readings(text: str, language: str | None, settled: Sequence[Reading] = ()) -> list[Reading]:
    """Find the parts of a text that are not said as they are written.

    Parameters
    ----------
    language : ISO 639 code; None (unknown) adds no readings
    settled : readings given by a lexicon or by markup; they are kept
    """
    language = base_code(language) if language else None
    if language == "en":
        from audiocli.text.normalization.english import english_readings

        return english_readings(text, settled)
    if not language or not any(map(str.isdigit, text)):
        return sorted(settled)
    from audiocli.text.normalization.other_languages import rules

    return find_readings(text, rules(language), settled)
