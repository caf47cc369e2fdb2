"""Remove from text what cannot be read aloud."""

from __future__ import annotations

import re
import unicodedata

_TERMINAL_CODES = re.compile("\x1b\\[[0-?]*[ -/]*[@-~]")  # colours in captured logs
_LONG_REFERENCE = re.compile("&#[0-9]{8,};?")  # beyond Unicode, and slow to convert
_MAX_MARKS = 30  # combining characters in a row (Stream-Safe Text Format, Unicode UAX #15)
_DROPPED = {"\u00ad", "\u200b", "\u2060", "\ufeff"}  # soft hyphen, zero-width spaces


def clean_text(text: str) -> str:
    """Compose characters (NFC), make all line ends `\\n`, remove control characters.

    Of a run of combining characters, 30 are kept, because NFC takes quadratic time to sort them.
    """
    text = _TERMINAL_CODES.sub("", unicodedata.normalize("NFC", _stream_safe(text)))
    text = re.sub(r"\r\n?|[\v\f\x85\u2028]", "\n", text).replace("\u2029", "\n\n")
    return "".join(
        c
        for c in text
        if c in "\n\t" or not (unicodedata.category(c) in {"Cc", "Cs"} or c in _DROPPED)
    )


def _stream_safe(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def without_long_references(text: str) -> str:
    """Replace numeric character references that no character has, such as `&#123456789;`."""
    return _LONG_REFERENCE.sub("\ufffd", text)


def is_speakable(text: str) -> bool:
    """Return whether the text contains a letter or a digit."""
    return any(c.isalnum() for c in text)
