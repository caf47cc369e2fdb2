"""Lhotse Shar: folders with `cuts.*.jsonl.gz` and the audio in `recording.*.tar`.

The tar file has, for each cut and in the same order, its audio and a manifest.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from audiocli.batch.datasets.base import DatasetOptions, Sample
from audiocli.batch.datasets.lhotse import MANIFEST_SUFFIXES, cut_columns, manifest_items
from audiocli.batch.datasets.shards import Shard, find_shards, samples_of_shards
from audiocli.errors import UsageError

_CUTS = re.compile(r"cuts\.(\d+)\.jsonl(?:\.gz)?")
_NO_AUDIO = (".json", ".nodata", ".nometa")


def samples(place: str, options: DatasetOptions) -> Iterator[Sample]:
    """Yield the cuts of a Shar folder; `--column` is the field with the audio."""
    field = options.column or "recording"
    shards = find_shards(place, options, MANIFEST_SUFFIXES)
    cuts = [one for one in shards if _CUTS.fullmatch(Path(one.place).name)]
    for one in cuts:
        if not Path(_archive(one, field).place).is_file():
            raise UsageError(f"{options.spec}: has no {Path(_archive(one, field).place).name}")
    return samples_of_shards(cuts, partial(_samples_of, field=field))


def is_cuts_of_shar(path: Path) -> bool:
    """Return whether a file has the name of a manifest of cuts in a Shar folder."""
    return bool(_CUTS.fullmatch(path.name))


def _archive(cuts: Shard, field: str) -> Shard:
    """Return the file with the audio of a manifest of cuts."""
    match = _CUTS.fullmatch(Path(cuts.place).name)
    assert match
    path = str(Path(cuts.place).with_name(f"{field}.{match[1]}.tar"))
    return Shard(path, path, cuts.key)


def _samples_of(cuts: Shard, field: str) -> Iterator[Sample]:
    archive = _archive(cuts, field)
    with (
        archive.open_stream() as stream,
        tarfile.open(fileobj=stream, mode="r|*") as members,
    ):
        audio = _audio_of(members)
        for cut in manifest_items(cuts):
            yield _of_cut(cut, cuts, next(audio, None))


def _audio_of(members: tarfile.TarFile) -> Iterator[tuple[str, bytes | None]]:
    """Yield the name and the audio of each cut; None if it has none."""
    for member in members:
        members.members.clear()  # type: ignore[attr-defined] # grows without bound otherwise
        stem, dot, suffix = member.name.rpartition(".")
        if dot + suffix == ".nodata":
            yield stem, None
        elif member.isfile() and dot + suffix not in _NO_AUDIO:
            file = members.extractfile(member)
            assert file
            yield stem, file.read()


def _of_cut(cut: Mapping[str, Any], cuts: Shard, audio: tuple[str, bytes | None] | None) -> Sample:
    key = str(cut.get("id"))
    sample = partial(Sample, cuts.key_of(key), columns=cut_columns(cut))
    if audio is None:
        return sample(audio=None, problem="has no audio: the archive ends before it")
    if audio[0] != key:
        problem = f"does not match the audio of {audio[0]} in the archive (export it again)"
        return sample(audio=None, problem=problem)
    if audio[1] is None:
        return sample(audio=None, problem="has no audio in the archive")
    return sample(audio=audio[1])
