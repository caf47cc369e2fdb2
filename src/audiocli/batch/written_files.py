"""Record of the files that `audiocli convert` wrote to an output folder.

A file is replaced without --overwrite only if it is unchanged since it was written. The
record is a hidden file in the folder with a line of JSON for each output; the last line of a
path is valid.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal

from audiocli.batch.output import atomic_writer, output_exists
from audiocli.errors import OutputError, hint_for, reason, write_failure

RECORD = ".audiocli-convert.jsonl"

Outcome = Literal["written", "replaced", "unchanged", "kept"]


class WrittenFiles:
    """The files under an output folder that were written by `audiocli convert`.

    Parameters
    ----------
    overwrite : replace other and changed files too
    """

    def __init__(self, folder: Path, *, overwrite: bool = False) -> None:
        self._folder = folder
        self._overwrite = overwrite
        self._digests = dict(_entries(folder / RECORD))
        self._between = "\n"  # terminates a line that an earlier run did not complete

    def put(self, path: Path, content: bytes) -> Outcome:
        """Write a file, and return the outcome: written, unchanged, replaced or kept.

        An existing file that audiocli did not write, or that was edited since, is kept unless
        `overwrite` is set.

        Raises
        ------
        OutputError : it cannot be written, or the existing file cannot be read
        """
        digest = _digest(content)
        outcome: Outcome = "written"
        if output_exists(path):
            found = _digest(_read(path))
            if found == digest:
                outcome = "unchanged"
            elif self._overwrite or found == self._digests.get(self._key(path)):
                outcome = "replaced"
            else:
                return "kept"
        if outcome != "unchanged":
            with atomic_writer(path, binary=True) as out:
                out.write(content)
        self._note(path, digest)
        return outcome

    def _note(self, path: Path, digest: str) -> None:
        key = self._key(path)
        if self._digests.get(key) == digest:
            return
        self._digests[key] = digest
        record = self._folder / RECORD
        line = json.dumps({"path": key, "sha256": digest})
        try:
            with record.open("a", encoding="utf-8") as out:
                out.write(f"{self._between}{line}\n")
            self._between = ""
        except OSError as error:
            raise write_failure(record, error) from error

    def _key(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def _entries(record: Path) -> list[tuple[str, str]]:
    """Read a record; incomplete and invalid lines are ignored."""
    found = []
    try:
        lines = record.read_bytes().splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            entry = json.loads(line)
            found.append((str(entry["path"]), str(entry["sha256"])))
        except (RecursionError, ValueError, TypeError, KeyError):
            continue
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = f"{path}: cannot be read: {reason(error)}"
        raise OutputError(problem, hint_for(error)) from error
