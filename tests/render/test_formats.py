"""Every format compared with its golden file, and read by independent parsers.

`UPDATE_GOLDEN=1 pytest tests/render` rewrites the golden files; review the diff.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest

from audiocli.errors import UsageError
from audiocli.escaping import plain
from audiocli.render import by_extension, default_for, get, names, names_for, render
from audiocli.render.base import BinaryRenderer, Layout, SegmentRenderer, timestamp
from audiocli.render.subtitles import cues
from audiocli.results import Result, Segment, Transcript
from audiocli.schema import loads
from strategies import AWKWARD

GOLDEN = Path(__file__).parent / "golden"
SILENCE = replace(AWKWARD, segments=())
TEXTS = [name for name in names_for(Transcript) if not isinstance(get(name), BinaryRenderer)]


@pytest.mark.parametrize("name", TEXTS)
def test_golden(name: str) -> None:
    rendered = render(AWKWARD, name).encode()
    path = GOLDEN / f"awkward.{name}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(rendered)
    assert rendered == path.read_bytes()


@pytest.mark.parametrize("name", TEXTS)
def test_silence_and_no_control_characters(name: str) -> None:
    assert render(SILENCE, name).startswith(get(name).head(Transcript))
    rendered = render(AWKWARD, name)
    assert all(
        line.isprintable() or "\u2060" in line or "\t" in line for line in rendered.split("\n")
    )
    assert "\x1b" not in rendered


SEGMENT_FORMATS = [name for name in names() if isinstance(get(name), SegmentRenderer)]


def test_formats_written_by_segment_are_documented() -> None:
    assert SEGMENT_FORMATS
    page = (Path(__file__).parents[2] / "docs/formats.md").read_text(encoding="utf-8")
    sentence = next(line for line in page.splitlines() if "written segment by segment" in line)
    assert sorted(SEGMENT_FORMATS) == sorted(re.findall(r"`(\w+)`", sentence))


@pytest.mark.parametrize("name", SEGMENT_FORMATS)
def test_segments_are_written_as_they_arrive(name: str) -> None:
    renderer = get(name)
    assert isinstance(renderer, SegmentRenderer)
    pulled = []

    def arriving() -> Iterator[Segment]:
        for segment in AWKWARD.segments:
            pulled.append(segment)
            yield segment

    pieces = renderer.segments(arriving(), Layout())
    assert "And so" in next(pieces)
    assert len(pulled) == 1


# --- the registry ------------------------------------------------------------


def test_the_registry() -> None:
    assert {"json", "jsonl", "table", "txt", "srt", "vtt", "textgrid"} <= set(names())
    assert all(get(name).name == name for name in names())
    assert default_for(Transcript) is get("txt")
    assert by_extension("TextGrid") is by_extension("textgrid") is get("textgrid")
    assert by_extension("docx") is None
    with pytest.raises(UsageError, match="did you mean vtt"):
        get("VTTT")
    with pytest.raises(UsageError, match=r"one of: .*srt.*vtt"):
        get("docx")


def test_a_table_is_offered_for_the_kinds_that_have_one() -> None:
    assert "table" in names_for(Transcript)
    assert "table" not in names_for(Untold)
    assert {"json", "jsonl"} <= set(names_for(Untold))
    assert default_for(Untold) is get("jsonl")


class Untold(Result):
    """A result that no format supports specially."""

    kind = "untold"


# --- independent parsers -----------------------------------------------------


@pytest.mark.parametrize(("name", "unit"), [("srt", 0.001), ("vtt", 0.001), ("ass", 0.01)])
def test_ffmpeg_reads_the_times_of_every_cue(name: str, unit: float, tmp_path: Path) -> None:
    path = tmp_path / f"subtitles.{name}"
    path.write_text(render(AWKWARD, name), encoding="utf-8")
    with av.open(str(path)) as file:
        stream = file.streams.subtitles[0]
        packets = [packet for packet in file.demux(stream) if packet.pts is not None]
        read = [
            (float(packet.pts * stream.time_base), float(packet.duration * stream.time_base))
            for packet in packets
        ]
    expected = [
        (cue.start, cue.end - cue.start)
        for cue in cues(AWKWARD.segments, Layout(), "[{}] " if name == "srt" else "")
    ]
    assert len(read) == len(expected)
    for got, wanted in zip(read, expected, strict=True):
        assert got == pytest.approx(wanted, abs=unit * 1.01)


def test_ffmpeg_reads_every_line_of_lyrics(tmp_path: Path) -> None:
    path = tmp_path / "song.lrc"
    path.write_text(render(AWKWARD, "lrc"), encoding="utf-8")
    with av.open(str(path)) as file:
        read = [bytes(p).decode().strip() for p in file.demux(subtitles=0) if p.pts is not None]
    lines = render(AWKWARD, "lrc").splitlines()
    assert read == [line.partition("]")[2] for line in lines]


def test_csv_and_json_read_back() -> None:
    rows = list(csv.DictReader(render(AWKWARD, "csv").splitlines()))
    assert [row["text"] for row in rows] == [plain(s.text) for s in AWKWARD.segments]
    assert [row["language"] for row in rows][:3] == ["en", "en", "zh"]
    assert rows[0]["source"] == plain(AWKWARD.source)
    for name in ("json", "jsonl"):
        (back,) = loads(render(AWKWARD, name))
        assert render(back, name) == render(AWKWARD, name)
    assert json.loads(render(AWKWARD, "jsonl"))["segments"][1]["speaker"] is None


def test_textgrid_intervals_are_complete() -> None:
    lines = render(AWKWARD, "textgrid").splitlines()
    assert sum("IntervalTier" in line for line in lines) == 5
    clock = 0.0
    for start, end in pairwise(lines):
        if start.startswith(" " * 12 + "xmin"):
            low, high = (float(line.partition("=")[2]) for line in (start, end))
            assert low == clock or (low == 0 and clock == AWKWARD.duration)
            assert low < high
            clock = high
    assert clock == AWKWARD.duration


# --- text --------------------------------------------------------------------


def test_plain_keeps_what_scripts_need() -> None:
    assert plain(" a\tb\r\nc\u2028d\x85e ") == "a b c d e"
    assert plain("\x07\x1b[0m\x7f\x9b\udce4") == "\\x07\\x1b[0m\\x7f\\x9b\\udce4"
    assert plain("می\u200cخواهم 👩\u200d👧") == "می\u200cخواهم 👩\u200d👧"


def test_timestamps_carry_over() -> None:
    assert timestamp(3599.9996) == "01:00:00.000"
    assert timestamp(0.0004, ",") == "00:00:00,000"
    assert timestamp(-1) == "00:00:00.000"
    assert timestamp(360000.125, digits=2) == "100:00:00.12"
