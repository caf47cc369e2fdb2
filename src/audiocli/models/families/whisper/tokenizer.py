"""Whisper tokenizer: special tokens, and grouping of tokens into words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

# Languages written without spaces: each character counts as a word.
_UNSPACED = {"zh", "yue", "ja", "th", "lo", "my"}
_OPENING = "\"'“¿([{-「『«"
_CLOSING = "\"'.。,，!！?？:：”)]}、」』»…;"


WordSpan = tuple[str, int, int]  # text, first token, one past the last token
_MEMORY = 440  # text tokens that fit in the decoder's context beside the prompt


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """The tokens of a text, and the spans of tokens that form its words."""

    tokens: list[int]
    words: list[WordSpan]


class WhisperTokenizer:
    """The tokenizer of one model.

    Parameters
    ----------
    folder : folder of the model
    """

    def __init__(self, folder: Path) -> None:
        if (folder / "tokenizer.json").exists():
            from tokenizers import Tokenizer

            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        else:  # an old checkpoint of transformers: vocab.json and merges.txt
            from transformers import WhisperTokenizerFast

            from audiocli.models.torch_layer import pretrained

            self._tokenizer = pretrained(WhisperTokenizerFast, folder).backend_tokenizer
        self.end = self._id("<|endoftext|>")
        self.start = self._id("<|startoftranscript|>")
        self.previous = self._id("<|startofprev|>")
        self.no_timestamps = self._id("<|notimestamps|>")

    @cached_property
    def no_speech_prob(self) -> int:
        """The no-speech token, which has two names."""
        known = map(self._tokenizer.token_to_id, ("<|nospeech|>", "<|nocaptions|>"))
        return next(int(number) for number in known if number is not None)

    def _id(self, token: str) -> int:
        number = self._tokenizer.token_to_id(token)
        if number is None:
            raise ValueError(f"tokenizer.json has no {token}: not a Whisper tokenizer")
        return int(number)

    def _piece(self, number: int) -> str:
        return self._tokenizer.id_to_token(number) or ""

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that have a token, in the model's order."""
        between = range(self.start + 1, self._id("<|translate|>"))
        return tuple(self._piece(n)[2:-2] for n in between)

    def task_prompt(self, language: str | None, task: str) -> list[int]:
        """Return the prompt for a task; English-only models take only the start token.

        Timestamp tokens are not used: words are aligned by attention weights, and decoding is
        as accurate without them.
        """
        if language is None:
            return [self.start]
        return [self.start, self._id(f"<|{language}|>"), self._id(f"<|{task}|>")]

    def encode(self, text: str) -> list[int]:
        """Encode a text without special tokens."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def tokenize_words(self, words: Sequence[str], language: str | None) -> TokenizedText:
        """Tokenize words, as many as fit in the decoder's context."""
        space = "" if language in _UNSPACED else " "
        line = TokenizedText([], [])
        for word in words:
            tokens = self.encode(space + word)
            first, last = len(line.tokens), len(line.tokens) + len(tokens)
            if last > _MEMORY:
                break
            line.tokens.extend(tokens)
            line.words.append((word, first, last))
        return line

    def decode(self, tokens: Sequence[int]) -> str:
        """Decode tokens to text without special tokens."""
        return self._bytes(tokens).decode(errors="replace")

    def _bytes(self, tokens: Sequence[int]) -> bytes:
        to_byte = _byte_of_character()
        pieces = (self._piece(n) for n in tokens if n < self.end)
        return bytes(to_byte[c] for piece in pieces for c in piece)

    def split_words(self, tokens: Sequence[int], language: str | None) -> list[WordSpan]:
        """Group text tokens into words.

        Returns
        -------
        (word, first token, one past the last token) of each word; punctuation is part of the
        adjacent word, and the concatenated words are the whole text
        """
        units = list(self._characters(tokens))
        if language not in _UNSPACED:
            units = list(_joined(units, lambda text, _: not text.startswith(" ")))
        units = list(_joined(units, lambda text, _: _is_only(text, _CLOSING)))
        return list(_joined(units, lambda _, before: _is_only(before, _OPENING)))

    def _characters(self, tokens: Sequence[int]) -> Iterator[WordSpan]:
        """Yield the shortest token spans that decode to whole characters."""
        first = 0
        for last in range(len(tokens)):
            text = self._bytes(tokens[first : last + 1]).decode(errors="replace")
            if "\N{REPLACEMENT CHARACTER}" not in text or last + 1 == len(tokens):
                yield text, first, last + 1
                first = last + 1


def _is_only(text: str, characters: str) -> bool:
    stripped = text.strip()
    return bool(stripped) and all(c in characters for c in stripped)


def _joined(units: Iterable[WordSpan], belongs: Callable[[str, str], bool]) -> Iterator[WordSpan]:
    """Join each span to the previous one if `belongs(text, previous text)`."""
    held: WordSpan | None = None
    for text, first, last in units:
        if held and belongs(text, held[0]):
            held = (held[0] + text, held[1], last)
        else:
            if held:
                yield held
            held = (text, first, last)
    if held:
        yield held


@lru_cache
def _byte_of_character() -> dict[str, int]:
    """Return the inverse of GPT-2's byte-level alphabet, which maps bytes to characters.

    Printable Latin-1 bytes map to themselves, the others to characters from U+0100
    (Radford et al. 2019, `bytes_to_unicode`).
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    table = {chr(byte): byte for byte in printable}
    table.update({chr(0x100 + n): byte for n, byte in enumerate(others)})
    return table
