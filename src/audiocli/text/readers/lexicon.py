"""A lexicon: how names and other words are said, in place of how they are written.

A TOML file with one table::

    [words]
    Nguyen = "win"                                 # another spelling
    "Siobhán" = { ipa = "ʃɪˈvɔːn" }                # International Phonetic Alphabet
    US = { say = "United States", case = true }    # only as it is written here

A word in small letters is found whatever its case, one with a capital only as it is
written; `case` decides otherwise. Words may have spaces.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from audiocli.audio.source import reason
from audiocli.errors import InputError
from audiocli.text.normalization import Reading

_FIELDS = {"say", "ipa", "case"}


@dataclass(frozen=True)
class Entry:
    """How one word is said."""

    say: str | None
    ipa: str | None
    case: bool


@dataclass(frozen=True)
class Lexicon:
    """Words and how they are said; looked up in the text before any rule."""

    entries: Mapping[str, Entry]

    def settle(self, text: str, given: Sequence[Reading]) -> list[Reading]:
        """Add the readings of all words found; those given stay."""
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
    def _any_case(self) -> dict[str, Entry]:
        return {word.casefold(): entry for word, entry in self.entries.items() if not entry.case}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = sorted(self.entries, key=len, reverse=True)
        either = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words)
        return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)


def read_lexicons(paths: Iterable[Path]) -> Lexicon:
    """Read lexicons; a later one has the last word.

    Raises
    ------
    InputError : one cannot be read, or says what no lexicon can
    """
    entries: dict[str, Entry] = {}
    for path in paths:
        entries |= _entries(path)
    return Lexicon(entries)


def _entries(path: Path) -> dict[str, Entry]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError(path, "no such file") from None
    except OSError as error:
        raise InputError(path, reason(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(path, f"is no TOML: {error}") from None
    words = content.get("words")
    if not isinstance(words, dict) or set(content) != {"words"}:
        raise InputError(path, "is no lexicon", 'one table: [words], with Nguyen = "win"')
    return {word: _entry(path, word, value) for word, value in words.items()}


def _entry(path: Path, word: str, value: Any) -> Entry:
    fields = {"say": value} if isinstance(value, str) else value
    if not isinstance(fields, dict) or not fields.keys() <= _FIELDS:
        raise InputError(path, f"{word}: a text, or a table of say, ipa and case")
    say, ipa = fields.get("say"), fields.get("ipa")
    case = fields.get("case", word != word.lower())
    is_sound = all(
        isinstance(part, str) and part.strip() for part in (say, ipa) if part is not None
    )
    if not word.strip() or not is_sound or not isinstance(case, bool) or not (say or ipa):
        raise InputError(path, f"{word}: needs say or ipa, as text; case is true or false")
    return Entry(say, ipa, case)
