"""Writes results: chooses the output format and the files.

A command opens an `Emitter` and passes each result to it:

    with open_emitter(context, Transcript, output=file) as emitter:
        emitter.emit(input, transcript)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from audiocli.cli.folder_output import FolderOutput, FolderPolicy, Target, layout_options
from audiocli.cli.format_choice import (
    accepting,
    choose_renderer,
    choose_renderers,
    refuse_several,
    refuse_unused_layout,
    split_names,
)
from audiocli.cli.terminal import colours, height, width
from audiocli.context import Context
from audiocli.errors import OutputError, UsageError, write_failure
from audiocli.render.base import BinaryRenderer, Layout, PictureOptions, Renderer, SegmentRenderer
from audiocli.results import Result, Segment

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.cli.checkpoints import Checkpoints
    from audiocli.cli.combined_output import CombinedOutput


def open_emitter(
    context: Context,
    kind: type[Result],
    *,
    formats: Sequence[str] | None = None,
    output: Path | None = None,
    output_dir: Path | None = None,
    policy: FolderPolicy = FolderPolicy(),
    max_line_width: int = Layout.max_line_width,
    max_lines: int = Layout.max_lines,
    picture: PictureOptions = Layout.picture,
    single_format: bool = False,
    given: Container[str] = (),
    checkpoints: Checkpoints | None = None,
) -> Emitter:
    """Return the emitter for the output options of a command.

    Parameters
    ----------
    kind : the kind of result that the command emits
    formats : values of --format, each a name or several separated by commas
    output : one file for all results; `-` is stdout
    output_dir : folder for one file per input and format
    policy : which existing outputs are replaced
    picture : appearance of pictures
    single_format : whether the command takes one format only
    given : names of the options that are on the command line, at any value
    checkpoints : of a command whose runs continue after an interruption

    Raises
    ------
    UsageError : the options contradict each other, or do not apply to the format
    """
    if output == Path("-"):
        output = None
    to_terminal = context.stdout.isatty() and output is None and output_dir is None
    names = split_names(formats or ())
    if single_format:
        refuse_several(names)
    common = choose_renderer(kind, None, output, False) if output and output_dir else None
    renderers = choose_renderers(kind, names, None if common else output, output_dir, to_terminal)
    used = (*renderers, common) if common else renderers
    for renderer in used:
        renderer.check()
        if to_terminal and isinstance(renderer, BinaryRenderer):
            raise UsageError(f"will not write {renderer.name} to a terminal", "use --output FILE")
    refuse_unused_layout(
        {"max_line_width": max_line_width, "max_lines": max_lines, "picture": picture},
        used,
        given,
    )
    layout = Layout(
        max_line_width=max_line_width,
        max_lines=max_lines,
        width=width(context),
        height=height(context),
        colour=to_terminal and not context.environ.get("NO_COLOR"),
        colour_depth=colours(context, to_terminal),
        picture=picture,
    )
    if not common:
        return Emitter(context, renderers, layout, kind, output, output_dir, policy, checkpoints)
    from audiocli.cli.combined_output import CombinedOutput

    assert output
    emitter = Emitter(context, renderers, layout, kind, None, output_dir, policy, checkpoints)
    assert emitter.folder
    emitter.combined = CombinedOutput(
        output, common, emitter.folder, renderers, overwrite=policy.overwrite
    )
    return emitter


class Emitter:
    """Writes each result as soon as it is complete.

    Parameters
    ----------
    renderers : the formats; several only with an output folder
    kind : the kind of result that is emitted
    output : one file for all results, replaced when the `with` block ends; it then holds
        every emitted result, also after an interruption
    output_dir : folder for one file per input and format, in the tree of the inputs
    policy : which existing outputs are replaced
    checkpoints : of a command whose runs continue after an interruption
    before_replace : called with the complete file before it replaces the output

    Attributes
    ----------
    combined : a common file beside the output folder

    Raises
    ------
    UsageError : the output exists already
    OutputError : the output is a folder, or cannot be written
    """

    def __init__(
        self,
        context: Context,
        renderers: Sequence[Renderer],
        layout: Layout,
        kind: type[Result],
        output: Path | None = None,
        output_dir: Path | None = None,
        policy: FolderPolicy = FolderPolicy(),
        checkpoints: Checkpoints | None = None,
        before_replace: Callable[[Path], None] | None = None,
    ) -> None:
        is_continued = output and checkpoints and checkpoints.may_replace(output)
        may_exist = policy.overwrite or is_continued
        if output and _is_there(output) and output.is_file() and not may_exist:
            raise UsageError(f"{output}: exists already", "--overwrite replaces it")
        _check_writable(output, output_dir)
        self.renderers = renderers
        self.renderer = renderers[0]  # the only one if there is one output
        self.layout = layout
        self.checkpoints = checkpoints
        self.combined: CombinedOutput | None = None
        self._before_replace = before_replace
        self._context = context
        self._kind = kind
        self.output = output
        self.folder = (
            FolderOutput(output_dir, policy, partial(self._targets, output_dir))
            if output_dir
            else None
        )
        self._gathers = isinstance(self.renderer, BinaryRenderer) and kind in self.renderer.gathers
        self._gathered: list[Result] = []  # written at the end of the run
        self._emitted = 0
        self._is_whole = True  # no write to the output was interrupted
        self._is_complete = True  # the run was not interrupted
        self._writer: AbstractContextManager[IO[Any]] | None = None  # of the output, once open
        self._file: IO[Any] | None = None  # the output, once open

    def __enter__(self) -> Emitter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_complete = kind is None
        if self.folder:
            self.folder.close()
        if self._gathered:
            assert isinstance(self.renderer, BinaryRenderer)
            self._write([self.renderer.encode_all(self._gathered, self.layout)])
        if self._writer is None:
            return
        if self._is_whole:  # keep finished results after any error
            self._writer.__exit__(None, None, None)
        else:
            self._writer.__exit__(kind, error, traceback)

    def checkpointed_output(self, input: Input) -> Path | None:
        """Return the file next to which the checkpoint of an input is, or None without one."""
        if self.folder:
            with suppress(OutputError):  # raised again when the result is written
                return self.folder.targets(input)[0].path
        is_special = self.output and self.output.exists() and not self.output.is_file()
        return None if is_special else self.output

    def _written(self, part: Path) -> None:
        if self._before_replace:
            self._before_replace(part)
        if self.checkpoints and self.output:
            self.checkpoints.written(self.output, part, is_complete=self._is_complete)

    def write_combined(self) -> None:
        """Write the common file beside an output folder, if there is one."""
        if self.combined:
            self.combined.write(self._context, self.layout, self._kind)

    @property
    def is_live(self) -> bool:
        """Whether segments can be written one by one: a streaming format on stdout."""
        return isinstance(self.renderer, SegmentRenderer) and not self.has_file

    @property
    def has_file(self) -> bool:
        """Whether results are written to files, not to stdout."""
        return self.output is not None or self.folder is not None

    def expect(self, results: int) -> None:
        """Refuse several results if the format holds one.

        Raises
        ------
        UsageError : there are more results than the output can hold
        """
        many = self.renderer.allows_many or self._gathers
        if results > 1 and not many and self.folder is None:
            raise UsageError(
                f"{self.renderer.name} can hold only one result",
                "use --output-dir to write one file per input",
            )

    @property
    def wants_words(self) -> bool:
        """Whether a format uses word timestamps."""
        return any(renderer.wants_words for renderer in self.renderers)

    @property
    def wants_events(self) -> bool:
        """Whether a format shows sound events."""
        return any(renderer.wants_events for renderer in self.renderers)

    @property
    def columns(self) -> int | None:
        """Number of time steps that drawings can show; None if a format writes all of them."""
        found = [renderer.columns(self.layout) for renderer in self.renderers]
        drawn = [columns for columns in found if columns is not None]
        return max(drawn) if len(drawn) == len(found) else None

    @property
    def max_values(self) -> int | None:
        """Maximum number of spectrogram values that all formats support; None is unlimited."""
        limits = [r.max_values for r in self.renderers if r.max_values is not None]
        return min(limits, default=None)

    def emit(self, input: Input | None, result: Result) -> None:
        """Write one result; a result without an input is written to the common output.

        Raises
        ------
        OutputError : it cannot be written
        UsageError : the format does not support it, or cannot hold another
        """
        if input and input.columns:
            result = replace(result, columns=input.columns)
        if input and self.folder:
            self._write_files(self.folder, input, result)
            return
        renderer = accepting(self.renderer, type(result))
        if self._gathers:
            self._gathered.append(result)
            return
        if isinstance(renderer, BinaryRenderer):
            self.expect(self._emitted + 1)
            self._write(renderer.pieces(result, self.layout))
        else:
            self._write(chain((self._opening(type(result)),), renderer.body(result, self.layout)))
        self._emitted += 1

    def _targets(self, folder: Path, input: Input) -> list[Target]:
        """Return the files of an input, one per format.

        Raises
        ------
        OutputError : a file would replace the input
        """
        from audiocli.batch.output import output_path

        return [
            Target(
                output_path(input, folder, renderer.extension),
                renderer,
                layout_options(self.layout, renderer),
            )
            for renderer in self.renderers
        ]

    def _write_files(self, folder: FolderOutput[Input], input: Input, result: Result) -> None:
        """Write the files of an input that are missing or stale."""
        for target in folder.due(input):
            assert target.renderer
            record = folder.recorder(input, target)
            is_binary = isinstance(target.renderer, BinaryRenderer)
            with _writer(target.path, is_binary, record) as out:
                out.writelines(self.document(target.renderer, result))

    def document(self, renderer: Renderer, result: Result) -> Iterator[str | bytes]:
        """Yield the file of one result in a format."""
        accepting(renderer, type(result))
        if isinstance(renderer, BinaryRenderer):
            return iter(renderer.pieces(result, self.layout))
        return chain((renderer.head(type(result)),), renderer.body(result, self.layout))

    def live(self, kind: type[Result], segments: Iterable[Segment]) -> Iterator[Segment]:
        """Yield the segments of one input and write each to stdout; requires `is_live`."""
        assert isinstance(self.renderer, SegmentRenderer)
        arrived: deque[Segment] = deque()

        def observed() -> Iterator[Segment]:
            for segment in segments:
                arrived.append(segment)
                yield segment

        opening = self._opening(kind)
        # The empty piece at the end writes the header if there are no segments.
        for piece in chain(self.renderer.segments(observed(), self.layout), ("",)):
            self._write([opening + piece])
            opening = ""
            while arrived:
                yield arrived.popleft()
        self._emitted += 1

    def _opening(self, kind: type[Result]) -> str:
        """Return the header or separator before the next result in the common output."""
        self.expect(self._emitted + 1)
        return self.renderer.separator if self._emitted else self.renderer.head(kind)

    def _write(self, pieces: Iterable[str | bytes]) -> None:
        """Write to the common output: stdout, or a file that is opened at the first result."""
        is_binary = isinstance(self.renderer, BinaryRenderer)
        if self.output is not None and self._writer is None:
            self._writer = _writer(self.output, is_binary, self._written)
            self._file = self._writer.__enter__()
        # Read each time: a progress line replaces stdout while it is shown.
        stdout = self._context.stdout
        out: IO[Any] = self._file or (stdout.buffer if is_binary else stdout)
        self._is_whole = False
        with _as_output_error(self.output or "stdout"):
            out.writelines(pieces)
            out.flush()
        self._is_whole = True


def _is_there(path: Path) -> bool:
    from audiocli.batch.output import output_exists

    return output_exists(path)


def _check_writable(output: Path | None, output_dir: Path | None) -> None:
    from audiocli.batch.output import check_writable, check_writable_folder

    if output:
        check_writable(output)
    if output_dir:
        check_writable_folder(output_dir)


def _writer(
    path: Path, is_binary: bool, before_replace: Callable[[Path], None] = lambda _: None
) -> AbstractContextManager[IO[Any]]:
    from audiocli.batch.output import atomic_writer

    if is_binary:
        return atomic_writer(path, binary=True, before_replace=before_replace)
    return atomic_writer(path, before_replace=before_replace)


@contextmanager
def _as_output_error(name: Path | str) -> Iterator[None]:
    """Raise write errors as `OutputError` with the name; closed pipes pass through."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise write_failure(name, error) from error
