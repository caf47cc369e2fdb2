"""Draw shapes as pixels."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from audiocli.render.pictures.shapes import (
    Drawing,
    Polyline,
    RasterImage,
    Rectangle,
    Shape,
    TextLabel,
)

if TYPE_CHECKING:
    from PIL import Image as PillowImage


def paint(drawing: Drawing) -> PillowImage.Image:
    """Draw shapes with Pillow and its default font."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    image = Pillow.new("RGB", (drawing.width, drawing.height), drawing.background)
    pen = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        _paint(shape, image, pen)
    return image


def _paint(shape: Shape, image: Any, pen: Any) -> None:
    from PIL import Image as Pillow

    if isinstance(shape, RasterImage):
        image.paste(Pillow.fromarray(shape.pixels), (shape.x, shape.y))
    elif isinstance(shape, Polyline):
        width = max(1, round(shape.width))
        pen.line(shape.points, fill=shape.colour, width=width, joint="curve")
    elif isinstance(shape, Rectangle):
        right, bottom = shape.x + shape.width - 1, shape.y + shape.height - 1
        corners = (shape.x, shape.y, max(shape.x, right), max(shape.y, bottom))
        pen.rectangle(corners, fill=shape.fill)
    else:
        _write(shape, image, pen)


def _write(text: TextLabel, image: Any, pen: Any) -> None:
    from PIL import Image as Pillow
    from PIL import ImageDraw

    font = _font(round(text.size))
    anchor = {"start": "ls", "middle": "ms", "end": "rs"}[text.anchor]
    if not text.turned:
        position = (text.x, text.y + text.baseline)
        pen.text(position, text.text, fill=text.colour, font=font, anchor=anchor)
        return
    width, height = int(font.getlength(text.text)) + 2, round(text.size * 1.6)
    mask = Pillow.new("L", (width, height))
    ImageDraw.Draw(mask).text(
        (width / 2, height / 2 + text.baseline), text.text, fill=255, font=font, anchor="ms"
    )
    turned = mask.rotate(90, expand=True)
    at = (round(text.x - turned.width / 2), round(text.y - turned.height / 2))
    image.paste(text.colour, at, turned)


@lru_cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)
