"""Test that a damaged file of enrolled speakers is one error with a way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audiocli.batch.vector_cache import file_sha256
from audiocli.batch.voice_store import VoiceStore
from audiocli.errors import InputError, UsageError

VOICE = {"name": "Ada", "embedder": "toy", "seconds": 1.0, "sources": [], "vector": [0.5]}


@pytest.mark.parametrize("change", [{"name": {}}, {"embedder": [1]}, {"vector": 1}])
def test_values_of_another_type_are_refused(change: dict[str, Any], tmp_path: Path) -> None:
    book = tmp_path / "book.json"
    book.write_text(json.dumps({"voices": [VOICE]}))
    assert [voice.name for voice in VoiceStore(book).all()] == ["Ada"]
    book.write_text(json.dumps({"voices": [VOICE | change]}))
    with pytest.raises(UsageError, match="voices cannot be read: TypeError") as refused:
        VoiceStore(book).all()
    assert refused.value.hint == "restore the file, or delete it and enroll again"


def test_a_name_with_a_nul_is_an_input_error() -> None:
    with pytest.raises(InputError, match="embedded null"):
        file_sha256(Path("a\0b.wav"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [1e300, "nan"])
def test_values_that_are_not_finite_are_refused(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "voices.json"
    path.write_text(json.dumps({"voices": [VOICE | {"vector": [0.1, value]}]}))
    with pytest.raises(UsageError, match="the voice of Ada is damaged"):
        VoiceStore(path).vectors("toy")
