"""Table of emissions: a row for each run of frames with the same token, as collapsed by CTC."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.results import Emissions, Frame

_SHOWN = 6  # frames of a run that are shown
_TAIL = 20  # characters of the text so far that are shown
_RULE = (
    "A token that is emitted in several frames in a row is written once. The blank, ·, is "
    "not written; after it the same token is written again."
)


def table(emissions: Emissions) -> Group:
    """Return a table of runs of frames, with the text that they add and the text so far."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("s", justify="right", style="cyan", no_wrap=True)
    grid.add_column("frames", justify="right", style="cyan", no_wrap=True)
    grid.add_column("emitted", no_wrap=True)
    grid.add_column("p", justify="right", style="cyan", no_wrap=True)
    grid.add_column("is", no_wrap=True)
    grid.add_column("text so far", no_wrap=True, style="green")
    text = ""
    written: str | None = None  # the token that was written last
    for run in _runs(emissions.frames):
        first = run[0]
        text += first.text
        again = bool(first.text) and first.token == written
        grid.add_row(
            f"{first.start:.2f}",
            str(len(run)),
            Text(_emitted(run)),
            f"{max(frame.probability for frame in run):.2f}",
            "written again" if again else "written" if first.text else "",
            Text(plain(text)[-_TAIL:]),
            style="dim" if first.role == "blank" else "",
        )
        written = first.token if first.text else written
    return Group(grid, Text(plain(emissions.text), style="bold"), Text(_RULE, style="dim"))


def _runs(frames: tuple[Frame, ...]) -> Iterator[list[Frame]]:
    """Yield runs of consecutive frames with the same token."""
    run: list[Frame] = []
    for frame in frames:
        if run and frame.token != run[-1].token:
            yield run
            run = []
        run.append(frame)
    if run:
        yield run


def _emitted(run: list[Frame]) -> str:
    token = "·" if run[0].role == "blank" else plain(run[0].token)
    return " ".join([token] * min(len(run), _SHOWN)) + (" …" if len(run) > _SHOWN else "")
