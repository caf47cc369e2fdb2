"""Output formats, one module each, with the name that `--format` uses.

A module of this package that defines `RENDERER` is a format; no other registration is
needed. Other modules are listed in `_NOT_FORMATS`. Other packages register formats as entry
points, which are loaded only if no built-in format matches.
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
    """Return the names of all built-in formats in alphabetical order, without importing them."""
    return tuple(sorted(m.name for m in iter_modules(__path__) if m.name not in _NOT_FORMATS))


def names_for(kind: type[Result]) -> tuple[str, ...]:
    """Return the names of the built-in formats that support a kind of result."""
    return tuple(name for name in names() if issubclass(kind, get(name).accepts))


def get(name: str) -> Renderer:
    """Return a format by name.

    Raises
    ------
    UsageError : the format is unknown
    """
    if name not in names():
        if name in plugin_formats():
            return plugin_formats()[name]
        from difflib import get_close_matches

        known = (*names(), *plugin_formats())
        close = get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"one of: {', '.join(known)}"
        raise UsageError(f"unknown format {name!r}", hint)
    renderer: Renderer = import_module(f"{__name__}.{name}").RENDERER
    return renderer


def default_for(kind: type[Result], *, to_terminal: bool = False) -> Renderer:
    """Return the default format of a kind of result; JSON lines if it has none."""
    renderers = map(get, names())
    natural = next((r for r in renderers if issubclass(kind, r.default_for)), get("jsonl"))
    table = get("table")
    wants_table = not natural.is_terminal_default and issubclass(kind, table.accepts)
    return table if to_terminal and wants_table else natural


def by_extension(extension: str) -> Renderer | None:
    """Return the format of a file extension (without the dot), or None."""
    extension = extension.lower()
    if extension in names():
        return get(extension)
    renderers = chain(map(get, names()), _plugin_renderers())
    return next((r for r in renderers if r.extension.lower() == extension), None)


@cache
def plugin_formats() -> dict[str, Renderer]:
    """Load the formats of other packages, by name; log a warning for each that fails."""
    problems: list[str] = []
    found = {r.name: r for _, r in load_plugins(FORMATS, Renderer, problems)}
    for problem in problems:
        logging.getLogger("audiocli").warning(problem)
    return found


def _plugin_renderers() -> Iterator[Renderer]:
    """Yield the formats of other packages, which are loaded on the first iteration."""
    yield from plugin_formats().values()


def render(result: Result, name: str, layout: Layout | None = None) -> str:
    """Render one result as a complete document.

    Parameters
    ----------
    result : a result that the format accepts
    name : name of the format, as in `--format`
    layout : line widths and colours; by default those of the command line
    """
    renderer = get(name)
    return renderer.head(type(result)) + "".join(renderer.body(result, layout or Layout()))
