"""Shapes of a picture. Positions are pixels from the top left corner."""

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
    """An image; `pixels` is uint8, shape (height, width, 3)."""

    x: int
    y: int
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class Polyline:
    """Connected line segments."""

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
    """A line of text, anchored at x and vertically centred at y.

    Text that is `turned` is rotated by 90 degrees and reads upwards.
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
        """Distance from the vertical centre of lower-case letters to the baseline."""
        return 0.35 * self.size


Shape = RasterImage | Polyline | Rectangle | TextLabel


@dataclass(frozen=True)
class Drawing:
    """Shapes on a background, in drawing order."""

    width: int
    height: int
    background: Colour
    shapes: tuple[Shape, ...]


def text_width(text: str, size: float) -> float:
    """Estimate the width of text in any font; East Asian wide characters count double."""
    from unicodedata import east_asian_width

    return size * sum(1.0 if east_asian_width(c) in "WF" else 0.52 for c in text)
