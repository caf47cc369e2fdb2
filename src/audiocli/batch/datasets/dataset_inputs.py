"""Samples of datasets as inputs of a command."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from audiocli.audio.source import is_url, without_password
from audiocli.batch.datasets.base import AudioPart, DatasetOptions, Sample
from audiocli.batch.datasets.forms import read_samples
from audiocli.batch.inputs import Input
from audiocli.errors import InputError, UsageError

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream
    from audiocli.audio.selection import Selection

_SHUFFLED = 1000  # samples from which the next one is drawn
_SHUFFLED_BYTES = 256 << 20  # bytes of these samples at most
_UNSAFE = re.compile('[\x00-\x1f\x7f<>:"|?*\\\\\ud800-\udfff]')
_MAX_NAME = 200  # bytes of a step of a key; file systems allow 255 with a hash and a suffix


@dataclass(frozen=True, slots=True)
class DatasetInput(Input):
    """A sample of a dataset.

    Attributes
    ----------
    audio : the content of an audio file, its path, or its URL
    part : the part of the audio that is the sample
    dataset : absolute path, URL or id of its dataset
    """

    audio: bytes | Path | str | None = field(default=None, compare=False, repr=False)
    part: AudioPart = field(default=AudioPart(), compare=False)
    dataset: str = field(default="", compare=False)

    @property
    def files(self) -> tuple[Path, ...]:
        """The file with the audio, unless it is in a file of the dataset or on a server."""
        return (self.audio,) if isinstance(self.audio, Path) else ()

    @property
    def stem(self) -> str:
        """Key of the sample, without the suffix of a file."""
        return self.path.stem if self.path else self.relative.name

    @property
    def origin(self) -> str:
        """Name of the sample, which does not depend on the current folder."""
        return f"dataset://{self.dataset}#{self.relative.as_posix()}"

    def stamp(self) -> str:
        """Return what changes with the audio, unless it is a file, and with the columns."""
        digest = hashlib.sha256()
        if isinstance(self.audio, bytes):
            digest.update(self.audio)
        digest.update(json.dumps([self.columns, repr(self.part)], sort_keys=True).encode())
        return digest.hexdigest()

    def open(
        self,
        stdin: BinaryIO,  # noqa: ARG002 (a sample is not on stdin)
        *,
        rate: int | None = None,
        selection: Selection | None = None,
        offline: bool = False,
    ) -> AbstractContextManager[AudioStream]:
        """Open it; times are relative to the sample."""
        if self.problem:
            raise InputError(self.name, self.problem)
        assert self.audio is not None
        from audiocli.audio.decode import open_audio
        from audiocli.audio.selection import Selection

        selection = selection or Selection()
        stream = open_audio(
            BytesIO(self.audio) if isinstance(self.audio, bytes) else self.audio,
            rate=rate,
            selection=_within(self.part, selection),
            name=self.name,
            offline=offline,
        )
        return _moved(stream, selection.start) if self.part.start else stream


def open_dataset(options: DatasetOptions) -> Iterator[Input]:
    """Return the samples of a dataset as inputs; only the first is read before this returns.

    Raises
    ------
    UsageError : it is in no known form, is empty, or an option does not apply to it
    MissingExtra : a required package is not installed
    """
    samples = read_samples(options)
    if options.shuffle is not None:
        samples = _shuffled(samples, random.Random(options.shuffle))
    inputs = (_input(sample, options) for sample in islice(samples, options.limit))
    first = next(inputs, None)
    if first is None:
        where = f"split {options.split} of the dataset" if options.split else "dataset"
        raise UsageError(f"{options.spec}: the {where} has no samples", "check the name")
    return chain([first], inputs)


def _input(sample: Sample, options: DatasetOptions) -> Input:
    key = safe_key(sample.key)
    place = PurePosixPath(key)
    audio = sample.audio
    is_file = isinstance(audio, Path) and audio.name == place.name and not sample.part.start
    return DatasetInput(
        name=f"{without_password(options.spec)}#{sample.key}",
        path=audio if is_file and isinstance(audio, Path) else None,
        relative=Path(*place.parts),
        problem=sample.problem,
        url=audio if isinstance(audio, str) and is_url(audio) else None,
        columns=sample.columns,
        audio=audio,
        part=sample.part,
        dataset=_absolute(without_password(options.spec)),
    )


def _absolute(spec: str) -> str:
    is_path = not is_url(spec) and os.path.exists(spec)  # noqa: PTH110 (a path of any length)
    return os.path.abspath(spec) if is_path else spec  # noqa: PTH100 (`resolve` follows links)


def safe_key(key: str) -> str:
    """Return a key as a relative path of valid file names; changed steps end with a hash."""
    steps = [_safe_step(step) for step in key.split("/") if step not in {"", "."}]
    return "/".join(steps) or _safe_step("..")


def _safe_step(step: str) -> str:
    clean = _UNSAFE.sub("_", step).encode()[:_MAX_NAME].decode(errors="ignore")
    clean = re.sub(r"^\.+|[. ]+$", "_", clean)
    if clean == step:
        return step
    digest = hashlib.sha256(step.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{clean}-{digest}"


def _shuffled(samples: Iterator[Sample], generator: random.Random) -> Iterator[Sample]:
    """Yield samples in random order: each is drawn from a buffer of the next ones."""
    buffer: list[Sample] = []
    size = 0
    for sample in samples:
        buffer.append(sample)
        size += _size(sample)
        if len(buffer) >= _SHUFFLED or size > _SHUFFLED_BYTES:
            chosen = generator.randrange(len(buffer))
            buffer[chosen], buffer[-1] = buffer[-1], buffer[chosen]
            drawn = buffer.pop()
            size -= _size(drawn)
            yield drawn
    generator.shuffle(buffer)
    yield from buffer


def _size(sample: Sample) -> int:
    return len(sample.audio) if isinstance(sample.audio, bytes) else 0


def _within(part: AudioPart, selection: Selection) -> Selection:
    """Return the selection of a recording for a selection of a part of it."""
    start = part.start + selection.start
    end = part.end if selection.end is None else part.start + selection.end
    if part.end is not None and end is not None:
        end = min(end, part.end)
    channel = selection.channel
    if part.channel and channel == "mix":
        channel = str(part.channel)
    return replace(selection, start=start, end=end, channel=channel)


@contextmanager
def _moved(opened: AbstractContextManager[AudioStream], offset: float) -> Iterator[AudioStream]:
    """Yield a stream whose first sample is at another time."""
    with opened as stream:
        yield replace(stream, offset=offset)
