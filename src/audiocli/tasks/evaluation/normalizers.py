"""Normalizers of texts before words are compared."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Literal, get_args

NormalizerName = Literal["whisper", "basic", "none"]
NORMALIZERS = get_args(NormalizerName)
Normalize = Callable[[str], str]


def normalizer(name: NormalizerName, language: str | None) -> Normalize:
    """Return a normalizer of Whisper (Radford et al. 2022, appendix C), or one that keeps texts.

    Parameters
    ----------
    name : `whisper` is the English normalizer, or the basic one for other languages; `basic`
        lowercases and removes punctuation; `none` changes nothing
    language : code of the language; None is English
    """
    if name == "none":
        return str
    if name == "whisper" and language in (None, "en"):
        return _english()
    return _basic()


@cache
def _english() -> Normalize:
    from whisper_normalizer.english import EnglishTextNormalizer

    normalize: Normalize = EnglishTextNormalizer()
    return normalize


@cache
def _basic() -> Normalize:
    from whisper_normalizer.basic import BasicTextNormalizer

    normalize: Normalize = BasicTextNormalizer()
    return normalize
