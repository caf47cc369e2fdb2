"""Read Roman numerals: Chapter XIV, Henry VIII, the XIX century, MMXX."""

from __future__ import annotations

import re

from audiocli.text.normalization.english.words import cardinal, one_of, ordinal, year
from audiocli.text.normalization.reading import rule

# Words before a numeral that is read as a cardinal; `chapter` also as `Chapter`.
_NUMBERED = (
    *("act", "apollo", "article", "book", "chapter", "class", "episode", "final fantasy"),
    *("gemini", "grade", "level", "mark", "part", "phase", "rocky", "round", "scene"),
    *("section", "stage", "star wars episode", "super bowl", "type", "volume", "world war"),
)
# Names before a numeral that is read as an ordinal.
_RULERS = (
    *("Pope", "King", "Queen", "Henry", "Louis", "Edward", "George", "William", "Charles"),
    *("James", "Richard", "Elizabeth", "Napoleon", "Pius", "Benedict", "Leo", "John Paul"),
    *("Ramses", "Frederick", "Philip", "Alexander", "Nicholas", "Peter", "Catherine"),
    *("Ivan", "Umberto", "Victor Emmanuel", "Gustav", "Christian", "Ferdinand"),
)
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_ROMAN = (
    r"(?=[IVXLCDM])(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?!\w|['’](?!s))"
)
# Words after a numeral I; other words in lower case make it the pronoun.
_AFTER_NUMERAL = re.compile(r" of\b| (?:and|or|to) (?:\w+ )?[IVX]+\b")
# Two letters or more that are neither an English word nor initials.
_CERTAIN_ROMAN = r"\b(?=[IVX]{2})(X{0,3}(?:IX|IV|V?I{0,3}))\b(?!\.\w)"


def roman_value(numeral: str) -> int:
    """Return the value of a numeral: 14 for `XIV`."""
    values = [_VALUES[letter] for letter in numeral]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


def _numbered(match: re.Match[str]) -> str | None:
    if match[2] == "I" and not _is_numeral(match):
        return None
    return f"{match[1]} {cardinal(roman_value(match[2]))}"


def _is_numeral(match: re.Match[str]) -> bool:
    """Return whether the I after a word such as `Part` is a numeral, not the pronoun."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    is_sentence_start = not before.strip() or before.rstrip()[-1] in '.?!"“'
    if match[1].lower() == "world war" or (match[1][0].isupper() and not is_sentence_start):
        return True
    return not re.match(r" [a-z]", after) or bool(_AFTER_NUMERAL.match(after))


def _small(match: re.Match[str]) -> str:
    return f"{match[1]} {cardinal(roman_value(match[2].upper()))}"


RULES = (
    rule(rf"\b((?i:{one_of(_NUMBERED)}))[ ]{_ROMAN}", _numbered),
    rule(
        r"\b((?i:scene|act|chapter|section|page|part|volume|verse))[ ]"
        r"((?=[ivx]{2})x{0,3}(?:ix|iv|v?i{0,3})|[ivx](?=[.,;:)]|$))(?!\w)",
        _small,
    ),
    rule(
        rf"\b({one_of(_RULERS)})[ ]{_ROMAN}",
        lambda m: f"{m[1]} the {ordinal(roman_value(m[2]))}",
    ),
    rule(rf"^(?=[IVXL]+\.?$){_ROMAN}(?=\.?$)", lambda m: cardinal(roman_value(m[1]))),
    rule(rf"{_CERTAIN_ROMAN}(?=[ ]century)", lambda m: ordinal(roman_value(m[1]))),
    rule(rf"\b(?=M[IVXLCDM]{{3}}){_ROMAN}", lambda m: year(roman_value(m[1]))),
    rule(_CERTAIN_ROMAN, lambda m: cardinal(roman_value(m[1]))),
)
