"""Read or hash whole files."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

from audiocli.errors import InputError

MAX_TEXT = 256 << 20  # bytes of a text
MAX_RESULTS = 1 << 30  # bytes of a file of results or codes
_BLOCK = 1 << 20


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_whole(file: Path | BinaryIO, source: str | Path, max_bytes: int = MAX_TEXT) -> bytes:
    """Return the content of a file, which may be a device or a pipe that never ends.

    Parameters
    ----------
    source : name of the file in messages

    Raises
    ------
    InputError : the file is larger than `max_bytes`
    OSError : it cannot be read
    """
    blocks: list[bytes] = []
    left = max_bytes
    with file.open("rb") if isinstance(file, Path) else nullcontext(file) as opened:
        is_large = isinstance(file, Path) and os.fstat(opened.fileno()).st_size > max_bytes
        while not is_large and (block := opened.read(_BLOCK)):
            blocks.append(block)
            left -= len(block)
            is_large = left < 0
    if is_large:
        problem = f"is larger than {max_bytes >> 20} MiB"
        raise InputError(source, problem, "check that it is the right file, or divide it")
    return b"".join(blocks)


def is_special(path: Path) -> bool:
    """Return whether a path is a pipe, a socket or a device, which a folder may hold by chance."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
