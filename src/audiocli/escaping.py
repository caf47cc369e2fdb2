"""Escape characters that control terminals in text from data: names, labels, transcripts."""

from __future__ import annotations

import re

# C0 and C1 controls, line and paragraph separators, bidirectional overrides, the lone surrogates
# of undecodable file names, and noncharacters, which XML excludes. Other bidirectional marks
# are part of Arabic and Hebrew texts.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    """Return text on one line, without terminal control sequences.

    White space is replaced by single spaces, and control characters by escapes such as
    `\\x1b`.
    """
    return escaped(" ".join(text.split()))


def escaped(text: str) -> str:
    """Return text with all control characters escaped, also line ends and tabs."""
    if text.isprintable():
        return text
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
