"""Recognitions are kept exactly, and computed again if anything that was given changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions, Recognition
from audiocli.results import Word
from audiocli.tasks.transcription import recognition_memo
from memory_checkpoint import MemoryCheckpoint

TIMES = st.floats(0, 1e6)
PROBABILITIES = st.none() | st.floats(0, 1)
WORDS = st.builds(Word, start=TIMES, end=TIMES, text=st.text(), confidence=PROBABILITIES)
RECOGNITIONS = st.builds(
    Recognition,
    words=st.lists(WORDS, max_size=3).map(tuple),
    language=st.none() | st.text(),
    language_probability=PROBABILITIES,
    confidence=PROBABILITIES,
    unrecognised=st.lists(st.tuples(TIMES, TIMES), max_size=2).map(tuple),
)
CHUNK = AudioChunk(
    samples=np.linspace(-1, 1, 100, dtype=np.float32),
    language="en",
    candidates=("en", "de"),
    speech_probability=0.8,
    speech_spans=np.array([[0.0, 0.5]]),
)


@dataclass
class Scripted:
    """A recogniser that returns given answers, and counts the chunks."""

    answer: Recognition = field(default_factory=Recognition)
    chunks: int = 0

    def recognise(self, chunks: Sequence[AudioChunk], _: DecodingOptions) -> list[Recognition]:
        self.chunks += len(chunks)
        return [self.answer] * len(chunks)

    def detect_language(self, chunks: Sequence[AudioChunk]) -> list[dict[str, float]]:
        self.chunks += len(chunks)
        return [{"en": 1 / 3, "de": 2 / 3}] * len(chunks)


@given(RECOGNITIONS)
def test_a_recognition_is_restored_exactly(answer: Recognition) -> None:
    model: Any = Scripted(answer)
    memory = MemoryCheckpoint()
    options = DecodingOptions()
    for _ in range(2):
        arguments = (model, [CHUNK], options, [memory], [7.0])
        assert recognition_memo.recognise(*arguments) == [answer]
    assert (model.chunks, memory.restored) == (1, 7.0)


def test_probabilities_of_languages_are_restored() -> None:
    model: Any = Scripted()
    memory = MemoryCheckpoint()
    first, again = (recognition_memo.detect_language(model, [CHUNK], memory) for _ in range(2))
    assert first == again == [{"en": 1 / 3, "de": 2 / 3}]
    assert model.chunks == 1
    recognition_memo.recognise(model, [CHUNK], DecodingOptions(), [memory], [7.0])
    assert model.chunks == 2


@pytest.mark.parametrize(
    "other",
    [
        replace(CHUNK, samples=CHUNK.samples * np.float32(0.999)),
        replace(CHUNK, samples=CHUNK.samples[:-1]),
        replace(CHUNK, language="de"),
        replace(CHUNK, language=None),
        replace(CHUNK, candidates=("en",)),
        replace(CHUNK, speech_probability=0.9),
        replace(CHUNK, speech_spans=np.array([[0.0, 0.5 + 1e-9]])),
        replace(CHUNK, speech_spans=None),
    ],
)
def test_another_chunk_is_recognised(other: AudioChunk) -> None:
    model: Any = Scripted()
    memory = MemoryCheckpoint()
    for chunk in (CHUNK, other):
        recognition_memo.recognise(model, [chunk], DecodingOptions(), [memory], [7.0])
    assert model.chunks == 2


def test_other_options_recognise_again() -> None:
    model: Any = Scripted()
    memory = MemoryCheckpoint()
    for options in (DecodingOptions(), DecodingOptions(beam_size=1), DecodingOptions(prompt="x")):
        recognition_memo.recognise(model, [CHUNK], options, [memory], [7.0])
    assert model.chunks == 3


def test_only_the_missing_chunks_of_a_batch_are_recognised() -> None:
    model: Any = Scripted()
    memory = MemoryCheckpoint()
    chunks = [replace(CHUNK, samples=CHUNK.samples * np.float32(n)) for n in range(5)]
    recognition_memo.recognise(model, chunks[1:3], DecodingOptions(), [memory] * 2, [1.0] * 2)
    checkpoints = [*[memory] * 4, None]
    found = recognition_memo.recognise(model, chunks, DecodingOptions(), checkpoints, [1.0] * 5)
    assert len(found) == 5
    assert model.chunks == 2 + 3
    assert len(memory.values) == 4
