"""WebDataset: tar files in which the files of a sample have the same name but for suffixes.

Files are read in order, without seeking; one sample is in memory at a time.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import IO

from audiocli.audio.formats import SUFFIXES
from audiocli.batch.datasets.base import DatasetOptions, Sample, Scalar, scalars
from audiocli.batch.datasets.shards import Shard, find_shards, samples_of_shards
from audiocli.text.encodings import encoding_of

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz")
# As in webdataset: the key ends at the first dot of the file name.
_KEY_AND_SUFFIX = re.compile(r"((?:.*/|)[^.]+)[.]([^/]*)")
_MAX_AUDIO = 1 << 30  # bytes
_MAX_SIDECAR = 1 << 20  # bytes
_SIDECARS = {"txt": "text", "cls": "label"}  # suffix and name of the column


def samples(place: str, options: DatasetOptions) -> Iterator[Sample]:
    """Yield the samples of tar files; `--column` is the suffix of the audio."""
    shards = find_shards(place, options, TAR_SUFFIXES)
    return samples_of_shards(shards, partial(_samples_of, options=options))


def _samples_of(shard: Shard, options: DatasetOptions) -> Iterator[Sample]:
    seen = set()
    with shard.open_stream() as stream, tarfile.open(fileobj=stream, mode="r|*") as archive:
        for key, files in _grouped(archive):
            sample = _sample(shard.key_of(key), files, options.column)
            if key in seen:
                sample = Sample(sample.key, None, problem="occurs twice in its file")
            seen.add(key)
            yield sample


def _grouped(archive: tarfile.TarFile) -> Iterator[tuple[str, dict[str, bytes | str]]]:
    """Yield the key and the files of each sample by suffix; a text is why one is not read."""
    current, files = "", dict[str, bytes | str]()
    for member in archive:
        archive.members.clear()  # type: ignore[attr-defined] # grows without bound otherwise
        match = _KEY_AND_SUFFIX.fullmatch(member.name)
        if not match or not member.isfile() or member.name.startswith("__"):
            continue
        key, suffix = match[1], match[2].lower()
        if key != current and files:
            yield current, files
            files = {}
        current = key
        if f".{suffix.rpartition('.')[2]}" in SUFFIXES:
            is_large = member.size > _MAX_AUDIO
            files[suffix] = "is larger than 1 GiB" if is_large else _read(archive, member)
        elif suffix in (*_SIDECARS, "json") and member.size <= _MAX_SIDECAR:
            files[suffix] = _read(archive, member)
    if files:
        yield current, files


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file: IO[bytes] | None = archive.extractfile(member)
    assert file
    return file.read()


def _sample(key: str, files: Mapping[str, bytes | str], column: str | None) -> Sample:
    audio = [suffix for suffix in files if f".{suffix.rpartition('.')[2]}" in SUFFIXES]
    if column:
        audio = [suffix for suffix in audio if suffix == column.lower().removeprefix(".")]
    columns = _columns(files)
    if len(audio) != 1:
        listed = f"several audio files: {', '.join(audio)}" if audio else "no audio file"
        hint = "choose one with --column" if audio else "check the suffixes"
        return Sample(key, None, columns, problem=f"has {listed} ({hint})")
    found = files[audio[0]]
    if isinstance(found, str):
        return Sample(key, None, columns, problem=f"{found} (divide it)")
    return Sample(key, found, columns)


def _columns(files: Mapping[str, bytes | str]) -> dict[str, Scalar]:
    """Return the values of .json, .txt and .cls files."""
    columns: dict[str, Scalar] = {}
    for suffix, content in files.items():
        if not isinstance(content, bytes):
            continue
        with suppress(ValueError, RecursionError):  # of a damaged side file
            if suffix == "json":
                found = json.loads(content)
                columns |= scalars(found) if isinstance(found, dict) else {}
            elif suffix in _SIDECARS:
                text = content.decode(encoding_of(content)).strip()
                is_number = suffix == "cls" and text.isdecimal()
                columns.setdefault(_SIDECARS[suffix], int(text) if is_number else text)
    return columns
