"""How recordings are cut where speakers may switch languages."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from audiocli.tasks.transcription.speech_windows import NO_VAD
from audiocli.tasks.transcription.transcriber import TranscriptionOptions

RECOGNISER: Any = SimpleNamespace(longest=20.0)


def test_windows_end_at_shorter_pauses_where_languages_may_change() -> None:
    known, auto = TranscriptionOptions(language="en"), TranscriptionOptions(language="auto")
    assert auto.cut_for(RECOGNISER).gap < known.cut_for(RECOGNISER).gap
    assert known.cut_for(RECOGNISER).longest == 20.0
    assert TranscriptionOptions(language="auto", cutting=NO_VAD).cut_for(RECOGNISER).onset == 0.0
