"""Write a result to a file, in any format that shows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.errors import UsageError

if TYPE_CHECKING:
    from audiocli.render.base import Renderer
    from audiocli.results import Result


def write(
    result: Result,
    path: str | Path,
    format: str | None = None,
    *,
    max_line_width: int = 42,
    max_lines: int = 2,
    width: int = 1000,
    style: str = "light",
) -> None:
    """Write a result; the file appears when it is complete.

    Parameters
    ----------
    format : such as "srt" or "json"; None goes by the suffix of the path
    max_line_width, max_lines : of a subtitle
    width, style : of a picture: pixels, and "light", "dark" or "print"

    Raises
    ------
    UsageError : there is no such format, or it does not show this kind of result
    OutputError : the file cannot be written
    """
    from audiocli.batch.output import atomic_writer
    from audiocli.render.base import BinaryRenderer, Layout, PictureOptions

    path = Path(path)
    renderer = _renderer(result, path, format)
    layout = Layout(
        max_line_width=max_line_width,
        max_lines=max_lines,
        picture=PictureOptions(width=width, style=style),
    )
    if isinstance(renderer, BinaryRenderer):
        with atomic_writer(path, binary=True) as file:
            file.writelines(renderer.pieces(result, layout))
        return
    with atomic_writer(path) as out:
        out.write(renderer.head(type(result)))
        out.writelines(renderer.body(result, layout))


def _renderer(result: Result, path: Path, format: str | None) -> Renderer:
    from audiocli import render

    name = format or path.suffix[1:]
    renderer = render.get(format) if format else render.by_extension(name)
    if renderer is None or not isinstance(result, renderer.accepts):
        raise UsageError(
            f"cannot write {result.kind} as {name or path.name}",
            f"one of: {', '.join(render.names_for(type(result)))}",
        )
    renderer.check()
    return renderer
