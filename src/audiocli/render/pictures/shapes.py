"""What a picture is made of. Positions are pixels from the top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Colour = str  # as #rrggbb
Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class RasterImage:
    """Pixels; `pixels` is uint8, shape (height, width, 3)."""

    x: int
    y: int
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class Polyline:
    """A line through points."""

    points: tuple[Point, ...]
    colour: Colour
    width: float = 1.0


@dataclass(frozen=True)
class Rectangle:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: Colour


@dataclass(frozen=True)
class TextLabel:
    """A line of text; x is where it is anchored, y the middle of its height.

    `turned` text reads from the bottom up.
    """

    x: float
    y: float
    text: str
    size: float
    colour: Colour
    anchor: Literal["start", "middle", "end"] = "start"
    turned: bool = False

    @property
    def baseline(self) -> float:
        """Distance from the middle of small letters and figures to their foot."""
        return 0.35 * self.size


Shape = RasterImage | Polyline | Rectangle | TextLabel


@dataclass(frozen=True)
class Drawing:
    """Shapes on a background, painted in order."""

    width: int
    height: int
    background: Colour
    shapes: tuple[Shape, ...]


def text_width(text: str, size: float) -> float:
    """About how wide a line of text will be, in whatever font; wide characters count double."""
    from unicodedata import east_asian_width

    return size * sum(1.0 if east_asian_width(c) in "WF" else 0.52 for c in text)
