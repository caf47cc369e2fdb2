"""Expand the arguments of the command line to inputs.

An argument is a file, a folder (searched recursively for audio and video), a URL, `-` for audio
on stdin, or `@LIST` for a file with one path per line; `@-` is a list on stdin. A file whose name
begins with `@` is given as `./@name`.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit

from audiocli.audio.source import is_url, is_web_url, without_password
from audiocli.batch.folder_search import (
    FolderFilter,
    is_url_of_folder,
    search_folder,
    search_url,
)
from audiocli.errors import InputError, UsageError, hint_for, reason
from audiocli.text.encodings import encoding_by_mark

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream
    from audiocli.audio.selection import Selection

_LIST_BLOCK = 1 << 16  # bytes of a list that are read at a time
_MAX_PATH = 1 << 15  # bytes; systems allow 4096 at most


@dataclass(frozen=True, slots=True)
class Input:
    """A single input.

    Attributes
    ----------
    name : as given by the user; `-` for stdin
    path : the file; None for stdin and URLs
    relative : path of its result under an output folder, with the suffix of the input
    problem : why it cannot be read, with a hint, if known before it is opened
    url : its URL, including a password, which `name` omits
    columns : values of a dataset that are added to the result
    """

    name: str
    path: Path | None
    relative: Path
    problem: str | None = None
    url: str | None = None
    columns: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def files(self) -> tuple[Path, ...]:
        """The file that is read, if it is one."""
        return (self.path,) if self.path else ()

    @property
    def stem(self) -> str:
        """Name of files that belong to it, without their suffix."""
        return Path(self.name).stem

    @property
    def origin(self) -> str:
        """Name of the source in journals, unless it is a file."""
        return self.name

    def stamp(self) -> str:
        """Return what changes with the content, beside that of `files`; "" if it is unknown."""
        if self.url is None or is_web_url(self.url):
            return ""
        from audiocli.audio.storage import stamp_of

        return stamp_of(self.url)

    def open(
        self,
        stdin: BinaryIO,
        *,
        rate: int | None = None,
        selection: Selection | None = None,
        offline: bool = False,
    ) -> AbstractContextManager[AudioStream]:
        """Open it; parameters and errors are those of `audio.decode.open_audio`."""
        if self.problem:
            raise InputError(self.name, self.problem)
        from audiocli.audio.decode import open_audio
        from audiocli.audio.selection import Selection

        source = self.path or self.url or (stdin if self.name == "-" else self.name)
        return open_audio(
            source,
            rate=rate,
            selection=selection or Selection(),
            name=self.name,
            offline=offline,
        )


def path_problem(path: Path) -> str | None:
    """Return why a file cannot be opened, with a hint, judging by its metadata, or None."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "no such file (check the path)"
    except OSError as error:
        return f"{reason(error)} ({hint_for(error)})"
    return None


def find_inputs(
    arguments: Sequence[str],
    *,
    stdin: BinaryIO,
    files_from: str | None = None,
    filter: FolderFilter = FolderFilter(),
) -> Iterator[Input]:
    """Yield each input once, in the given order, with the files of a folder sorted by name.

    Files that do not exist and folders without audio are yielded too, and fail when they
    are opened. Folders are searched lazily, while earlier inputs are processed.

    `relative` is relative to the deepest common folder of all arguments, or to the current
    folder if a list is given.

    Parameters
    ----------
    files_from : a file with one path per line, `-` for stdin; the same as `@LIST`
    filter : which files of folders are inputs

    Raises
    ------
    UsageError
        when there is no argument, a list cannot be read, stdin is used twice or is a
        terminal, or there is a filter and no folder
    """
    lists = [a[1:] for a in arguments if a.startswith("@")]
    if files_from is not None:
        arguments = [*arguments, f"@{files_from}"]
        lists.append(files_from)
    if not arguments:
        raise UsageError("no input given", "give files or folders, or - for stdin")
    _check_stdin(stdin, sound="-" in arguments, lists=lists.count("-"))
    for name in lists:
        _check_list(name)
    has_folder = any(_is_folder(one) or (is_url(one) and one[-1] == "/") for one in arguments)
    if filter.is_given and not lists and not has_folder:
        raise UsageError("--include, --exclude and --hidden apply to folders", "name a folder")
    return _unique(_expanded(arguments, stdin, filter))


def names_one_file(arguments: Sequence[str], files_from: str | None = None) -> bool:
    """Return whether the arguments are a single file, URL or stdin, with exactly one result."""
    if files_from is not None or len(arguments) != 1:
        return False
    return not arguments[0].startswith("@") and not _is_folder(arguments[0])


def _check_stdin(stdin: BinaryIO, *, sound: bool, lists: int) -> None:
    if sound + lists > 1:
        raise UsageError("stdin can be used only once: as audio (-) or as a list (@-)")
    if sound and stdin.isatty():
        raise UsageError("- reads audio from stdin, which is a terminal", "pipe a file into it")


def _check_list(name: str) -> None:
    """Check that a list exists, without opening it, because it may be a pipe."""
    if name != "-" and (_is_folder(name) or not os.path.exists(name)):  # noqa: PTH110
        raise UsageError(f"{name}: no such list file", "check the path")


def _expanded(arguments: Sequence[str], stdin: BinaryIO, filter: FolderFilter) -> Iterator[Input]:
    has_list = any(argument.startswith("@") for argument in arguments)
    base = Path.cwd() if has_list else _common_folder(arguments)
    for argument in arguments:
        if argument == "-":
            yield Input("-", None, Path("stdin"))
        elif argument.startswith("@"):
            for line in _lines(argument[1:], stdin):
                yield from _named(line, base, filter)
        else:
            yield from _named(argument, base, filter)


