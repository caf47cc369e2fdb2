"""Read EPUB 2 and 3 (https://www.w3.org/TR/epub-33/).

Only one content document is held in memory at a time. EbookLib is not used because its
licence is the AGPL.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag
from zipfile import BadZipFile, ZipFile

from audiocli.errors import COPY_AGAIN, NO_SUCH_FILE, WRONG_FILE, InputError
from audiocli.text.encodings import decode_markup
from audiocli.text.readers.html import html_lines
from audiocli.text.script import ScriptLine, SpeechScript

_LARGEST = 64 << 20  # bytes of one unpacked document; a longer one may be a ZIP bomb
_CONTAINER = "META-INF/container.xml"
_TAGS = {"title": "title", "creator": "artist", "language": "language", "publisher": "publisher"}


def read_epub(path: Path, *, notes: bool = False) -> SpeechScript:
    """Read an EPUB file; footnotes and endnotes only if `notes` is set.

    Raises
    ------
    InputError : the file is damaged, encrypted, or not an EPUB
    """
    book = _Book(path, notes=notes)
    return SpeechScript(lines=book.lines, tags=book.tags)


@dataclass(frozen=True)
class _SpineItem:
    """A content document of the reading order.

    Attributes
    ----------
    name : member of the archive
    chapters : titles of the chapters that begin in it, by element id
    """

    name: str
    chapters: Mapping[str, str]


class _Book:
    """Reading order, chapters and metadata of an EPUB file."""

    def __init__(self, path: Path, *, notes: bool) -> None:
        self._path = path
        self._notes = notes
        with self._opened() as archive:
            if "META-INF/encryption.xml" in archive.namelist() and self._is_locked(archive):
                raise InputError(path, "is protected by DRM", "use a copy without DRM")
            package = self._package_name(archive)
            root = self._xml(archive, package)
            folder = posixpath.dirname(package)
            items = {item.get("id", ""): item for item in _all(root, "item")}
            order = dict.fromkeys(  # a document that is listed again is not read again
                _target(folder, items[reference.get("idref", "")].get("href", ""))[0]
                for reference in _all(root, "itemref")
                if reference.get("idref", "") in items and reference.get("linear") != "no"
            )
            contents = self._contents(archive, folder, items, root)
        chapters: dict[str, dict[str, str]] = {}  # by document
        for name, anchor, title in contents:
            chapters.setdefault(name, {}).setdefault(anchor, title)
        self._documents = [_SpineItem(name, chapters.get(name, {})) for name in order]
        self._has_contents = any(document.chapters for document in self._documents)
        self.tags = {
            tag: " ".join((element.text or "").split())
            for name, tag in reversed(_TAGS.items())
            for element in _all(root, name)[:1]
            if (element.text or "").strip()
        }

    def lines(self) -> Iterator[ScriptLine]:
        """Return the lines of all documents in reading order."""
        with self._opened() as archive:
            for document in self._documents:
                text = self._text(archive, document.name)
                chapters = document.chapters if self._has_contents else None
                yield from html_lines(text, chapters, notes=self._notes)

    def _opened(self) -> ZipFile:
        try:
            return ZipFile(self._path)
        except FileNotFoundError:
            raise InputError(self._path, *NO_SUCH_FILE) from None
        except (BadZipFile, OSError, NotImplementedError) as error:
            raise InputError(self._path, f"is not an EPUB file: {error}", WRONG_FILE) from None

    def _member(self, archive: ZipFile, name: str) -> bytes:
        import zlib

        try:
            with archive.open(name) as member:
                data = member.read(_LARGEST + 1)
        except KeyError:
            raise InputError(self._path, f"is damaged: it has no {name}", COPY_AGAIN) from None
        except (BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, zlib.error) as e:
            raise InputError(self._path, f"is damaged: {name}: {e}", COPY_AGAIN) from None
        if len(data) > _LARGEST:
            problem = f"{name} unpacks to more than {_LARGEST >> 20} MiB"
            raise InputError(self._path, problem, "split it into smaller files")
        return data

    def _text(self, archive: ZipFile, name: str) -> str:
        return decode_markup(self._member(archive, name), f"{self._path}: {name}", "replace")

    def _xml(self, archive: ZipFile, name: str) -> Any:
        from xml.etree.ElementTree import ParseError

        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import fromstring

        try:
            return fromstring(self._text(archive, name))
        except ParseError as error:
            raise InputError(self._path, f"is damaged: {name}: {error}", COPY_AGAIN) from None
        except DefusedXmlException:
            problem = f"{name} declares XML entities: refused"
            raise InputError(self._path, problem, "convert the book without them") from None

    def _package_name(self, archive: ZipFile) -> str:
        files = _all(self._xml(archive, _CONTAINER), "rootfile")
        if not files:
            raise InputError(self._path, f"is damaged: {_CONTAINER} names no book", COPY_AGAIN)
        return str(files[0].get("full-path", ""))

    def _is_locked(self, archive: ZipFile) -> bool:
        """Return whether content documents are encrypted, not only fonts."""
        references = _all(self._xml(archive, "META-INF/encryption.xml"), "CipherReference")
        names = [reference.get("URI", "").lower() for reference in references]
        return any(name.endswith((".xhtml", ".html", ".htm")) for name in names)

    def _contents(
        self, archive: ZipFile, folder: str, items: Mapping[str, Any], root: Any
    ) -> list[tuple[str, str, str]]:
        """Return the table of contents as (document, element id, title)."""
        for item in items.values():
            if "nav" in (item.get("properties") or "").split():
                name = _target(folder, item.get("href", ""))[0]
                return list(_nav_entries(self._xml(archive, name), posixpath.dirname(name)))
        spine = _all(root, "spine")
        listed = items.get(spine[0].get("toc", "")) if spine else None
        if listed is None:
            return []
        name = _target(folder, listed.get("href", ""))[0]
        return list(_ncx_entries(self._xml(archive, name), posixpath.dirname(name)))


def _nav_entries(root: Any, folder: str) -> Iterator[tuple[str, str, str]]:
    """Yield the links of EPUB 3's `nav` element of type `toc`."""
    links = (link for nav in _outermost(root, "nav", _is_contents) for link in _outermost(nav, "a"))
    for link in links:
        title = " ".join("".join(link.itertext()).split())
        if title and link.get("href"):
            yield (*_target(folder, link.get("href")), title)


