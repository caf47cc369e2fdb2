"""Transcripts do not depend on the order in which windows are finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions, Recognition
from audiocli.results import ModelInfo, Word
from audiocli.tasks.common.events import Recording
from audiocli.tasks.transcription.options import TranscriptionOptions
from audiocli.tasks.transcription.partial_transcript import PartialTranscript
from audiocli.tasks.transcription.speech_windows import NO_VAD, SpeechWindow, VadOptions
from audiocli.tasks.transcription.transcriber import Transcriber
from audiocli.tasks.transcription.window_items import FinishedSeconds, SpeechWindowItem

RATE = 16_000


@dataclass
class Bilingual:
    """A recogniser that detects Spanish in every window, with more confidence in `better`."""

    better: str = "es"
    languages: tuple[str, ...] = ("en", "es")
    asked: list[AudioChunk] = field(default_factory=list)

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        return [{"en": 0.1, "es": 0.9} for _ in chunks]

    def recognise(self, chunks: Sequence[AudioChunk], _: DecodingOptions) -> list[Recognition]:
        self.asked += chunks
        word = (Word(start=0.0, end=0.5, text="w"),)
        return [
            Recognition(
                words=word,
                language=u.language,
                confidence=0.4 if u.language == self.better else 0.3,
            )
            for u in chunks
        ]


def transcriber(recogniser: Any, **options: Any) -> Transcriber:
    vad: Any = None
    info = ModelInfo(name="m", revision=None)
    return Transcriber(
        recogniser=recogniser, vad=vad, model=info, options=TranscriptionOptions(**options)
    )


def window(start: float, seconds: float = 1.0) -> SpeechWindow:
    samples = np.zeros(round(seconds * RATE), np.float32)
    return SpeechWindow(start, samples, RATE, np.array([[0.0, seconds]]), 1.0)


def recording() -> Recording:
    opened: Any = None
    return Recording(0, "talk", opened)


def test_unrecognised_speech_is_in_order_of_time() -> None:
    talk = recording()
    state = PartialTranscript(talk, DecodingOptions())
    nothing = Recognition(unrecognised=((0.0, 1.0),))
    for number in (2, 0, 1):
        state.add(SpeechWindowItem(talk, number, window(10.0 * number)), nothing)
    outcome: Any = transcriber(Bilingual())._outcome(state, SpeechWindowItem(talk, 3))
    assert [span.start for span in outcome.result.unrecognised] == [0.0, 10.0, 20.0]


def test_progress_counts_finished_windows_only() -> None:
    talk = recording()
    finished = FinishedSeconds()
    last = SpeechWindowItem(talk, 1, window(50.0, 10.0), advance=30.0)
    first = SpeechWindowItem(talk, 0, window(5.0, 25.0), advance=30.0)
    end = SpeechWindowItem(talk, 2, duration=62.0)
    assert finished.after(last, None) == 30.0
    assert finished.after(first, None) == 60.0
    assert finished.after(end, end) == 62.0


@pytest.mark.parametrize(("better", "others"), [("es", {"es"}), ("en", set())])
def test_other_language_is_reported_if_it_is_kept(better: str, others: set[str]) -> None:
    talk = recording()
    state = PartialTranscript(talk, DecodingOptions())
    state.language = "en"
    items = [SpeechWindowItem(talk, 0, window(0))]
    (found,) = transcriber(Bilingual(better))._recognise(items, {id(talk): state})
    assert found.language == better
    assert state.other_languages == others


def test_spans_of_speech_are_known_only_where_a_detector_found_them() -> None:
    talk = recording()
    for vad_options, is_known in ((VadOptions(), True), (NO_VAD, False)):
        recogniser = Bilingual()
        listening = transcriber(recogniser, language="en", vad_options=vad_options)
        listening._recognise(
            [SpeechWindowItem(talk, 0, window(0))],
            {id(talk): PartialTranscript(talk, DecodingOptions())},
        )
        assert (recogniser.asked[0].speech_spans is not None) == is_known


@pytest.mark.parametrize(("language", "held"), [(None, 3), ("en", 1), ("auto", 1)])
def test_windows_are_held_back_only_where_a_language_is_detected(
    language: str | None, held: int
) -> None:
    taken = 0

    def windows() -> Any:
        nonlocal taken
        for start in (0, 5, 10):
            taken += 1
            yield window(start)

    next(transcriber(Bilingual(), language=language)._with_language_windows(windows()))
    assert taken == held