def _common_folder(arguments: Iterable[str]) -> Path:
    """Return the deepest folder that contains all files and folders."""
    paths = [_absolute(a) for a in arguments if a != "-" and not is_url(a)]
    try:
        return Path(os.path.commonpath([p if _is_folder(p) else p.parent for p in paths]))
    except ValueError:  # no paths, or on different drives
        return Path.cwd()


def _lines(name: str, stdin: BinaryIO) -> Iterator[str]:
    """Yield the paths in a list as they arrive."""
    try:
        with nullcontext(stdin) if name == "-" else Path(name).open("rb") as file:
            read = getattr(file, "read1", file.read)  # returns available bytes of a pipe
            yield from _paths(_as_bytes(iter(lambda: read(_LIST_BLOCK), b"")), name)
    except OSError as error:
        problem = f"{name}: the list cannot be read: {reason(error)}"
        raise UsageError(problem, hint_for(error)) from error


def _as_bytes(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Convert UTF-16 and UTF-32 with a byte order mark, as written on Windows, to UTF-8."""
    first = next(blocks, b"")
    blocks = chain([first], blocks)
    encoding = encoding_by_mark(first)
    if encoding is None:
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "replace")


def _paths(blocks: Iterator[bytes], name: str) -> Iterator[str]:
    """Split a list at line ends, or at NUL characters, as written by `find -print0`.

    Raises
    ------
    UsageError : it is not a list of paths
    """
    first = next(blocks, b"").removeprefix(codecs.BOM_UTF8)
    end = b"\0" if b"\0" in first else b"\n"
    rest = b""
    for block in chain([first], blocks):
        *paths, rest = (rest + block).split(end)
        if len(rest) > _MAX_PATH or (len(block) > _MAX_PATH and not block.strip(b"\0")):
            raise UsageError(f"{name}: is not a file list", "give text with one path per line")
        yield from (os.fsdecode(kept) for path in paths if (kept := _cleaned(path, end)))
    if kept := _cleaned(rest, end):
        yield os.fsdecode(kept)


def _cleaned(path: bytes, end: bytes) -> bytes:
    """Strip the line end of a path, unless paths end with NUL."""
    return path.rstrip(b"\r\n") if end == b"\n" or not path.strip() else path


def _named(name: str, base: Path, filter: FolderFilter) -> Iterator[Input]:
    if is_url(name):
        yield from _at_url(name, filter)
    elif _is_folder(name):
        yield from _folder(Path(name), base, filter)
    else:
        yield input_below(name, base)


def _at_url(url: str, filter: FolderFilter) -> Iterator[Input]:
    """Yield the input at a URL, or those below a URL that ends with `/` or has wildcards."""
    found = [url] if not is_url_of_folder(url) or filter.offline else search_url(url, filter)
    is_empty = True
    for one in found:
        is_empty = False
        if isinstance(one, InputError):
            yield replace(input_of_url(url), problem=f"{one.problem} ({one.hint})")
        else:
            yield input_of_url(one)
    if is_empty:
        told = "no audio or video at this URL (check it, and --include and --exclude)"
        yield replace(input_of_url(url), problem=told)


def input_of_url(url: str) -> Input:
    """Return the input of a URL."""
    return Input(without_password(url), None, _place_of_url(url), url=url)


def input_below(name: str | Path, base: Path) -> Input:
    """Return the input of a file, whose result is placed as the file is below `base`."""
    return Input(str(name), Path(name), _below(Path(name), _absolute(base)))


def _folder(folder: Path, base: Path, filter: FolderFilter) -> Iterator[Input]:
    """Yield the inputs below a folder; without any, a failing one."""
    found = False
    for path in search_folder(folder, filter):
        found = True
        if isinstance(path, OSError):
            problem = f"{reason(path)} ({hint_for(path)})"
            path = Path(path.filename)
            yield Input(str(path), path, _below(path, base), problem)
        else:
            yield Input(str(path), path, _below(path, base))
    if not found:
        told = "no audio or video in this folder (check the path and the suffixes)"
        if filter.include or filter.exclude:
            told = "no file in this folder matches the patterns (check --include and --exclude)"
        yield Input(str(folder), folder, _below(folder, base), told)


def _unique(inputs: Iterable[Input]) -> Iterator[Input]:
    seen = set()
    for input in inputs:
        key = str(_absolute(input.path)) if input.path else input.name
        if key not in seen:
            seen.add(key)
            yield input


def _is_folder(path: str | Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 (`Path.is_dir` raises where it may not look)


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 (`resolve` would follow links)


def _below(path: Path, base: Path) -> Path:
    """Return a path relative to a folder, or to the root if it is outside the folder."""
    absolute = _absolute(path)
    if absolute == base:
        return Path(absolute.name)
    if absolute.is_relative_to(base):
        return absolute.relative_to(base)
    return absolute.relative_to(absolute.anchor)


def _place_of_url(url: str) -> Path:
    if "::" in url:  # a file in an archive at a URL
        inner, _, outer = url.partition("::")
        return _place_of_url(outer) / _place_of_url(inner)
    parts = urlsplit(without_password(url))
    names = (parts.netloc, *unquote(parts.path).split("/"))
    steps = [name for name in names if name not in {"", ".", ".."}]
    if parts.query:
        steps.append(re.sub(r"[^\w.=-]+", "_", parts.query))
    return Path(*steps)
