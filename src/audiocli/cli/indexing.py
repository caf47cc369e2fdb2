"""Opens and fills the indexes of `audiocli index` and `audiocli search`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.cli.batch import RunSummary, finished
from audiocli.cli.progress import open_loader
from audiocli.context import Context
from audiocli.errors import ExitCode, InputError, UsageError, input_failure
from audiocli.models.base import DeviceOptions
from audiocli.models.protocols.encoders import Pooling
from audiocli.tasks.embedding.options import EmbeddingOptions

if TYPE_CHECKING:
    from audiocli.batch.index_entries import FileStamp, IndexSettings
    from audiocli.batch.inputs import Input
    from audiocli.batch.sound_index import SoundIndex
    from audiocli.results import Embedding
    from audiocli.tasks.embedding.embedder import SoundEncoder

_WINDOW = 5.0  # seconds, of a new index


@dataclass(frozen=True)
class OpenedIndex:
    """An index, and the encoder that computes its vectors."""

    index: SoundIndex
    encoder: SoundEncoder


@dataclass(frozen=True, kw_only=True)
class IndexSpec:
    """An index to open or create; None takes what the index has, or the default."""

    path: Path
    model: str | None
    layer: int | None
    pooling: Pooling | None
    window: float | None
    hop: float | None
    device_options: DeviceOptions

    @property
    def options(self) -> EmbeddingOptions:
        """Options of a new index."""
        window = self.window or _WINDOW
        return EmbeddingOptions(
            layer=self.layer,
            pool=self.pooling or "mean",
            window=window,
            hop=self.hop or window / 2,
        )


@contextmanager
def open_or_create(context: Context, spec: IndexSpec) -> Iterator[OpenedIndex]:
    """Open an existing index, or create one.

    Raises
    ------
    UsageError : the index exists and was made with other options
    """
    if spec.path.exists() and spec.path.stat().st_size:  # a stopped run may leave it empty
        with open_existing(context, spec.path, spec.device_options) as opened:
            _refuse_other_options(opened.index.settings, spec)
            yield opened
        return
    from audiocli.batch.index_entries import IndexSettings
    from audiocli.batch.sound_index import SoundIndex
    from audiocli.models.registry import stable_name

    encoder = _encoder(context, spec.model, spec.options, spec.device_options)
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
    with SoundIndex(spec.path, settings) as index:
        yield OpenedIndex(index, encoder)
        index.discard_if_empty()  # an empty index would fix the options of the next run


@contextmanager
def open_existing(
    context: Context, path: Path, device_options: DeviceOptions
) -> Iterator[OpenedIndex]:
    """Open an existing index with its encoder.

    Raises
    ------
    ModelUnavailable : the encoder cannot be loaded, or has another revision
    """
    from audiocli.batch.index_search import load_index_encoder
    from audiocli.batch.sound_index import SoundIndex

    with SoundIndex(path) as index:
        with open_loader(context, device_options) as loader:
            encoder = load_index_encoder(index, loader)
        yield OpenedIndex(index, encoder)


def add_recordings(context: Context, opened: OpenedIndex, inputs: Sequence[Input]) -> ExitCode:
    """Add inputs that are new or have changed, each in one transaction."""
    known = {one.path: one.stamp for one in opened.index.recordings()}
    summary = RunSummary(context)
    stamps: dict[Input, FileStamp] = {}
    for input in inputs:
        try:
            stamp = _stamp(input, known.get(indexed_path(input)))
        except Exception as error:
            summary.fail(input_failure(error, input.name))
            continue
        before = known.get(indexed_path(input))
        if before is None or before.sha256 != stamp.sha256:
            stamps[input] = stamp
            continue
        summary.succeed()
        if before != stamp:
            opened.index.restamp(indexed_path(input), stamp)
    added = 0
    for event in finished(context, list(stamps), opened.encoder.run, summary):
        try:
            _put(opened.index, event.key, stamps[event.key], event.result)
        except Exception as error:
            summary.fail(input_failure(error, event.key.name))
        else:
            summary.succeed()
            added += 1
    context.warn(f"added {_recordings(added)}, {len(opened.index.recordings())} in the index")
    return summary.exit_code


def _put(index: SoundIndex, input: Input, stamp: FileStamp, result: Embedding) -> None:
    index.put(
        indexed_path(input), stamp, result.duration, result.starts, result.ends, result.vectors
    )


def remove_missing(context: Context, index: SoundIndex) -> list[str]:
    """Remove recordings whose files no longer exist; return the paths of the others."""
    paths = [one.path for one in index.recordings()]
    missing = {path for path in paths if not Path(path).exists()}
    for path in missing:
        index.remove(path)
    if missing:
        context.warn(f"removed {_recordings(len(missing))} without a file")
    return [path for path in paths if path not in missing]


def indexed_path(input: Input) -> str:
    """Return the name of a recording in an index: its absolute path."""
    return str((input.path or Path(input.name)).absolute())


def _recordings(count: int) -> str:
    return f"{count} recording{'s' * (count != 1)}"


def _stamp(input: Input, before: FileStamp | None) -> FileStamp:
    """Return size, time and hash of a file; it is hashed only if size or time changed."""
    from audiocli.batch.index_entries import FileStamp
    from audiocli.batch.inputs import path_problem
    from audiocli.batch.vector_cache import file_sha256

    if input.path is None:
        raise InputError(input.name, "only files can be indexed", "download it first")
    if input.problem:
        raise InputError(input.name, input.problem)
    if problem := path_problem(input.path):
        raise InputError(input.name, problem)
    stat = input.path.stat()
    if before and (before.size, before.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
        return before
    return FileStamp(stat.st_size, stat.st_mtime_ns, file_sha256(input.path))


def _refuse_other_options(settings: IndexSettings, spec: IndexSpec) -> None:
    """Refuse options that differ from those of an existing index."""
    from audiocli.models.registry import stable_name

    stored = {
        "model": settings.model,
        "layer": settings.layer,
        "pooling": settings.pool,
        "window": settings.window,
        "hop": settings.hop,
    }
    for name, value in stored.items():
        given = getattr(spec, name)
        if name == "model" and given is not None:
            given = stable_name(given)
        if given not in (None, value):
            raise UsageError(
                f"{spec.path} was made with --{name} {value}",
                "the options of an index are fixed when it is created",
            )


def _encoder(
    context: Context, model: str | None, options: EmbeddingOptions, device_options: DeviceOptions
) -> SoundEncoder:
    with open_loader(context, device_options) as loader:
        return loader.encoder(model, options)
