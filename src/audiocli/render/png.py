"""PNG pictures, with or without axes."""

from __future__ import annotations

from io import BytesIO

from audiocli.render.base import PICTURE_OPTIONS, BinaryRenderer, Layout
from audiocli.render.pictures.figure import DRAWN
from audiocli.results import Result


class Png(BinaryRenderer):
    """A picture with the size and style of `PictureOptions`."""

    name = "png"
    extension = "png"
    layout_options = PICTURE_OPTIONS
    accepts = DRAWN
    wants_events = True

    def columns(self, layout: Layout) -> int:
        """Return the width of the time axis in pixels."""
        from audiocli.render.pictures.spectrogram import columns

        return columns(layout.picture)

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Return the picture."""
        from audiocli.render.pictures.figure import figure
        from audiocli.render.pictures.raster import paint

        out = BytesIO()
        dpi = layout.picture.dpi
        paint(figure(result, layout)).save(out, "png", dpi=(dpi, dpi))
        return out.getvalue()


RENDERER = Png()
