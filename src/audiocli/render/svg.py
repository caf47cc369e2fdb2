"""SVG: axes, curves and text as shapes, and the spectrogram as an embedded PNG."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

from audiocli.render.base import PICTURE_OPTIONS, Layout, Renderer
from audiocli.render.pictures.figure import DRAWN
from audiocli.results import Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.render.pictures.shapes import Shape, TextLabel


class Svg(Renderer):
    """A scalable and editable picture; text remains text, in any script."""

    name = "svg"
    extension = "svg"
    layout_options = PICTURE_OPTIONS
    accepts = DRAWN
    wants_events = True

    def columns(self, layout: Layout) -> int:
        """Return the width of the time axis in pixels."""
        from audiocli.render.pictures.spectrogram import columns

        return columns(layout.picture)

    def body(self, result: Result, layout: Layout) -> Iterator[str]:
        """Yield the document shape by shape."""
        from audiocli.render.pictures.figure import figure

        drawing = figure(result, layout)
        width, height = drawing.width, drawing.height
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif">\n'
            f'<rect width="{width}" height="{height}" fill="{drawing.background}"/>\n'
        )
        for shape in drawing.shapes:
            yield f"{_element(shape)}\n"
        yield "</svg>\n"


def _element(shape: Shape) -> str:
    from audiocli.render.pictures.shapes import Polyline, RasterImage, Rectangle

    if isinstance(shape, RasterImage):
        height, width = shape.pixels.shape[:2]
        where = f'x="{shape.x}" y="{shape.y}" width="{width}" height="{height}"'
        return (
            f'<image {where} style="image-rendering:pixelated" preserveAspectRatio="none" '
            f'href="data:image/png;base64,{_png(shape.pixels)}"/>'
        )
    if isinstance(shape, Polyline):
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in shape.points)
        return (
            f'<polyline points="{points}" fill="none" stroke="{shape.colour}" '
            f'stroke-width="{shape.width:g}"/>'
        )
    if isinstance(shape, Rectangle):
        where = f'x="{shape.x:.2f}" y="{shape.y:.2f}"'
        size = f'width="{shape.width:.2f}" height="{shape.height:.2f}"'
        return f'<rect {where} {size} fill="{shape.fill}"/>'
    return _text(shape)


def _text(text: TextLabel) -> str:
    turned = f' transform="rotate(-90 {text.x:.2f} {text.y:.2f})"' if text.turned else ""
    written = escape(text.text, quote=False)
    return (
        f'<text x="{text.x:.2f}" y="{text.y + text.baseline:.2f}" font-size="{text.size:g}" '
        f'fill="{text.colour}" text-anchor="{text.anchor}"{turned}>{written}</text>'
    )


def _png(pixels: NDArray[np.uint8]) -> str:
    from PIL import Image

    out = BytesIO()
    Image.fromarray(pixels).save(out, "png")
    return b64encode(out.getvalue()).decode("ascii")


RENDERER = Svg()
