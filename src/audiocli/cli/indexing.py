"""The steps of `audiocli index` and `audiocli search`: open an index with its encoder."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.cli.batch import Tally, finished
from audiocli.cli.progress import open_loader
from audiocli.context import Context
from audiocli.errors import ExitCode, InputError, UsageError, input_failure
from audiocli.models.base import DeviceOptions
from audiocli.tasks.embedding.options import EmbeddingOptions

if TYPE_CHECKING:
    from audiocli.batch.index_entries import FileStamp, IndexSettings
    from audiocli.batch.inputs import Input
    from audiocli.batch.sound_index import SoundIndex
    from audiocli.results import Embedding
    from audiocli.tasks.embedding.embedder import SoundEncoder


@dataclass(frozen=True)
class Opened:
    """An index, and the encoder that makes its vectors."""

    index: SoundIndex
    encoder: SoundEncoder


@dataclass(frozen=True)
class Indexing:
    """What `index add` was asked for."""

    context: Context
    path: Path
    model: str | None
    options: EmbeddingOptions
    device_options: DeviceOptions


@contextmanager
def open_or_begin(wanted: Indexing, given: Collection[str]) -> Iterator[Opened]:
    """Open an index that exists, or begin one.

    Parameters
    ----------
    given : options that the user named; an index that exists must have been made with them
    """
    if wanted.path.exists() and wanted.path.stat().st_size:  # a stopped run may leave it empty
        with reopened(wanted.context, wanted.path, wanted.device_options) as opened:
            _refuse_other(opened.index.settings, wanted, given)
            yield opened
        return
    from audiocli.batch.index_entries import IndexSettings
    from audiocli.batch.sound_index import SoundIndex
    from audiocli.models.registry import stable_name

    encoder = _encoder(wanted.context, wanted.model, wanted.options, wanted.device_options)
    options = encoder.options
    assert options.window is not None and options.hop is not None
    settings = IndexSettings(
        model=stable_name(encoder.model.name),
        revision=encoder.model.revision,
        dimension=encoder.encoder.dimension,
        layer=encoder.layer,
        pool=options.pool,
        window=options.window,
        hop=options.hop,
    )
    with SoundIndex(wanted.path, settings) as index:
        yield Opened(index, encoder)
        index.discard_if_empty()  # it would hold the next run to the settings of this one


@contextmanager
def reopened(context: Context, path: Path, device_options: DeviceOptions) -> Iterator[Opened]:
    """Open an index that exists, with its encoder.

    Raises
    ------
    ModelUnavailable : the encoder cannot be had, or is not the one of the index
    """
    from audiocli.batch.index_search import load_index_encoder
    from audiocli.batch.sound_index import SoundIndex

    with SoundIndex(path) as index:
        with open_loader(context, device_options) as loader:
            encoder = load_index_encoder(index, loader)
        yield Opened(index, encoder)


def added(context: Context, opened: Opened, inputs: Sequence[Input]) -> ExitCode:
    """Take in the inputs that are new or have changed, each as soon as it is whole."""
    known = {one.path: one.stamp for one in opened.index.recordings()}
    tally = Tally(context)
    stamps: dict[Input, FileStamp] = {}
    for input in inputs:
        try:
            stamp = _stamp(input, known.get(indexed_path(input)))
        except Exception as error:
            tally.fail(input_failure(error, input.name))
            continue
        before = known.get(indexed_path(input))
        if before is None or before.sha256 != stamp.sha256:
            stamps[input] = stamp
            continue
        tally.succeed()
        if before != stamp:
            opened.index.restamp(indexed_path(input), stamp)
    unchanged = tally.succeeded
    for event in finished(context, list(stamps), opened.encoder.run, tally):
        try:
            _put(opened.index, event.key, stamps[event.key], event.result)
        except Exception as error:
            tally.fail(input_failure(error, event.key.name))
        else:
            tally.succeed()
    taken_in = tally.succeeded - unchanged
    context.warn(f"{taken_in} taken in, {len(opened.index.recordings())} in the index")
    return tally.exit_code


def _put(index: SoundIndex, input: Input, stamp: FileStamp, sound: Embedding) -> None:
    index.put(indexed_path(input), stamp, sound.duration, sound.starts, sound.ends, sound.vectors)


def indexed_path(input: Input) -> str:
    """The name of a recording in an index: its path from the root."""
    return str((input.path or Path(input.name)).absolute())


def _stamp(input: Input, before: FileStamp | None) -> FileStamp:
    """Tell a file's content, without reading one that looks untouched."""
    from audiocli.batch.index_entries import FileStamp
    from audiocli.batch.inputs import path_problem
    from audiocli.batch.vector_cache import file_sha256

    if input.path is None:
        raise InputError(input.name, "only files can be indexed")
    if input.problem:
        raise InputError(input.name, input.problem)
    if problem := path_problem(input.path):
        raise InputError(input.name, problem)
    stat = input.path.stat()
    if before and (before.size, before.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
        return before
    return FileStamp(stat.st_size, stat.st_mtime_ns, file_sha256(input.path))


def _refuse_other(settings: IndexSettings, wanted: Indexing, given: Collection[str]) -> None:
    """Refuse options that an index was not made with."""
    from audiocli.models.registry import stable_name

    asked = {**asdict(wanted.options), "model": stable_name(wanted.model or "")}
    for name in given:
        if asked[name] != getattr(settings, name):
            raise UsageError(
                f"{wanted.path} was made with --{name} {getattr(settings, name)}",
                "how vectors are made is settled when an index is begun",
            )


def _encoder(
    context: Context, model: str | None, options: EmbeddingOptions, device_options: DeviceOptions
) -> SoundEncoder:
    with open_loader(context, device_options) as loader:
        return loader.encoder(model, options)
