"""Checkpoints on disk: what was computed for an output that is not complete yet.

A checkpoint is a hidden file next to the output. Each line has a CRC-32, a key and a JSON
value. The first line holds what the values depend on beside their keys; a checkpoint made
otherwise is replaced. A line that was not written completely ends the file.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any, BinaryIO, NamedTuple

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from audiocli.errors import reason
from audiocli.whole_files import sha256_of

MIN_COST = 20.0  # seconds of computation after which the file is created
SYNC_INTERVAL = 2.0  # seconds

_PROVENANCE = "provenance"  # key of the first line
_OUTPUT = "output"  # key of the hash of an output

logger = logging.getLogger(__name__)


def checkpoint_path(output: Path) -> Path:
    """Return the path of the checkpoint of an output."""
    name = hashlib.sha256(os.fsencode(output.name)).hexdigest()[:16]
    return output.with_name(f".audiocli-{name}.checkpoint")


def discard_checkpoint(output: Path) -> None:
    """Remove the checkpoint of an output, unless another run uses it."""
    path = checkpoint_path(output)
    with suppress(OSError), path.open("rb") as file:
        if _locked(file):
            path.unlink()


class _Place(NamedTuple):
    """Offset and length of a JSON value in the file."""

    offset: int
    length: int


class CheckpointFile:
    """The checkpoint of an output; threads may use it at the same time.

    The file is created once the values have cost `min_cost` seconds. If another run uses it,
    or it cannot be written, nothing is kept.

    Parameters
    ----------
    provenance : what the values depend on beside their keys, as JSON values
    """

    def __init__(
        self, output: Path, provenance: Mapping[str, Any], min_cost: float | None = None
    ) -> None:
        self._path = checkpoint_path(output)
        self._provenance = json.dumps(provenance, sort_keys=True, default=str).encode()
        self._min_cost = MIN_COST if min_cost is None else min_cost
        self._lock = RLock()
        self._places: dict[str, _Place] = {}
        self._pending: list[tuple[str, bytes]] = []  # before the file is created
        self._cost = 0.0  # of the pending values
        self._synced = time.monotonic()
        self._is_usable = True
        self._file: BinaryIO | None = None  # locked
        self._is_begun = False  # the file has this provenance
        with suppress(OSError):
            self._open_existing()

    @property
    def has_values(self) -> bool:
        """Whether values are kept on disk."""
        return self._is_begun

    def get(self, key: str) -> Any | None:
        """Return the value that an earlier run kept, or None."""
        with self._lock:
            place = self._places.get(key)
            if not (place and self._file):
                return None
            end = self._file.tell()
            self._file.seek(place.offset)
            value = self._file.read(place.length)
            self._file.seek(end)
            return json.loads(value)

    def put(self, key: str, value: Any, cost: float) -> None:
        """Keep a JSON value that took `cost` seconds to compute."""
        with self._lock:
            self._cost += cost
            self._pending.append((key, json.dumps(value, default=float).encode()))
            if self._is_begun or self._cost >= self._min_cost:
                self._flush()

    def record_output(self, part: Path) -> None:
        """Record the content of an incomplete output, which the next run may replace."""
        with self._lock:
            self._pending.append((_OUTPUT, json.dumps(sha256_of(part)).encode()))
            self._synced = -SYNC_INTERVAL
            self._flush()

    def recorded(self, output: Path) -> bool:
        """Return whether an output has the content that an earlier run recorded."""
        recorded = self.get(_OUTPUT)
        return recorded is not None and output.is_file() and recorded == sha256_of(output)

    def close(self) -> None:
        """Close the file and keep it for the next run."""
        with self._lock:
            self._is_usable = self._is_begun = False
            if self._file:
                with suppress(OSError):  # of values that could not be written
                    self._file.close()
            self._file = None

    def remove(self) -> None:
        """Remove the file, because the output is complete."""
        with self._lock:
            is_own = self._file is not None
            self.close()
            if is_own:
                with suppress(OSError):
                    self._path.unlink()

    def _open_existing(self) -> None:
        """Open the file of an earlier run; read its values unless it was made otherwise."""
        file = self._path.open("r+b")
        if not _locked(file):
            self._is_usable = False
            file.close()
            return
        end = 0
        for key, place, value in _entries(file):
            if not end and (key, value) != (_PROVENANCE, self._provenance):
                break
            self._places[key] = place
            end = place.offset + place.length + 1
        self._file = file
        self._is_begun = end > 0
        if self._is_begun:  # else it is replaced when there are new values
            file.truncate(end)
            file.seek(end)

    def _flush(self) -> None:
        """Write the pending values; after an error, nothing more is kept."""
        if not self._is_usable:
            self._pending.clear()
            return
        try:
            file = self._begun()
            if not file:
                return
            for key, value in self._pending:
                _append(file, key, value)
            self._pending.clear()
            file.flush()
            if time.monotonic() - self._synced > SYNC_INTERVAL:
                os.fsync(file.fileno())
                self._synced = time.monotonic()
        except OSError as error:
            logger.warning(
                "%s: cannot be written: %s (this run cannot be continued if it is interrupted)",
                self._path,
                reason(error),
            )
            self.remove()

    def _begun(self) -> BinaryIO | None:
        """Return the file, which is created if needed; None if another run has created it."""
        if not self._file:
            try:
                self._file = self._path.open("x+b")
            except FileExistsError:
                self._is_usable = False
                return None
            _locked(self._file)
        if not self._is_begun:
            self._file.seek(0)
            self._file.truncate()
            _append(self._file, _PROVENANCE, self._provenance)
            self._is_begun = True
        return self._file


def _append(file: BinaryIO, key: str, value: bytes) -> None:
    text = key.encode() + b" " + value
    file.write(b"%08x %s\n" % (zlib.crc32(text), text))


def _entries(file: BinaryIO) -> Iterator[tuple[str, _Place, bytes]]:
    """Yield the key, the place and the value of each line up to the first damaged one."""
    offset = 0
    for line in file:
        checksum, _, text = line.rstrip(b"\n").partition(b" ")
        key, _, value = text.partition(b" ")
        if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(text):
            return
        offset += len(line)
        yield key.decode(), _Place(offset - 1 - len(value), len(value)), value


def _locked(file: BinaryIO) -> bool:
    """Lock a file; return False if another process has locked it."""
    if fcntl:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            pass
    return True
