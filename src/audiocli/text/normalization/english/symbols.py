"""Read signs and emoji."""

from __future__ import annotations

import re
import unicodedata

from audiocli.text.normalization.english.words import cardinal
from audiocli.text.normalization.reading import rule

_SIGNS = {
    "&": "and",
    "=": "equals",
    "≈": "is about",
    "≠": "is not",
    "≤": "is at most",
    "≥": "is at least",
    "+": "plus",
    "×": "times",
    "÷": "divided by",
    "±": "plus or minus",
    "→": "to",
    "@": "at",
    "%": "percent",
    "°": "degrees",
    "©": "copyright",
    "§": "section",
    "¶": "paragraph",
    "√": "square root of",
    "∞": "infinity",
}
_COMPARED = {
    "<=": "is at most",
    ">=": "is at least",
    "!=": "is not",
    "==": "equals",
    "->": "to",
    "=>": "to",
}
_SILENT = "™®•*_|\\^`~#{}<>←↑↓†‡"
_NAMES = {  # names that differ from those of Unicode
    "❤": "red heart",
    "♥": "heart",
    "✔": "check mark",
    "✅": "check mark",
    "☺": "smiling face",
    "😂": "face with tears of joy",
    "👍": "thumbs up",
    "👎": "thumbs down",
    "💯": "hundred points",
}
_PICTURES = (
    "\u203c\u2049\u2139\u231a-\u23ff\u25a0-\u25ff\u2600-\u27bf\u2934-\u2935\u2b05-\u2b55"
    "\U0001f000-\U0001faff"
)
_JOINED = "\u200d"
_EMOJI = rf"[{_PICTURES}][\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*"
# 9am-5pm, 300 BC–100 AD, Monday-Friday
_RANGE = (
    r"(?:(?<=[\d%°])|(?<=\ds)|(?<=[apAP][mM])|(?<=[apAP]\.[mM]\.)|(?<=BC)|(?<=AD))[-–](?=\d)"
    r"|(?<=day)[-–](?=[A-Z])"
)
# A note number after a word or a sentence, such as [1] or [2, 3].
_NOTE_NUMBER = r"(?<=\S)[ ]?\[\d{1,3}(?:[ ]?[,–-][ ]?\d{1,3})*\]"
_GREEK = "[Α-Ωα-ωϑϕϵ]"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_FIRST_OF_FLAG = 0x1F1E6


def _emoji(match: re.Match[str]) -> str:
    """Read an emoji by its name; repetitions are read once, joined sequences as one."""
    names = [_name(picture) for picture in match["one"].split(_JOINED)]
    return f", {' '.join(filter(None, names))}, "


def _name(picture: str) -> str:
    sign = picture[:1]
    if not sign or unicodedata.category(sign) not in {"So", "Sm"}:
        return ""
    name = _NAMES.get(sign) or unicodedata.name(sign, "").lower()
    return "" if name.endswith(" sign") and "♀♂".find(sign) >= 0 else name


def _greek(match: re.Match[str]) -> str:
    """Read a single Greek letter, as in formulas: λ is lambda."""
    return f" {unicodedata.name(match[1]).split()[-1].lower()} ".replace("lamda", "lambda")


def _flag(match: re.Match[str]) -> str:
    letters = [chr(ord(sign) - _FIRST_OF_FLAG + ord("A")) for sign in match[0].strip()]
    return f", flag of {'.'.join(letters)}., "


NOTE_NUMBERS = (rule(_NOTE_NUMBER, lambda _: ""),)

RULES = (
    rule(rf"\s*{_FLAG}\s*", _flag),
    rule(r"★+☆*", lambda m: f"{cardinal(m[0].count('★'))} star{'s' * (len(m[0]) > 1)}"),
    rule(rf"[ ]?(?P<one>{_EMOJI}(?:{_JOINED}{_EMOJI})*)(?:[ ]?(?P=one))*[ ]?", _emoji),
    rule(rf"(?<!{_GREEK})({_GREEK})(?!{_GREEK})", _greek),
    rule(r"\b([CF])\#(?!\w)", lambda m: f"{m[1]} sharp"),
    rule(r"(?<!\S)\.NET\b", lambda _: "dot net"),
    rule(_RANGE, lambda _: " to "),
    rule(r"[ ]?([<>!=]=|[-=]>)[ ]?", lambda m: f" {_COMPARED[m[1]]} "),
    rule(r"(?:(?<=[=±×÷(])|(?<=[=±×÷+][ ]))[-−](?=[A-Za-z]\b)", lambda _: "minus "),
    rule(r"[ ]?[<>][ ]?(?=\d)", lambda m: " less than " if "<" in m[0] else " more than "),
    rule(r"~(?=\d)", lambda _: "about "),
    rule(rf"[ ]?([{re.escape(''.join(_SIGNS))}])[ ]?", lambda m: f" {_SIGNS[m[1]]} "),
    rule(r"(?<=\w)/(?=\w)", lambda _: " slash "),
    rule(rf"[{re.escape(_SILENT)}]+", lambda _: " "),
)
