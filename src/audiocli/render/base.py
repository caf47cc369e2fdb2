"""Base classes of output formats.

A format is one module of this package, with the name that `--format` uses, that defines
`RENDERER`. It depends on results only, not on other parts of audiocli.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from audiocli.results import Result, Segment


@dataclass(frozen=True, kw_only=True)
class PictureOptions:
    """Options of pictures.

    Attributes
    ----------
    width, height : size of the picture in pixels; height None depends on the contents
    dpi : pixels per inch; scales lines and fonts
    style : light, dark or print
    colour_map : None uses the default of the style
    raw : draw only the spectrogram, without axes
    """

    width: int = 1000
    height: int | None = None
    dpi: int = 100
    style: str = "light"
    colour_map: str | None = None
    raw: bool = False


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Options of the layout.

    Attributes
    ----------
    max_line_width : columns of a subtitle line; a wide (East Asian) character takes two
    max_lines : lines per cue
    width, height : columns and lines of the terminal, for tables and drawings
    colour : whether ANSI colours may be used
    colour_depth : colours of drawings: 256 colours, 24 bits, or 0 for none
    picture : options of pictures
    """

    max_line_width: int = 42
    max_lines: int = 2
    width: int = 80
    height: int = 24
    colour: bool = False
    colour_depth: Literal[0, 256, 24] = 0
    picture: PictureOptions = PictureOptions()


CUE_OPTIONS = frozenset({"max_line_width", "max_lines"})
PICTURE_OPTIONS = frozenset(field.name for field in fields(PictureOptions))


class Renderer:
    """Base class of text formats.

    Attributes
    ----------
    name : name in `--format`
    extension : extension of the output files, without the dot
    accepts : kinds of result that it supports
    default_for : kinds of result for which it is the default format
    allows_many : whether several results may be concatenated in one output
    line_based : whether results are independent lines, which can be read as they are written
    separator : text between two results in one output
    wants_words : whether it uses word timestamps
    wants_events : whether it shows sound events with their times
    max_values : maximum number of values of a spectrogram; None is unlimited
    layout_options : the user options among the fields of `Layout` and `PictureOptions` that it uses
    is_terminal_default : whether it is preferred to a table on a terminal
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
    layout_options: ClassVar[frozenset[str]] = frozenset()

    def check(self) -> None:
        """Raise `MissingExtra` if a required package is not installed."""

    def head(self, kind: type[Result]) -> str:  # noqa: ARG002
        """Return the header of an output with any number of results."""
        return ""

    def body(self, result: Result, layout: Layout) -> Iterator[str]:
        """Yield the text of one result in parts."""
        raise NotImplementedError

    def columns(self, layout: Layout) -> int | None:  # noqa: ARG002
        """Return the number of columns of the time axis, or None for formats that do not draw."""
        return None


class BinaryRenderer(Renderer):
    """Base class of binary formats, with one result per file unless it gathers them.

    Attributes
    ----------
    gathers : kinds of result of which several are written to one file
    """

    gathers: ClassVar[tuple[type[Result], ...]] = ()

    def encode_all(self, results: Sequence[Result], layout: Layout) -> bytes:
        """Return the file of several results of a gathered kind."""
        raise NotImplementedError

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Return the file of a result."""
        raise NotImplementedError

    def pieces(self, result: Result, layout: Layout) -> Iterator[bytes]:
        """Yield the file of a result in parts, because it may be too large for memory."""
        yield self.encode(result, layout)


class SegmentRenderer(Renderer):
    """Base class of formats that are written segment by segment."""

    def segments(self, segments: Iterable[Segment], layout: Layout) -> Iterator[str]:
        """Yield the text of each segment as it arrives."""
        raise NotImplementedError

    def body(self, result: Result, layout: Layout) -> Iterator[str]:
        """Yield the segments of a whole transcript."""
        return self.segments(result.segments, layout)  # type: ignore[attr-defined]


def timestamp(seconds: float, marker: str = ".", digits: int = 3) -> str:
    """Format a time as `01:02:03.456`, with `marker` before the fraction."""
    ticks = round(max(seconds, 0.0) * 10**digits)
    whole, fraction = divmod(ticks, 10**digits)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{marker}{fraction:0{digits}}"
