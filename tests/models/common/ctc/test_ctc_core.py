"""CTC collapse and alignment, compared with independent implementations."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocli.models.common.ctc.alignment import BLANK, forced_alignment, frames_needed
from audiocli.models.common.ctc.collapse import best_path, decode_tokens, join_words

PIECES = ("", " ", "a", "b", "c", "")  # the first is the blank, the last a special token


def scores(frames: int, tokens: int, seed: int) -> np.ndarray:
    """Return random log probabilities, shape (frames, tokens)."""
    raw = np.random.default_rng(seed).normal(size=(frames, tokens)).astype(np.float32)
    return raw - np.log(np.exp(raw).sum(axis=1, keepdims=True))


def collapsed(path: list[int]) -> list[int]:
    """Return the tokens of a path by the definition of Graves et al. 2006, section 3.1."""
    return [token for token, _ in groupby(path) if token != 0]


def of_path(path: list[int]) -> np.ndarray:
    """Return log probabilities that have this best path."""
    table = np.full((len(path), len(PIECES)), -5.0, np.float32)
    table[np.arange(len(path)), path] = -0.1
    return table


@given(st.lists(st.integers(0, len(PIECES) - 1), max_size=40))
def test_collapse_follows_the_definition_of_ctc(path: list[int]) -> None:
    spelled = decode_tokens(best_path(of_path(path)), PIECES, blank=0)
    assert "".join(unit.text for unit in spelled) == "".join(PIECES[t] for t in collapsed(path))
    text = " ".join(word.text for word in join_words(spelled, 0.02))
    assert text.split() == "".join(PIECES[t] for t in collapsed(path)).split()
    for unit in spelled:
        assert {PIECES[token] for token in path[unit.first : unit.end]} == {unit.text}


@given(st.lists(st.integers(0, len(PIECES) - 2), min_size=1, max_size=60))
@settings(max_examples=50)
def test_times_equal_those_of_transformers(path: list[int]) -> None:
    tokenizer = tokenizer_of_transformers()
    found = tokenizer.decode(path, output_char_offsets=True, output_word_offsets=True)
    spelled = decode_tokens(best_path(of_path(path)), PIECES, blank=0)
    assert [(u.text, u.first, u.end) for u in spelled] == [
        (row["char"], row["start_offset"], row["end_offset"]) for row in found["char_offsets"]
    ]
    assert [(w.text, round(w.start), round(w.end)) for w in join_words(spelled, 1.0)] == [
        (row["word"], row["start_offset"], row["end_offset"]) for row in found["word_offsets"]
    ]


def tokenizer_of_transformers():
    """Wav2Vec2's own tokenizer, with the vocabulary of `PIECES`."""
    pytest.importorskip("torch")
    import json
    import tempfile
    from pathlib import Path

    from audiocli.models.torch_layer import import_transformers

    names = ["<pad>", "|", "a", "b", "c", "<unk>"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "vocab.json")
        file.write_text(json.dumps({name: n for n, name in enumerate(names)}))
        return import_transformers().Wav2Vec2CTCTokenizer(file)


def test_a_character_of_a_script_without_spaces_is_a_word() -> None:
    pieces = ("", "你", "好", "o", "k")
    path = [1, 0, 2, 2, 3, 4, 1]
    table = np.full((len(path), 5), -9.0, np.float32)
    table[np.arange(len(path)), path] = 0.0
    spelled = decode_tokens(best_path(table), pieces, blank=0)
    assert [word.text for word in join_words(spelled, 1.0)] == ["你", "好", "ok", "你"]


@given(
    frames=st.integers(1, 6),
    tokens=st.lists(st.integers(1, 2), max_size=3),
    seed=st.integers(0, 999),
)
def test_alignment_is_the_most_probable_path(frames: int, tokens: list[int], seed: int) -> None:
    """No other path over the vocabulary that emits the tokens is more probable."""
    table = scores(frames, 3, seed)
    spelling = [path for path in product(range(3), repeat=frames) if collapsed([*path]) == tokens]
    if not spelling:
        assert frames_needed(tokens) > frames
        with pytest.raises(ValueError, match="too few"):
            forced_alignment(table, tokens, blank=0)
        return
    best = max(sum(table[t, token] for t, token in enumerate(path)) for path in spelling)
    path = forced_alignment(table, tokens, blank=0)
    emitted = [0 if at == BLANK else tokens[at] for at in path]
    assert collapsed(emitted) == tokens
    assert sum(table[t, token] for t, token in enumerate(emitted)) == pytest.approx(best, abs=1e-4)
    assert [at for at, _ in groupby(path) if at != BLANK] == list(range(len(tokens)))


def slow_alignment(table: np.ndarray, tokens: list[int]) -> float:
    """Return the score of the best path by recursion over the lattice."""
    labels = [0]
    for token in tokens:
        labels += [token, 0]
    best = {0: float(table[0, 0])}
    if tokens:
        best[1] = float(table[0, tokens[0]])
    for row in table[1:]:
        following: dict[int, float] = {}
        for s, score in best.items():
            for to in (s, s + 1, s + 2):
                if to >= len(labels) or (to == s + 2 and labels[to] in (0, labels[s])):
                    continue
                following[to] = max(following.get(to, -np.inf), score + float(row[labels[to]]))
        best = following
    return max(best.get(len(labels) - 1, -np.inf), best.get(len(labels) - 2, -np.inf))


@given(
    tokens=st.lists(st.integers(1, 7), min_size=1, max_size=40),
    more=st.integers(0, 200),
    seed=st.integers(0, 999),
)
@settings(max_examples=40)
def test_alignment_of_longer_texts(tokens: list[int], more: int, seed: int) -> None:
    table = scores(frames_needed(tokens) + more, 8, seed)
    path = forced_alignment(table, tokens, blank=0)
    emitted = [0 if at == BLANK else tokens[at] for at in path]
    assert collapsed(emitted) == tokens
    score = sum(float(table[t, token]) for t, token in enumerate(emitted))
    assert score == pytest.approx(slow_alignment(table, tokens), abs=1e-3)
