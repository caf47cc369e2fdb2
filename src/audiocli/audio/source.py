"""Open sources: paths, pipes, file objects and URLs."""

from __future__ import annotations

import os
import re
import select
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import BinaryIO, cast

from audiocli.audio.temporary import TemporaryFile
from audiocli.errors import (
    COPY_AGAIN,
    NO_SUCH_FILE,
    InputError,
    failing_input,
    hint_for,
    reason,
)

Source = str | Path | BinaryIO

_PROTOCOL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")
_PASSWORD = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+://)[^/?#\s]*@")
_JSON_HEAD = 64  # bytes
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*"')
_NOT_SOUND = ("is JSON, not audio", "audiocli convert reads the results of audiocli")


def is_url(source: object) -> bool:
    """Return whether a source is a URL of any protocol, or of several, as in `zip://x::s3://y`."""
    return isinstance(source, str) and bool(_PROTOCOL.match(source))


def is_web_url(source: object) -> bool:
    """Return whether a source is an http or https URL."""
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def without_password(text: str) -> str:
    """Remove the user names and passwords of URLs in a text."""
    return _PASSWORD.sub(r"\1", text)


def name_of(source: Source) -> str:
    """Return the default name of a source in messages."""
    return without_password(str(source)) if isinstance(source, str | Path) else "-"


@contextmanager
def open_seekable(source: Source, name: str) -> Iterator[BinaryIO]:
    """Open a path or an open binary file as a seekable file, positioned at its start.

    A pipe is first copied to a temporary file, because containers such as MP4 may have
    their index at the end.

    Raises
    ------
    InputError
        when the file does not exist, cannot be read, is a folder, or is empty
    """
    if isinstance(source, str | Path):
        with _open_path(Path(source), name) as file:
            yield from _seekable(file, name)
    else:
        yield from _seekable(source, name)


class LivePipe:
    """A pipe whose `read` returns the available bytes and blocks only if there are none."""

    def __init__(self, pipe: BinaryIO) -> None:
        self.read = pipe.read1 if hasattr(pipe, "read1") else pipe.read


class InterruptiblePipe:
    """A pipe that ends once `stop` is set, after the bytes that it holds by then.

    On Windows, where pipes cannot be polled, it ends when its writer closes it.
    """

    _CAPACITY = 1 << 16  # bytes; what a pipe holds on Linux

    def __init__(self, pipe: BinaryIO, stop: Event) -> None:
        self._pipe = pipe
        self._stop = stop
        self._left = self._CAPACITY

    def read1(self, size: int = _CAPACITY) -> bytes:
        """Read available bytes, up to `size`; block only if there are none."""
        try:
            descriptor = self._pipe.fileno()
        except OSError:  # a file in memory
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
            raise InputError(name, "is a folder, not an audio file", "name a file in it")
        return path.open("rb")
    except FileNotFoundError:
        raise InputError(name, *NO_SUCH_FILE) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(name, reason(error), hint_for(error)) from error


def _seekable(file: BinaryIO, name: str) -> Iterator[BinaryIO]:
    if file.seekable():
        yield check_content(file, name)
        return
    with TemporaryFile() as copy:
        with failing_input(name):
            shutil.copyfileobj(file, copy, 1 << 20)
            copy.seek(0)
        yield check_content(cast(BinaryIO, copy), name)


def check_content(file: BinaryIO, name: str) -> BinaryIO:
    """Return a file positioned at its start, unless it is empty or JSON.

    Raises
    ------
    InputError : it is empty, JSON, or cannot be read
    """
    try:
        file.seek(0)
        head = file.read(_JSON_HEAD)
        file.seek(0)
    except OSError as error:
        raise InputError(name, reason(error), hint_for(error)) from error
    if not head:
        hint = "check the command that writes to it" if name == "-" else COPY_AGAIN
        raise InputError(name, "is empty", hint)
    if _JSON.match(head):
        raise InputError(name, *_NOT_SOUND)
    return file


def refuse_json(path: Path, name: str) -> None:
    """Refuse a JSON file, such as a result meant for `audiocli convert`, before any other work.

    Files with other suffixes are not opened.

    Raises
    ------
    InputError : it is JSON, or cannot be read
    """
    if path.suffix.lower() not in {".json", ".jsonl"} or not path.is_file():
        return
    try:
        with path.open("rb") as file:
            head = file.read(_JSON_HEAD)
    except OSError as error:
        raise InputError(name, reason(error), hint_for(error)) from error
    if _JSON.match(head):
        raise InputError(name, *_NOT_SOUND)
