"""Read plain text: paragraphs between empty lines, and chapter headings of books."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audiocli.text.cleaning import clean_text
from audiocli.text.script import LINE, PARAGRAPH, ScriptLine, SpeechScript

_FULL_WIDTH = 40  # columns from which on a line may be full, and its end mean nothing
_LIST_MARK = re.compile(r"([-*•‣–]|\d{1,3}[.)]|\(?[a-z]\))\s")
_LONGEST_HEADING = 80
# "CHAPTER IV. The Cave", "Part Two", alone in a paragraph.
_HEADING = re.compile(
    r"(?:chapter|part|book|volume|letter|canto|act)\s+(?:[ivxlc]+|\d+|[a-z]+(?:-[a-z]+)?)\b[.:—–-]?(?:\s.*)?"
    r"|(?:prologue|epilogue|preface|foreword|introduction|afterword|appendix)[.:]?",
    re.IGNORECASE,
)


def read_plain(text: str) -> SpeechScript:
    """Read plain text."""
    return SpeechScript(lines=lambda: plain_lines(text))


def plain_lines(text: str) -> Iterator[ScriptLine]:
    """Split text into lines; the pause after each depends on whether its paragraph ends."""
    for paragraph in re.split(r"\n\s*\n", clean_text(text)):
        spoken = list(joined_lines(paragraph))
        title = _title(spoken)
        for number, line in enumerate(spoken, start=1):
            pause = PARAGRAPH if number == len(spoken) else LINE
            yield ScriptLine(text=line, pause=pause, chapter=title if number == 1 else None)


def _title(paragraph: list[str]) -> str | None:
    """Return the chapter title if the paragraph is one."""
    title = " ".join(paragraph)
    is_heading = (
        0 < len(paragraph) <= 2
        and len(title) <= _LONGEST_HEADING
        and _HEADING.fullmatch(title)
        and not title.endswith((",", ";"))
    )
    return title if is_heading else None


def joined_lines(paragraph: str) -> Iterator[str]:
    """Join lines that were only broken to fit a page.

    A line is one of those if it was full: the first word of the next line would have
    made it longer than all others. Short lines, as of a list or a poem, stay lines.
    """
    written = [" ".join(line.split()) for line in paragraph.split("\n")]
    width = max(map(len, written), default=0)
    joined = last = ""
    for line in filter(None, written):
        word = line.split(" ", 1)[0]
        is_full = width >= _FULL_WIDTH and len(last) + 1 + len(word) > width
        if joined and (not is_full or _LIST_MARK.match(line)):
            yield joined
            joined = ""
        joined = f"{joined} {line}" if joined else line
        last = line
    if joined:
        yield joined
