"""Lhotse manifests: JSON lines of cuts, or of recordings with supervisions.

Only the documented fields are read, without Lhotse. Audio of the types `file` and `url` is
supported; sources that are commands are never run.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

from audiocli.batch.datasets.base import AudioPart, DatasetOptions, Sample, Scalar, scalars
from audiocli.batch.datasets.shards import Shard, find_shards, samples_of_shards
from audiocli.errors import UsageError

MANIFEST_SUFFIXES = (".jsonl", ".jsonl.gz")
_CUTS = re.compile(r"cuts", re.IGNORECASE)
_SUPERVISIONS = re.compile(r"supervisions", re.IGNORECASE)
_RECORDINGS = re.compile(r"recordings", re.IGNORECASE)
_SHARED = ("speaker", "language", "gender")  # fields of supervisions that become columns
_BLOCK = 1 << 16  # bytes that are read at a time
_MAX_LINE = 1 << 26  # bytes


def samples(place: str, options: DatasetOptions) -> Iterator[Sample]:
    """Yield the cuts or recordings of manifests."""
    if options.column:
        raise UsageError("--column does not apply to Lhotse manifests, whose audio is known")
    shards = find_shards(place, options, MANIFEST_SUFFIXES)
    cuts = [one for one in shards if _CUTS.search(Path(one.place).name)]
    supervisions = [one for one in shards if _SUPERVISIONS.search(Path(one.place).name)]
    recordings = [one for one in shards if _RECORDINGS.search(Path(one.place).name)]
    spoken = _by_recording(supervisions) if recordings and not cuts else {}
    chosen = cuts or recordings or [one for one in shards if one not in supervisions]
    if len(chosen) == 1:
        chosen = [replace(chosen[0], key="")]
    return samples_of_shards(chosen, partial(_samples_of, spoken=spoken))


def _samples_of(shard: Shard, spoken: Mapping[str, list[Mapping[str, Any]]]) -> Iterator[Sample]:
    seen: set[int] = set()
    for item in manifest_items(shard):
        key = str(item.get("id"))
        if hash(key) in seen:
            yield Sample(shard.key_of(key), None, problem="occurs twice in its manifest")
            continue
        seen.add(hash(key))
        if "sources" in item:
            cut = {"id": key, "recording": item, "supervisions": spoken.get(key, [])}
        else:
            cut = dict(item)
        yield _of_cut(cut, shard)


def manifest_items(shard: Shard) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a manifest.

    Raises
    ------
    ValueError : a line is not a JSON object
    """
    with shard.open_stream() as stream:
        packed: Any = gzip.GzipFile(fileobj=stream) if shard.place.endswith(".gz") else stream
        for number, line in enumerate(_lines(packed), 1):
            item = json.loads(line)
            if not isinstance(item, dict):
                raise ValueError(f"line {number} is not a JSON object")
            yield item


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file that can only be read."""
    rest = b""
    while block := file.read(_BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        yield from filter(bytes.strip, lines)
        if len(rest) > _MAX_LINE:
            raise ValueError(f"a line is longer than {_MAX_LINE >> 20} MiB")
    if rest.strip():
        yield rest


def cut_columns(cut: Mapping[str, Any]) -> dict[str, Scalar]:
    """Return the id, the texts of the supervisions, their common speaker, and custom values."""
    supervisions = [one for one in cut.get("supervisions") or () if isinstance(one, dict)]
    columns: dict[str, Scalar] = {"id": str(cut.get("id"))}
    texts = [str(one["text"]) for one in supervisions if one.get("text")]
    if texts:
        columns["text"] = " ".join(texts)
    for name in _SHARED:
        values = {str(one[name]) for one in supervisions if one.get(name)}
        if len(values) == 1:
            columns[name] = values.pop()
    custom = cut.get("custom")
    return {**(scalars(custom) if isinstance(custom, dict) else {}), **columns}


def _of_cut(cut: Mapping[str, Any], shard: Shard) -> Sample:
    key = shard.key_of(str(cut.get("id")))
    columns = cut_columns(cut)
    problem = partial(Sample, key, None, columns)
    recording = cut.get("recording")
    if cut.get("type") not in {None, "MonoCut", "MultiCut", "Cut"}:
        return problem(problem=f"is a {cut['type']}, which is not supported (export it as audio)")
    if not isinstance(recording, dict):
        return problem(problem="has no recording (check the manifest)")
    if recording.get("transforms"):
        return problem(problem="has transforms, which are not supported (export it as audio)")
    sources = [one for one in recording.get("sources") or () if isinstance(one, dict)]
    types = {str(one.get("type")) for one in sources}
    if (
        len(sources) != 1
        or not types <= {"file", "url"}
        or not isinstance(sources[0].get("source"), str)
    ):
        listed = " and ".join(sorted(types)) or "no"
        return problem(problem=f"has {listed} sources; one of type file or url is supported")
    return Sample(key, _place(sources[0]["source"], shard), columns, _part(cut, recording))


def _part(cut: Mapping[str, Any], recording: Mapping[str, Any]) -> AudioPart:
    """Return the part of the recording that is a cut."""
    start, duration = cut.get("start") or 0.0, cut.get("duration")
    end = None
    if duration is not None and start + duration < recording.get("duration", float("inf")):
        end = start + duration
    channel = cut.get("channel")
    (source,) = recording["sources"]
    is_one_of_many = isinstance(channel, int) and len(source.get("channels") or ()) > 1
    return AudioPart(start, end, channel + 1 if is_one_of_many else None)  # type: ignore[operator]


def _place(source: str, shard: Shard) -> Path | str:
    """Return the path of a source, relative to its manifest or to the current folder."""
    beside = shard.beside(source)
    return Path(source) if isinstance(beside, Path) and not beside.exists() else beside


def _by_recording(manifests: Iterable[Shard]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for manifest in manifests:
        for item in manifest_items(manifest):
            found[str(item.get("recording_id"))].append(item)
    return found
