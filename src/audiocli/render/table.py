"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from pkgutil import iter_modules

from audiocli.escaping import plain
from audiocli.render import tables
from audiocli.render.base import Layout, Renderer, timestamp
from audiocli.results import Result, kinds

_SHOWN = {module.name for module in iter_modules(tables.__path__)}
_OF_SPEECH = {"transcript", "diarization", "conversation", "alignment"}


class Table(Renderer):
    """A rich table; `render/tables/KIND.py` defines the table of each kind of result."""

    name = "table"
    extension = "txt"
    accepts = tuple(kind for name, kind in kinds().items() if name in _SHOWN)
    allows_many = True
    separator = "\n"
    wants_events = True

    def body(self, result: Result, layout: Layout) -> Iterator[str]:
        """Yield a line with source, duration and model, then the table."""
        from rich.console import Console
        from rich.text import Text

        out = StringIO()
        console = Console(
            file=out,
            width=layout.width,
            force_terminal=layout.colour,
            color_system="standard" if layout.colour else None,
            highlight=False,
        )
        length = timestamp(result.duration, digits=1)
        about = f"{plain(result.source)}  {length}  {plain(result.model.name)}"
        console.print(Text(about, style="bold"), soft_wrap=True)
        table = import_module(f"{tables.__name__}.{result.kind}").table(result)
        is_empty = getattr(table, "row_count", None) == 0
        nothing = "no speech found" if result.kind in _OF_SPEECH else "nothing found"
        console.print(Text(nothing, style="dim") if is_empty else table)
        yield out.getvalue()


RENDERER = Table()
