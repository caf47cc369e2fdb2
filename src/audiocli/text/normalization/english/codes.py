"""Numbers that are identifiers: telephone and serial numbers, versions, rooms, verses."""

from __future__ import annotations

import re

from audiocli.text.normalization.english.words import cardinal, digits, in_pairs, number
from audiocli.text.normalization.reading import rule

# Nouns whose number is read in pairs if it has three or four digits: room 101.
_SHORT = {
    "Rm.": "Room",
    "Rte.": "Route",
    "Hwy.": "Highway",
    "Apt.": "Apartment",
    "Ext.": "Extension",
    "ext.": "extension",
}
_NAMED = (
    "(?i:room|flight|route|highway|suite|apartment|extension|bus)|Interstate|Gate|Unit|Boeing"
    f"|Airbus|{'|'.join(map(re.escape, _SHORT))}"
)
_EMERGENCY = "911|999|988|411|311|211|112|101"
_BOOKS = (
    "Genesis|Exodus|Leviticus|Numbers|Deuteronomy|Joshua|Judges|Ruth|Samuel|Kings|"
    "Chronicles|Ezra|Nehemiah|Esther|Job|Psalm|Psalms|Proverbs|Ecclesiastes|Isaiah|"
    "Jeremiah|Lamentations|Ezekiel|Daniel|Hosea|Joel|Amos|Obadiah|Jonah|Micah|"
    "Nahum|Habakkuk|Zephaniah|Haggai|Zechariah|Malachi|Matthew|Mark|Luke|John|Acts|"
    "Romans|Corinthians|Galatians|Ephesians|Philippians|Colossians|Thessalonians|"
    "Timothy|Titus|Philemon|Hebrews|James|Peter|Jude|Revelation|Surah|Quran"
)
_NATIONAL = r"(?:\+\d{1,3}[ -]?|1[ -])?(?:\(\d{2,5}\)[ -]?|\d{3}[ -])?\d{3}-\d{4}(?![\w-])"
_INTERNATIONAL = r"\+\d{1,3}(?:[ -]\d{2,5}){2,5}(?![\w-])"
_DOTTED = r"\d{3}\.\d{3}\.\d{4}(?![\w-])"
_TRUNK = r"0\d{1,4}(?:[ -]\d{3,7}){1,2}(?![\w-])|0\d(?:[ ]\d\d){4}(?![\w-])"


def _phone(match: re.Match[str]) -> str:
    plus = "plus " if match[0].startswith("+") else ""
    return plus + ", ".join(digits(group) for group in re.findall(r"\d+", match[0]))


def _serial(match: re.Match[str]) -> str:
    """Read `978-3-16-148410-0` group by group; short groups are numbers."""
    groups = match[0].split("-")
    return ", ".join(number(group) if len(group) < 3 else digits(group) for group in groups)


def _post_code(match: re.Match[str]) -> str:
    return " dash ".join(map(digits, match[0].split("-")))


def _version(match: re.Match[str]) -> str:
    parts = match[2].split(".")
    if len(parts[-1]) == 3 and parts[-1] == "000":  # thousands, as Germans write them
        return number("".join(parts))
    is_address = len(parts) == 4 and any(len(part) == 3 for part in parts)  # 192.168.0.1
    point = " dot " if is_address else " point "
    said = point.join(cardinal(int(part)) for part in parts)
    return f"version {said}" if match[1] else said


def _numbered(match: re.Match[str]) -> str:
    return f"number {number(match[1])}"


def _named(match: re.Match[str]) -> str:
    return f"{_SHORT.get(match[1], match[1])} {in_pairs(int(match[2]))}"


def _lettered(match: re.Match[str]) -> str:
    return f"{_SHORT.get(match[1], match[1])} {number(match[2])} {match[3]}"


def _called(match: re.Match[str]) -> str:
    return match[1] + digits(match[2])


def _verse(match: re.Match[str]) -> str:
    until = f" to {cardinal(int(match[4]))}" if match[4] else ""
    return f"{match[1]} {cardinal(int(match[2]))} {cardinal(int(match[3]))}{until}"


# Clocks take what looks like a time: verses come before them.
VERSES = (
    rule(
        rf"\b({_BOOKS})[ ](\d{{1,3}}):(\d{{1,3}})(?:[-–](\d{{1,3}}))?(?![\w:]|[ ]?[ap]\.?m)", _verse
    ),
)

RULES = (
    rule(rf"(?<![\w.\-])(?<!\d[ ])(?:{_NATIONAL}|{_INTERNATIONAL}|{_DOTTED}|{_TRUNK})", _phone),
    rule(r"(?<![\w.\-])\d+(?:-\d+){2,}(?![\w-])", _serial),
    rule(r"(?<![\w.\-])\d{5}-\d{4}(?![\w-])|(?<=,[ ][A-Z]{2}[ ])\d{5}(?![\w-])", _post_code),
    rule(rf"(?i:\b((?:call|dial|ring)(?:ed|ing)?[ ]))({_EMERGENCY})(?![\w\-]|[.,]\d)", _called),
    rule(rf"\b({_NAMED})[ ](\d{{1,2}})([B-Z])(?!\w)", _lettered),
    rule(rf"\b({_NAMED})[ ](\d{{3,4}})(?![\w\-–]|[.,]\d)", _named),
    rule(r"(\b[vV](?:ersion[ ]|\.[ ]?)?)(\d+(?:\.\d+){1,3})(?!\w)", _version),
    rule(r"(?<![\w.,/:])()(\d+(?:\.\d+){2,3})(?!\w)", _version),
    rule(r"(?<![\w&])(?:\#|№[ ]?|[Nn][o°º]\.?[ ]?)(\d+)(?![\w])", _numbered),
)
