"""Pictures: positions of their contents, and whether other programs can open them."""

from __future__ import annotations

import base64
import io
import re
import zlib
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from audiocli import render
from audiocli.errors import UsageError
from audiocli.render.base import BinaryRenderer, Layout, PictureOptions
from audiocli.render.pictures import ticks
from audiocli.render.pictures.figure import figure
from audiocli.render.pictures.shapes import Polyline, RasterImage, Rectangle, TextLabel
from audiocli.results import (
    Classification,
    Comparison,
    Curve,
    Diarization,
    Label,
    LabelledWindow,
    ModelInfo,
    Result,
    SoundEvent,
    Span,
    Spectrogram,
    Turn,
)

BINS = np.linspace(0, 8000, 41)


def sound(values: np.ndarray, **more: object) -> Spectrogram:
    count = values.shape[1]
    fields: dict[str, object] = {
        "source": "a.wav",
        "duration": float(count),
        "model": ModelInfo("linear"),
        "spectrogram_kind": "linear",
        "start": 0.0,
        "values": values,
        "unit": "dB",
        "times": np.arange(count) + 0.5,
        "bins": BINS,
        "bin_unit": "Hz",
    }
    return Spectrogram(**fields | more)  # type: ignore[arg-type]


def dot(row: int, frame: int, frames: int = 100) -> np.ndarray:
    """Return silence except for one bin of one frame."""
    values = np.full((41, frames), -80.0, np.float32)
    values[row, frame] = 0.0
    return values


def pixels(result: Result, **picture: object) -> np.ndarray:
    renderer = render.get("png")
    assert isinstance(renderer, BinaryRenderer)
    layout = Layout(picture=PictureOptions(**picture))  # type: ignore[arg-type]
    return np.asarray(Image.open(io.BytesIO(renderer.encode(result, layout))).convert("RGB"))


@pytest.mark.parametrize(("row", "frame"), [(0, 0), (40, 99), (10, 50)])
def test_a_sound_is_drawn_where_it_is(row: int, frame: int) -> None:
    bright = pixels(sound(dot(row, frame)), raw=True, width=200, height=82).sum(axis=2) > 500
    rows, columns = np.nonzero(bright)
    assert (rows.min(), rows.max()) == (80 - 2 * row, 81 - 2 * row)
    assert (columns.min(), columns.max()) == (2 * frame, 2 * frame + 1)


def test_a_picture_has_the_size_asked_for() -> None:
    assert pixels(sound(dot(3, 3)), width=600, height=300).shape == (300, 600, 3)
    assert pixels(sound(dot(3, 3)), width=1600, dpi=200, style="dark")[0, 0].tolist() == [
        20,
        21,
        26,
    ]


def test_silence_is_dark_all_over() -> None:
    flat = sound(np.full((41, 10), -100.0, np.float32))
    assert (pixels(flat, raw=True).reshape(-1, 3) == [0, 0, 4]).all()  # the first of magma


def test_a_click_of_one_sample_is_bright_all_over() -> None:
    flat = sound(np.full((41, 1), -3.0, np.float32))
    assert (pixels(flat, raw=True).reshape(-1, 3) == [252, 253, 191]).all()  # the last of magma


def test_an_undefined_curve_is_not_drawn() -> None:
    nothing = Curve(name="pitch", unit="Hz", times=[0.5], values=[None])
    wave = sound(
        np.zeros((2, 1), np.float32), spectrogram_kind="waveform", bins=[1, -1], curves=(nothing,)
    )
    lines = [s for s in figure(wave, Layout()).shapes if isinstance(s, Polyline)]
    without = figure(replace(wave, curves=()), Layout()).shapes
    assert len(lines) == sum(isinstance(s, Polyline) for s in without)


def test_panels_share_one_scale() -> None:
    loud, quiet = sound(dot(5, 5)), sound(dot(5, 5) - 40)
    both = Comparison(source="", duration=100, model=ModelInfo("linear"), panels=(loud, quiet))
    drawing = figure(both, Layout())
    panels = [shape.pixels for shape in drawing.shapes if hasattr(shape, "pixels")][::2]
    brightest = [int(panel.max()) for panel in panels]
    assert brightest[0] == 253 and brightest[1] < 220


def test_lanes_lie_on_the_time_axis() -> None:
    spans = (Span(start=25, end=50, text="hello", lane="anna"),)
    drawing = figure(sound(dot(0, 0), spans=spans), Layout(picture=PictureOptions(width=946)))
    (box,) = [shape for shape in drawing.shapes if isinstance(shape, Rectangle)]
    assert box.x == pytest.approx(62 + 200) and box.width == pytest.approx(199)
    texts = {shape.text for shape in drawing.shapes if isinstance(shape, TextLabel)}
    assert {"anna", "hello", "a.wav  (linear)", "Frequency (Hz)"} <= texts


