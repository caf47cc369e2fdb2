"""One file with the results of an output folder: --output beside --output-dir."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.context import Context
from audiocli.errors import AudioCliError, OutputError, UsageError, hint_for, reason
from audiocli.render.base import Layout, Renderer
from audiocli.results import Result

if TYPE_CHECKING:
    from audiocli.cli.folder_output import FolderOutput


class CombinedOutput:
    """A file with all results of the inputs, also those of earlier runs.

    It is written from the JSON files of the folder, in the order of the inputs, and replaced by
    each run unless it has been edited.

    Parameters
    ----------
    path : the file
    renderer : its format
    folder, renderers : the output folder and its formats

    Raises
    ------
    UsageError : JSON is not among the formats, or the file exists and was not written by a run
        into the folder
    """

    def __init__(
        self,
        path: Path,
        renderer: Renderer,
        folder: FolderOutput[Any],
        renderers: Sequence[Renderer],
        *,
        overwrite: bool,
    ) -> None:
        self.path = path
        self._renderer = renderer
        self._folder = folder
        self._documents: list[Path] = []
        if not any(map(_is_json, renderers)):
            raise UsageError(
                "--output beside --output-dir is made from JSON files", "add --format json"
            )
        if not overwrite and not folder.may_replace(path):
            raise UsageError(f"{path}: exists already", "--overwrite replaces it")

    def expect(self, inputs: Iterable[Any]) -> None:
        """Add inputs, whose results are written."""
        for input in inputs:
            with suppress(OutputError):  # it has no results
                targets = self._folder.targets(input)
                self._documents += [one.path for one in targets if _is_json(one.renderer)]

    def write(self, context: Context, layout: Layout, kind: type[Result]) -> None:
        """Write the results that exist.

        Raises
        ------
        OutputError : the file cannot be written, or a result cannot be read
        """
        from audiocli.cli.emit import Emitter
        from audiocli.cli.folder_output import FolderPolicy

        with Emitter(
            context,
            [self._renderer],
            layout,
            kind,
            self.path,
            policy=FolderPolicy(overwrite=True),
            before_replace=self._folder.combined_recorder(self.path),
        ) as emitter:
            for result in self._results():
                emitter.emit(None, result)

    def _results(self) -> Iterator[Result]:
        from audiocli.schema import loads

        for path in filter(Path.is_file, self._documents):
            try:
                yield from loads(path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError) as error:
                raise OutputError(f"{path}: {reason(error)}", hint_for(error)) from error
            except AudioCliError as error:
                raise OutputError(f"{path}: {error.message}", "delete it, and run again") from error


def _is_json(renderer: Renderer | None) -> bool:
    return renderer is not None and renderer.name == "json"
