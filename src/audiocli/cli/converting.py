"""Converts results for `audiocli convert`: views of a result, and where each is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from audiocli import render
from audiocli.cli.emit import Emitter
from audiocli.cli.format_choice import split_names
from audiocli.cli.requests import OutputRequest
from audiocli.context import Context
from audiocli.errors import InputError, UsageError
from audiocli.render.base import Renderer
from audiocli.results import Diarization, Result, Transcript
from audiocli.results.renaming import rename_speakers, speaker_names
from audiocli.tasks.diarization.views import VIEW_KINDS, View, viewed

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input
    from audiocli.batch.written_files import WrittenFiles
    from audiocli.cli.folder_output import Target


def renames(values: Iterable[str]) -> dict[str, str]:
    """Read the values of --rename.

    Raises
    ------
    UsageError : one is not OLD=NEW, or two are for one speaker
    """
    names: dict[str, str] = {}
    for value in values:
        old, equals, new = value.partition("=")
        old, new = old.strip(), " ".join(new.split())
        if not (equals and old and new):
            raise UsageError(f"--rename {value}: not OLD=NEW", '--rename SPEAKER_00="Ada Lovelace"')
        if old in names:
            raise UsageError(f"--rename gives {old} two names")
        names[old] = new
    return names


@dataclass(kw_only=True)
class Conversion:
    """One run of `audiocli convert`.

    Attributes
    ----------
    view : what to write of a result; None is the result itself, or its speaker turns in
        formats that hold nothing else
    names : new names of speakers
    """

    context: Context
    request: OutputRequest
    view: View | None
    names: Mapping[str, str]
    _emitters: list[tuple[View | None, Emitter]] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)
    _written: WrittenFiles | None = None
    _taken: set[Path] = field(default_factory=set)  # outputs that have a result
    _outcomes: Counter[str] = field(default_factory=Counter)
    _kept: Path | None = None  # the first output that was kept
    _speakers: set[str] = field(default_factory=set)

    def __enter__(self) -> Conversion:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)
        if error is None:
            self._report()

    def expect(self, results: Sequence[Result], count: int) -> None:
        """Open the outputs for the first results; refuse more than they can hold."""
        if not self._emitters:
            self._open(type(results[0]))
        for _, emitter in self._emitters:
            emitter.expect(count)

    def write(self, name: str, place: Input, result: Result) -> None:
        """Write a result in every format.

        Parameters
        ----------
        name : the file it was read from
        place : its path below an output folder

        Raises
        ------
        InputError : it has no such view, or its output already holds another result
        OutputError : it cannot be written
        """
        self._check_free(name, place)
        self._speakers.update(speaker_names(result))
        result = self._edited(name, result)
        for view, emitter in self._emitters:
            shown = viewed(result, view, name) if view else result
            if self._written is None:
                emitter.emit(place, shown)
                continue
            for target in _targets(emitter, place):
                assert target.renderer
                self._put(target.path, _encoded(emitter, target.renderer, shown))

    def _open(self, kind: type[Result]) -> None:
        """Open an emitter for each view that the formats need."""
        for view, formats in self._by_view(kind).items():
            request = replace(self.request, format=formats)
            emitter = request.emitter(self.context, VIEW_KINDS[view] if view else kind)
            self._emitters.append((view, self._stack.enter_context(emitter)))
        if self.request.output_dir:
            from audiocli.batch.written_files import WrittenFiles

            self._written = WrittenFiles(self.request.output_dir, overwrite=self.request.overwrite)

    def _by_view(self, kind: type[Result]) -> dict[View | None, list[str]]:
        """Group the formats by what they show of a result: all of it, or its speaker turns."""
        names = split_names(self.request.format or ())
        if self.view or not issubclass(kind, Transcript):
            return {self.view: names}
        if not names:
            output = self.request.output
            suffix = output.suffix[1:] if output else ""
            named = render.by_extension(suffix) if suffix else None
            return {_view_in(named, kind): []}
        if len(names) > 1 and self.request.output_dir is None:
            return {None: names}  # refused by the emitter
        views: dict[View | None, list[str]] = {}
        for name in names:
            views.setdefault(_view_in(render.get(name), kind), []).append(name)
        return views

    def _check_free(self, name: str, place: Input) -> None:
        """Refuse a second result for the same output."""
        targets = {one.path for _, emitter in self._emitters for one in _targets(emitter, place)}
        if targets & self._taken:
            problem = f"one more result for {place.relative}, left out"
            raise InputError(name, problem, "convert it into another folder")
        self._taken |= targets

    def _edited(self, name: str, result: Result) -> Result:
        """Return the result with words that match edited texts and with renamed speakers."""
        from audiocli.tasks.alignment.corrections import realign_corrected_words

        result = realign_corrected_words(result)
        if not self.names:
            return result
        try:
            return rename_speakers(result, self.names)
        except ValueError as error:
            raise InputError(name, str(error), "change --rename") from error

    def _put(self, path: Path, content: bytes) -> None:
        assert self._written is not None
        outcome = self._written.put(path, content)
        self._outcomes[outcome] += 1
        if outcome == "kept":
            self._kept = self._kept or path

    def _report(self) -> None:
        """Report existing outputs, and names in --rename that no speaker has."""
        counts = self._outcomes
        if counts["replaced"] and not self.request.overwrite:
            self.context.warn(f"replaced {_outputs(counts['replaced'])} written before")
        if counts["unchanged"]:
            verb = "is" if counts["unchanged"] == 1 else "are"
            self.context.warn(f"{_outputs(counts['unchanged'])} {verb} up to date")
        if counts["kept"]:
            self.context.warn(
                f"warning: kept {_outputs(counts['kept'])} that convert did not write or that "
                f"changed since, such as {self._kept} (--overwrite replaces them)"
            )
        for name in sorted(self.names.keys() - self._speakers):
            known = f"speakers: {', '.join(sorted(self._speakers))}"
            hint = known if self._speakers else "the results name no speakers"
            self.context.warn(f"warning: --rename: no speaker is called {name} ({hint})")


def _view_in(renderer: Renderer | None, kind: type[Result]) -> View | None:
    """Return what a format shows of a transcript: None for all of it, else its turns."""
    if renderer is None or issubclass(kind, renderer.accepts):
        return None
    return "turns" if issubclass(Diarization, renderer.accepts) else None


def _encoded(emitter: Emitter, renderer: Renderer, result: Result) -> bytes:
    pieces = emitter.document(renderer, result)
    return b"".join(p if isinstance(p, bytes) else _utf8(p) for p in pieces)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _targets(emitter: Emitter, place: Input) -> Sequence[Target]:
    """Return the files of a result; empty without an output folder."""
    return emitter.folder.targets(place) if emitter.folder else []


def _outputs(count: int) -> str:
    return f"{count} output{'s' * (count != 1)}"
