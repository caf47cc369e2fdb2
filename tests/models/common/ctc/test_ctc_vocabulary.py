"""Vocabularies read from the files of tokenizers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiocli.errors import ModelUnavailable
from audiocli.models.common.ctc.emissions import CtcEmissions
from audiocli.models.common.ctc.timing import timed_words
from audiocli.models.common.ctc.vocabulary import CtcVocabulary, read_vocabulary


def saved(folder: Path, tokens: list[str], **settings: Any) -> Path:
    (folder / "vocab.json").write_text(json.dumps({token: n for n, token in enumerate(tokens)}))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def test_spelling_adapts_the_case(tmp_path: Path) -> None:
    folder = saved(tmp_path, ["<pad>", "<unk>", "|", *"ABC'"], unk_token={"content": "<unk>"})
    vocabulary = read_vocabulary(folder, blank=0)
    assert vocabulary.pieces == ("", "", " ", "A", "B", "C", "'")
    assert vocabulary.spell("cab's") == [5, 3, 4, 6]
    assert vocabulary.spell("1984") == []
    lower = saved(tmp_path, ["<pad>", "A"], do_lower_case=True)
    assert read_vocabulary(lower, blank=0).pieces == ("", "a")


def test_each_phoneme_is_a_word(tmp_path: Path) -> None:
    """Phonemes of espeak: each is a word, also of several letters."""
    tokens = ["<pad>", "h", "ə", "l", "oʊ", "ɛ"]
    folder = saved(tmp_path, tokens, tokenizer_class="Wav2Vec2PhonemeCTCTokenizer")
    vocabulary = read_vocabulary(folder, blank=0)
    assert vocabulary.phonemes
    path = [1, 1, 0, 2, 3, 3, 0, 4]
    table = np.full((len(path), len(tokens)), -9.0, np.float32)
    table[np.arange(len(path)), path] = -0.1
    emissions = CtcEmissions(log_probabilities=table, frame_seconds=0.02, vocabulary=vocabulary)
    words = timed_words(emissions, ["h", "ə", "l", "oʊ"])
    assert [(word.text, round(word.start / 0.02), round(word.end / 0.02)) for word in words] == [
        ("h", 0, 2),
        ("ə", 3, 4),
        ("l", 4, 6),
        ("oʊ", 7, 8),
    ]
    from audiocli.models.common.ctc.collapse import join_words

    texts = [word.text for word in join_words(emissions.decoded_tokens(), 0.02)]
    assert texts == ["h", "ə", "l", "oʊ"]


def test_longest_piece_is_used_first() -> None:
    pieces = ("", " the", " t", "h", "e", " a", "n")
    vocabulary = CtcVocabulary(pieces=pieces, names=pieces, blank=0)
    assert vocabulary.space is None
    assert vocabulary.spell("then") == [1, 6]
    assert vocabulary.spell("Than") == [2, 3, 6]  # no piece spells an "a" inside a word


def test_folder_without_tokens(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"has no vocab\.json or tokenizer\.json"):
        read_vocabulary(tmp_path, blank=0)
