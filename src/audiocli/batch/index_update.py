"""Changes to a sound index: its settings, and which recordings are new, changed or missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.batch.index_entries import FileStamp, IndexSettings
from audiocli.errors import InputError, UsageError
from audiocli.models.base import DeviceOptions
from audiocli.models.protocols.encoders import Pooling
from audiocli.tasks.embedding.options import EmbeddingOptions

if TYPE_CHECKING:
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


def settings_of(encoder: SoundEncoder) -> IndexSettings:
    """Return the settings of a new index of the vectors of an encoder."""
    from audiocli.models.registry import stable_name

    options = encoder.options
    assert options.window is not None and options.hop is not None
    return IndexSettings(
        model=stable_name(encoder.model.name),
        revision=encoder.model.revision,
        dimension=encoder.encoder.dimension,
        layer=encoder.layer,
        pool=options.pool,
        window=options.window,
        hop=options.hop,
    )


def refuse_other_options(settings: IndexSettings, spec: IndexSpec) -> None:
    """Refuse options that differ from those of an existing index.

    Raises
    ------
    UsageError : names the first of them
    """
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
                f"{spec.path} was created with --{name} {value}",
                "the options of an index are fixed when it is created",
            )


def indexed_path(input: Input) -> str:
    """Return the name of a recording in an index: its absolute path."""
    return str((input.path or Path(input.name)).absolute())


def file_stamp(input: Input, before: FileStamp | None) -> FileStamp:
    """Return size, time and hash of a file; it is hashed only if size or time changed.

    Raises
    ------
    InputError : it is not a file, or cannot be read
    """
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


def put_recording(index: SoundIndex, input: Input, stamp: FileStamp, result: Embedding) -> None:
    """Add a recording with its vectors, or replace it."""
    index.put(
        indexed_path(input), stamp, result.duration, result.starts, result.ends, result.vectors
    )


def remove_missing(index: SoundIndex) -> tuple[list[str], int]:
    """Remove recordings whose files no longer exist.

    Returns
    -------
    paths : paths of the recordings that remain
    count : number of recordings removed
    """
    paths = [one.path for one in index.recordings()]
    missing = {path for path in paths if not Path(path).exists()}
    for path in missing:
        index.remove(path)
    return [path for path in paths if path not in missing], len(missing)
