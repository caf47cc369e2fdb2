"""The time axis, and what is drawn along it in every figure: marks, texts and lanes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from audiocli.render.base import plain
from audiocli.render.pictures.shapes import Polyline, Rectangle, Shape, TextLabel, text_width
from audiocli.render.pictures.styles import Style
from audiocli.render.pictures.ticks import TimeAxis
from audiocli.results import Result, Span

SMALL, LARGE = 11, 13  # letters, in pixels at 100 dpi
_MARK, _ROOM = 5, 64  # the length of a mark of time, and what a time may take


@dataclass(frozen=True)
class Axes:
    """Draws along a time axis.

    Attributes
    ----------
    left : pixels from the left of the figure to the axis
    scale : how much larger than at 100 dpi all is
    """

    time: TimeAxis
    left: int
    scale: float
    style: Style

    def px(self, length: float) -> int:
        """Scale a length."""
        return round(length * self.scale)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = SMALL,
        anchor: Literal["start", "middle", "end"] = "start",
        turned: bool = False,
    ) -> TextLabel:
        """Write in the colour of the axes."""
        return TextLabel(x, y, text, size * self.scale, self.style.ink, anchor, turned)

    def title(self, result: Result, y: float, more: str = "") -> TextLabel:
        """Source and model above a panel, whose top is at y."""
        about = f"{plain(result.source)}  ({plain(result.model.name)}){more}"
        return self.text(self.left, y - self.px(15), about, LARGE)

    def times(self) -> list[tuple[float, str]]:
        """Where times are marked, in pixels from the left of the figure, and as what."""
        marks = self.time.ticks(self.px(_ROOM))
        return [(self.left + self.time.x(value), label) for value, label in marks]

    def time_marks(self, y: float, *, named: bool) -> Iterator[Shape]:
        """Marks with their times below a panel; `named` says that they are times."""
        for x, label in self.times():
            yield Polyline(((x, y), (x, y + self.px(_MARK))), self.style.ink, self.scale)
            yield self.text(x, y + self.px(14), label, anchor="middle")
        if named:
            name = "Time (s)" if self.time.is_in_seconds else "Time"
            yield self.text(self.left + self.time.width / 2, y + self.px(33), name, anchor="middle")

    def lane(
        self, name: str, spans: Sequence[Span], n: int, y: float, height: int
    ) -> Iterator[Shape]:
        """Boxes with their texts, and the name of the lane in their colour.

        Parameters
        ----------
        n : number of the lane, which chooses its colour
        y : top of the lane
        """
        fill = self.style.lanes[n % len(self.style.lanes)]
        size = SMALL * self.scale
        middle = y + height / 2
        label = _fitting(plain(name), self.left - self.px(8), size)
        yield TextLabel(self.left - self.px(6), middle, label, size, fill, "end")
        for span in spans:
            first, end = (
                min(max(self.time.x(t), 0), self.time.width) for t in (span.start, span.end)
            )
            if end <= first:
                continue
            gap = 1 if end - first > 3 else 0
            width = max(1.0, end - first - gap)
            yield Rectangle(self.left + first, y + self.px(2), width, height - 3, fill)
            text = _beginning(plain(span.text), end - first - self.px(2), size)
            if text and span.text != name:
                x = self.left + (first + end) / 2
                yield TextLabel(x, middle, text, size, self.style.background, "middle")


def _fitting(name: str, room: float, size: float) -> str:
    """A name, or its two ends: those of speakers differ in the last letters."""
    keep = len(name)
    shown = name
    while text_width(shown, size) > room and keep > 2:
        keep -= 1
        shown = f"{name[: (keep + 1) // 2]}…{name[-(keep // 2) :]}"
    return shown


def _beginning(text: str, room: float, size: float) -> str:
    """Text, or as much of it as there is room for."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return f"{text}…" if len(text) > 1 else ""
