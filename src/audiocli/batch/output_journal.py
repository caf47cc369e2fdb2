"""Journal of an output folder: from which input and how each file in it was made.

The journal is a SQLite database in the folder. With it, a run finds the results that are
missing, stale or edited, and runs on one folder at the same time share the inputs.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from audiocli.batch.output import make_folder, output_exists
from audiocli.errors import OutputError, write_failure
from audiocli.whole_files import sha256_of

NAME = ".audiocli-journal.sqlite"
LOCK = ".audiocli-journal.lock"

_VERSION = 1
_SHOWN_REVISION = 12  # characters
_BUSY_TIMEOUT = 60.0  # seconds to wait for another process that is writing
_TABLES = f"""
PRAGMA user_version = {_VERSION};
CREATE TABLE provenances (id INTEGER PRIMARY KEY, json TEXT NOT NULL UNIQUE);
CREATE TABLE outputs (
    path TEXT PRIMARY KEY, source TEXT NOT NULL, stamp TEXT NOT NULL, input_sha256 TEXT,
    provenance INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL, replaced TEXT
) WITHOUT ROWID;
CREATE TABLE failures (path TEXT PRIMARY KEY, error TEXT NOT NULL) WITHOUT ROWID;
"""

# What a result depends on beside its input, as JSON values. "command" is the name of the command;
# a model is an object with `name` and `revision`, which is null if it is unknown.
Provenance = Mapping[str, Any]


@dataclass(frozen=True)
class Origin:
    """The input of a result.

    Attributes
    ----------
    source : absolute path or URL
    stamp : sizes and times of the files that were read; empty if unknown
    sha256 : hash of their content; None compares the stamps
    """

    source: str
    stamp: str
    sha256: str | None = None


class Verdict(NamedTuple):
    """State of an output.

    Attributes
    ----------
    state : `stale` was made from other content or in another way; `edited` is stale and was
        changed after it was written; `unrecorded` was not written with a journal; `foreign` is
        the result of another input or command
    reason : why it is stale, or the other input or command
    """

    state: Literal["missing", "done", "stale", "edited", "unrecorded", "foreign"]
    reason: str = ""


class _Entry(NamedTuple):
    """A row of `outputs`; `replaced` is the hash of the file that was there before."""

    source: str
    stamp: str
    input_sha256: str | None
    provenance: str
    size: int
    mtime_ns: int
    sha256: str
    replaced: str | None


class JournalError(OutputError):
    """The journal of a folder cannot be used, which concerns every input."""


class OutputJournal:
    """The journal of a folder; the file is created with the first entry.

    Threads and processes may use it at the same time. Without file locks, on some network file
    systems and on Windows, two runs on one folder may process the same input twice.

    Every method raises `JournalError` if the journal cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database: sqlite3.Connection | None = None
        self._lock = threading.RLock()  # of the connection
        self._claims: int | None = None  # descriptor of the lock file
        self._is_closed = False

    def close(self) -> None:
        """Close the files, and release all claims; threads that still read inputs then fail."""
        with self._lock:
            self._is_closed = True
            if self._database:
                self._database.close()
            if self._claims is not None:
                os.close(self._claims)
            self._database = self._claims = None

    def verdict(self, path: Path, origin: Origin, provenance: Provenance) -> Verdict:
        """Compare an output with the one that a run would write."""
        if not output_exists(path):
            return Verdict("missing")
        entry = self._entry(path)
        if entry is None:
            return Verdict("unrecorded")
        recorded = json.loads(entry.provenance)
        if recorded["command"] != provenance["command"]:
            return Verdict("foreign", f"audiocli {recorded['command']}")
        if entry.source != _escaped(origin.source) and _is_other_file(entry.source, origin.source):
            return Verdict("foreign", entry.source)
        with self._explained():
            content = _content(path, entry)
        if content == entry.replaced != entry.sha256:
            return Verdict("stale", "the run was interrupted")
        changes = [*_input_changes(entry, origin), *_changes(recorded, provenance)]
        if not changes:
            return Verdict("done")
        return Verdict("stale" if content == entry.sha256 else "edited", changes[0])

    def recorder(
        self, path: Path, origin: Origin, provenance: Provenance
    ) -> Callable[[Path], None]:
        """Return a function that records an output; it takes the file that will replace `path`.

        The entry is committed before the file is moved. After a crash between the two, the
        output is recognised by the hash of the file that it would have replaced.
        """
        with self._explained():
            replaced = sha256_of(path) if path.is_file() else None

        def record(part: Path) -> None:
            with self._writing() as database:
                status = part.stat()
                database.execute(
                    "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(self._key(path), _escaped(origin.source), origin.stamp, origin.sha256),
                        *(_provenance_id(database, provenance), status.st_size),
                        *(status.st_mtime_ns, sha256_of(part), replaced),
                    ),
                )
                database.execute("DELETE FROM failures WHERE path = ?", (self._key(path),))

        return record

    def record_failure(self, path: Path, error: str) -> None:
        """Record why an output could not be made."""
        with self._writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO failures VALUES (?, ?)", (self._key(path), _escaped(error))
            )

    def failure(self, path: Path) -> str | None:
        """Return why an output could not be made in an earlier run, or None."""
        rows = self._select("SELECT error FROM failures WHERE path = ?", (self._key(path),))
        return str(rows[0][0]) if rows else None

    def claim(self, path: Path) -> bool:
        """Claim an output for this process; return False if another process has claimed it.

        A claim is a lock of one byte of the lock file. It ends with the process, or with
        `release`. Without locks, every claim succeeds.
        """
        if not fcntl:
            return True
        with self._lock, self._explained():
            self._check_open()
            if self._claims is None:
                make_folder(self._folder)
                self._claims = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.lockf(self._claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self._byte(path))
            except BlockingIOError:
                return False
            except OSError:  # a file system without locks
                pass
        return True

    def release(self, path: Path) -> None:
        """End a claim."""
        if self._claims is not None:
            with suppress(OSError):
                fcntl.lockf(self._claims, fcntl.LOCK_UN, 1, self._byte(path))

    def _byte(self, path: Path) -> int:
        digest = hashlib.sha256(os.fsencode(self._key(path))).digest()
        return int.from_bytes(digest[:7], "big")

    def _key(self, path: Path) -> str:
        is_below = path.is_relative_to(self._folder)
        return _escaped(str(path.relative_to(self._folder) if is_below else path.absolute()))

    def _entry(self, path: Path) -> _Entry | None:
        rows = self._select(
            "SELECT source, stamp, input_sha256, json, size, mtime_ns, sha256, replaced "
            "FROM outputs JOIN provenances ON provenances.id = provenance WHERE path = ?",
            (self._key(path),),
        )
        return _Entry(*rows[0]) if rows else None

    def _select(self, query: str, values: Sequence[Any]) -> list[Any]:
        with self._lock, self._explained():
            self._check_open()
            if self._database is None and not (self._folder / NAME).is_file():
                return []
            return self._open().execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._explained():
            database = self._open()
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:  # SQLite may have ended it
                    database.execute("ROLLBACK")
                raise

    def _check_open(self) -> None:
        if self._is_closed:
            raise JournalError(f"{self._folder / NAME}: the run has ended", "run it again")

    def _open(self) -> sqlite3.Connection:
        self._check_open()
        if self._database is None:
            make_folder(self._folder)
            self._database = _opened(self._folder / NAME)
        return self._database

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raise errors of SQLite and of the disk as `JournalError`."""
        path = self._folder / NAME
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise JournalError(f"{path}: is in use by another program", "try again") from error
            hint = "free some space, or choose another folder"
            raise JournalError(f"{path}: cannot be written: {error}", hint) from error
        except sqlite3.DatabaseError as error:
            raise JournalError(
                f"{path}: is not a journal of audiocli: {error}",
                "delete it; existing results are kept then",
            ) from error
        except OSError as error:
            failure = write_failure(path, error)
            raise JournalError(failure.message, failure.hint) from error


def _opened(path: Path) -> sqlite3.Connection:
    """Open a journal, and create its tables in a new one."""
    database = sqlite3.connect(
        path, timeout=_BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    try:
        # A write-ahead log does not work on network file systems. A rollback journal that is kept
        # saves creating and deleting a file at each commit.
        database.execute("PRAGMA journal_mode = PERSIST")
        database.execute("PRAGMA synchronous = FULL")
        if not _version(database):
            database.execute("BEGIN IMMEDIATE")
            if not _version(database):  # unless another process created them
                with closing(database.cursor()) as cursor:
                    for statement in _TABLES.split(";"):
                        cursor.execute(statement)
            database.execute("COMMIT")
        if _version(database) != _VERSION:
            raise sqlite3.DatabaseError("it was written by another version of audiocli")
    except BaseException:
        database.close()
        raise
    return database


def _escaped(name: str) -> str:
    """Return a name with the bytes that are not UTF-8 escaped, as SQLite requires."""
    return name.encode("utf-8", "backslashreplace").decode()


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _provenance_id(database: sqlite3.Connection, provenance: Provenance) -> int:
    text = json.dumps(provenance, sort_keys=True)
    database.execute("INSERT OR IGNORE INTO provenances (json) VALUES (?)", (text,))
    row = database.execute("SELECT id FROM provenances WHERE json = ?", (text,)).fetchone()
    return int(row[0])


def _is_other_file(recorded: str, source: str) -> bool:
    """Return whether an output was made from a file that exists and is not `source`."""
    try:
        return not Path(recorded).samefile(source)
    except (OSError, ValueError):  # it was moved or deleted, or one of them is a URL
        return "://" in recorded or "://" in source


def _input_changes(entry: _Entry, origin: Origin) -> list[str]:
    if origin.sha256 and entry.input_sha256:
        same = origin.sha256 == entry.input_sha256
    else:
        same = origin.stamp == entry.stamp
    return [] if same else ["the input changed"]


def _changes(recorded: Provenance, current: Provenance) -> Iterator[str]:
    """Describe the differences of two provenances, that of the main model first."""
    for key in sorted({*recorded, *current}, key=lambda key: (key != "model", key)):
        before, after = recorded.get(key), current.get(key)
        if not _is_same(before, after):
            yield f"{key} is {_shown(after)}, was {_shown(before)}"


def _is_same(before: Any, after: Any) -> bool:
    match before, after:
        case {"name": name, "revision": str()}, {"name": other, "revision": None}:
            return bool(name == other)
    return bool(before == after)


def _shown(value: Any) -> str:
    match value:
        case None:
            return "the default"
        case {"name": name, "revision": str(revision)}:
            return f"{name} ({revision[:_SHOWN_REVISION]})"
        case {"name": name}:
            return str(name)
    return str(value)


def _content(path: Path, entry: _Entry) -> str:
    """Return the SHA-256 of an output; it is read only if its size or time changed."""
    status = path.stat()
    if (status.st_size, status.st_mtime_ns) == (entry.size, entry.mtime_ns):
        return entry.sha256
    return sha256_of(path)
