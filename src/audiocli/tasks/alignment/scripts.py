"""A text that is spoken, as lines of words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from audiocli.tasks.alignment.matching import normalise_word

# Written without spaces: each character is a word, with the marks behind it.
_UNITS = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff][^\w\s]*|[^\s\u3040-\u30ff\u3400-\u9fff]+"
)


@dataclass(frozen=True)
class AlignmentScript:
    """A text that is spoken.

    Attributes
    ----------
    name : where it was read
    lines : the words of each line
    """

    name: str
    lines: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, name: str, text: str) -> AlignmentScript:
        """Split a text into lines of words; marks that stand alone go to the word before."""
        return cls(name, tuple(filter(None, (tuple(_words(line)) for line in text.splitlines()))))

    @property
    def words(self) -> list[str]:
        """All of them in a row."""
        return [word for line in self.lines for word in line]


def _words(line: str) -> Iterator[str]:
    held = ""
    for unit in _UNITS.findall(line):
        if normalise_word(unit):
            if normalise_word(held):
                yield held
                held = ""
            held = f"{held} {unit}".strip()
        else:
            held = f"{held} {unit}".strip()
    if normalise_word(held):
        yield held
