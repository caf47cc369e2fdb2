"""Drawings in the terminal: two pixels per character in colour, or plain ASCII."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from audiocli.escaping import plain
from audiocli.render.base import Layout, Renderer
from audiocli.results import Comparison, Result, Spectrogram
from audiocli.results.lanes import by_lane

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.render.pictures.panel import Panel
    from audiocli.render.pictures.ticks import TimeAxis
    from audiocli.results import Span

    Pixels = NDArray[np.uint8]

_LEFT = 7  # columns of the axis labels, such as "  4k ┤ "
_SHADES = " .:-=+*#%@"  # from quiet to loud, without colours
_RESET = "\x1b[0m"


class Terminal(Renderer):
    """A drawing with axes in the default colours of the terminal."""

    name = "terminal"
    extension = "txt"
    layout_options = frozenset({"style", "colour_map"})
    accepts = (Spectrogram, Comparison)
    default_for = (Spectrogram, Comparison)
    is_terminal_default = True
    allows_many = True
    separator = "\n"

    def columns(self, layout: Layout) -> int:
        """Return the width of the time axis in characters."""
        return max(8, layout.width - _LEFT - 1)

    def body(self, result: Result, layout: Layout) -> Iterator[str]:
        """Yield the drawing line by line."""
        from audiocli.render.pictures.panel import Panel, value_range
        from audiocli.render.pictures.spectrogram import panels_of
        from audiocli.render.pictures.ticks import TimeAxis

        panels = panels_of(result)
        scale = value_range(panels)
        start = min(panel.start for panel in panels)
        end = max(panel.start + max(panel.duration, 1e-9) for panel in panels)
        time = TimeAxis(start, end, self.columns(layout))
        rows = _rows(layout, len(panels))
        for one in panels:
            panel = Panel(one, time, 2 * rows, scale)
            yield f"{' ' * _LEFT}{plain(one.source)}  ({plain(one.model.name)})\n"
            yield from _framed(panel, _picture(panel, layout))
            yield from _lanes(one.spans, time)
            yield from _time_axis(time)


def _rows(layout: Layout, panels: int) -> int:
    """Return the lines of a panel: a fifth of the width, limited by the height."""
    rows = max(6, (layout.height - 2) // panels - 4)
    return min(rows, max(10, layout.width // 5))


def _picture(panel: Panel, layout: Layout) -> list[str]:
    if panel.result.spectrogram_kind == "waveform":
        return _wave(panel, layout.colour_depth > 0)
    shares = panel.shares()
    if not layout.colour_depth:
        return _shaded(shares)
    from audiocli.render.pictures.colour_maps import colour_map
    from audiocli.render.pictures.styles import STYLES

    picture = layout.picture
    import numpy as np

    table = colour_map(picture.colour_map or STYLES[picture.style].colour_map)
    pixels = table[(np.nan_to_num(shares) * 255 + 0.5).astype(np.uint8)]
    return _half_blocks(pixels, layout.colour_depth)


def _half_blocks(pixels: Pixels, colours: int) -> list[str]:
    """Draw two rows of pixels per line: the foreground colour is the upper one."""
    lines = []
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        line, before = "", ""
        for top, bottom in zip(upper, lower, strict=True):
            codes = f"\x1b[38;{_code(top, colours)};48;{_code(bottom, colours)}m"
            line += "▀" if codes == before else codes + "▀"
            before = codes
        lines.append(line + _RESET)
    return lines


def _code(colour: Pixels, colours: int) -> str:
    red, green, blue = (int(c) for c in colour)
    if colours == 24:
        return f"2;{red};{green};{blue}"
    # The 6 x 6 x 6 cube of the 256 colours has its steps at 0, 95, 135, 175, 215, 255.
    steps = [0 if c < 48 else 1 if c < 115 else (c - 35) // 40 for c in (red, green, blue)]
    return f"5;{16 + 36 * steps[0] + 6 * steps[1] + steps[2]}"


def _shaded(shares: NDArray[np.float32]) -> list[str]:
    """Draw the louder of two rows of pixels as a line of ASCII."""
    import numpy as np

    louder = np.nan_to_num(np.maximum(shares[::2], shares[1::2]))
    steps = (louder * (len(_SHADES) - 1) + 0.5).astype(int)
    return ["".join(_SHADES[step] for step in row) for row in steps]


def _wave(panel: Panel, blocks: bool) -> list[str]:
    """Draw the waveform as columns, with half-line resolution."""
    import numpy as np

    highest, lowest = panel.envelope()
    outside = np.isnan(highest)
    tops = [0 if gone else panel.y(float(v)) for v, gone in zip(highest, outside, strict=True)]
    ends = [0 if gone else panel.y(float(v)) for v, gone in zip(lowest, outside, strict=True)]
    rows = np.arange(panel.height)[:, None]
    filled = (rows >= np.floor(tops)) & (rows < np.maximum(np.ceil(ends), np.floor(tops) + 1))
    filled &= ~outside
    signs = " ▄▀█" if blocks else " .'#"
    return ["".join(signs[s] for s in row) for row in 2 * filled[::2] + filled[1::2]]


def _framed(panel: Panel, lines: list[str]) -> Iterator[str]:
    """Yield lines with the labels of the axis on the left."""
    marks = {int(panel.y(value) // 2): label for value, label in panel.row_ticks(4)}
    for n, line in enumerate(lines):
        label = marks.get(n, "")
        yield f"{label:>{_LEFT - 2}} {'-' if label else ' '}{line}\n"


def _lanes(spans: Sequence[Span], time: TimeAxis) -> Iterator[str]:
    """Yield a line for each lane with its spans and as much of their text as fits."""
    width = _LEFT - 2
    for name, lane in by_lane(spans).items():
        is_named = len(plain(name)) <= width
        line = [" "] * time.width
        for span in lane:
            first = max(0, round(time.x(span.start)))
            end = min(time.width, max(first + 1, round(time.x(span.end))))
            is_redundant = is_named and span.text == name
            text = "" if is_redundant else plain(span.text)[: end - first - 1]
            line[first:end] = f"[{text}".ljust(end - first, "=")[: end - first]
        yield f"{plain(name)[:width]:>{width}}  {''.join(line)}\n"


def _time_axis(time: TimeAxis) -> Iterator[str]:
    line = [" "] * (time.width + _LEFT + 1)
    for value, label in time.ticks(10):
        at = min(_LEFT + round(time.x(value)), len(line) - len(label))
        line[at : at + len(label)] = label
    yield f"{''.join(line).rstrip()}{' s' if time.is_in_seconds else ''}\n"


RENDERER = Terminal()
