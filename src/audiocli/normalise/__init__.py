"""Text normalisation: what is written, as the words that are said.

A language is a module with rules (`english`), or one that num2words can count in
(`counted`). Readings keep the place in the text that they stand for, so that what is
shown on a screen stays as it was written.
"""

from __future__ import annotations

from collections.abc import Sequence

from audiocli.normalise.reading import Reading, find_readings, spoken_form

__all__ = ["Reading", "readings", "spoken_form"]


def readings(text: str, language: str | None, settled: Sequence[Reading] = ()) -> list[Reading]:
    """Find what is not said as it is written.

    Parameters
    ----------
    language : ISO 639 code; None for English
    settled : readings that were given, by a lexicon or by markup; they stay
    """
    if language in {None, "en", "eng"}:
        from audiocli.normalise.english import RULES

        return find_readings(text, RULES, settled)
    if not language or not any(map(str.isdigit, text)):
        return sorted(settled)
    from audiocli.normalise.counted import rules

    return find_readings(text, rules(language), settled)
