"""Rules that build transcripts from windows: each test fails when its rule is removed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiocli.audio.decode import AudioStream
from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions, Recognition
from audiocli.results import ModelInfo, Transcript, Word
from audiocli.tasks.common.events import Done, Failed, Recording
from audiocli.tasks.transcription.options import TranscriptionOptions
from audiocli.tasks.transcription.segments import segments, trim_to_speech
from audiocli.tasks.transcription.transcriber import Transcriber
from conftest import DATA, Ran
from peak_vad import PeakVad

Run = Callable[..., Ran]
RATE = 16_000


# --- on real speech -------------------------------------------------------------


def test_no_word_lasts_over_a_pause(run: Run, tmp_path: Path) -> None:
    """Attention-based times include the pause in the word before it, "fast", or after it."""
    speech = sf.read(DATA / "hold-on.flac")[0]
    cut = 2 * RATE
    path = tmp_path / "pause.wav"
    sf.write(path, np.concatenate([speech[:cut], np.zeros(8 * RATE // 5), speech[cut:]]), RATE)
    result = run("transcribe", path, "-f", "json", "-w").json
    words = [word for segment in result["segments"] for word in segment["words"]]
    assert len(words) >= 8
    assert [w["text"] for w in words if w["start"] < 3.4 and w["end"] > 2.2] == []


def test_an_uncertain_language_is_reported(run: Run, tmp_path: Path) -> None:
    """Less than a second of reversed speech."""
    speech = sf.read(DATA / "hold-on.flac")[0]
    path = tmp_path / "reversed.wav"
    sf.write(path, speech[RATE : 9 * RATE // 5][::-1], RATE)
    ran = run("transcribe", path)
    assert ran.code == 0
    assert ran.stderr.startswith(f"warning: {path}: the language is uncertain (")
    assert run("transcribe", path, "-l", "en").stderr == ""


# --- on words --------------------------------------------------------------------


def test_a_word_belongs_to_the_first_stretch_that_can_hold_it() -> None:
    speech = np.array([[0.0, 0.25], [1.0, 3.0], [4.0, 4.1], [5.0, 6.0]])
    words = [Word(start=0.0, end=2.0, text="a"), Word(start=4.0, end=5.5, text="b")]
    trimmed = trim_to_speech(words, speech)
    assert [(word.start, word.end) for word in trimmed] == [(0.0, 0.25), (5.0, 5.5)]


def test_words_without_any_punctuation_part_at_short_pauses_once_a_segment_is_long() -> None:
    times = [0.5 * n + (0.35 if n >= 18 else 0.0) for n in range(24)]
    words = [Word(start=time, end=time + 0.5, text=f"w{n}") for n, time in enumerate(times)]
    assert [len(segment.words) for segment in segments(words, "en")] == [18, 6]
    words[0] = Word(start=0.0, end=0.5, text="w0,")
    assert len(list(segments(words, "en"))) == 1


# --- on a scripted recogniser ----------------------------------------------------


@dataclass
class Spanish:
    """A recogniser that detects Spanish; windows with a peak below 0.94 are English.

    Batches with a peak of 0.97 fail.

    Attributes
    ----------
    english : probability of English in an English window
    batches : the requested languages of each batch
    unrecognised : of every window
    seconds_to_detect : duration of a batch without a known language
    """

    english: float = 0.9
    unrecognised: tuple[tuple[float, float], ...] = ()
    seconds_to_detect: float = 0.0
    batches: list[list[str | None]] = field(default_factory=list)
    rate: int = RATE
    max_seconds: float = 29.0
    batch_seconds: float = 1000.0
    workers: int = 1
    languages: tuple[str, ...] = ("en", "es")
    supported_options: frozenset[str] = frozenset()

    def padded_seconds(self, seconds: float) -> float:
        return seconds

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        shares = [self.english if is_english(u) else 0.1 for u in chunks]
        return [{"en": share, "es": 1 - share} for share in shares]

    def recognise(self, chunks: Sequence[AudioChunk], _: DecodingOptions) -> list[Recognition]:
        self.batches.append([chunk.language for chunk in chunks])
        if None in self.batches[-1]:
            time.sleep(self.seconds_to_detect)
        if any(0.96 < np.abs(chunk.samples).max() < 0.98 for chunk in chunks):
            raise ZeroDivisionError("of the test")
        return [self._recognise(chunk) for chunk in chunks]

    def _recognise(self, chunk: AudioChunk) -> Recognition:
        found = self.detect_language([chunk])[0]
        language = chunk.language or max(found, key=lambda code: found[code])
        fits = language == ("en" if is_english(chunk) else "es")
        return Recognition(
            words=(Word(start=0.5, end=1.0, text=language),) if fits else (),
            language=language,
            language_probability=found[language],
            confidence=0.9 if fits else None,
            unrecognised=self.unrecognised,
        )


def is_english(chunk: AudioChunk) -> bool:
    return float(np.abs(chunk.samples).max()) < 0.94


def recording(name: str, *peaks: float) -> Recording:
    """Return windows of six seconds, given by their peaks, with pauses of three seconds."""
    parts = [np.r_[np.full(6 * RATE, peak), np.zeros(3 * RATE)] for peak in peaks]
    samples = np.concatenate(parts).astype(np.float32)[None]

    @contextmanager
    def opened(_: int | None) -> Iterator[AudioStream]:
        yield AudioStream(name, RATE, 1, None, 0.0, iter([samples]))

    return Recording(name, name, opened)


def outcomes(recogniser: Spanish, *recordings: Recording) -> dict[str, Done[Transcript] | Failed]:
    """Transcribe recordings; return the outcome of each by name."""
    vad: Any = PeakVad()
    model = ModelInfo(name="m", revision=None)
    transcriber = Transcriber(
        recogniser=recogniser, vad=vad, model=model, options=TranscriptionOptions()
    )
    events = transcriber.run(recordings)
    return {event.key: event for event in events if isinstance(event, Done | Failed)}


def transcript(recogniser: Spanish, *peaks: float) -> Transcript:
    """Transcribe one recording, given by the peaks of its windows."""
    outcome = outcomes(recogniser, recording("talk", *peaks))["talk"]
    assert isinstance(outcome, Done)
    return outcome.result


SPANISH, ENGLISH, BROKEN = 0.99, 0.92, 0.97


def test_windows_wait_for_the_language_of_the_first() -> None:
    recogniser = Spanish(workers=2, seconds_to_detect=0.5)
    transcript(recogniser, SPANISH, SPANISH, SPANISH)
    assert [language for batch in recogniser.batches for language in batch] == [None, "es", "es"]


def test_a_window_that_fails_leaves_the_others_of_its_batch() -> None:
    """While the first recording is decoded, the others gather into one batch."""
    recogniser = Spanish(seconds_to_detect=0.5)
    found = outcomes(
        recogniser,
        recording("first", SPANISH),
        recording("broken", BROKEN),
        recording("last", SPANISH),
    )
    assert {name: type(outcome) for name, outcome in found.items()} == {
        "first": Done,
        "broken": Failed,
        "last": Done,
    }


def test_a_window_without_words_is_tried_in_its_own_language(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, logger="audiocli"):
        found = transcript(Spanish(), SPANISH, ENGLISH, SPANISH)
    assert [segment.text for segment in found.segments] == ["es", "en", "es"]
    assert [record.getMessage() for record in caplog.records] == [
        "talk: recognised as es, but parts sound like en; "
        "use --language auto to detect the language of every part"
    ]


def test_another_language_has_to_be_likely() -> None:
    found = transcript(Spanish(english=0.6), SPANISH, ENGLISH, SPANISH)
    assert [segment.text for segment in found.segments] == ["es", "es"]


def test_unrecognised_speech_is_reported_where_speech_is_sure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A peak of 0.8 may be noise."""
    recogniser = Spanish(unrecognised=((2.0, 5.0),))
    with caplog.at_level(logging.WARNING, logger="audiocli"):
        assert transcript(recogniser, 0.8).unrecognised == ()
        assert caplog.records == []
        (span,) = transcript(recogniser, SPANISH).unrecognised
    assert (span.start, span.end) == (pytest.approx(2.0), pytest.approx(5.0))
    assert [record.getMessage() for record in caplog.records] == [
        "talk: no words recognised in 3.0 s of speech (at 2.0-5.0 s)"
    ]
