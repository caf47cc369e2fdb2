"""Read plain text: paragraphs between empty lines, and chapter headings of books."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from audiocli.text.cleaning import clean_text
from audiocli.text.script import LINE, PARAGRAPH, ScriptLine, SpeechScript
from audiocli.text.sentences import ends_sentence

_WRAPPED = 25  # columns from which on a line that goes on in lower case was wrapped
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[\da-fA-F]{1,6});")
_HYPHENATED = re.compile(r"(\w*[^\W\d_])[-\u2010]$")
# Prefixes that keep their hyphen at the end of a line.
_PREFIXES = {"all", "co", "ex", "half", "high", "long", "low", "non", "self", "short", "well"}
_FULL_WIDTH = 40  # columns from which on a line may be full, and its end mean nothing
_LIST_MARK = re.compile(r"([-*•‣–]|\d{1,3}[.)]|\(?[a-z]\))\s")
_LONGEST_HEADING = 80
_LONGEST_WORD = 100  # characters at the end of a line that decide how it is joined
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
    for paragraph in re.split(
        r"\n\s*\n", _ENTITY.sub(lambda entity: html.unescape(entity[0]), clean_text(text))
    ):
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
    """Join lines that were only wrapped to fit a page, and words hyphenated at their ends.

    A line is wrapped if the first word of the next line would have made it longer than all
    others, or if it ends no sentence and the next line goes on in lower case. Short lines
    of a paragraph without full stops, as of a list, stay lines.
    """
    written = [" ".join(line.split()) for line in paragraph.split("\n")]
    width = max(map(len, written), default=0)
    is_prose = any(ends_sentence(line, "") for line in written)
    parts: list[str] = []  # of the joined line
    last = end = ""  # the last written line, and the end of the joined line
    for line in filter(None, written):
        if parts and not _is_wrapped(last, line, width, is_prose=is_prose):
            yield "".join(parts)
            parts, end = [], ""
        if parts and (joint := _joint(end, line)) != " ":  # a hyphen is replaced
            parts[-1], end = parts[-1][:-1], end[:-1]
        parts.append(joint + line if parts else line)
        last, end = line, (end + parts[-1])[-_LONGEST_WORD:]
    if parts:
        yield "".join(parts)


def _is_wrapped(line: str, following: str, width: int, *, is_prose: bool) -> bool:
    """Return whether the text of a line continues in the next line."""
    if _LIST_MARK.match(following):
        return False
    word = following.split(" ", 1)[0]
    is_full = width >= _FULL_WIDTH and len(line) + 1 + len(word) > width
    if is_full or not following[0].islower():
        return is_full
    may_go_on = is_prose or len(line) >= _WRAPPED
    return (may_go_on and not ends_sentence(line, following)) or bool(_hyphenated(line))


def _hyphenated(line: str) -> re.Match[str] | None:
    is_hyphen = line.endswith(("-", "\u2010"))
    return _HYPHENATED.search(line[-_LONGEST_WORD:]) if is_hyphen else None


def _joint(end: str, following: str) -> str:
    """Return what joins two lines: a space, or what replaces the hyphen between them.

    Parameters
    ----------
    end : the last characters of the joined line
    """
    hyphenated = _hyphenated(end)
    if not hyphenated or not following[0].isalpha():
        return " "
    is_divided = following[0].islower() and hyphenated[1].lower() not in _PREFIXES
    is_compound = re.search(r"-\w+[-\u2010]$", end)  # one that has a hyphen already
    return "" if is_divided and not is_compound else end[-1]
