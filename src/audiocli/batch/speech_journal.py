"""Journal of a speech synthesis on disk, from which a killed run is resumed.

A hidden folder next to the output file contains the samples so far (16 bit) and a journal
with a line for each passage. A line is written after its samples are synced to disk; samples
after the last line are discarded and synthesized again. The folder is removed when the
output file is complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from audiocli.errors import OutputError, write_failure
from audiocli.results import Moment, Segment, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.tasks.synthesis.placement import SynthesisedPassage
    from audiocli.tasks.synthesis.text_to_speech import TextToSpeech
    from audiocli.text.script import SpeechScript

_SAMPLE = 2  # bytes
_FULL_SCALE = 32767
_BLOCK = 1 << 16  # samples
_COMMIT_INTERVAL = 2.0  # seconds


def speech_key(model: TextToSpeech, script: SpeechScript, *, fit: bool, lexicon: str) -> str:
    """Return a hash of all that determines the audio; another key starts a new journal.

    Parameters
    ----------
    fit : whether subtitle cues are spoken at their times
    lexicon : the entries of the lexicon
    """
    options = model.options
    embedding = options.synthesis.speaker_embedding
    settings = (
        model.model,
        replace(options, synthesis=options.synthesis.without_cloning()),
        None if embedding is None else embedding.tobytes(),
        fit,
        lexicon,
    )
    digest = hashlib.sha256(repr(settings).encode())
    for line in script.lines():
        digest.update(repr(line).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


class SpeechJournal:
    """The samples and passages of one text; created by `open_journal`.

    Attributes
    ----------
    done : number of completed passages
    samples : number of their samples
    is_whole : whether all passages are complete
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self.done = self.samples = 0
        self.is_whole = False
        if not self._resumed(key):
            self._begin(key)
        self._sound: IO[bytes] = (folder / "sound.pcm").open("r+b")
        self._sound.truncate(self.samples * _SAMPLE)
        self._sound.seek(0, os.SEEK_END)
        self._journal: IO[str] = (folder / "journal.jsonl").open("a", encoding="utf-8")
        self._waiting: list[str] = []  # lines whose samples may not be synced yet
        self._committed = time.monotonic()

    def add(self, spoken: SynthesisedPassage) -> None:
        """Add a passage with mono samples; those outside [-1, 1] are clipped."""
        import numpy as np

        for block in spoken.blocks():
            whole = (np.clip(block, -1.0, 1.0) * _FULL_SCALE).round().astype("<i2")
            self._sound.write(whole.tobytes())
        entry = {
            "number": spoken.number,
            "start": self.samples,
            "samples": self.samples + spoken.size,
            "chapter": spoken.chapter,
            "marks": [[mark.time, mark.name] for mark in spoken.marks],
            "segment": _written(spoken.segment) if spoken.segment else None,
        }
        self.done, self.samples = spoken.number + 1, self.samples + spoken.size
        self._waiting.append(json.dumps(entry, ensure_ascii=False))
        if time.monotonic() - self._committed > _COMMIT_INTERVAL:
            self._commit()

    def finish(self) -> None:
        """Record that all passages are complete."""
        self._waiting.append(json.dumps({"whole": True}))
        self._commit()
        self.is_whole = True

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield all samples as blocks of shape (time,)."""
        import numpy as np

        self._sound.flush()
        with (self._folder / "sound.pcm").open("rb") as sound:
            while data := sound.read(_BLOCK * _SAMPLE):
                yield np.frombuffer(data, "<i2").astype(np.float32) / np.float32(_FULL_SCALE)

    def segments(self) -> tuple[Segment, ...]:
        """Return the segments of the speech."""
        return tuple(_read(e["segment"]) for e in self._entries() if e["segment"])

    def chapters(self, rate: int) -> tuple[Moment, ...]:
        """Return the start of each chapter, for a sampling rate in Hz."""
        found = ((e["start"], e["chapter"]) for e in self._entries() if e["chapter"])
        return tuple(Moment(time=start / rate, name=title) for start, title in found)

    def marks(self) -> tuple[Moment, ...]:
        """Return the times of the SSML marks."""
        return tuple(Moment(time=at, name=name) for e in self._entries() for at, name in e["marks"])

    def close(self) -> None:
        """Sync and close the files."""
        self._commit()
        self._sound.close()
        self._journal.close()

    def _commit(self) -> None:
        self._sound.flush()
        os.fsync(self._sound.fileno())
        lines, self._waiting = self._waiting, []  # a signal from here on writes no line twice
        self._journal.writelines([f"{line}\n" for line in lines])
        self._journal.flush()
        os.fsync(self._journal.fileno())
        self._committed = time.monotonic()

    def _entries(self) -> Iterator[dict[str, Any]]:
        """Read the passages from disk, because those of a book are too many for memory."""
        with (self._folder / "journal.jsonl").open("rb") as journal:
            yield from (entry for line in journal if "number" in (entry := _line(line)))

    def _begin(self, key: str) -> None:
        (self._folder / "sound.pcm").write_bytes(b"")
        (self._folder / "journal.jsonl").write_text(json.dumps({"key": key}) + "\n", "utf-8")

    def _resumed(self, key: str) -> bool:
        """Read the journal of an earlier run; return False if there is none with this key."""
        try:
            sound = (self._folder / "sound.pcm").stat().st_size
            with (self._folder / "journal.jsonl").open("rb") as journal:
                if _line(journal.readline()).get("key") != key:
                    return False
                kept = journal.tell()
                for line in journal:
                    entry = _line(line)
                    self.is_whole = self.is_whole or bool(entry.get("whole"))
                    if not self.is_whole and entry.get("samples", sound) * _SAMPLE > sound:
                        break
                    if not entry:
                        break
                    if "number" in entry:
                        self.done, self.samples = entry["number"] + 1, entry["samples"]
                    kept += len(line)
            os.truncate(self._folder / "journal.jsonl", kept)
        except FileNotFoundError:
            return False
        return True


def unfinished_key(path: Path) -> str | None:
    """Return the key of a run that spoke all of a text and was killed while it wrote its files."""
    try:
        lines = (_journal_folder(path) / "journal.jsonl").read_bytes().splitlines(keepends=True)
    except OSError:
        return None
    if not lines or not _line(lines[-1]).get("whole"):
        return None
    key = _line(lines[0]).get("key")
    return key if isinstance(key, str) else None


def _journal_folder(path: Path) -> Path:
    return path.with_name(f".{path.name}.speaking")


@contextmanager
def open_journal(path: Path, key: str) -> Iterator[SpeechJournal]:
    """Open the journal of an output file; it is removed when the block ends without an error.

    Parameters
    ----------
    path : the output file
    key : hash of everything that determines the audio; a journal with another key is discarded

    Raises
    ------
    OutputError : it cannot be written, or is in use by another run
    """
    from filelock import FileLock, Timeout

    folder = _journal_folder(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            journal = SpeechJournal(folder, key)
            try:
                yield journal
            finally:
                journal.close()
                if not journal.done:
                    shutil.rmtree(folder, ignore_errors=True)
    except Timeout:
        raise OutputError(f"{path}: is being written by another run", "wait for its end") from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise write_failure(path, error) from error
    shutil.rmtree(folder, ignore_errors=True)


def _line(line: bytes) -> dict[str, Any]:
    """Parse a line of the journal; an incomplete line gives an empty dictionary."""
    try:
        found = json.loads(line) if line.endswith(b"\n") else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _written(segment: Segment) -> dict[str, Any]:
    words = [[word.start, word.end, word.text] for word in segment.words]
    return {
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "language": segment.language,
        "speaker": segment.speaker,
        "words": words,
    }


def _read(written: dict[str, Any]) -> Segment:
    words = tuple(Word(start=a, end=b, text=text) for a, b, text in written["words"])
    return Segment(**{**written, "words": words})
