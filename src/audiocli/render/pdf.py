"""PDF: one page with axes, curves and text as vector shapes, and the spectrogram as an image.

Text is set in Helvetica, which all viewers have and which needs no embedded font. It covers
western European languages; characters of other scripts are replaced by `?`. SVG has no such
limit.
"""

from __future__ import annotations

import unicodedata
import zlib
from dataclasses import replace

from audiocli.render.base import PICTURE_OPTIONS, BinaryRenderer, Layout
from audiocli.render.pictures.figure import DRAWN
from audiocli.render.pictures.shapes import (
    Drawing,
    Polyline,
    RasterImage,
    Rectangle,
    Shape,
    TextLabel,
)
from audiocli.results import Result

_MIN_DPI = 300  # of the embedded images
_ENCODING = "cp1252"  # WinAnsiEncoding of PDF
_ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}
# Widths of the characters from space to ~ in Helvetica, in thousandths of the font size.
_WIDTHS = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_DEFAULT_WIDTH = 556


class Pdf(BinaryRenderer):
    """A page of the picture's size: `--width` pixels at `--dpi` pixels per inch."""

    name = "pdf"
    extension = "pdf"
    layout_options = PICTURE_OPTIONS
    accepts = DRAWN
    wants_events = True

    def columns(self, layout: Layout) -> int:
        """Return the width of the time axis in pixels of the embedded image."""
        from audiocli.render.pictures.spectrogram import columns

        return columns(_print_layout(layout).picture)

    def encode(self, result: Result, layout: Layout) -> bytes:
        """Return the document."""
        from audiocli.render.pictures.figure import figure

        layout = _print_layout(layout)
        return _document(figure(result, layout), 72 / layout.picture.dpi)


def _print_layout(layout: Layout) -> Layout:
    """Return a layout of the same size with at least `_MIN_DPI` pixels per inch."""
    picture = layout.picture
    times = max(1, -(-_MIN_DPI // picture.dpi))
    height = picture.height and picture.height * times
    finer = replace(picture, width=picture.width * times, height=height, dpi=picture.dpi * times)
    return replace(layout, picture=finer)


class _PdfPage:
    """The content of a page; y of the shapes is downwards, that of PDF upwards."""

    def __init__(self, drawing: Drawing) -> None:
        self._height = drawing.height
        self.operators: list[str] = []
        self.images: list[bytes] = []
        self.add(Rectangle(0, 0, drawing.width, drawing.height, drawing.background))
        for shape in drawing.shapes:
            self.add(shape)

    def add(self, shape: Shape) -> None:
        """Append the operators of a shape."""
        if isinstance(shape, Rectangle):
            corner = f"{shape.x:.2f} {self._up(shape.y + shape.height)}"
            size = f"{shape.width:.2f} {shape.height:.2f}"
            self.operators.append(f"{_colour(shape.fill)} rg {corner} {size} re f")
        elif isinstance(shape, Polyline):
            first, *others = (f"{x:.2f} {self._up(y)}" for x, y in shape.points)
            path = f"{first} m {' '.join(f'{point} l' for point in others)}"
            self.operators.append(f"{_colour(shape.colour)} RG {shape.width:.2f} w {path} S")
        elif isinstance(shape, RasterImage):
            height, width = shape.pixels.shape[:2]
            entries = (
                f"/Type /XObject /Subtype /Image /Width {width} /Height {height} "
                "/ColorSpace /DeviceRGB /BitsPerComponent 8"
            )
            self.images.append(_stream(entries, shape.pixels.tobytes()))
            matrix = f"{width} 0 0 {height} {shape.x:.2f} {self._up(shape.y + height)} cm"
            self.operators.append(f"q {matrix} /I{len(self.images)} Do Q")
        else:
            self._add_text(shape)

    def _add_text(self, label: TextLabel) -> None:
        encoded = "".join(map(_encodable, label.text)).encode(_ENCODING)
        shift = _ANCHORS[label.anchor] * _width(label.text) * label.size
        if label.turned:
            matrix = f"0 1 -1 0 {label.x + label.baseline:.2f} {self._up(label.y + shift)}"
        else:
            matrix = f"1 0 0 1 {label.x - shift:.2f} {self._up(label.y + label.baseline)}"
        self.operators.append(
            f"{_colour(label.colour)} rg BT /F1 {label.size:.2f} Tf {matrix} Tm "
            f"<{encoded.hex()}> Tj ET"
        )

    def _up(self, y: float) -> str:
        return f"{self._height - y:.2f}"


def _document(drawing: Drawing, scale: float) -> bytes:
    """Write a document of one page (ISO 32000-1).

    Parameters
    ----------
    scale : points per pixel
    """
    page = _PdfPage(drawing)
    first_image = 6  # number of its object
    images = " ".join(f"/I{n + 1} {first_image + n} 0 R" for n in range(len(page.images)))
    box = f"[0 0 {drawing.width * scale:.2f} {drawing.height * scale:.2f}]"
    content = "\n".join([f"{scale:.6f} 0 0 {scale:.6f} 0 0 cm", *page.operators])
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 5 0 R /Resources "
        f"<< /Font << /F1 4 0 R >> /XObject << {images} >> >> >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        _stream("", content.encode("ascii")),
        *page.images,
    )
    document = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return document + (
        b"xref\n0 %d\n0000000000 65535 f \n%b" % (count, table)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\n" % count
        + b"startxref\n%d\n%%%%EOF\n" % len(document)
    )


def _stream(entries: str, data: bytes) -> bytes:
    packed = zlib.compress(data)
    head = f"<< {entries} /Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode()
    return head + packed + b"\nendstream"


def _colour(colour: str) -> str:
    """Return `#rrggbb` as three numbers from 0 to 1."""
    return " ".join(f"{value / 255:.3f}" for value in bytes.fromhex(colour[1:]))


def _encodable(character: str) -> str:
    """Return a character that Helvetica has: itself, else its base letter, else `?`."""
    for candidate in (character, unicodedata.normalize("NFKD", character)[0]):
        try:
            candidate.encode(_ENCODING)
        except UnicodeEncodeError:
            continue
        return candidate
    return "?"


def _width(text: str) -> float:
    """Return the width of text in Helvetica, in font sizes; accents do not change a width."""
    total = 0
    for character in text:
        index = ord(unicodedata.normalize("NFKD", character)[0]) - ord(" ")
        total += _WIDTHS[index] if 0 <= index < len(_WIDTHS) else _DEFAULT_WIDTH
    return total / 1000


RENDERER = Pdf()
