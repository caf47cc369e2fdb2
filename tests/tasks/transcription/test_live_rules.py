"""Rules of live transcription: each test fails when its rule is removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions, Recognition
from audiocli.results import ModelInfo, Transcript, Word
from audiocli.tasks.transcription.live import LiveTranscriber
from audiocli.tasks.transcription.options import TranscriptionOptions
from audiocli.tasks.transcription.transcriber import Transcriber
from peak_vad import PeakVad

RATE = 16_000
BLOCK = RATE // 4


@dataclass
class Live:
    """A live stream.

    Attributes
    ----------
    waiting : seconds of audio that are not read yet
    """

    samples: NDArray[np.float32]
    waiting: float = 0.0

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(self.samples), BLOCK):
            yield self.samples[start : start + BLOCK]


@dataclass
class Counting:
    """A recogniser of a word every half second and a sentence every five.

    The first second is English, the rest Spanish.

    Attributes
    ----------
    chunks : all that it was given
    prompts : the prompt with which each chunk was decoded
    """

    chunks: list[AudioChunk] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    rate: int = RATE
    max_seconds: float = 29.0
    batch_seconds: float = 80.0
    workers: int = 1
    languages: tuple[str, ...] = ("en", "es")
    supported_options: frozenset[str] = frozenset({"prompt"})

    def padded_seconds(self, seconds: float) -> float:
        return seconds

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        raise AssertionError(f"recognition detects the language of {len(chunks)} windows itself")

    def recognise(
        self, chunks: Sequence[AudioChunk], options: DecodingOptions
    ) -> list[Recognition]:
        self.chunks += chunks
        self.prompts += [options.prompt] * len(chunks)
        return [self._recognise(chunk) for chunk in chunks]

    def _recognise(self, chunk: AudioChunk) -> Recognition:
        begin = time_of(chunk.samples[np.flatnonzero(chunk.samples)[0]])
        length = len(chunk.samples) / RATE
        numbers = [n for n in range(200) if begin <= n / 2 <= begin + length - 0.4]
        words = [
            Word(
                start=n / 2 - begin,
                end=n / 2 - begin + 0.4,
                text=f"W{n}." if n % 10 == 9 else f"W{n}",
            )
            for n in numbers
        ]
        language = "en" if begin < 1.0 else "es"
        return Recognition(
            words=tuple(words), language=chunk.language or language, language_probability=0.9
        )


FIRST, RISE = 0.94, 1e-3  # the sample at the start, and how much it rises in a second


def time_of(sample: float) -> float:
    """Return the time of a sample in the stream, in seconds."""
    return round((float(sample) - FIRST) / RISE, 3)


def speech(*seconds: float) -> NDArray[np.float32]:
    """Return windows of speech, whose samples tell their time, with pauses of three seconds."""
    is_speech = np.concatenate(
        [np.r_[np.ones(round(s * RATE)), np.zeros(3 * RATE)] for s in seconds]
    )
    times = np.arange(len(is_speech)) / RATE
    return (is_speech * (FIRST + RISE * times)).astype(np.float32)


def transcribed(samples: NDArray[np.float32], waiting: float = 0.0) -> tuple[Counting, Transcript]:
    recogniser = Counting()
    vad: Any = PeakVad()
    model = ModelInfo(name="m", revision=None)
    transcriber = Transcriber(
        recogniser=recogniser, vad=vad, model=model, options=TranscriptionOptions()
    )
    audio: Any = Live(samples, waiting)
    *_, result = LiveTranscriber(transcriber=transcriber, name="mic").run(audio)
    assert isinstance(result, Transcript)
    return recogniser, result


def test_hypotheses_are_left_out_where_the_stream_is_ahead() -> None:
    behind, result = transcribed(speech(6.0), waiting=10.0)
    assert len(behind.chunks) == 1
    in_time, same = transcribed(speech(6.0))
    assert len(in_time.chunks) >= 5
    assert result.segments == same.segments


def test_only_complete_windows_are_checked_for_uncovered_speech() -> None:
    recogniser, _ = transcribed(speech(6.0))
    *hypotheses, last = recogniser.chunks
    assert [chunk.speech_spans for chunk in hypotheses] == [None] * len(hypotheses)
    assert last.speech_spans is not None


def test_the_language_is_fixed_after_seconds_of_speech() -> None:
    """The first window is short and English, the others are Spanish."""
    recogniser, result = transcribed(speech(1.5, 4.0, 4.0, 4.0), waiting=10.0)
    assert [chunk.language for chunk in recogniser.chunks] == [None, None, "es", "es"]
    assert result.language == "es"


def test_hypotheses_of_long_windows_begin_later_and_continue_the_text() -> None:
    recogniser, _ = transcribed(speech(26.0))
    lengths = [len(chunk.samples) / RATE for chunk in recogniser.chunks[:-1]]
    assert len(lengths) >= 20
    assert max(lengths) < 17.0
    assert recogniser.prompts[0] == recogniser.prompts[-1] == ""
    assert recogniser.prompts[-2].startswith("W0 W1 W2")
