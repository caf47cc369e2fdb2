"""Temporary files whose errors name the temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from audiocli.errors import TemporaryFileError, reason


class TemporaryFile:
    """A binary file in the temporary folder, deleted when it is closed.

    Parameters
    ----------
    max_in_memory : number of bytes that are held in memory before the file is created

    Raises
    ------
    TemporaryFileError : the folder is full or cannot be written; also raised by `read` and
        `seek`, which write what is buffered
    """

    def __init__(self, max_in_memory: int = 0) -> None:
        with _named_errors():
            self._file: Any = (
                tempfile.SpooledTemporaryFile(max_in_memory)  # noqa: SIM115 (see `close`)
                if max_in_memory
                else tempfile.TemporaryFile()  # noqa: SIM115
            )

    def __enter__(self) -> TemporaryFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, data: Any) -> int:
        """Write bytes at the current position."""
        with _named_errors():
            return int(self._file.write(data))

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes; all if it is negative."""
        with _named_errors():
            return bytes(self._file.read(size))

    def seek(self, offset: int, whence: int = 0) -> int:
        """Change the position, and return it."""
        with _named_errors():
            return int(self._file.seek(offset, whence))

    def close(self) -> None:
        """Delete the file."""
        with suppress(OSError):  # unwritten bytes of a full disk
            self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = tempfile.gettempdir()
        raise TemporaryFileError(f"the temporary folder {folder}: {reason(error)}") from error
