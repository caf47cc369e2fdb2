"""PDF: one page with the picture, without loss, at 300 dots an inch or more."""

from __future__ import annotations

import zlib
from dataclasses import replace

from audiocli.render.base import PICTURE_OPTIONS, BinaryRenderer, Layout
from audiocli.render.pictures.figure import DRAWN
from audiocli.results import Result

_PRINT = 300  # dots an inch below which letters on paper look rough


class Pdf(BinaryRenderer):
    """A page of the picture's size: `--width` pixels at `--dpi` pixels an inch."""

    name = "pdf"
    extension = "pdf"
    layout_options = PICTURE_OPTIONS
    accepts = DRAWN
    wants_events = True

    def columns(self, layout: Layout) -> int:
        """Width of the time axis in dots."""
        from audiocli.render.pictures.spectrogram import columns

        return columns(_finer(layout).picture)

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Draw the page."""
        from audiocli.render.pictures.figure import figure
        from audiocli.render.pictures.raster import paint

        finer = _finer(layout)
        image = paint(figure(result, finer))
        points = tuple(side * 72 / finer.picture.dpi for side in image.size)
        return _page(image.tobytes(), image.size, (points[0], points[1]))


def _finer(layout: Layout) -> Layout:
    """The same picture with more pixels, where there are too few for paper."""
    picture = layout.picture
    times = max(1, -(-_PRINT // picture.dpi))
    height = picture.height and picture.height * times
    finer = replace(picture, width=picture.width * times, height=height, dpi=picture.dpi * times)
    return replace(layout, picture=finer)


def _page(pixels: bytes, size: tuple[int, int], points: tuple[float, float]) -> bytes:
    """Write a document of one page that an RGB image fills (ISO 32000-1)."""
    place = f"q {points[0]:.2f} 0 0 {points[1]:.2f} 0 0 cm /Sound Do Q".encode()
    box = f"[0 0 {points[0]:.2f} {points[1]:.2f}]"
    image = (
        f"/Type /XObject /Subtype /Image /Width {size[0]} /Height {size[1]} "
        "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode"
    )
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 4 0 R "
        "/Resources << /XObject << /Sound 5 0 R >> >> >>".encode(),
        _stream("", place),
        _stream(image, zlib.compress(pixels)),
    )
    document = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return document + (
        b"xref\n0 %d\n0000000000 65535 f \n%b" % (count, table)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\n" % count
        + b"startxref\n%d\n%%%%EOF\n" % len(document)
    )


def _stream(entries: str, content: bytes) -> bytes:
    head = f"<< {entries} /Length {len(content)} >>\nstream\n".encode()
    return head + content + b"\nendstream"


RENDERER = Pdf()
