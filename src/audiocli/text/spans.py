"""Remove delimited spans from a text in linear time."""

from __future__ import annotations

import re


def without_spans(
    text: str, opening: re.Pattern[str], closing: re.Pattern[str], filler: str = ""
) -> str:
    """Replace each span from an opening to the next closing mark by `filler`.

    One pattern for the whole span would search the rest of the text for a closing mark at each
    opening mark, which takes quadratic time if there is none.
    """
    parts: list[str] = []
    position = 0
    while (start := opening.search(text, position)) and (end := closing.search(text, start.end())):
        parts.append(text[position : start.start()])
        position = end.end()
    parts.append(text[position:])
    return filler.join(parts)