TALK = Diarization(
    source="talk.wav",
    duration=100.0,
    model=ModelInfo("m"),
    start=10.0,
    turns=(
        Turn(start=10.0, end=60.0, speaker="Ada"),
        Turn(start=35.0, end=85.0, speaker="SPEAKER_01"),
        Turn(start=85.0, end=85.01, speaker="Ada"),
    ),
    speakers=("Ada", "SPEAKER_01"),
)
STREET = Classification(
    source="street.wav",
    duration=100.0,
    model=ModelInfo("m"),
    start=10.0,
    multi_label=True,
    labels=(Label(label="Car", score=0.5),),
    events=(
        SoundEvent(start=10.0, end=20.0, label="Dog", score=0.9),
        SoundEvent(start=35.0, end=85.0, label="Car", score=0.6),
    ),
)


def test_a_timeline_has_a_lane_a_speaker() -> None:
    drawing = figure(TALK, Layout(picture=PictureOptions(width=1000)))
    boxes = [shape for shape in drawing.shapes if isinstance(shape, Rectangle)]
    first, again, second = boxes
    assert again.width == 1  # the shortest turn is visible
    assert first.fill == again.fill != second.fill and first.y == again.y < second.y
    names = {s.text: s.colour for s in drawing.shapes if isinstance(s, TextLabel)}
    assert (names["Ada"], names["SPEAKER_01"]) == (first.fill, second.fill)
    assert {"talk.wav  (m)", "50.0 s", "0:30", "Time"} <= names.keys()
    whole = (again.x - first.x) / 75 * 100  # width of the time axis in pixels
    assert second.x - first.x == pytest.approx(whole / 4)
    assert (first.width, second.width) == pytest.approx((whole / 2 - 1, whole / 2 - 1))


def test_a_timeline_of_sounds_begins_with_the_longest() -> None:
    texts = [s.text for s in figure(STREET, Layout()).shapes if isinstance(s, TextLabel)]
    assert [text for text in texts if text in {"Car", "Dog"}] == ["Car", "Dog"]
    windows = tuple(
        LabelledWindow(start=start, end=start + 2, labels=STREET.labels) for start in (10.0, 11.0)
    )
    by_window = render.render(replace(STREET, events=None, windows=windows), "svg")
    assert ">Car<" in by_window and ">3.0 s<" in by_window  # overlapping windows count once
    with pytest.raises(UsageError, match="no events"):
        figure(replace(STREET, events=None), Layout())


def test_an_empty_timeline_has_a_note() -> None:
    assert "no speech" in render.render(replace(TALK, turns=(), speakers=()), "svg")
    assert "no events" in render.render(replace(STREET, events=()), "svg")
    assert pixels(replace(TALK, turns=()), width=300).shape[1] == 300


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("result", [TALK, STREET])
def test_lanes_in_a_table_take_the_width_of_the_terminal(result: Result, width: int) -> None:
    lines = render.render(result, "table", Layout(width=width)).splitlines()[1:]
    assert {len(line) for line in lines} == {width}
    lane = next(line for line in lines if line.startswith(("SPEAKER_01", "Car")))
    filled = [n for n, mark in enumerate(lane) if mark in "█■" and n > width // 3 + 5]
    if width == 200:
        first, last = filled[0], filled[-1]
        room = 2 * (last - first + 1)
        assert (first - (width - room), width - last) == (
            pytest.approx(room / 4, abs=1),
            pytest.approx(room / 4, abs=2),
        )


def test_curves_are_interrupted_at_undefined_values() -> None:
    pitch = np.array([100.0, 200.0, np.nan, 300.0, 400.0, 9000.0])
    curve = Curve(name="pitch", unit="Hz", times=np.arange(6.0), values=pitch)
    plain, drawn = (figure(sound(dot(0, 0), curves=c), Layout()) for c in ((), (curve,)))
    count: dict[type, int] = {
        kind: sum(isinstance(s, kind) for s in drawn.shapes)
        for kind in (Rectangle, Polyline, TextLabel)
    }
    for shape in plain.shapes:
        count[type(shape)] = count.get(type(shape), 0) - 1
    assert (count[Polyline], count[TextLabel]) == (2, 1)  # with its name in the legend
    dotted = figure(sound(dot(0, 0), curves=(replace(curve, connected=False),)), Layout())
    assert sum(isinstance(shape, Rectangle) for shape in dotted.shapes) == count[Rectangle] + 4


def test_svg_is_xml_with_the_picture_inside() -> None:
    spans = (Span(start=0, end=50, text="<b> & 你好", lane="x"),)
    svg = render.render(sound(dot(1, 1), spans=spans), "svg")
    root = ElementTree.fromstring(svg)
    assert "<b> & 你好" in [element.text for element in root.findall(".//{*}text")]
    png = re.search(r"base64,([^\"]+)", svg)
    assert png and Image.open(io.BytesIO(base64.b64decode(png[1]))).size == (854, 320)


def streams(pdf: bytes) -> list[bytes]:
    """Return the decompressed streams of a PDF document."""
    found = re.findall(rb"/Length (\d+) >>\nstream\n", pdf)
    starts = [match.end() for match in re.finditer(rb">>\nstream\n", pdf)]
    return [zlib.decompress(pdf[at : at + int(n)]) for at, n in zip(starts, found, strict=True)]


def encoded_pdf(result: Result, **picture: int) -> bytes:
    renderer = render.get("pdf")
    assert isinstance(renderer, BinaryRenderer)
    return renderer.encode(result, Layout(picture=PictureOptions(**picture)))  # type: ignore[arg-type]


def test_pdf_has_a_table_that_finds_its_objects() -> None:
    pdf = encoded_pdf(sound(dot(1, 1)), width=200, height=160)
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split()[0])
    entries = re.findall(rb"(\d{10}) 00000 n", pdf[start:])
    assert len(entries) == 7  # five objects, the spectrogram and the colour bar
    for number, offset in enumerate(map(int, entries), 1):
        assert pdf[offset:].startswith(b"%d 0 obj" % number)
    assert b"/MediaBox [0 0 144.00 115.20]" in pdf


