"""Chooses output formats, and refuses options that do not apply to them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from audiocli import render
from audiocli.errors import UsageError
from audiocli.render.base import Layout, PictureOptions, Renderer
from audiocli.results import Result


def refuse_unused_layout(
    options: Mapping[str, Any], renderers: Sequence[Renderer], given: Container[str] = ()
) -> None:
    """Refuse layout options that no format follows.

    Parameters
    ----------
    options : fields of `Layout`
    given : names of the options that are on the command line, at any value

    Raises
    ------
    UsageError : names the first such option
    """
    options = dict(options)
    picture = options.pop("picture", PictureOptions())
    values = {**options, **{one.name: getattr(picture, one.name) for one in fields(picture)}}
    defaults = {one.name: one.default for kind in (Layout, PictureOptions) for one in fields(kind)}
    followed = {name for renderer in renderers for name in renderer.layout_options}
    for name, value in values.items():
        if (value != defaults[name] or name in given) and name not in followed:
            option = f"--{name.replace('_', '-')}"
            listed = " or ".join(one.name for one in renderers) or "audio"
            raise UsageError(f"{option} does not apply to {listed}")


def split_names(values: Iterable[str]) -> list[str]:
    """Return the distinct names in values, each of which may be a list separated by commas.

    Raises
    ------
    UsageError : a name is empty
    """
    names = [name.strip() for value in values for name in value.split(",")]
    if not all(names):
        raise UsageError("--format has an empty name", "-f srt -f json, or -f srt,json")
    return list(dict.fromkeys(names))


def one_format(values: Sequence[str] | None, choices: Sequence[str]) -> str | None:
    """Return the format named by --format, or None if there is none.

    Raises
    ------
    UsageError : several are named, or one that is not in `choices`
    """
    names = split_names(values or ())
    refuse_several(names)
    if names and names[0] not in choices:
        raise UsageError(f"unknown format {names[0]!r}", f"one of: {', '.join(choices)}")
    return names[0] if names else None


def refuse_several(names: Sequence[str]) -> None:
    """Refuse more than one format."""
    if len(names) > 1:
        raise UsageError(f"one format at a time, not {' and '.join(names)}")


def choose_renderers(
    kind: type[Result],
    names: Sequence[str],
    output: Path | None,
    output_dir: Path | None,
    to_terminal: bool,
) -> tuple[Renderer, ...]:
    """Return the named formats, else the default one for the output.

    Raises
    ------
    UsageError : a format does not support the kind, or several need one file
    """
    if len(names) <= 1:
        name = names[0] if names else None
        return (choose_renderer(kind, name, output, to_terminal),)
    if output_dir is None:
        listed = " and ".join(names)
        raise UsageError(f"{listed} require --output-dir", "or choose one format")
    renderers = [accepting(render.get(name), kind) for name in names]
    by_extension: dict[str, Renderer] = {}
    for renderer in renderers:
        other = by_extension.setdefault(renderer.extension.lower(), renderer)
        if other is not renderer:
            raise UsageError(
                f"{other.name} and {renderer.name} are both written to .{renderer.extension} files",
                "choose one of them",
            )
    return tuple(renderers)


def choose_renderer(
    kind: type[Result], format: str | None, output: Path | None, to_terminal: bool
) -> Renderer:
    """Return the named format, else that of the output's suffix, else the default of the kind.

    Raises
    ------
    UsageError : the suffix is unknown, or the format does not support the kind
    """
    if format is not None:
        return accepting(render.get(format), kind)
    if output is not None and output.suffix:
        renderer = render.by_extension(output.suffix[1:])
        if renderer is None:
            raise UsageError(
                f"{output}: unknown suffix {output.suffix}", "choose a format: --format"
            )
        return accepting(renderer, kind)
    return render.default_for(kind, to_terminal=to_terminal)


def accepting(renderer: Renderer, kind: type[Result]) -> Renderer:
    """Return the renderer.

    Raises
    ------
    UsageError : it does not support the kind
    """
    if not issubclass(kind, renderer.accepts):
        others = ", ".join(render.names_for(kind))
        raise UsageError(f"cannot write {kind.kind} as {renderer.name}", f"one of: {others}")
    return renderer
