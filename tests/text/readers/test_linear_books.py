"""Nested elements, and books of many documents, take time in proportion to their size."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from audiocli.text.readers import read_script
from audiocli.text.readers.epub import read_epub
from growth import MAX_GROWTH, growth

CONTAINER = '<a><rootfile full-path="b.opf"/></a>'
NESTED = {
    "speak": ("<speak>", "<p>", "a ", "</p>", "</speak>"),
    "emphasis": ("<speak>", "<emphasis level='none'>", "a ", "</emphasis>", "</speak>"),
    "page": ("<p>", "<div>", "a ", "</div>", "</p>"),
    "hidden": ("<p>", "<svg>", "a ", "</svg>", "</p>"),
    "link": ("<p>", "<a href='#x'>", "1", "</a>", "</p>"),
    "raised": ("<p>", "x<sup>", "1", "</sup>", "</p>"),
}
POINT = '<navPoint><navLabel><text>T</text></navLabel><content src="{}.xhtml"/>'


@pytest.mark.parametrize("name", NESTED)
def test_nested_elements(name: str) -> None:
    before, opening, text, closing, after = NESTED[name]
    suffix = ".ssml" if before == "<speak>" else ".html"

    def read(units: str) -> object:
        inner = "".join(f"{opening}{text}" for _ in units) + closing * len(units)
        return list(read_script(f"{before}{inner}{after}", "name", suffix).lines())

    assert growth(read, "x", 4000) < MAX_GROWTH


def _book(path: Path, documents: int, contents: str = "") -> Path:
    """Write a book of `documents` pages, with a table of contents."""
    numbers = range(documents)
    items = "".join(f'<item id="d{n}" href="{n}.xhtml"/>' for n in numbers)
    order = "".join(f'<itemref idref="d{n}"/>' for n in numbers)
    kind = 'properties="nav"' if "<nav>" in contents else ""
    listed = f'<item id="toc" href="toc" {kind}/>' if contents else ""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("b.opf", f'<b>{listed}{items}<spine toc="toc">{order}</spine></b>')
        archive.writestr("toc", contents)
        for n in numbers:
            archive.writestr(f"{n}.xhtml", "<p>a</p>")
    path.write_bytes(out.getvalue())
    return path


def _points(count: int) -> str:
    return "".join(f"{POINT.format(n)}</navPoint>" for n in range(count))


BOOKS: dict[str, tuple[Callable[[int], tuple[int, str]], int]] = {
    "documents": (lambda n: (n, ""), 600),
    "chapters": (lambda n: (n, f"<x>{_points(n)}</x>"), 600),
    "points": (lambda n: (1, POINT.format(0) * n + "</navPoint>" * n), 3000),
    "labels": (lambda n: (1, "<navPoint><navLabel>" * n + "</navLabel></navPoint>" * n), 6000),
    "navs": (lambda n: (1, "<nav><a href='0.xhtml'>a</a>" * n + "</nav>" * n), 4000),
    "links": (lambda n: (1, "<nav>" + "<a href='0.xhtml'>a" * n + "</a>" * n + "</nav>"), 4000),
}


@pytest.mark.parametrize("name", BOOKS)
def test_books(tmp_path: Path, name: str) -> None:
    make, size = BOOKS[name]
    books = {n: _book(tmp_path / f"{n}.epub", *make(n)) for n in (size, size // 2)}
    assert growth(lambda text: list(read_epub(books[len(text)]).lines()), "x", size) < MAX_GROWTH


def test_a_document_that_is_listed_twice_is_read_once(tmp_path: Path) -> None:
    book = _book(tmp_path / "a.epub", 2)
    twice = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(twice, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(name, text.replace('<itemref idref="d0"/>', '<itemref idref="d0"/>' * 9))
    book.write_bytes(twice.getvalue())
    assert [line.text for line in read_epub(book).lines()] == ["a", "a"]
