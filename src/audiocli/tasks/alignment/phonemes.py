"""The sounds of what was said, as a phoneme model hears them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from audiocli.audio.spool import AudioSpool
from audiocli.errors import UsageError
from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions, Recogniser
from audiocli.results import ModelInfo, Segment, Word

_CONTEXT = 0.2  # seconds of sound on either side, so that edges are not cut off


def check_phonemes(model: Any, info: ModelInfo, rate: int) -> None:
    """Refuse a recogniser that writes letters, or takes sound of another rate.

    Raises
    ------
    UsageError : it is no model for phonemes of sound at this rate
    """
    if not getattr(model, "writes_phonemes", False):
        raise UsageError(
            f"{info.name} writes letters, not phonemes",
            "such as facebook/wav2vec2-lv-60-espeak-cv-ft does",
        )
    if model.rate != rate:
        raise UsageError(f"{info.name} takes {model.rate} samples a second, not {rate}")


def phonemes_in(
    segments: Iterable[Segment], spool: AudioSpool, model: Recogniser
) -> Iterator[Word]:
    """Yield the phonemes heard in segments, as words; each belongs where its middle is."""
    for segment in segments:
        begin = max(spool.offset, segment.start - _CONTEXT)
        samples = spool.samples(begin, segment.end + _CONTEXT)
        (heard,) = model.recognise([AudioChunk(samples=samples)], DecodingOptions())
        for one in heard.words:
            found = replace(one, start=begin + one.start, end=begin + one.end)
            if segment.start <= (found.start + found.end) / 2 < segment.end:
                yield found
