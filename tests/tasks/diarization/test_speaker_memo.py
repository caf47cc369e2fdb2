"""Outputs of the networks are kept exactly, for the audio that they were computed from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiocli.audio.decode import read
from audiocli.loading import Loader, default_store
from audiocli.models.base import DeviceOptions
from audiocli.models.protocols.speakers import SpeakerModel
from audiocli.tasks.diarization.grid import WINDOW
from audiocli.tasks.diarization.speaker_memo import kept_model
from memory_checkpoint import MemoryCheckpoint


def test_outputs_are_restored_exactly(jfk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = Loader(DeviceOptions(), default_store()).speaker_model()
    samples = read(jfk, rate=model.segmenter.rate).samples[0]
    size = model.segmenter.window(WINDOW)
    windows = np.stack([samples[:size], samples[-size:]])
    clips = [samples[1000:17000], samples[40000:56000]]

    def outputs(model: SpeakerModel) -> list[np.ndarray]:
        return [model.segmenter.activities(windows), model.embedder.embed(clips)]

    memory = MemoryCheckpoint()
    kept = kept_model(model, memory)
    expected = outputs(model)
    assert [one.tobytes() for one in outputs(kept)] == [one.tobytes() for one in expected]
    assert len(memory.values) == 2
    for part in (model.segmenter, model.embedder):
        for name in ("activities", "embed"):
            monkeypatch.setattr(type(part), name, None, raising=False)
    for one, first in zip(outputs(kept), expected, strict=True):
        assert (one.dtype, one.shape) == (first.dtype, first.shape)
        assert np.array_equal(one, first)
    assert memory.restored == pytest.approx(2 * 2.5, abs=0.01)
    clips[1] = clips[1] * np.float32(0.999)
    with pytest.raises(TypeError):
        kept.embedder.embed(clips)
    with pytest.raises(TypeError):
        kept.segmenter.activities(windows[:1])
