"""Search folders, on disk or on servers, for audio and video files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiocli.audio.formats import has_sound_suffix
from audiocli.audio.source import is_url, is_web_url
from audiocli.batch.globs import GlobPattern
from audiocli.errors import InputError, UsageError
from audiocli.whole_files import is_special


@dataclass(frozen=True)
class FolderFilter:
    """Which files below a folder are inputs.

    Attributes
    ----------
    include : at least one matches each file; without any, files have a suffix of audio or video
    exclude : none matches a file or a folder that contains it
    hidden : whether names may begin with a dot
    offline : whether folders on servers are not searched
    """

    include: tuple[GlobPattern, ...] = ()
    exclude: tuple[GlobPattern, ...] = ()
    hidden: bool = False
    offline: bool = False

    @property
    def is_given(self) -> bool:
        """Whether the user chose files."""
        return bool(self.include or self.exclude or self.hidden)

    def takes_folder(self, parts: Sequence[str]) -> bool:
        """Return whether to search a folder, given its path below the searched folder."""
        return self._passes(parts, is_folder=True)

    def takes(self, path: Path, parts: Sequence[str]) -> bool:
        """Return whether a file is an input; a suffix in a pattern may be any.

        Parameters
        ----------
        parts : its path below the searched folder, which `takes_folder` accepts
        """
        if not self._passes(parts, is_folder=False):
            return False
        if not self.include:
            return has_sound_suffix(path)
        matching = [pattern for pattern in self.include if pattern.matches_below(parts)]
        is_named = any(pattern.names_suffix for pattern in matching)
        return is_named or (bool(matching) and has_sound_suffix(path))

    def _passes(self, parts: Sequence[str], *, is_folder: bool) -> bool:
        if parts[-1].startswith(".") and not self.hidden:
            return False
        return not any(one.matches(parts, is_folder=is_folder) for one in self.exclude)


def folder_filter(
    include: Sequence[str] | None, exclude: Sequence[str] | None, hidden: bool, *, offline: bool
) -> FolderFilter:
    """Return the filter of the options --include, --exclude and --hidden.

    Raises
    ------
    UsageError : a pattern is empty
    """
    return FolderFilter(_patterns(include), _patterns(exclude), hidden, offline)


def _patterns(texts: Sequence[str] | None) -> tuple[GlobPattern, ...]:
    for text in texts or ():
        if not text.strip("/"):
            raise UsageError(f"{text!r} is no pattern", "give a glob such as '*.wav'")
    return tuple(map(GlobPattern, texts or ()))


def is_url_of_folder(name: str) -> bool:
    """Return whether a name is a URL, but not of http, that ends with `/` or has wildcards."""
    if not is_url(name) or is_web_url(name):
        return False
    return name.endswith("/") or bool(re.search(r"[*?\[]", name))


def search_url(url: str, filter: FolderFilter) -> Iterator[str | InputError]:
    """Yield the URLs of the inputs below a URL, or those that its wildcards match, by name.

    The last item may be why the server cannot be read.
    """
    from audiocli.audio.storage import matching_urls, urls_below

    try:
        if not url.endswith("/"):
            yield from matching_urls(url)
            return
        for found, parts in urls_below(url):
            above = (parts[:count] for count in range(1, len(parts)))
            if all(map(filter.takes_folder, above)) and filter.takes(Path(found), parts):
                yield found
    except InputError as error:
        yield error


def search_folder(folder: Path, filter: FolderFilter) -> Iterator[Path | OSError]:
    """Yield the inputs below a folder, sorted by name, then the folders that cannot be read.

    Links to folders are not followed, so that a loop of links ends. Pipes and devices are left
    out.
    """
    problems: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=problems.append):
        above = Path(root).relative_to(folder).parts
        folders[:] = sorted(name for name in folders if filter.takes_folder((*above, name)))
        for name in sorted(files):
            path = Path(root, name)
            if filter.takes(path, (*above, name)) and not is_special(path):
                yield path
    yield from problems
