"""Live transcription: how long after a word it is confirmed, and how right it is.

    OMP_NUM_THREADS=1 python benchmarks/live.py --data FOLDER

FOLDER holds `manifest.jsonl`; its composed conversations are joined and heard as a
stream. The stream's clock goes on by the processor seconds that the work takes, so the
delays are those of one idle core, whatever else the machine does. A delay is from the
end of a word to the moment it is confirmed. Beside it stands the same recording, not live.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from transcribe import word_error_rate

from audiocli.audio.decode import AudioStream
from audiocli.cli.allocator import keep_large_blocks
from audiocli.loading import Loader, default_store
from audiocli.models.base import DeviceOptions
from audiocli.results import Transcript
from audiocli.tasks.common.events import Done, Recording
from audiocli.tasks.transcription.live import LiveTranscriber, LiveUpdate
from audiocli.tasks.transcription.options import TranscriptionOptions
from audiocli.tasks.transcription.transcriber import Transcriber

RATE = 16_000


class Stream:
    """Sound that arrives as it is said, in the place of an `audio.live_buffer.LiveBuffer`."""

    def __init__(self, samples: Any) -> None:
        self._samples = samples
        self._taken = 0
        self._idle = 0.0  # seconds in which the listener waited
        self._begin = time.process_time()

    @property
    def now(self) -> float:
        """Seconds since the stream began."""
        return time.process_time() - self._begin + self._idle

    @property
    def waiting(self) -> float:
        return min(self.now, len(self._samples) / RATE) - self._taken / RATE

    def __iter__(self) -> Iterator[Any]:
        while self._taken < len(self._samples):
            self._idle += max(0.0, self._taken / RATE + 0.25 - self.now)
            end = min(round(self.now * RATE), self._taken + 30 * RATE)
            block = self._samples[self._taken : end]
            self._taken += len(block)
            yield block


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data
    lines = (folder / "manifest.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["set"] == "composed_conversations"]
    parts = [sf.read(folder / row["path"], dtype="float32")[0] for row in rows]
    samples, text = np.concatenate(parts), " ".join(row["text"] for row in rows)
    keep_large_blocks()
    transcriber = Loader(DeviceOptions(device="cpu", threads=1), default_store()).transcriber(
        "whisper-base", TranscriptionOptions(language="en", word_timestamps=True)
    )
    print(
        "| | delay, s: median | mean | 95 % | word errors % | CPU s/s |\n|---|---|---|---|---|---|"
    )
    live(transcriber, samples, text)
    recording(transcriber, samples, text)


def live(transcriber: Transcriber, samples: Any, text: str) -> None:
    stream: Any = Stream(samples)
    words: list[str] = []
    delays: list[float] = []
    transcript = ""
    begin = time.process_time()
    for happening in LiveTranscriber(transcriber=transcriber, name="-").run(stream):
        if isinstance(happening, LiveUpdate):
            words += [word.text for word in happening.words]
            delays += [stream.now - word.end for word in happening.words]
        else:
            transcript = happening.text
    cpu = (time.process_time() - begin) * RATE / len(samples)
    median, late = np.percentile(delays, [50, 95])
    cells = f"{median:.1f} | {np.mean(delays):.1f} | {late:.1f}"
    print(f"| live, confirmed words | {cells} | {errors(text, ' '.join(words))} | {cpu:.2f} |")
    print(f"| live, the transcript at the end | | | | {errors(text, transcript)} | |", flush=True)


def recording(transcriber: Transcriber, samples: Any, text: str) -> None:
    @contextmanager
    def opened(_: int | None) -> Iterator[AudioStream]:
        yield AudioStream("-", RATE, 1, None, 0.0, iter([samples[None]]))

    begin = time.process_time()
    events = transcriber.run([Recording(0, "-", opened)])
    (found,) = (event.result for event in events if isinstance(event, Done))
    assert isinstance(found, Transcript)
    cpu = (time.process_time() - begin) * RATE / len(samples)
    print(f"| the recording, not live | | | | {errors(text, found.text)} | {cpu:.2f} |")


def errors(text: str, found: str) -> str:
    return f"{word_error_rate([text], [found]):.1f}"


if __name__ == "__main__":
    main()
