"""Match paths against glob patterns, and expand braces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from audiocli.errors import UsageError

_BRACES = re.compile(r"\{([^{}]*)\}")
_NUMBERS = re.compile(r"(\d+)\.\.(\d+)")
_MAX_EXPANDED = 100_000


@dataclass(frozen=True)
class GlobPattern:
    """A pattern as in .gitignore, matched against a relative path; case matters.

    `*`, `?` and `[...]` match within a name, `**` matches any number of folders, and `{a,b}` one
    of several texts. A pattern without `/`, except at its end, matches a name at any depth; a
    pattern that ends with `/` matches folders only.
    """

    text: str

    def matches(self, parts: Sequence[str], *, is_folder: bool) -> bool:
        """Return whether it matches the path of these parts."""
        if self.text.endswith("/") and not is_folder:
            return False
        return any(_match(tuple(parts), pattern) for pattern in _split(self.text))

    def matches_below(self, parts: Sequence[str]) -> bool:
        """Return whether it matches a file, or a folder that contains the file."""
        counts = range(1, len(parts) + 1)
        return any(self.matches(parts[:n], is_folder=n < len(parts)) for n in counts)

    @property
    def names_suffix(self) -> bool:
        """Whether every name that it matches has a certain suffix, as in `*.raw`."""
        suffixes = (pattern[-1].rpartition(".") for pattern in _split(self.text))
        return all(dot and end and not re.search(r"[*?\[]", end) for _, dot, end in suffixes)


def expand_braces(pattern: str) -> Iterator[str]:
    """Yield the texts that a pattern with `{a,b}` and `{000..123}` stands for, in order.

    Raises
    ------
    UsageError : there are more than 100000
    """
    for count, text in enumerate(_expanded(pattern)):
        if count == _MAX_EXPANDED:
            raise UsageError(f"{pattern}: stands for more than 100000 names", "name fewer")
        yield text


def _expanded(pattern: str) -> Iterator[str]:
    for match in _BRACES.finditer(pattern):
        if numbers := _NUMBERS.fullmatch(match[1]):
            first, last = numbers.groups()
            width = len(first) if first.startswith("0") else 0
            texts: Iterator[str] = (
                f"{number:0{width}}" for number in range(int(first), int(last) + 1)
            )
        elif "," in match[1]:
            texts = iter(match[1].split(","))
        else:
            continue
        for text in texts:
            yield from _expanded(pattern[: match.start()] + text + pattern[match.end() :])
        return
    yield pattern


@cache
def _split(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the parts of each pattern that a pattern with braces stands for."""
    return tuple(_parts(one) for one in expand_braces(text))


def _parts(pattern: str) -> tuple[str, ...]:
    is_anchored = "/" in pattern.rstrip("/")
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    return tuple(parts) if is_anchored else ("**", *parts)


@lru_cache(maxsize=1 << 12)  # without it, the time is exponential in the number of `**`
def _match(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_match(parts[skipped:], pattern[1:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _match(parts[1:], pattern[1:])
