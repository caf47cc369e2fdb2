"""Read arithmetic, powers and dimensions: 3 x 4 = 12, 6.02×10^23, 1e-9, x²."""

from __future__ import annotations

import re
import unicodedata

from audiocli.text.normalization.english.words import MINUS, NUMBER, START, number
from audiocli.text.normalization.reading import rule

_OPERATORS = {
    **dict.fromkeys(MINUS, "minus"),
    **dict.fromkeys("x×*·", "times"),
    **dict.fromkeys("/÷", "divided by"),
}
_SUPERSCRIPT = "⁻?[²³¹⁰⁴-⁹]+"
_POWER = rf"(?:\^\(?([{MINUS}]?\d+)\)?|({_SUPERSCRIPT}))"
_REST_OF_SUM = rf"(?=(?:{NUMBER})[^.;!?\n=]*(?<![<>])=)"


def _operator(match: re.Match[str]) -> str:
    return f"{number(match[1])} {_OPERATORS[match[2]]} "


def _times(match: re.Match[str]) -> str:
    return f"{number(match[1])} times"


def _by(match: re.Match[str]) -> str:
    return f"{number(match[1])} by {number(match[2])}"


def _scientific(match: re.Match[str]) -> str:
    return f"{number(match[1])} times ten to the power of {number(match[2].lstrip('+'))}"


def _power(match: re.Match[str]) -> str:
    exponent = match[2] or unicodedata.normalize("NFKC", match[3])
    said = {"2": "squared", "3": "cubed"}.get(exponent) or f"to the power of {number(exponent)}"
    base = number(match[1]) if match[1][-1].isdecimal() else match[1]
    return f"{base} {said}"


RULES = (
    rule(rf"{START}({NUMBER})[ ]?([{MINUS}x×*·÷]|(?<=[ ])/(?=[ ]))[ ]?{_REST_OF_SUM}", _operator),
    rule(rf"{START}({NUMBER})[ ]?[x×*·][ ]?(?=10(?:\^|[²³¹⁰⁴-⁹⁻]))", lambda m: _times(m) + " "),
    rule(rf"{START}({NUMBER})[ ]?\*[ ]?(?=\d)", lambda m: _times(m) + " "),
    rule(rf"{START}({NUMBER})(?:e|E(?=[+-]))([+-]?\d{{1,3}})(?![\w]|\.\d)", _scientific),
    rule(rf"{START}({NUMBER}){_POWER}(?!\w)", _power),
    # Of letters only those that are no footnote's: "x²", "mc²", and any with a caret.
    rule(rf"(?<![^\W\d_])([b-zB-HJ-Z]|mc|[A-Za-z](?=\^)){_POWER}(?!\w)", _power),
    rule(rf"{START}({NUMBER})[ ]?[x×][ ]?({NUMBER})(?!\w)", _by),
    rule(rf"{START}({NUMBER})[x×](?!\w)", _times),
)
