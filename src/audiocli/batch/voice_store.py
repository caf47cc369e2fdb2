"""Enrolled voices, stored in one file in the user's data folder.

A voice embedding cannot be converted back to audio, but it identifies a person; therefore
only the owner can read the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.batch.output import atomic_writer
from audiocli.errors import UsageError, write_failure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class EnrolledVoice:
    """A named voice embedding.

    Attributes
    ----------
    embedder : the embedding model; vectors of different models cannot be compared
    seconds : duration of the speech it was computed from
    """

    name: str
    embedder: str
    seconds: float
    sources: tuple[str, ...]
    vector: tuple[float, ...]


class VoiceStore:
    """The file of enrolled voices."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[EnrolledVoice]:
        """Return all voices, sorted by name.

        Raises
        ------
        UsageError : the file cannot be read
        """
        try:
            written = json.loads(self.path.read_text("utf-8"))
            voices = [_read(entry) for entry in written["voices"]]
        except FileNotFoundError:
            return []
        except (OSError, RecursionError, ValueError, KeyError, TypeError) as error:
            problem = f"{self.path}: voices cannot be read: {error!r}"
            raise UsageError(problem, "restore the file, or delete it and enroll again") from error
        return sorted(voices, key=lambda voice: voice.name)

    def add(self, voice: EnrolledVoice) -> None:
        """Add a voice; a voice with the same name is replaced."""
        with self._locked():
            self._write([v for v in self.all() if v.name != voice.name] + [voice])

    def remove(self, name: str) -> None:
        """Remove a voice.

        Raises
        ------
        UsageError : there is no voice with that name
        """
        with self._locked():
            voices = self.all()
            if name not in {voice.name for voice in voices}:
                raise UsageError(f"unknown voice {name!r}", "audiocli voices list shows the names")
            self._write([voice for voice in voices if voice.name != name])

    def vectors(self, embedder: str) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of an embedding model by voice name.

        Raises
        ------
        UsageError : the file cannot be read, or a value is not finite in single precision
        """
        import numpy as np

        found = {}
        for voice in self.all():
            if voice.embedder == embedder:
                with np.errstate(over="ignore"):
                    found[voice.name] = np.array(voice.vector, np.float32)
                if not np.isfinite(found[voice.name]).all():
                    raise UsageError(
                        f"{self.path}: the voice of {voice.name} is damaged",
                        f"enroll it again: audiocli voices enroll {voice.name!r} CLIP",
                    )
        return found

    def _write(self, voices: list[EnrolledVoice]) -> None:
        with atomic_writer(self.path, private=True) as out:
            json.dump({"voices": [asdict(voice) for voice in voices]}, out, indent=1)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the file against other processes while it is read and rewritten."""
        from filelock import FileLock

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), mode=0o600)
            held = lock.acquire()
        except OSError as error:
            raise write_failure(self.path, error) from error
        with held:
            yield


def _read(entry: Mapping[str, Any]) -> EnrolledVoice:
    if not isinstance(entry["name"], str) or not isinstance(entry["embedder"], str):
        raise TypeError("name and embedder are texts")
    return EnrolledVoice(
        name=entry["name"],
        embedder=entry["embedder"],
        seconds=float(entry["seconds"]),
        sources=tuple(entry["sources"]),
        vector=tuple(map(float, entry["vector"])),
    )
