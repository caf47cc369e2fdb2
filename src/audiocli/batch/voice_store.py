"""The voices a user has enrolled: one file in their data folder, for them alone.

A voice is a list of numbers that cannot be turned back into sound, but it can tell a
person; so the file is readable by its owner only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.batch.output import atomic_writer
from audiocli.errors import OutputError, UsageError, reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class EnrolledVoice:
    """A voice with a name.

    Attributes
    ----------
    embedder : the model whose vector it is; those of another cannot be compared
    seconds : of speech it was made from
    """

    name: str
    embedder: str
    seconds: float
    sources: tuple[str, ...]
    vector: tuple[float, ...]


class VoiceStore:
    """Reads and writes the file of voices."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[EnrolledVoice]:
        """List the voices by name.

        Raises
        ------
        UsageError : the file is no list of voices
        """
        try:
            written = json.loads(self.path.read_text("utf-8"))
            voices = [_read(entry) for entry in written["voices"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{self.path}: voices cannot be read: {error}") from error
        return sorted(voices, key=lambda voice: voice.name)

    def add(self, voice: EnrolledVoice) -> None:
        """Add a voice, in the place of one of that name."""
        with self._locked():
            self._write([v for v in self.all() if v.name != voice.name] + [voice])

    def remove(self, name: str) -> None:
        """Forget a voice.

        Raises
        ------
        UsageError : nobody has that name
        """
        with self._locked():
            voices = self.all()
            if name not in {voice.name for voice in voices}:
                raise UsageError(
                    f"no voice is called {name}", "audiocli voices list shows the names"
                )
            self._write([voice for voice in voices if voice.name != name])

    def vectors(self, embedder: str) -> dict[str, NDArray[np.float32]]:
        """Give the voices that an embedder can compare."""
        import numpy as np

        return {
            voice.name: np.array(voice.vector, np.float32)
            for voice in self.all()
            if voice.embedder == embedder
        }

    def _write(self, voices: list[EnrolledVoice]) -> None:
        with atomic_writer(self.path, private=True) as out:
            json.dump({"voices": [asdict(voice) for voice in voices]}, out, indent=1)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the file against other processes, from reading to writing it."""
        from filelock import FileLock

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path.with_name(f".{self.path.name}.lock"), mode=0o600)
            held = lock.acquire()
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written: {reason(error)}") from error
        with held:
            yield


def _read(entry: Mapping[str, Any]) -> EnrolledVoice:
    return EnrolledVoice(
        name=entry["name"],
        embedder=entry["embedder"],
        seconds=float(entry["seconds"]),
        sources=tuple(entry["sources"]),
        vector=tuple(map(float, entry["vector"])),
    )
