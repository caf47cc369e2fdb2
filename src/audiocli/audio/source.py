"""Where sound comes from: a path, a pipe, a file object or a URL, made seekable."""

from __future__ import annotations

import os
import re
import select
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import BinaryIO, cast

from audiocli.errors import InputError, reason

Source = str | Path | BinaryIO

_JSON_HEAD = 64  # bytes
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*"')
_NOT_SOUND = ("is JSON, not audio", "audiocli convert reads the results of audiocli")


def is_url(source: object) -> bool:
    """Whether a source is named by an http or https address."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def without_password(url: str) -> str:
    """Take a user's name and password out of an address; other names stay as they are."""
    return re.sub(r"^(https?://)[^/?#]*@", r"\1", url, flags=re.IGNORECASE)


def name_of(source: Source) -> str:
    """What to call a source in messages, when nobody named it."""
    return without_password(str(source)) if isinstance(source, str | Path) else "-"


@contextmanager
def open_seekable(source: Source, name: str) -> Iterator[BinaryIO]:
    """Open a path, or take an open binary file, and give a seekable file at its start.

    What cannot be sought (stdin, a named pipe) is first copied to a temporary file,
    because containers such as MP4 may keep their index at the end.

    Raises
    ------
    InputError
        when the file is not there, cannot be read, is a folder, or is empty
    """
    if isinstance(source, str | Path):
        with _open_path(Path(source), name) as file:
            yield from _seekable(file, name)
    else:
        yield from _seekable(source, name)


class LivePipe:
    """A pipe whose `read` gives the bytes that are there, and waits only for the first."""

    def __init__(self, pipe: BinaryIO) -> None:
        self.read = pipe.read1 if hasattr(pipe, "read1") else pipe.read


class InterruptiblePipe:
    """A pipe that ends once `stop` is set, after what it holds by then.

    Where a pipe cannot be watched (Windows), it ends when its writer does.
    """

    _CAPACITY = 1 << 16  # bytes; what a pipe holds on Linux

    def __init__(self, pipe: BinaryIO, stop: Event) -> None:
        self._pipe = pipe
        self._stop = stop
        self._left = self._CAPACITY

    def read1(self, size: int = _CAPACITY) -> bytes:
        """Read what is there, up to `size` bytes; wait only for the first."""
        try:
            descriptor = self._pipe.fileno()
        except OSError:  # in memory: nothing to wait for
            return self._pipe.read(size)
        if sys.platform == "win32":
            return os.read(descriptor, size)
        while not self._stop.is_set():
            if select.select([descriptor], [], [], 0.1)[0]:
                return os.read(descriptor, size)
        if self._left and select.select([descriptor], [], [], 0)[0]:
            rest = os.read(descriptor, min(size, self._left))
            self._left -= len(rest)
            return rest
        return b""


def _open_path(path: Path, name: str) -> BinaryIO:
    try:
        if path.is_dir():
            raise InputError(name, "is a folder, not a file of sound")
        return path.open("rb")
    except FileNotFoundError:
        raise InputError(name, "no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(name, reason(error)) from error


def _seekable(file: BinaryIO, name: str) -> Iterator[BinaryIO]:
    if file.seekable():
        yield check_content(file, name)
        return
    with tempfile.TemporaryFile(prefix="audiocli-") as copy:
        try:
            shutil.copyfileobj(file, copy, 1 << 20)
        except OSError as error:
            raise InputError(
                name,
                f"cannot be copied to {tempfile.gettempdir()}: {reason(error)}",
                "set TMPDIR to a folder with more room",
            ) from error
        yield check_content(cast(BinaryIO, copy), name)


def check_content(file: BinaryIO, name: str) -> BinaryIO:
    """Give a file at its start, if there is something in it that is not JSON.

    Raises
    ------
    InputError : it is empty, JSON, or cannot be read
    """
    try:
        file.seek(0)
        head = file.read(_JSON_HEAD)
        file.seek(0)
    except OSError as error:
        raise InputError(name, reason(error)) from error
    if not head:
        raise InputError(name, "is empty")
    if _JSON.match(head):
        raise InputError(name, *_NOT_SOUND)
    return file


def refuse_json(path: Path, name: str) -> None:
    """Refuse a file of JSON before any work is done for it; other files are not opened.

    Raises
    ------
    InputError : it is JSON, most likely a result that was meant for `audiocli convert`
    """
    if path.suffix.lower() not in {".json", ".jsonl"} or not path.is_file():
        return
    try:
        with path.open("rb") as file:
            head = file.read(_JSON_HEAD)
    except OSError as error:
        raise InputError(name, reason(error)) from error
    if _JSON.match(head):
        raise InputError(name, *_NOT_SOUND)