def _is_contents(nav: Any) -> bool:
    kinds = [value for key, value in nav.attrib.items() if key.rpartition("}")[2] == "type"]
    return not kinds or "toc" in kinds[0].split()


def _ncx_entries(root: Any, folder: str) -> Iterator[tuple[str, str, str]]:
    """Yield the entries of an EPUB 2 table of contents (NCX)."""
    for point in _all(root, "navPoint"):
        labels = [
            text for label in _children(point, "navLabel") for text in _children(label, "text")
        ]
        contents = _children(point, "content")
        title = " ".join((labels[0].text or "").split()) if labels else ""
        if title and contents:
            yield (*_target(folder, contents[0].get("src", "")), title)


def _all(root: Any, name: str) -> list[Any]:
    """Return all elements with a local name, in any namespace."""
    return [element for element in root.iter() if _is_named(element, name)]


def _children(parent: Any, name: str) -> list[Any]:
    """Return the child elements with a local name, in any namespace."""
    return [element for element in parent if _is_named(element, name)]


def _outermost(
    root: Any, name: str, is_wanted: Callable[[Any], bool] = lambda _: True
) -> Iterator[Any]:
    """Yield the elements with a local name that are not in another such element."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if _is_named(element, name) and is_wanted(element):
            yield element
        else:
            waiting.extend(reversed(element))


def _is_named(element: Any, name: str) -> bool:
    return isinstance(element.tag, str) and element.tag.rpartition("}")[2] == name


def _target(folder: str, reference: str) -> tuple[str, str]:
    """Return the archive member and the element id that a reference points to."""
    name, anchor = urldefrag(reference)
    return posixpath.normpath(posixpath.join(folder, unquote(name))), anchor
