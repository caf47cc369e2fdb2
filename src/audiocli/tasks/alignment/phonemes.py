"""Recognise the phonemes of segments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from audiocli.audio.spool import AudioSpool
from audiocli.errors import UsageError
from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions, Recogniser
from audiocli.results import ModelInfo, Segment, Word

_CONTEXT = 0.2  # seconds of audio added on both sides of a segment


def check_phonemes(model: Any, info: ModelInfo, rate: int) -> None:
    """Check that a recogniser writes phonemes and has the given sample rate.

    Raises
    ------
    UsageError : it writes letters, or has another sample rate
    """
    if not getattr(model, "writes_phonemes", False):
        raise UsageError(
            f"{info.name} writes letters, not phonemes",
            "use a model such as facebook/wav2vec2-lv-60-espeak-cv-ft",
        )
    if model.rate != rate:
        raise UsageError(f"{info.name} has a sample rate of {model.rate} Hz, not {rate} Hz")


def phonemes_in(
    segments: Iterable[Segment], spool: AudioSpool, model: Recogniser
) -> Iterator[Word]:
    """Yield the phonemes of segments as words; the middle of each lies in its segment."""
    for segment in segments:
        begin = max(spool.offset, segment.start - _CONTEXT)
        samples = spool.samples(begin, segment.end + _CONTEXT)
        (recognised,) = model.recognise([AudioChunk(samples=samples)], DecodingOptions())
        for one in recognised.words:
            found = replace(one, start=begin + one.start, end=begin + one.end)
            if segment.start <= (found.start + found.end) / 2 < segment.end:
                yield found
