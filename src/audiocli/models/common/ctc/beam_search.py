"""CTC prefix beam search with an n-gram language model and hotwords.

Uses the package ctc-beam-decoder, a C++ implementation of pyctcdecode with KenLM;
pyctcdecode itself does not support NumPy 2.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from audiocli.errors import MissingExtra, UsageError
from audiocli.models.common.ctc.emissions import CtcEmissions
from audiocli.models.common.ctc.vocabulary import CtcVocabulary
from audiocli.models.protocols.recognition import DecodingOptions

BEAMS = 100  # beam width
_NEVER = -1e4  # log probability of special tokens


def beam_search(emissions: CtcEmissions, decoding: DecodingOptions) -> list[str]:
    """Return the most probable words under the network and the language model.

    Raises
    ------
    MissingExtra : ctc-beam-decoder is not installed
    UsageError : the file is not a language model
    """
    vocabulary = emissions.vocabulary
    table = emissions.log_probabilities.copy()
    silent = [n for n, text in enumerate(vocabulary.pieces) if not text and n != vocabulary.blank]
    table[:, silent] = _NEVER
    decoder = _decoder(_labels(vocabulary), decoding.language_model)
    text: str = decoder.decode(table, beam_width=BEAMS, hotwords=list(decoding.hotwords))
    return text.split()


def _labels(vocabulary: CtcVocabulary) -> tuple[str, ...]:
    """Return the labels of ctc-beam-decoder: "" is the blank, "▁" begins a word."""
    begins = any(text.startswith(" ") and text.strip() for text in vocabulary.pieces)
    return tuple(
        ""
        if number == vocabulary.blank
        else (text.replace(" ", "▁") if begins else text) or f"<{number}>"
        for number, text in enumerate(vocabulary.pieces)
    )


@lru_cache(maxsize=4)
def _decoder(labels: tuple[str, ...], language_model: str) -> Any:
    if find_spec("ctc_beam_decoder") is None:
        raise MissingExtra("searching with a language model or hotwords", "lm")
    from ctc_beam_decoder import build_ctcdecoder

    if language_model and not Path(language_model).is_file():
        raise UsageError(f"{language_model}: no such language model")
    try:
        with _hushed():
            return build_ctcdecoder(list(labels), kenlm_model_path=language_model or None)
    except (ValueError, RuntimeError) as error:
        reason = re.split(r"Exception\.\s+", str(error))[-1]  # without the place in KenLM's source
        raise UsageError(
            f"{language_model} cannot be used as a language model: {reason}",
            "--lm takes n-grams in ARPA form or KenLM's own",
        ) from error


@contextmanager
def _hushed() -> Iterator[None]:
    """Redirect the file descriptor of stderr, to which KenLM writes its progress."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
