"""Plain text: paragraphs parted by empty lines, and the headings that books have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audiocli.text.script import LINE, PARAGRAPH, Line, Script
from audiocli.text.sentences import cleaned, lines

_LONGEST_HEADING = 80
# "CHAPTER IV. The Cave", "Part Two", alone in a paragraph.
_HEADING = re.compile(
    r"(?:chapter|part|book|volume|letter|canto|act)\s+(?:[ivxlc]+|\d+|[a-z]+(?:-[a-z]+)?)\b[.:—–-]?(?:\s.*)?"
    r"|(?:prologue|epilogue|preface|foreword|introduction|afterword|appendix)[.:]?",
    re.IGNORECASE,
)


def read_plain(text: str) -> Script:
    """Read a text without markup."""
    return Script(lines=lambda: plain_lines(text))


def plain_lines(text: str) -> Iterator[Line]:
    """Divide a text into lines, with the pause that each end of a paragraph asks for."""
    for paragraph in re.split(r"\n\s*\n", cleaned(text)):
        spoken = list(lines(paragraph))
        title = _title(spoken)
        for number, line in enumerate(spoken, start=1):
            pause = PARAGRAPH if number == len(spoken) else LINE
            yield Line(text=line, pause=pause, chapter=title if number == 1 else None)


def _title(paragraph: list[str]) -> str | None:
    """The title of a chapter, if the paragraph is one."""
    title = " ".join(paragraph)
    is_heading = (
        0 < len(paragraph) <= 2
        and len(title) <= _LONGEST_HEADING
        and _HEADING.fullmatch(title)
        and not title.endswith((",", ";"))
    )
    return title if is_heading else None
