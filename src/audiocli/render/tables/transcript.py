"""Table of a transcript: a row for each segment."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.render.base import timestamp
from audiocli.results import Transcript


def table(transcript: Transcript) -> Table:
    """Return a table of the segments, with speakers if known."""
    speakers = any(segment.speaker for segment in transcript.segments)
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("start", style="cyan", no_wrap=True)
    grid.add_column("end", style="cyan", no_wrap=True)
    if speakers:
        grid.add_column("speaker", style="magenta", no_wrap=True)
    text = f"text ({plain(transcript.language)})" if transcript.language else "text"
    grid.add_column(Text(text), overflow="fold")
    for segment in transcript.segments:
        times = (timestamp(segment.start, digits=1), timestamp(segment.end, digits=1))
        speaker = (Text(plain(segment.speaker or "")),) if speakers else ()
        grid.add_row(*times, *speaker, Text(plain(segment.text)))
    return grid
