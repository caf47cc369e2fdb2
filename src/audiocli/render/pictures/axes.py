"""Draw the time axis of a figure: ticks, labels and lanes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from audiocli.escaping import plain
from audiocli.render.pictures.shapes import Polyline, Rectangle, Shape, TextLabel, text_width
from audiocli.render.pictures.styles import Style
from audiocli.render.pictures.ticks import TimeAxis
from audiocli.results import Result, Span

SMALL, LARGE = 11, 13  # font sizes, in pixels at 100 dpi
_TICK, _TICK_SPACING = 5, 64  # pixels at 100 dpi: length of a tick, and minimum distance


@dataclass(frozen=True)
class Axes:
    """Draws shapes along a time axis.

    Attributes
    ----------
    left : left end of the axis in the figure, in pixels
    scale : scale of all lengths, 1 at 100 dpi
    """

    time: TimeAxis
    left: int
    scale: float
    style: Style

    def px(self, length: float) -> int:
        """Scale a length to pixels."""
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
        """Return a label in the colour of the axes."""
        return TextLabel(x, y, text, size * self.scale, self.style.ink, anchor, turned)

    def title(self, result: Result, y: float, more: str = "") -> TextLabel:
        """Return the title of a panel with its top at y: source and model."""
        about = f"{plain(result.source)}  ({plain(result.model.name)}){more}"
        return self.text(self.left, y - self.px(15), about, LARGE)

    def times(self) -> list[tuple[float, str]]:
        """Return position, in pixels from the left of the figure, and label of each tick."""
        ticks = self.time.ticks(self.px(_TICK_SPACING))
        return [(self.left + self.time.x(value), label) for value, label in ticks]

    def time_marks(self, y: float, *, named: bool) -> Iterator[Shape]:
        """Yield the ticks below a panel, and the name of the axis if `named`."""
        for x, label in self.times():
            yield Polyline(((x, y), (x, y + self.px(_TICK))), self.style.ink, self.scale)
            yield self.text(x, y + self.px(14), label, anchor="middle")
        if named:
            name = "Time (s)" if self.time.is_in_seconds else "Time"
            yield self.text(self.left + self.time.width / 2, y + self.px(33), name, anchor="middle")

    def lane(
        self, name: str, spans: Sequence[Span], n: int, y: float, height: int
    ) -> Iterator[Shape]:
        """Yield the rectangles and texts of spans, and the name of the lane.

        Parameters
        ----------
        n : number of the lane, which determines its colour
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


def _fitting(name: str, max_width: float, size: float) -> str:
    """Shorten a name in the middle to a width, because speaker names differ at the end."""
    keep = len(name)
    shown = name
    while text_width(shown, size) > max_width and keep > 2:
        keep -= 1
        shown = f"{name[: (keep + 1) // 2]}…{name[-(keep // 2) :]}"
    return shown


def _beginning(text: str, max_width: float, size: float) -> str:
    """Truncate text to a width."""
    if text_width(text, size) <= max_width:
        return text
    while text and text_width(text + "…", size) > max_width:
        text = text[:-1]
    return f"{text}…" if len(text) > 1 else ""
