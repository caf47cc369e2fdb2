"""Beam search with a language model and hotwords on ambiguous emissions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audiocli.errors import UsageError
from audiocli.models.common.ctc.beam_search import beam_search
from audiocli.models.common.ctc.emissions import CtcEmissions
from audiocli.models.common.ctc.vocabulary import CtcVocabulary
from audiocli.models.protocols.recognition import DecodingOptions

pytest.importorskip("ctc_beam_decoder")

NAMES = ("<pad>", "<s>", "|", *"abcdent")
PIECES = ("", "", " ", *"abcdent")
ARPA = """\\data\\
ngram 1=5
ngram 2=2

\\1-grams:
-1.0\t<s>\t-0.3
-1.0\t</s>
-1.0\tten\t-0.3
-1.0\ttan\t-0.3
-1.0\tcab\t-0.3

\\2-grams:
-0.1\tten\tcab
-2.0\ttan\tcab

\\end\\
"""


def emissions(text: str, uncertain: dict[int, tuple[str, str]]) -> CtcEmissions:
    """Return emissions of a text; of ambiguous letters the first is slightly more probable."""
    table = np.full((2 * len(text), len(PIECES)), -20.0, np.float32)
    table[::2, 0] = 0.0
    for place, letter in enumerate(text):
        likely, other = uncertain.get(place, (letter, letter))
        table[2 * place + 1, PIECES.index(likely)] = -0.60
        table[2 * place + 1, PIECES.index(other)] = -0.80
    table[:, 1] = -0.01  # a special token, which is no text however likely
    vocabulary = CtcVocabulary(pieces=PIECES, names=NAMES, blank=0)
    return CtcEmissions(log_probabilities=table, frame_seconds=0.02, vocabulary=vocabulary)


def test_language_model_resolves_ambiguous_frames(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arpa = tmp_path / "model.arpa"
    arpa.write_text(ARPA)
    heard = emissions("tan cab", {1: ("a", "e")})
    assert beam_search(heard, DecodingOptions(hotwords=("bed",))) == ["tan", "cab"]
    assert beam_search(heard, DecodingOptions(language_model=str(arpa))) == ["ten", "cab"]
    assert capfd.readouterr() == ("", "")  # KenLM tells of its loading, past Python


def test_hotword_is_preferred() -> None:
    heard = emissions("tan bed", {1: ("a", "e")})
    assert beam_search(heard, DecodingOptions(hotwords=("ten",))) == ["ten", "bed"]


def test_invalid_language_model_is_refused(tmp_path: Path) -> None:
    heard = emissions("ten", {})
    with pytest.raises(UsageError, match="no such language model"):
        beam_search(heard, DecodingOptions(language_model=str(tmp_path / "none.arpa")))
    (tmp_path / "bad.txt").write_text("nothing")
    with pytest.raises(UsageError, match="cannot be used as a language model: first non-empty"):
        beam_search(heard, DecodingOptions(language_model=str(tmp_path / "bad.txt")))
