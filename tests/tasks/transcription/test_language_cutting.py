"""Windows of recordings in which the language may change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from audiocli.tasks.transcription.options import TranscriptionOptions
from audiocli.tasks.transcription.speech_windows import NO_VAD

RECOGNISER: Any = SimpleNamespace(max_seconds=20.0)


def test_windows_end_at_shorter_pauses_where_languages_may_change() -> None:
    known, auto = TranscriptionOptions(language="en"), TranscriptionOptions(language="auto")
    assert (
        auto.vad_options_for(RECOGNISER).min_silence < known.vad_options_for(RECOGNISER).min_silence
    )
    assert known.vad_options_for(RECOGNISER).max_seconds == 20.0
    assert (
        TranscriptionOptions(language="auto", vad_options=NO_VAD).vad_options_for(RECOGNISER).onset
        == 0.0
    )
