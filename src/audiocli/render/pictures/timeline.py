"""Figures of speakers or labels as lanes over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audiocli.errors import UsageError
from audiocli.escaping import plain
from audiocli.render.base import PictureOptions
from audiocli.render.pictures.axes import SMALL, Axes
from audiocli.render.pictures.shapes import Drawing, Polyline, Shape, text_width
from audiocli.render.pictures.styles import STYLES
from audiocli.render.pictures.ticks import TimeAxis, clock
from audiocli.results import Classification, Diarization, Span
from audiocli.results.lanes import by_lane, spans_of, total_seconds

# In pixels at 100 dpi.
_TOP, _RIGHT, _BOTTOM = 32, 66, 46
_LANE, _MIN_LANE = 28, 8
_NAME_PADDING = 16


def timeline(result: Diarization | Classification, picture: PictureOptions) -> Drawing:
    """Draw a lane for each speaker or label, with its name and total duration.

    Raises
    ------
    UsageError : a classification without events or windows
    """
    if isinstance(result, Classification) and result.events is None and not result.windows:
        raise UsageError(
            f"{result.source}: this result has no events", "run audiocli classify with --events"
        )
    return _TimelineFigure(result, by_lane(spans_of(result)), picture).drawing()


@dataclass
class _TimelineFigure:
    """A figure of lanes."""

    result: Diarization | Classification
    lanes: dict[str, list[Span]]
    picture: PictureOptions

    def __post_init__(self) -> None:
        scale = self.picture.dpi / 100
        names = max((text_width(plain(name), 1.15 * SMALL) for name in self.lanes), default=0)
        left = round(min((names + _NAME_PADDING) * scale, self.picture.width / 3))
        width = max(1, self.picture.width - left - round(_RIGHT * scale))
        start = self.result.start
        axis = TimeAxis(start, start + max(self.result.duration, 1e-9), width)
        self.axes = Axes(axis, left, scale, STYLES[self.picture.style])
        self.top = self.axes.px(_TOP)
        around, count = self.top + self.axes.px(_BOTTOM), max(1, len(self.lanes))
        wanted = self.picture.height or around + count * self.axes.px(_LANE)
        self.lane_height = max(self.axes.px(_MIN_LANE), (wanted - around) // count)
        self.bottom = self.top + count * self.lane_height
        self.height = max(wanted, around + count * self.lane_height)

    def drawing(self) -> Drawing:
        """Return the figure."""
        shapes: list[Shape] = [self.axes.title(self.result, self.top, self._remark())]
        shapes += self._grid()
        for n, (name, spans) in enumerate(self.lanes.items()):
            y = self.top + n * self.lane_height
            shapes += self.axes.lane(name, spans, n, y, self.lane_height)
            shapes.append(self._length(spans, y + self.lane_height / 2))
        shapes += self.axes.time_marks(self.bottom, named=True)
        background = self.axes.style.background
        return Drawing(self.picture.width, self.height, background, tuple(shapes))

    def _remark(self) -> str:
        if self.lanes:
            return ""
        return "  no speech" if isinstance(self.result, Diarization) else "  no events"

    def _grid(self) -> Iterator[Shape]:
        """Yield vertical lines at the ticks, and the frame of the lanes."""
        left, right = self.axes.left, self.axes.left + self.axes.time.width
        for x in [left, right, *(x for x, _ in self.axes.times())]:
            yield Polyline(((x, self.top), (x, self.bottom)), self.axes.style.faint, 0.5)
        for y in (self.top, self.bottom):
            yield Polyline(((left, y), (right, y)), self.axes.style.faint, 0.5)

    def _length(self, spans: Sequence[Span], y: float) -> Shape:
        """Return a label with the total duration of a lane, at its right end."""
        seconds = total_seconds(spans)
        length = clock(seconds) if seconds >= 60 else f"{seconds:.1f} s"
        x = self.axes.left + self.axes.time.width + self.axes.px(6)
        return self.axes.text(x, y, length)
