"""Phonemes of segments on the time axis of the recording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audiocli.audio.decode import open_audio, read
from audiocli.audio.spool import AudioSpool
from audiocli.models.base import DeviceOptions
from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions
from audiocli.results import Segment
from audiocli.tasks.alignment.phonemes import phonemes_in

pytest.importorskip("torch")

import tiny_ctc
from audiocli.models.common.ctc.recogniser import CtcRecogniser


def test_phonemes_belong_to_the_segment_of_their_middle(tmp_path: Path, jfk: Path) -> None:
    model: Any = CtcRecogniser(tiny_ctc.phonemes(tmp_path), DeviceOptions(threads=1))
    spool = AudioSpool()
    with open_audio(jfk, rate=16_000) as stream:
        for _ in spool.tee(stream):
            pass
    spoken = [
        Segment(start=start, end=end, text="", words=()) for start, end in ((1.0, 2.5), (2.5, 3.0))
    ]
    found = list(phonemes_in(spoken, spool, model))
    samples = read(jfk, rate=16_000).samples[0, round(0.8 * 16_000) : round(2.7 * 16_000)]
    (heard,) = model.recognise([AudioChunk(samples=samples)], DecodingOptions())
    expected = [
        (word.text, round(0.8 + word.start, 3))
        for word in heard.words
        if 1.0 <= 0.8 + (word.start + word.end) / 2 < 2.5
    ]
    first = [(one.text, round(one.start, 3)) for one in found if one.start + one.end < 5.0]
    assert len(expected) > 20 and first == expected
    rest = [(one.start + one.end) / 2 for one in found[len(first) :]]
    assert rest and all(2.5 <= middle < 3.0 for middle in rest) and rest == sorted(rest)
    spool.close()
