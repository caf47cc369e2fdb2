"""Opens and fills the indexes of `audiocli index` and `audiocli search`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from audiocli.batch.index_update import (
    IndexSpec,
    OpenedIndex,
    file_stamp,
    indexed_path,
    put_recording,
    refuse_other_options,
    remove_missing,
    settings_of,
)
from audiocli.cli.batch import finished
from audiocli.cli.progress import open_loader
from audiocli.cli.run_summary import RunSummary
from audiocli.context import Context
from audiocli.errors import ExitCode, input_failure
from audiocli.models.base import DeviceOptions

if TYPE_CHECKING:
    from audiocli.batch.index_entries import FileStamp
    from audiocli.batch.inputs import Input
    from audiocli.batch.sound_index import SoundIndex


@contextmanager
def open_or_create(context: Context, spec: IndexSpec) -> Iterator[OpenedIndex]:
    """Open an existing index, or create one.

    Raises
    ------
    UsageError : the index exists and was created with other options
    """
    if spec.path.exists() and spec.path.stat().st_size:  # a stopped run may leave it empty
        with open_existing(context, spec.path, spec.device_options) as opened:
            refuse_other_options(opened.index.settings, spec)
            yield opened
        return
    from audiocli.batch.sound_index import SoundIndex

    with open_loader(context, spec.device_options) as loader:
        encoder = loader.encoder(spec.model, spec.options)
    with SoundIndex(spec.path, settings_of(encoder)) as index:
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
            stamp = file_stamp(input, known.get(indexed_path(input)))
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
            put_recording(opened.index, event.key, stamps[event.key], event.result)
        except Exception as error:
            summary.fail(input_failure(error, event.key.name))
        else:
            summary.succeed()
            added += 1
    context.warn(f"added {_recordings(added)}, {len(opened.index.recordings())} in the index")
    return summary.exit_code


def drop_missing(context: Context, index: SoundIndex) -> list[str]:
    """Remove recordings whose files no longer exist; return the paths of the others."""
    paths, removed = remove_missing(index)
    if removed:
        context.warn(f"removed {_recordings(removed)} without a file")
    return paths


def _recordings(count: int) -> str:
    return f"{count} recording{'s' * (count != 1)}"
