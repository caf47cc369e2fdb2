"""A vector index of recordings in one file: SQLite with sqlite-vec.

Queries are exact: every vector is compared. Each recording is added, replaced or removed in
one transaction, so that an interrupted run leaves the index consistent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.batch.index_entries import (
    FORMAT,
    FileStamp,
    IndexedRecording,
    IndexedWindow,
    IndexMatch,
    IndexSettings,
)
from audiocli.errors import AudioCliError, MissingExtra, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

_BUSY_TIMEOUT = 60_000  # milliseconds to wait for another process that is writing
_MAX_NEIGHBOURS = 4096  # limit of sqlite-vec
_TABLES = """
CREATE TABLE about (settings TEXT NOT NULL);
CREATE TABLE recordings (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, duration REAL NOT NULL,
    windows INTEGER NOT NULL
);
CREATE VIRTUAL TABLE windows USING vec0(
    id INTEGER PRIMARY KEY, recording INTEGER, +start FLOAT, +end FLOAT,
    vector FLOAT[{dimension}] distance_metric=cosine
);
"""


class SoundIndex:
    """An open index, closed at the end of its `with` block.

    Parameters
    ----------
    path : file of the index
    settings : settings of a new index; None opens an existing one

    Raises
    ------
    UsageError : the file does not exist, or is not an index
    MissingExtra : sqlite-vec is not installed
    """

    def __init__(self, path: Path, settings: IndexSettings | None = None) -> None:
        self.path = path
        if settings is None and not path.is_file():
            raise UsageError(f"{path}: no such index", f"audiocli index add {path} FOLDER")
        self._db = _opened(path)
        try:
            with self._explained():
                self.settings = self._created(settings) if settings else self._read_settings()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> SoundIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def recordings(self) -> list[IndexedRecording]:
        """Return all recordings, sorted by path."""
        with self._explained():
            rows = self._db.execute(
                "SELECT id, path, size, mtime_ns, sha256, duration, windows FROM recordings "
                "ORDER BY path"
            ).fetchall()
        return [IndexedRecording(r[0], r[1], FileStamp(*r[2:5]), r[5], r[6]) for r in rows]

    def put(
        self,
        path: str,
        stamp: FileStamp,
        duration: float,
        starts: Sequence[float],
        ends: Sequence[float],
        vectors: Vector,
    ) -> None:
        """Add or replace a recording; zero vectors (digital silence) are skipped."""
        unit = _unit(vectors)
        rows = [row for row in zip(starts, ends, unit, strict=True) if row[2].any()]
        with self._writing():
            self._forget(path)
            self._db.execute(
                "INSERT INTO recordings(path, size, mtime_ns, sha256, duration, windows) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (path, stamp.size, stamp.mtime_ns, stamp.sha256, duration, len(rows)),
            )
            recording = self._db.last_insert_rowid()
            self._db.executemany(
                "INSERT INTO windows(recording, start, end, vector) VALUES (?, ?, ?, ?)",
                [(recording, float(s), float(e), v.tobytes()) for s, e, v in rows],
            )

    def restamp(self, path: str, stamp: FileStamp) -> None:
        """Update the stamp of a file that was touched but not changed."""
        with self._writing():
            self._db.execute(
                "UPDATE recordings SET size = ?, mtime_ns = ? WHERE path = ?",
                (stamp.size, stamp.mtime_ns, path),
            )

    def remove(self, path: str) -> None:
        """Remove a recording."""
        with self._writing():
            self._forget(path)

    def nearest(
        self, vector: Vector, count: int, *, without: str | None = None, one_each: bool = False
    ) -> list[IndexMatch]:
        """Return the windows nearest to a vector, nearest first.

        Parameters
        ----------
        count : maximum number of windows
        without : path of a recording to exclude
        one_each : return only the nearest window of each recording
        """
        with self._explained():
            left_out = self._id_of(without) if without else None
        asked = min(count, _MAX_NEIGHBOURS)
        while True:
            with self._explained():
                found = self._neighbours(vector, asked, left_out)
            chosen = _nearest_of_each(found) if one_each else found
            if len(chosen) >= count or len(found) < asked or asked == _MAX_NEIGHBOURS:
                return chosen[:count]
            asked = min(4 * asked, _MAX_NEIGHBOURS)

    def windows(self) -> Iterator[IndexedWindow]:
        """Yield every vector."""
        import numpy as np

        with self._explained():
            rows = self._db.execute("SELECT recording, start, end, vector FROM windows")
            for recording, start, end, vector in rows:
                yield IndexedWindow(recording, start, end, np.frombuffer(vector, np.float32))

    def discard_if_empty(self) -> None:
        """Delete the file if it has no recordings, while no other process can write to it."""
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if not self._db.execute("SELECT 1 FROM recordings LIMIT 1").fetchone():
                    self.path.unlink(missing_ok=True)
            finally:
                self._db.execute("ROLLBACK")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Run the block in one transaction."""
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if not self.path.exists():
                    raise AudioCliError(
                        f"{self.path}: was deleted while it was open", "run the command again"
                    )
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Convert errors of SQLite."""
        import apsw

        try:
            yield
        except apsw.BusyError as error:
            raise AudioCliError(
                f"{self.path}: another program is writing to the index", "try again later"
            ) from error
        except apsw.Error as error:
            raise AudioCliError(
                f"{self.path}: the index cannot be read or written: {error}",
                "check the disk, or create a new one with audiocli index add",
            ) from error

    def _neighbours(self, vector: Vector, count: int, left_out: int | None) -> list[IndexMatch]:
        rows = self._db.execute(
            "SELECT recording, start, end, distance FROM windows "
            "WHERE vector MATCH ? AND k = ? AND recording != ?",
            (_unit(vector[None])[0].tobytes(), count, -1 if left_out is None else left_out),
        ).fetchall()
        names = {recording: self._path_of(recording) for recording in {row[0] for row in rows}}
        return [IndexMatch(names[r], start, end, 1 - distance) for r, start, end, distance in rows]

    def _path_of(self, recording: int) -> str:
        (path,) = self._db.execute(
            "SELECT path FROM recordings WHERE id = ?", (recording,)
        ).fetchone()
        return str(path)

    def _id_of(self, path: str) -> int | None:
        row = self._db.execute("SELECT id FROM recordings WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def _forget(self, path: str) -> None:
        recording = self._id_of(path)
        if recording is not None:
            self._db.execute("DELETE FROM windows WHERE recording = ?", (recording,))
            self._db.execute("DELETE FROM recordings WHERE id = ?", (recording,))

    def _created(self, settings: IndexSettings) -> IndexSettings:
        with self._writing():
            if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name='about'").fetchone():
                self._db.execute(_TABLES.format(dimension=settings.dimension))
                self._db.execute("INSERT INTO about VALUES (?)", (json.dumps(asdict(settings)),))
                return settings
        if self._read_settings() != settings:  # another run was first
            raise UsageError(
                f"{self.path}: another run has just created this index with other options",
                "run again without model options",
            )
        return settings

    def _read_settings(self) -> IndexSettings:
        import apsw

        try:
            (text,) = self._db.execute("SELECT settings FROM about").fetchone()
            settings = IndexSettings(**json.loads(text))
        except apsw.BusyError:
            raise
        except (RecursionError, apsw.Error, TypeError, ValueError) as error:
            problem = f"{self.path} is not an audiocli index: {error}"
            raise UsageError(problem, "create one with `audiocli index add`") from error
        if settings.format != FORMAT:
            problem = f"{self.path} is an index of another version, {settings.format}"
            raise UsageError(problem, "create a new one with `audiocli index add`")
        return settings


def _opened(path: Path) -> Any:
    """Open a database with the sqlite-vec extension."""
    try:
        import apsw
        import sqlite_vec
    except ImportError:
        raise MissingExtra("a sound index", "search") from None
    try:
        database = apsw.Connection(str(path))
        database.set_busy_timeout(_BUSY_TIMEOUT)
        database.enable_load_extension(True)
        database.load_extension(sqlite_vec.loadable_path())
        database.enable_load_extension(False)
    except apsw.Error as error:
        problem = f"{path}: the index cannot be opened: {error}"
        raise AudioCliError(problem, "check the path and its permissions") from error
    return database


def _nearest_of_each(found: Sequence[IndexMatch]) -> list[IndexMatch]:
    """Return the first match of each recording."""
    first: dict[str, IndexMatch] = {}
    for near in found:
        first.setdefault(near.path, near)
    return list(first.values())


def _unit(vectors: Vector) -> Vector:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vector = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit
