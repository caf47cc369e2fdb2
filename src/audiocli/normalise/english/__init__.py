"""English as it is said: numbers, dates, money, units, abbreviations, addresses of the web.

Words for numbers, and tables of units, titles and abbreviations, come from the
reader of the package hibari-tts, which is there for the default voice anyway.
American usage decides where it must: 3/4/2024 is the fourth of March.
"""

from __future__ import annotations

from audiocli.normalise.english.codes import RULES as CODES
from audiocli.normalise.english.codes import VERSES
from audiocli.normalise.english.dates import RULES as DATES
from audiocli.normalise.english.formulas import RULES as FORMULAS
from audiocli.normalise.english.letters import RULES as LETTERS
from audiocli.normalise.english.money import RULES as MONEY
from audiocli.normalise.english.numbers import RULES as NUMBERS
from audiocli.normalise.english.quantities import RULES as QUANTITIES
from audiocli.normalise.english.roman import RULES as NUMERALS
from audiocli.normalise.english.symbols import RULES as SYMBOLS
from audiocli.normalise.english.web import RULES as WEB
from audiocli.normalise.reading import Rule

# Early rules take what later ones would misread: the 5 of $5 is no plain number.
RULES: tuple[Rule, ...] = (
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
