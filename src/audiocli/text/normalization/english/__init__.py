"""Normalization rules for English.

Usage is American where it matters: 3/4/2024 is the fourth of March.
"""

from __future__ import annotations

from audiocli.text.normalization.english.codes import RULES as CODES
from audiocli.text.normalization.english.codes import VERSES
from audiocli.text.normalization.english.dates import RULES as DATES
from audiocli.text.normalization.english.formulas import RULES as FORMULAS
from audiocli.text.normalization.english.letters import RULES as LETTERS
from audiocli.text.normalization.english.money import RULES as MONEY
from audiocli.text.normalization.english.numbers import RULES as NUMBERS
from audiocli.text.normalization.english.quantities import RULES as QUANTITIES
from audiocli.text.normalization.english.roman import RULES as NUMERALS
from audiocli.text.normalization.english.symbols import RULES as SYMBOLS
from audiocli.text.normalization.english.web import RULES as WEB
from audiocli.text.normalization.reading import ReadingRule

# Early rules take what later ones would misread: the 5 of $5 is no plain number.
RULES: tuple[ReadingRule, ...] = (
    *WEB,
    *VERSES,
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
