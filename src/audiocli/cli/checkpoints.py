"""Continue interrupted runs: checkpoints next to the outputs, and partial results."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from audiocli.cli.progress_line import short_time
from audiocli.cli.provenance import Dependencies, provenance
from audiocli.cli.requests import BatchRequest, DatasetRequest, SourceRequest
from audiocli.context import Context
from audiocli.tasks.common.events import Done, Failed, Partial, Recording

if TYPE_CHECKING:
    from audiocli.batch.checkpoint_file import CheckpointFile
    from audiocli.batch.inputs import Input
    from audiocli.cli.emit import Emitter
    from audiocli.cli.progress import SoundProgress


class Checkpoints:
    """The checkpoints of a run, by output; they are closed at the end of the `with` block.

    A checkpoint is removed if its output is complete, else kept for the next run.

    Parameters
    ----------
    dependencies : what the kept values depend on beside their keys
    """

    def __init__(self, context: Context, request: BatchRequest, dependencies: Dependencies) -> None:
        self._context = context
        self._request = request
        self._dependencies = dependencies
        self._files: dict[Path, CheckpointFile] = {}
        self._complete: set[Path] = set()
        self._partial: dict[Any, Partial[Any]] = {}
        self._message = ""  # about the output of an interrupted run

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._message and any(file.has_values for file in self._files.values()):
            self._message = "run the same command to continue"
        for output in list(self._files):
            self.settle(output, is_complete=kind is None and output in self._complete)
        if kind and issubclass(kind, KeyboardInterrupt) and self._message:
            self._context.warn(self._message)

    @cached_property
    def _provenance(self) -> Mapping[str, Any]:
        """What the kept values depend on; with --output, the inputs too, for `may_replace`."""
        request = self._request
        groups = (SourceRequest, DatasetRequest)
        names = {one.name for group in groups for one in fields(group)} - {"given_fields"}
        sources = {name: _located(getattr(request, name)) for name in (*names, "shard")}
        is_one_file = request.output is not None and request.output_dir is None
        return {
            **provenance(self._context, request, self._dependencies),
            **(sources if is_one_file else {}),
            "overwrite": request.overwrite,
        }

    def of(self, output: Path) -> CheckpointFile:
        """Return the checkpoint of an output."""
        from audiocli.batch.checkpoint_file import CheckpointFile

        if output not in self._files:
            self._files[output] = CheckpointFile(output, self._provenance)
        return self._files[output]

    def may_replace(self, output: Path) -> bool:
        """Return whether an interrupted run of this command wrote an existing output."""
        from audiocli.batch.checkpoint_file import checkpoint_path

        if not checkpoint_path(output).is_file():
            return False
        return self.of(output).recorded(output)

    def written(self, output: Path, part: Path, *, is_complete: bool) -> None:
        """Note that a file is about to become the output."""
        if is_complete:
            self._complete.add(output)
        else:
            self.of(output).record_output(part)

    def settle(self, output: Path | None, *, is_complete: bool) -> None:
        """Close the checkpoint of an output, and remove it if the output is complete."""
        file = self._files.pop(output, None) if output else None
        if file and is_complete:
            file.remove()
        elif file:
            file.close()

    def discard(self, outputs: Iterable[Path | None]) -> None:
        """Remove the checkpoints of outputs that are complete."""
        from audiocli.batch.checkpoint_file import discard_checkpoint

        for output in filter(None, outputs):
            discard_checkpoint(output)

    def attached(
        self, recordings: Iterable[Recording], emitter: Emitter, progress: SoundProgress
    ) -> Iterator[Recording]:
        """Return the recordings, each with the checkpoint of its output."""
        if not emitter.has_file:
            return iter(recordings)
        _ = self._provenance  # not in the thread that reads the recordings

        def attach(recording: Recording) -> Recording:
            output = emitter.checkpointed_output(recording.key)
            if not output:
                return recording
            checkpoint = RecordingCheckpoint(
                self.of(output), recording.key, self._context, progress
            )
            return replace(recording, checkpoint=checkpoint)

        return map(attach, recordings)

    def observed(self, events: Iterable[Any]) -> Iterator[Any]:
        """Yield the events of a task, and note what is processed of each recording."""
        for event in events:
            if isinstance(event, Partial):
                self._partial[event.key] = event
            elif isinstance(event, Done | Failed):
                self._partial.pop(event.key, None)
            yield event

    def write_partial(self, emitter: Emitter, input: Input, progress: SoundProgress) -> None:
        """Write what is processed of an input to the common output."""
        event = self._partial.get(input)
        if event and emitter.output and not emitter.folder:
            result = event.result()
            emitter.emit(input, result)
            place = position(result.duration, progress.length(input))
            self._message = (
                f"{emitter.output} holds the first {place} of {input.name}; "
                "run the same command to continue"
            )


class RecordingCheckpoint:
    """The checkpoint of a recording; implements `Checkpoint`, and reports what it restores."""

    def __init__(
        self, file: CheckpointFile, input: Input, context: Context, progress: SoundProgress
    ) -> None:
        self._file = file
        self._input = input
        self._context = context
        self._progress = progress
        self._restored = 0.0  # seconds of audio
        self._is_reported = False

    def get(self, key: str, seconds: float) -> Any | None:
        """Return the value that an earlier run computed, or None."""
        found = self._file.get(key)
        if not seconds:
            return found
        if found is not None:
            self._restored += seconds
            self._progress.restore(seconds)
        elif self._restored and not self._is_reported:
            self._is_reported = True
            place = position(self._restored, self._progress.length(self._input))
            self._context.warn(
                f"{self._input.name}: continues at {place} (an earlier run was interrupted)"
            )
        return found

    def put(self, key: str, value: Any, cost: float) -> None:
        """Keep a value that took `cost` seconds to compute."""
        self._file.put(key, value, cost)


@contextmanager
def partial_result_written(
    emitter: Emitter, inputs: Sequence[Input], progress: SoundProgress
) -> Iterator[None]:
    """On an interruption in the block, write what is processed of the first of `inputs`.

    Parameters
    ----------
    inputs : those that are started and whose results are not written yet
    """
    try:
        yield
    except KeyboardInterrupt:
        if emitter.checkpoints and inputs:
            emitter.checkpoints.write_partial(emitter, inputs[0], progress)
        raise


def _located(value: Any) -> Any:
    """Return an option with absolute paths, so that it means the same in every folder."""
    if isinstance(value, list | tuple):
        return [_located(one) for one in value]
    is_path = isinstance(value, str) and os.path.lexists(value)
    return os.path.abspath(value) if is_path else value  # noqa: PTH100


def position(seconds: float, total: float | None) -> str:
    """Return a position in a recording: `1:02:03 of 3:00:00`."""
    return f"{short_time(seconds)} of {short_time(total)}" if total else short_time(seconds)
