"""What an output format is.

A format is one module of this package, named as `--format` names it, that
defines `RENDERER`. It knows results and nothing else of audiocli.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from audiocli.results import Result, Segment


@dataclass(frozen=True, kw_only=True)
class PictureOptions:
    """How results are drawn.

    Attributes
    ----------
    width, height : of the whole picture in pixels; no height means as fits the contents
    dpi : pixels an inch; lines and letters grow with it
    style : light, dark or print
    colour_map : None is as usual for the style
    raw : only the pixels of the sound, no axes
    """

    width: int = 1000
    height: int | None = None
    dpi: int = 100
    style: str = "light"
    colour_map: str | None = None
    raw: bool = False


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How results are laid out as text.

    Attributes
    ----------
    max_line_width : columns of a subtitle line; a wide (East Asian) character takes two
    max_lines : lines in a cue
    width, height : columns and lines of the terminal, for tables and drawings
    colour : whether ANSI colours may be used
    colour_depth : 256 or 24-bit colours, for drawings; 0 is none
    picture : for the formats that draw
    """

    max_line_width: int = 42
    max_lines: int = 2
    width: int = 80
    height: int = 24
    colour: bool = False
    colour_depth: Literal[0, 256, 24] = 0
    picture: PictureOptions = PictureOptions()


class Renderer:
    """Turns results into text.

    Attributes
    ----------
    name : as in `--format`
    extension : of the files written, without the dot
    accepts : the kinds of result it can show
    default_for : the kinds whose plain form this is, when nobody names a format
    allows_many : whether several results may follow one another in one output
    line_based : whether every result is lines that can be read before the next result comes
    separator : what stands between two results in one output
    wants_words : whether it comes out better with the times of words
    wants_events : whether it shows when sounds are heard, not only which
    max_values : of a spectrogram that it can write; None is any number
    is_terminal_default : whether a person at a terminal is better off with it than with a table
    """

    name: ClassVar[str]
    extension: ClassVar[str]
    accepts: ClassVar[tuple[type[Result], ...]]
    default_for: ClassVar[tuple[type[Result], ...]] = ()
    allows_many: ClassVar[bool] = False
    line_based: ClassVar[bool] = False
    separator: ClassVar[str] = ""
    wants_words: ClassVar[bool] = False
    wants_events: ClassVar[bool] = False
    max_values: ClassVar[int | None] = None
    is_terminal_default: ClassVar[bool] = False

    def check(self) -> None:
        """Raise `MissingExtra` where the packages it needs are not installed."""

    def head(self, kind: type[Result]) -> str:  # noqa: ARG002
        """What stands once at the top of an output, however many results follow."""
        return ""

    def body(self, result: Result, layout: Layout) -> Iterator[str]:
        """Yield one result as pieces of text."""
        raise NotImplementedError

    def columns(self, layout: Layout) -> int | None:  # noqa: ARG002
        """How many steps of time a drawing can show; None where nothing is drawn."""
        return None


class BinaryRenderer(Renderer):
    """A format of bytes, such as a picture; one result a file, unless it gathers them.

    Attributes
    ----------
    gathers : the kinds of result of which several go into one file, once all are there
    """

    gathers: ClassVar[tuple[type[Result], ...]] = ()

    def encode_all(self, results: Sequence[Result], layout: Layout) -> bytes:
        """Give the file of several results of a kind that it gathers."""
        raise NotImplementedError

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Give the file of a result."""
        raise NotImplementedError

    def pieces(self, result: Result, layout: Layout) -> Iterator[bytes]:
        """Yield the file of a result piece by piece, where it may be too long for memory."""
        yield self.encode(result, layout)


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
