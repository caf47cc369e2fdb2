"""Read pronunciation lexicons.

A TOML file with one table::

    [words]
    Nguyen = "win"                                 # respelling
    "Siobhán" = { ipa = "ʃɪˈvɔːn" }                # International Phonetic Alphabet
    US = { say = "United States", case = true }    # case-sensitive

Words in lower case match in any case, words with a capital only as written; `case`
overrides this. Words may contain spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from audiocli.errors import InputError
from audiocli.text.normalization import Reading
from audiocli.text.toml import read_toml

_FIELDS = {"say", "ipa", "case"}
_EXAMPLE = 'one table: [words], with Nguyen = "win"'
_MAX_LENGTH = 1000  # characters of a word and of its pronunciation


@dataclass(frozen=True)
class LexiconEntry:
    """Pronunciation of one word.

    Attributes
    ----------
    say : respelling
    ipa : phonemes in the International Phonetic Alphabet
    case : whether the word is case-sensitive
    """

    say: str | None
    ipa: str | None
    case: bool


@dataclass(frozen=True)
class Lexicon:
    """Pronunciations by word; applied before any normalization rule."""

    entries: Mapping[str, LexiconEntry]

    def add_readings(self, text: str, given: Sequence[Reading]) -> list[Reading]:
        """Return the given readings and those of all words of the lexicon in the text."""
        found = list(given)
        if not self.entries:
            return found
        for match in self._pattern.finditer(text):
            word = " ".join(match[0].split())
            entry = self.entries.get(word) or self._any_case.get(word.casefold())
            if entry and not any(r.start < match.end() and match.start() < r.end for r in given):
                found.append(Reading(match.start(), match.end(), entry.say or word, entry.ipa))
        return sorted(found)

    @cached_property
    def _any_case(self) -> dict[str, LexiconEntry]:
        return {word.casefold(): entry for word, entry in self.entries.items() if not entry.case}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = sorted(self.entries, key=len, reverse=True)
        either = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words)
        return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)


def read_lexicons(paths: Iterable[Path]) -> Lexicon:
    """Read lexicons; later ones override earlier ones.

    Raises
    ------
    InputError : a file cannot be read, or is not a lexicon
    """
    entries: dict[str, LexiconEntry] = {}
    for path in paths:
        entries |= _entries(path)
    return Lexicon(entries)


def _entries(path: Path) -> dict[str, LexiconEntry]:
    content = read_toml(path, _EXAMPLE)
    words = content.get("words")
    if not isinstance(words, dict) or set(content) != {"words"}:
        raise InputError(path, "is not a lexicon", _EXAMPLE)
    return {word: _entry(path, word, value) for word, value in words.items()}


def _entry(path: Path, word: str, value: Any) -> LexiconEntry:
    fields = {"say": value} if isinstance(value, str) else value
    if not isinstance(fields, dict) or not fields.keys() <= _FIELDS:
        raise InputError(path, f"{word}: is not a text or a table of say, ipa and case", _EXAMPLE)
    say, ipa = fields.get("say"), fields.get("ipa")
    case = fields.get("case", word != word.lower())
    is_sound = all(
        isinstance(part, str) and part.strip() for part in (say, ipa) if part is not None
    )
    if not word.strip() or not is_sound or not isinstance(case, bool) or not (say or ipa):
        raise InputError(
            path, f"{word}: needs say or ipa, as text; case is true or false", _EXAMPLE
        )
    if max(map(len, (word, say or "", ipa or ""))) > _MAX_LENGTH:
        raise InputError(path, f"{word[:20]}...: more than {_MAX_LENGTH} characters", "divide it")
    return LexiconEntry(say, ipa, case)
