"""Load what other packages register: model families and output formats.

A package registers an object under an entry point group
(https://packaging.python.org/specifications/entry-points/); docs/plugins.md has an example.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

FAMILIES = "audiocli.models"  # a Family, or a tuple of them
FORMATS = "audiocli.formats"  # a Renderer

PluginT = TypeVar("PluginT")


def load_plugins(
    group: str, kind: type[PluginT], problems: list[str]
) -> Iterator[tuple[str, PluginT]]:
    """Yield the plug-ins of a group, each with its description for messages.

    Parameters
    ----------
    kind : class of the plug-ins; an entry point holds one, or a tuple of them
    problems : takes one line for each entry point that cannot be loaded
    """
    from importlib.metadata import entry_points

    for entry in entry_points(group=group):
        origin = f"plug-in {entry.name} of {entry.dist.name if entry.dist else entry.value}"
        try:
            value = entry.load()
            plugins = value if isinstance(value, tuple) else (value,)
            if not all(isinstance(plugin, kind) for plugin in plugins):
                raise TypeError(f"{entry.value} is no {kind.__name__}")
        except Exception as error:
            problems.append(f"{origin} is left out: {error}")
            continue
        yield from ((origin, plugin) for plugin in plugins)
