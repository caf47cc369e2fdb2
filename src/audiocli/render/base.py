"""What an output format is.

A format is one module of this package, named as `--format` names it, that
defines `RENDERER`. It knows results and nothing else of audiocli.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from audiocli.results import Result, Segment


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How results are laid out as text.

    Attributes
    ----------
    max_line_width : columns of a subtitle line; a wide (East Asian) character takes two
    max_lines : lines in a cue
    width : columns of the terminal, for tables
    colour : whether ANSI colours may be used
    """

    max_line_width: int = 42
    max_lines: int = 2
    width: int = 80
    colour: bool = False


class Renderer:
    """Turns results into text.

    Attributes
    ----------
    name : as in `--format`
    extension : of the files written, without the dot
    accepts : the kinds of result it can show
    natural_for : the kinds whose plain form this is, when nobody names a format
    many : whether several results may follow one another in one output
    between : what stands between two results in one output
    wants_words : whether it comes out better with the times of words
    """

    name: ClassVar[str]
    extension: ClassVar[str]
    accepts: ClassVar[tuple[type[Result], ...]]
    natural_for: ClassVar[tuple[type[Result], ...]] = ()
    many: ClassVar[bool] = False
    between: ClassVar[str] = ""
    wants_words: ClassVar[bool] = False

    def head(self, kind: type[Result]) -> str:  # noqa: ARG002
        """What stands once at the top of an output, however many results follow."""
        return ""

    def body(self, result: Result, layout: Layout) -> Iterator[str]:
        """Yield one result as pieces of text."""
        raise NotImplementedError


class SegmentRenderer(Renderer):
    """A format that can be written segment by segment, before the whole is known."""

    def segments(self, segments: Iterable[Segment], layout: Layout) -> Iterator[str]:
        """Yield the text of each segment as it arrives."""
        raise NotImplementedError

    def body(self, result: Result, layout: Layout) -> Iterator[str]:
        """Yield the segments of a whole transcript."""
        return self.segments(result.segments, layout)  # type: ignore[attr-defined]


def plain(text: str) -> str:
    """Fold text to one line that cannot steer a terminal.

    White space becomes single spaces; control characters and the lone surrogates
    of undecodable file names are written as escapes, such as `\\x1b`.
    """
    text = " ".join(text.split())
    if text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in {"Cc", "Cs"} else c
        for c in text
    )


def timestamp(seconds: float, marker: str = ".", digits: int = 3) -> str:
    """Write a time as `01:02:03.456`, with `marker` before the fraction."""
    ticks = round(max(seconds, 0.0) * 10**digits)
    whole, fraction = divmod(ticks, 10**digits)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{marker}{fraction:0{digits}}"
