"""What the user named on the command line, as a stream of single inputs.

An argument is a file, a folder (searched for sound and video, with everything below
it), an http(s) URL, `-` for sound on stdin, or `@LIST` for a file with one path a
line; `@-` is a list on stdin. A file whose name begins with `@` is given as `./@name`.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from audiocli.audio.formats import has_sound_suffix
from audiocli.audio.source import is_url, without_password
from audiocli.errors import InputError, UsageError, reason

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream
    from audiocli.audio.selection import Selection

_LIST_BLOCK = 1 << 16  # bytes of a list that are read at a time
_MAX_PATH = 1 << 15  # bytes; systems allow 4096 at most


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to work on.

    Attributes
    ----------
    name : as the user named it; `-` for stdin
    path : the file; None for stdin and for a URL
    relative : where its result lies under an output folder, with the suffix of the input
    problem : why it cannot be read, when that is known before it is opened
    url : its address, with the password that is left out of the name
    """

    name: str
    path: Path | None
    relative: Path
    problem: str | None = None
    url: str | None = None

    def open(
        self,
        stdin: BinaryIO,
        *,
        rate: int | None = None,
        selection: Selection | None = None,
        offline: bool = False,
    ) -> AbstractContextManager[AudioStream]:
        """Open its sound; the parameters and errors are those of `audio.decode.open_audio`."""
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
    """Return why a file cannot be opened, as far as its metadata tell; None where it may be."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "no such file"
    except OSError as error:
        return reason(error)
    return None


def find_inputs(
    arguments: Sequence[str], *, stdin: BinaryIO, files_from: str | None = None
) -> Iterator[Input]:
    """Give every input once, in the order named, folders sorted by name.

    Files that do not exist and folders without sound are given too: they fail when
    they are opened, so that they do not stop the others. Folders are searched while
    the first inputs are worked on.

    Results are placed under an output folder as the inputs lie under the folder that
    all arguments have in common; where there is a list, under the current folder.

    Parameters
    ----------
    files_from : a file with one path a line, `-` for stdin; the same as `@LIST`

    Raises
    ------
    UsageError
        when nothing is named, a list cannot be read, or stdin is named twice or is a
        terminal
    """
    lists = [a[1:] for a in arguments if a.startswith("@")]
    if files_from is not None:
        arguments = [*arguments, f"@{files_from}"]
        lists.append(files_from)
    if not arguments:
        raise UsageError("no input given", "name files or folders, or - for stdin")
    _check_stdin(stdin, sound="-" in arguments, lists=lists.count("-"))
    for name in lists:
        _check_list(name)
    return _unique(_expanded(arguments, stdin))


def names_one_file(arguments: Sequence[str], files_from: str | None = None) -> bool:
    """Whether the arguments are one file, one URL or stdin: what gives exactly one result."""
    if files_from is not None or len(arguments) != 1:
        return False
    return not arguments[0].startswith("@") and not _is_folder(arguments[0])


def _check_stdin(stdin: BinaryIO, *, sound: bool, lists: int) -> None:
    if sound + lists > 1:
        raise UsageError("stdin can be read only once: as sound (-) or as one list (@-)")
    if sound and stdin.isatty():
        raise UsageError("- reads sound from stdin, which is a terminal", "pipe a file into it")


def _check_list(name: str) -> None:
    """Refuse a list that is not there before any work; it may be a pipe, so it is not opened."""
    if name != "-" and (_is_folder(name) or not os.path.exists(name)):  # noqa: PTH110
        raise UsageError(f"{name}: no such list of files")


def _expanded(arguments: Sequence[str], stdin: BinaryIO) -> Iterator[Input]:
    has_list = any(argument.startswith("@") for argument in arguments)
    base = Path.cwd() if has_list else _common_folder(arguments)
    for argument in arguments:
        if argument == "-":
            yield Input("-", None, Path("stdin"))
        elif argument.startswith("@"):
            for line in _lines(argument[1:], stdin):
                yield from _named(line, base)
        else:
            yield from _named(argument, base)


def _common_folder(arguments: Iterable[str]) -> Path:
    """The deepest folder that holds every file and folder named."""
    paths = [_absolute(a) for a in arguments if a != "-" and not is_url(a)]
    try:
        return Path(os.path.commonpath([p if _is_folder(p) else p.parent for p in paths]))
    except ValueError:  # no paths, or on different drives
        return Path.cwd()


def _lines(name: str, stdin: BinaryIO) -> Iterator[str]:
    """Yield the paths in a list as they come."""
    try:
        with nullcontext(stdin) if name == "-" else Path(name).open("rb") as file:
            read = getattr(file, "read1", file.read)  # what is there, without waiting for more
            yield from _paths(_as_bytes(iter(lambda: read(_LIST_BLOCK), b"")), name)
    except OSError as error:
        raise UsageError(f"{name}: the list cannot be read: {reason(error)}") from error


def _as_bytes(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Turn UTF-16, which Windows writes with a byte order mark, into UTF-8."""
    first = next(blocks, b"")
    blocks = chain([first], blocks)
    if not first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "replace")


def _paths(blocks: Iterator[bytes], name: str) -> Iterator[str]:
    """Split a list at its line ends, or at its NULs, as `find -print0` writes them.

    Raises
    ------
    UsageError : it holds nothing that could be names
    """
    first = next(blocks, b"").removeprefix(codecs.BOM_UTF8)
    end = b"\0" if b"\0" in first else b"\n"
    rest = b""
    for block in chain([first], blocks):
        *paths, rest = (rest + block).split(end)
        if len(rest) > _MAX_PATH or (len(block) > _MAX_PATH and not block.strip(b"\0")):
            raise UsageError(f"{name}: is not a list of files")
        yield from (os.fsdecode(kept) for path in paths if (kept := _cleaned(path, end)))
    if kept := _cleaned(rest, end):
        yield os.fsdecode(kept)


def _cleaned(path: bytes, end: bytes) -> bytes:
    """Take the line end off a name; where NULs end names, it may be part of one."""
    return path.rstrip(b"\r\n") if end == b"\n" or not path.strip() else path


def _named(name: str, base: Path) -> Iterator[Input]:
    if is_url(name):
        yield Input(without_password(name), None, _place_of_url(name), url=name)
    elif _is_folder(name):
        yield from _folder(Path(name), base)
    else:
        yield Input(name, Path(name), _below(Path(name), base))


def _folder(folder: Path, base: Path) -> Iterator[Input]:
    """Yield the sound in a folder and below, in order of names; a folder without is a failure."""
    problems: list[OSError] = []
    found = False
    for root, folders, files in os.walk(folder, onerror=problems.append):
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in sorted(files):
            path = Path(root, name)
            if name[0] != "." and has_sound_suffix(path):
                found = True
                yield Input(str(path), path, _below(path, base))
    for problem in problems:
        found = True
        path = Path(problem.filename)
        yield Input(str(path), path, _below(path, base), reason(problem))
    if not found:
        yield Input(str(folder), folder, _below(folder, base), "no sound or video in this folder")


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
    """Where a path lies under a folder; its whole way from the root when it does not."""
    absolute = _absolute(path)
    if absolute == base:
        return Path(absolute.name)
    if absolute.is_relative_to(base):
        return absolute.relative_to(base)
    return absolute.relative_to(absolute.anchor)


def _place_of_url(url: str) -> Path:
    parts = urlsplit(without_password(url))
    steps = [step for step in unquote(parts.path).split("/") if step not in {"", ".", ".."}]
    if parts.query:
        steps.append(re.sub(r"[^\w.=-]+", "_", parts.query))
    return Path(parts.netloc, *steps)
