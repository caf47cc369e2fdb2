"""Split the text to align into lines of words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from audiocli.tasks.alignment.matching import normalise_word

# In scripts without spaces, each character with the punctuation after it is a word.
_UNITS = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff][^\w\s]*|[^\s\u3040-\u30ff\u3400-\u9fff]+"
)


@dataclass(frozen=True)
class AlignmentScript:
    """A text to align with a recording.

    Attributes
    ----------
    name : of the file
    lines : the words of each line
    """

    name: str
    lines: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, name: str, text: str) -> AlignmentScript:
        """Split a text into lines of words; separate punctuation belongs to the word before."""
        return cls(name, tuple(filter(None, (tuple(_words(line)) for line in text.splitlines()))))

    @property
    def words(self) -> list[str]:
        """The words of all lines."""
        return [word for line in self.lines for word in line]


def _words(line: str) -> Iterator[str]:
    held: list[str] = []  # units of the next word
    has_letters = False
    for unit in _UNITS.findall(line):
        is_word = bool(normalise_word(unit))
        if is_word and has_letters:
            yield " ".join(held)
            held = []
        held.append(unit)
        has_letters = has_letters or is_word
    if has_letters:
        yield " ".join(held)
