"""Vocabulary of a CTC checkpoint, read from the files of its tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from audiocli.errors import COPY_AGAIN, ModelUnavailable

_SPECIAL = ("bos_token", "eos_token", "unk_token", "pad_token")
_SPACE = "▁"  # begins a word in vocabularies of SentencePiece


@dataclass(frozen=True, kw_only=True)
class CtcVocabulary:
    """Tokens of a CTC model and their text.

    Attributes
    ----------
    pieces : text of each token, with spaces at word boundaries; empty for special tokens
    names : names of the tokens in the model's files
    blank : index of the blank token
    language : language of the vocabulary, if the model has several
    phonemes : whether the tokens are phonemes
    """

    pieces: tuple[str, ...]
    names: tuple[str, ...]
    blank: int
    language: str | None = None
    phonemes: bool = False

    @cached_property
    def _numbers(self) -> dict[str, int]:
        keys = [p.strip() or p for p in self.pieces] if self.phonemes else self.pieces
        return {key: n for n, key in reversed([*enumerate(keys)]) if key}

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._numbers), default=0)

    @property
    def space(self) -> int | None:
        """The token that separates words, or None if there is none."""
        return self._numbers.get(" ")

    def spell(self, word: str) -> list[int]:
        """Tokenize a word, greedily by the longest token; skip unknown characters.

        The case of the letters is adapted to the vocabulary.
        """
        begun = f" {word}" if self.space is None and not self.phonemes else word
        forms = (begun, begun.lower(), begun.upper())
        return max(map(self._spelled, forms), key=self._covered)

    def _spelled(self, text: str) -> list[int]:
        tokens, at = [], 0
        while at < len(text):
            sizes = range(min(self._longest, len(text) - at), 0, -1)
            size = next((n for n in sizes if text[at : at + n] in self._numbers), 0)
            if size:
                tokens.append(self._numbers[text[at : at + size]])
            at += size or 1
        return tokens

    def _covered(self, tokens: Sequence[int]) -> int:
        return sum(len(self.pieces[token].strip()) for token in tokens)


def read_vocabulary(folder: Path, blank: int, language: str | None = None) -> CtcVocabulary:
    """Read the vocabulary of a checkpoint.

    Parameters
    ----------
    language : for multilingual checkpoints (MMS); None for the default

    Raises
    ------
    ModelUnavailable : there is no vocabulary, or none for this language
    """
    settings = _json(folder / "tokenizer_config.json")
    if (folder / "vocab.json").exists():
        return _of_wav2vec2(folder, settings, blank, language)
    if (folder / "tokenizer.json").exists():
        return _of_fast_tokenizer(folder, blank)
    raise ModelUnavailable(f"{folder.name} has no vocab.json or tokenizer.json", COPY_AGAIN)


def languages_of(folder: Path) -> tuple[str, ...]:
    """List the languages of a multilingual vocabulary; empty for others."""
    vocabulary = _json(folder / "vocab.json")
    return tuple(key for key, value in vocabulary.items() if isinstance(value, Mapping))


def _of_wav2vec2(
    folder: Path, settings: Mapping[str, Any], blank: int, language: str | None
) -> CtcVocabulary:
    numbers = _json(folder / "vocab.json")
    languages = languages_of(folder)
    if languages:
        language = language or settings.get("target_lang") or languages[0]
        if language not in languages:
            problem = f"{folder.name} has no tokens for the language {language!r}"
            raise ModelUnavailable(problem, "choose another --language")
        numbers = numbers[language]
    else:
        language = None
    numbers = {**numbers, **_json(folder / "added_tokens.json")}
    special = {_text(settings.get(key)) for key in _SPECIAL}
    special |= {"<pad>", "<s>", "</s>", "<unk>", "[PAD]", "[UNK]"}
    delimiter = _text(settings.get("word_delimiter_token", "|")) or "|"
    lower = settings.get("do_lower_case", False)
    phonemes = "Phoneme" in settings.get("tokenizer_class", "")
    names = [""] * (max(numbers.values()) + 1)
    pieces = list(names)
    for name, number in numbers.items():
        names[number] = name
        piece = "" if name in special else " " if name == delimiter else name
        if phonemes and piece.strip():
            piece = f" {piece}"  # each phoneme is a word of its own
        pieces[number] = piece.lower() if lower else piece
    return CtcVocabulary(
        pieces=tuple(pieces),
        names=tuple(names),
        blank=blank,
        language=language,
        phonemes=phonemes,
    )


def _of_fast_tokenizer(folder: Path, blank: int) -> CtcVocabulary:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    special = {n for n, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    count = tokenizer.get_vocab_size(with_added_tokens=True)
    names = [tokenizer.id_to_token(n) or "" for n in range(count)]
    pieces = [
        "" if n in special or name in {"<unk>", "<pad>"} else name.replace(_SPACE, " ")
        for n, name in enumerate(names)
    ]
    return CtcVocabulary(pieces=tuple(pieces), names=tuple(names), blank=blank)


def _text(token: Any) -> str | None:
    """Return the text of a token, which may be wrapped in an object."""
    return token.get("content") if isinstance(token, Mapping) else token


def _json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    parsed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return parsed