def test_pdf_has_vector_shapes_and_text() -> None:
    """The positions are those of the PNG picture at three times the resolution, from below."""
    pdf = encoded_pdf(replace(TALK, source="naïve Łódź 会.wav"), width=1000)
    (content,) = streams(pdf)  # a timeline has no image
    drawn = content.decode("ascii")
    assert f"<{'naïve ?ódz ?.wav'.encode('cp1252').hex()}" in drawn
    picture = figure(TALK, Layout(picture=PictureOptions(width=3000, dpi=300)))
    boxes = [shape for shape in picture.shapes if isinstance(shape, Rectangle)]
    for box in boxes:
        y = picture.height - box.y - box.height
        assert f"{box.x:.2f} {y:.2f} {box.width:.2f} {box.height:.2f} re f" in drawn
    assert drawn.count(" re f") == len(boxes) + 1  # and the background
    assert drawn.startswith("0.240000 0 0 0.240000 0 0 cm")  # points per pixel


def test_pdf_has_the_spectrogram_as_an_image_of_300_dpi() -> None:
    result = sound(dot(1, 1))
    pdf = encoded_pdf(result, width=200, height=160)
    picture = figure(result, Layout(picture=PictureOptions(width=600, height=480, dpi=300)))
    images = [shape for shape in picture.shapes if isinstance(shape, RasterImage)]
    assert streams(pdf)[1:] == [image.pixels.tobytes() for image in images]
    assert b" 0 1 -1 0 " in streams(pdf)[0]  # the rotated name of the axis


def test_arrays_are_read_back_with_their_axes() -> None:
    result = sound(dot(7, 7), curves=(Curve(name="pitch", unit="Hz", times=[0.0], values=[1.0]),))
    npy, npz = (render.get(name).encode(result, Layout()) for name in ("npy", "npz"))  # type: ignore[attr-defined]
    np.testing.assert_array_equal(np.load(io.BytesIO(npy)), result.values)
    back = np.load(io.BytesIO(npz))
    np.testing.assert_array_equal(back["bins"], BINS)
    assert back["times"][-1] == 99.5 and back["curve_pitch_values"] == [1.0]
    assert '"unit": "dB"' in str(back["metadata"])


def test_json_is_read_back_and_draws_the_same() -> None:
    from audiocli.schema import loads

    result = sound(dot(7, 7))
    (back,) = loads(render.render(result, "json"))
    assert isinstance(back, Spectrogram)
    np.testing.assert_array_equal(pixels(back), pixels(result))


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("colours", [0, 24, 256])
def test_drawings_fit_the_terminal(width: int, colours: int) -> None:
    spans = (Span(start=3, end=50, text="hello", lane="somebody"),)
    layout = Layout(width=width, height=24, colour_depth=colours)  # type: ignore[arg-type]
    drawn = render.render(sound(dot(20, 50), spans=spans), "terminal", layout)
    lines = re.sub(r"\x1b\[[\d;]*m", "", drawn).splitlines()
    assert max(map(len, lines)) <= width and len(lines) <= 24
    assert drawn.isascii() == (colours == 0)
    assert ("\x1b[38;2;" in drawn) == (colours == 24) and ("\x1b[38;5;" in drawn) == (
        colours == 256
    )


def test_ascii_shows_the_dot() -> None:
    drawn = render.render(sound(dot(20, 50)), "terminal", Layout(width=108, height=24))
    assert [line.index("@") for line in drawn.splitlines() if "@" in line] == [57]


@pytest.mark.parametrize(
    ("start", "end", "labels"),
    [
        (0, 0.01, ["0.000", "0.002", "0.004", "0.006", "0.008", "0.010"]),
        (0, 10, ["0", "2", "4", "6", "8", "10"]),
        (0, 300, ["0:00", "1:00", "2:00", "3:00", "4:00", "5:00"]),
        (0, 10_800, ["0:00", "1:00:00", "2:00:00", "3:00:00"]),
        (5, 5, ["5"]),
    ],
)
def test_marks_of_time(start: float, end: float, labels: list[str]) -> None:
    assert [label for _, label in ticks.times(start, end, 5)] == labels
