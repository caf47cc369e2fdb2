"""Find and open the files that a dataset consists of."""

from __future__ import annotations

import glob
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, TypeVar, cast
from urllib.parse import unquote, urlsplit

from audiocli.audio.source import is_url, is_web_url, without_password
from audiocli.audio.storage import matching_urls, open_any
from audiocli.batch.datasets.base import DatasetOptions, Sample, in_split
from audiocli.batch.globs import expand_braces
from audiocli.errors import AudioCliError, InputError, UsageError, hint_for, reason

_LOCAL = re.compile(r"(?:file|local):")
_PATTERN = re.compile(r"[*?\[]")
SeedT = TypeVar("SeedT")


@dataclass(frozen=True)
class Shard:
    """A file of a dataset.

    Attributes
    ----------
    place : path or URL
    name : its name in messages, without a password
    key : what the keys of its samples begin with; empty if it is the only file
    """

    place: str
    name: str
    key: str

    def key_of(self, key: str) -> str:
        """Return the key in the dataset of a sample of this file."""
        return f"{self.key}/{key}" if self.key else key

    @property
    def folder(self) -> str:
        """The folder that contains it, or the URL of that folder."""
        return self.place.rpartition("/")[0] if is_url(self.place) else str(Path(self.place).parent)

    def beside(self, path: str) -> Path | str:
        """Return the path or URL of a file that it names, relative to its folder.

        A file on a server cannot name a local file.
        """
        is_remote = is_url(self.place)
        if is_url(path) and not (is_remote and _LOCAL.search(path)):
            return path
        return f"{self.folder}/{path.lstrip('/')}" if is_remote else Path(self.folder, path)

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Open it for random access.

        Raises
        ------
        InputError : it cannot be read
        """
        return open_any(self.place, self.name)

    @contextmanager
    def open_stream(self) -> Iterator[IO[bytes]]:
        """Open it for reading from start to end, without storing what is received.

        Raises
        ------
        InputError : it cannot be read
        """
        if is_web_url(self.place):
            from audiocli.audio.remote import open_remote_stream

            with open_remote_stream(self.place, self.name) as stream:
                yield cast(IO[bytes], stream)
        else:
            with self.open() as file:
                yield file


def find_shards(place: str, options: DatasetOptions, suffixes: Sequence[str]) -> list[Shard]:
    """Return the files of a dataset, sorted by name, or shuffled.

    Parameters
    ----------
    place : a file, a folder, a URL, or a pattern with `*` or `{000..123}` of files or URLs
    suffixes : of the files in a folder

    Raises
    ------
    UsageError : there are none, or none of the split
    """
    if Path(place).is_dir():
        found = {path: path.relative_to(place) for path in _below(Path(place), suffixes)}
        keys = {str(path): below.as_posix() for path, below in found.items()}
    else:
        keys = {file: _path_of(file) for text in expand_braces(place) for file in _matching(text)}
    if not keys:
        raise UsageError(f"{options.spec}: no such file or folder", "check the path")
    if options.offline and any(map(is_url, keys)):
        raise UsageError(f"{options.spec}: is on a server, and offline mode is on", "download it")
    stems = _stems(keys.values(), suffixes)
    shards = [
        Shard(file, without_password(file), stem) for file, stem in zip(keys, stems, strict=True)
    ]
    if options.split:
        shards = [shard for shard in shards if in_split(keys[shard.place], options.split)]
        if not shards:
            raise UsageError(
                f"{options.spec}: no file name contains the split {options.split}",
                "check --split, or leave it out to read all",
            )
    return shuffled_list(shards, options.shuffle)


def shuffled_list(items: Iterable[SeedT], seed: int | None) -> list[SeedT]:
    """Return a list, in random order if there is a seed."""
    found = list(items)
    if seed is not None:
        random.Random(seed).shuffle(found)
    return found


def samples_of_shards(
    shards: Iterable[Shard], read: Callable[[Shard], Iterator[Sample]]
) -> Iterator[Sample]:
    """Yield the samples of all files; an error ends only its file and is a failing sample."""
    for shard in shards:
        count = 0
        try:
            for sample in read(shard):
                yield sample
                count += 1
        except (UsageError, GeneratorExit):
            raise
        except Exception as error:
            yield Sample(shard.key_of("-"), None, problem=_problem(shard, error, count))


def _problem(shard: Shard, error: Exception, count: int) -> str:
    """Describe the error of a file, after so many samples."""
    match error:
        case InputError():
            problem, hint = error.problem, error.hint
        case AudioCliError():
            problem, hint = error.message, error.hint
        case OSError() if error.strerror:
            problem, hint = reason(error), hint_for(error)
        case _:
            problem, hint = f"is damaged: {error}".rstrip(": "), "download or copy it again"
    after = f" after {count} samples" if count else ""
    told = f"{Path(shard.name).name} ends{after}: {problem}" if count else problem
    return f"{told} ({hint})" if hint else told


def _below(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.name.endswith(tuple(suffixes)) and not path.name.startswith(".")
    )


def _matching(text: str) -> list[str]:
    """Return the files that a pattern matches; a text that is no pattern stands for itself."""
    if is_url(text):
        has_pattern = _PATTERN.search(text) and not is_web_url(text)
        return [*matching_urls(text)] if has_pattern else [text]
    if Path(text).exists() or not _PATTERN.search(text):
        return [text] if Path(text).exists() else []
    return sorted(glob.glob(text, recursive=True))  # noqa: PTH207 (the pattern may be absolute)


def _path_of(file: str) -> str:
    return unquote(urlsplit(file).path) if is_url(file) else Path(file).as_posix()


def _stems(paths: Iterable[str], suffixes: Sequence[str]) -> list[str]:
    """Return short distinct names of files; empty for a single file."""
    found = [path.strip("/").split("/") for path in paths]
    if len(found) == 1:
        return [""]
    shared = 0
    shortest = min(map(len, found))
    while shared < shortest - 1 and len({parts[shared] for parts in found}) == 1:
        shared += 1
    names = ["/".join(parts[shared:]) for parts in found]
    stems = [_without_suffix(name, suffixes) for name in names]
    return stems if len(set(stems)) == len(stems) else names


def _without_suffix(name: str, suffixes: Sequence[str]) -> str:
    return next((name.removesuffix(s) for s in suffixes if name.endswith(s)), name)
