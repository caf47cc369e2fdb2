"""Table of an alignment: a row for each segment, with words of low confidence in red."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.render.base import timestamp
from audiocli.results import Alignment, Segment

_LOW_CONFIDENCE = 0.3  # below which the confidence of a word is shown


def table(alignment: Alignment) -> RenderableType:
    """Return a table of the lines, followed by unspoken words and words not in the text."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("start", style="cyan", no_wrap=True)
    grid.add_column("end", style="cyan", no_wrap=True)
    grid.add_column("score", justify="right", style="cyan", no_wrap=True)
    grid.add_column("text", overflow="fold")
    for segment in alignment.segments:
        score = "" if segment.confidence is None else f"{segment.confidence:.2f}"
        times = (timestamp(segment.start, digits=1), timestamp(segment.end, digits=1))
        grid.add_row(*times, score, _text(segment))
    beyond = {"not spoken": alignment.unspoken, "not in the text": alignment.extra}
    notes = [
        Text(f"{len(words)} {what}: " + plain(" ".join(word.text for word in words)), style="dim")
        for what, words in beyond.items()
        if words
    ]
    return Group(grid, *notes)


def _text(segment: Segment) -> Text:
    line = Text()
    for word in segment.words:
        if word.confidence is not None and word.confidence < _LOW_CONFIDENCE:
            line.append(f"{plain(word.text)} ({word.confidence:.2f}) ", style="red")
        else:
            line.append(plain(word.text) + " ")
    line.rstrip()
    return line
