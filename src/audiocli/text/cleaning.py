"""Remove from text what cannot be read aloud."""

from __future__ import annotations

import re
import unicodedata

_TERMINAL_CODES = re.compile("\x1b\\[[0-?]*[ -/]*[@-~]")  # colours in captured logs
_DROPPED = {"\u00ad", "\u200b", "\u2060", "\ufeff"}  # soft hyphen, zero-width spaces


def clean_text(text: str) -> str:
    """Compose characters (NFC), make all line ends `\\n`, remove control characters."""
    text = _TERMINAL_CODES.sub("", unicodedata.normalize("NFC", text))
    text = re.sub(r"\r\n?|[\v\f\x85\u2028]", "\n", text).replace("\u2029", "\n\n")
    return "".join(
        c
        for c in text
        if c in "\n\t" or not (unicodedata.category(c) in {"Cc", "Cs"} or c in _DROPPED)
    )


def is_speakable(text: str) -> bool:
    """Return whether the text contains a letter or a digit."""
    return any(c.isalnum() for c in text)
