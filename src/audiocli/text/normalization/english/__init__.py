"""Normalization rules for English.

Usage is American where it matters: 3/4/2024 is the fourth of March.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from audiocli.text.normalization.english.codes import RULES as CODES
from audiocli.text.normalization.english.codes import VERSES
from audiocli.text.normalization.english.dates import RULES as DATES
from audiocli.text.normalization.english.durations import RULES as DURATIONS
from audiocli.text.normalization.english.formulas import RULES as FORMULAS
from audiocli.text.normalization.english.letters import RULES as LETTERS
from audiocli.text.normalization.english.money import CURRENCIES, SIGNS
from audiocli.text.normalization.english.money import RULES as MONEY
from audiocli.text.normalization.english.numbers import RULES as NUMBERS
from audiocli.text.normalization.english.quantities import RULES as QUANTITIES
from audiocli.text.normalization.english.quantities import UNITS
from audiocli.text.normalization.english.roman import RULES as NUMERALS
from audiocli.text.normalization.english.symbols import NOTE_NUMBERS
from audiocli.text.normalization.english.symbols import RULES as SYMBOLS
from audiocli.text.normalization.english.web import RULES as WEB
from audiocli.text.normalization.english.words import one_of
from audiocli.text.normalization.reading import Reading, ReadingRule, find_readings

# Early rules take what later ones would misread: the 5 of $5 is no plain number.
RULES: tuple[ReadingRule, ...] = (
    *NOTE_NUMBERS,
    *WEB,
    *VERSES,
    *DURATIONS,
    *DATES,
    *MONEY,
    *QUANTITIES,
    *NUMERALS,
    *CODES,
    *FORMULAS,
    *NUMBERS,
    *LETTERS,
    *SYMBOLS,
)

# 12,5 % and 1.234,56 kg: a decimal comma, in an amount with a unit or a currency.
_DECIMAL_COMMA = r"(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}"
_EUROPEAN = re.compile(
    rf"(?<![\w.,])(?:{_DECIMAL_COMMA}(?=[ \u00a0\u202f]?(?:{one_of((*UNITS, *CURRENCIES))})(?!\w))"
    rf"|(?<=[{SIGNS}]){_DECIMAL_COMMA}(?![\d,]))"
)
_SWAP = str.maketrans(".,", ",.")


def english_readings(text: str, settled: Sequence[Reading]) -> list[Reading]:
    """Find the readings of an English text, and return them with the settled ones."""
    return find_readings(_canonical(text), RULES, settled)


def _canonical(text: str) -> str:
    """Return a text of the same length with decimal points and plain fraction slashes."""
    text = text.replace("\u2044", "/")
    return _EUROPEAN.sub(lambda match: match[0].translate(_SWAP), text)
