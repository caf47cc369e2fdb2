"""The output formats: one file each, named as `--format` names it.

A module of this package that defines `RENDERER` is a format; adding the file is
all it takes. Helpers that are no formats are listed in `_NOT_FORMATS`. Other packages
register formats as entry points, which are loaded only where no built-in format fits.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules

from audiocli.errors import UsageError
from audiocli.plugins import FORMATS, load_plugins
from audiocli.render.base import Layout, Renderer
from audiocli.results import Result

_NOT_FORMATS = {"arrays", "base", "pictures", "rows", "sound_events", "subtitles", "tables"}


@cache
def names() -> tuple[str, ...]:
    """Names of all formats, in alphabetical order; imports none of them."""
    return tuple(sorted(m.name for m in iter_modules(__path__) if m.name not in _NOT_FORMATS))


def names_for(kind: type[Result]) -> tuple[str, ...]:
    """Names of the formats that can show a kind of result."""
    return tuple(name for name in names() if issubclass(kind, get(name).accepts))


def get(name: str) -> Renderer:
    """Find a format by name.

    Raises
    ------
    UsageError : no format has that name
    """
    if name not in names():
        if name in plugin_formats():
            return plugin_formats()[name]
        from difflib import get_close_matches

        known = (*names(), *plugin_formats())
        close = get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"one of: {', '.join(known)}"
        raise UsageError(f"no format is called {name!r}", hint)
    renderer: Renderer = import_module(f"{__name__}.{name}").RENDERER
    return renderer


def default_for(kind: type[Result]) -> Renderer:
    """The plain text form of a kind of result; JSON lines where it has none."""
    renderers = map(get, names())
    return next((r for r in renderers if issubclass(kind, r.default_for)), get("jsonl"))


def by_extension(extension: str) -> Renderer | None:
    """The format a file name's ending (without its dot) stands for, if any."""
    extension = extension.lower()
    if extension in names():
        return get(extension)
    renderers = chain(map(get, names()), _plugin_renderers())
    return next((r for r in renderers if r.extension.lower() == extension), None)


@cache
def plugin_formats() -> dict[str, Renderer]:
    """Load the formats of other packages, by name; log a warning for each that is broken."""
    problems: list[str] = []
    found = {r.name: r for _, r in load_plugins(FORMATS, Renderer, problems)}
    for problem in problems:
        logging.getLogger("audiocli").warning(problem)
    return found


def _plugin_renderers() -> Iterator[Renderer]:
    """Yield the formats of other packages; nothing is loaded before the first is asked for."""
    yield from plugin_formats().values()


def render(result: Result, name: str, layout: Layout | None = None) -> str:
    """Render one result as a whole document.

    Parameters
    ----------
    result : any result the format accepts
    name : the format, as in `--format`
    layout : line widths and colours; the defaults are those of the command line
    """
    renderer = get(name)
    return renderer.head(type(result)) + "".join(renderer.body(result, layout or Layout()))
