"""Read HTML with the parser of the standard library, which accepts malformed pages.

Headings begin chapters. Scripts, styles, hidden elements and note references are skipped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from html import unescape
from html.parser import HTMLParser

from audiocli.text.cleaning import clean_text, without_long_references
from audiocli.text.script import LINE, PARAGRAPH, ScriptLine, SpeechScript

_UNSEEN = {"script", "style", "template", "noscript", "svg", "math", "rt", "rp", "object", "iframe"}
_HEADINGS = {"h1", "h2"}
_PARAGRAPHS = {
    *("p", "div", "section", "article", "main", "header", "footer", "aside", "nav", "blockquote"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "figure", "form", "hr"),
    *("pre", "body", "title", "address", "fieldset", "details", "figcaption", "caption"),
}
_LINES = {"br", "li", "dt", "dd", "tr", "td", "th", "option", "legend", "summary"}
# Elements without an end tag.
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
# Semantic types (epub:type) and ARIA roles (doc-...) of notes, and of links to them.
_NOTES = {"footnote", "footnotes", "endnote", "endnotes", "rearnote", "rearnotes"}
_NOTE_LINKS = {"noteref", "backlink", "referrer"}
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
_BASE = re.compile(r"(?:\d|\b[^\W\d_]{1,2})$")  # base of a power: 10, x, km
_LONGEST_BASE = 3  # characters, with the one before it
_NOTE_NUMBER = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡]{1,3})[\])]?")


def read_html(text: str, *, notes: bool = False) -> SpeechScript:
    """Read an HTML page; footnotes and endnotes only if `notes` is set."""
    page = _Page({}, headings=True, notes=notes)
    page.read(text)
    tags = {"title": page.title} if page.title else {}
    return SpeechScript(lines=lambda: iter(page.lines), tags=tags)


def html_lines(
    text: str, chapters: Mapping[str, str] | None = None, *, notes: bool = False
) -> Iterator[ScriptLine]:
    """Read one content document of an EPUB file.

    Parameters
    ----------
    chapters : chapter titles by the id of their first element, "" for the beginning of
        the document; None uses the headings
    notes : read footnotes and endnotes as well
    """
    page = _Page(chapters or {}, headings=chapters is None, notes=notes)
    page.read(text)
    return iter(page.lines)


class _Page(HTMLParser):
    """Collect the lines of a document while it is parsed."""

    def __init__(self, chapters: Mapping[str, str], *, headings: bool, notes: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[ScriptLine] = []
        self.title = ""
        self._chapters = chapters
        self._headings = headings
        self._hidden = _NOTE_LINKS if notes else _NOTE_LINKS | _NOTES
        self._text: list[str] = []
        # Indices in _text where a link and a superscript begin: either may be a note number.
        self._link: int | None = None
        self._raised: int | None = None
        self._unseen: list[str] = []  # open elements, from the skipped one on
        self._open_unseen: Counter[str] = Counter()  # their names
        self._unclosed: set[str] = set()  # kinds of markup that no longer end in the page
        self._in_title = False
        self._in_heading = False
        self._chapter = chapters.get("")  # title for the next line

    def read(self, text: str) -> None:
        """Read the whole page.

        Where no ">" follows, there is no markup; `close` would search for one at each "<".
        """
        self.feed(without_long_references(clean_text(text)))
        end = self.rawdata.rfind(">") + 1
        rest, self.rawdata = self.rawdata[end:], self.rawdata[:end]
        self.close()
        if self.cdata_elem is None:
            self.handle_data(unescape(rest))
        self.end_line(PARAGRAPH)

    def parse_comment(self, i: int, report: bool = True) -> int:
        """Return the end of a comment, or -1; search for an end that is missing only once."""
        return self._end_of("-->", lambda: super(_Page, self).parse_comment(i, report))

    def parse_marked_section(self, i: int, report: bool = True) -> int:  # noqa: ARG002
        """Return the end of `<![CDATA[...]]>` or `<![if ...]>`, or -1."""
        closing = "]]>" if self.rawdata.startswith("<![CDATA[", i) else ">"
        start = self._end_of(closing, lambda: self.rawdata.find(closing, i))
        return start if start < 0 else start + len(closing)

    def _end_of(self, closing: str, find: Callable[[], int]) -> int:
        end = -1 if closing in self._unclosed else find()
        if end < 0:
            self._unclosed.add(closing)
        return end

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if self._unseen or tag in _UNSEEN or _is_hidden(named, self._hidden):
            if tag not in _VOID:
                self._unseen.append(tag)
                self._open_unseen[tag] += 1
            return
        self._end(tag)
        self._chapter = self._chapters.get(named.get("id", "") or "\0", self._chapter)
        self._in_title = self._in_title or tag == "title"
        if tag in _HEADINGS:
            self._in_heading = self._headings
        if tag == "sup":
            self._raised = len(self._text)
        if tag == "a":
            self._link = len(self._text) if "#" in named.get("href", "") else None

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if self._open_unseen[tag]:
                self._end_unseen(tag)
            return
        if tag == "title" and self._in_title:
            self.title = self._taken()
            self._in_title = False
            return
        if tag == "sup":
            self._end_raised()
        if tag == "a":
            self._end_link()
        self._end(tag)
        if tag in _HEADINGS:
            self._in_heading = False

    def _end_unseen(self, tag: str) -> None:
        """Close the skipped elements up to the last of a name."""
        ended = ""
        while ended != tag:
            ended = self._unseen.pop()
            self._open_unseen[ended] -= 1

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._text.append(data)

    def end_line(self, pause: float) -> None:
        """End the current line."""
        text = self._taken()
        if not text:
            return
        chapter = self._chapter or (text if self._in_heading else None)
        self.lines.append(ScriptLine(text=text, pause=pause, chapter=chapter))
        self._chapter = None

    def _end(self, tag: str) -> None:
        if self._in_title:
            return
        if tag in _PARAGRAPHS:
            self.end_line(PARAGRAPH)
        elif tag in _LINES:
            self.end_line(LINE)

    def _end_link(self) -> None:
        """Remove a link that is only a note number, such as `[1]`."""
        if self._link and _NOTE_NUMBER.fullmatch("".join(self._text[self._link :]).strip()):
            del self._text[self._link :]
        self._link = None

    def _end_raised(self) -> None:
        """Mark a superscript as a power (`^`) after a base, else remove it as a note number."""
        start, self._raised = self._raised, None
        if start and _NOTE_NUMBER.fullmatch("".join(self._text[start:]).strip()):
            before = "".join(self._text[max(0, start - _LONGEST_BASE) : start])
            if _BASE.search(before[-_LONGEST_BASE:]):
                self._text.insert(start, "^")
            else:
                del self._text[start:]

    def _taken(self) -> str:
        text = re.sub(r"\s+", " ", "".join(self._text)).strip()
        self._text.clear()
        return text


def _is_hidden(attributes: Mapping[str, str], types: Set[str]) -> bool:
    """Return whether an element is invisible, or of one of the semantic types."""
    named = f"{attributes.get('epub:type', '')} {attributes.get('role', '')}".lower()
    own = {name.removeprefix("doc-") for name in named.split()}
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or not own.isdisjoint(types)
        or bool(_HIDING.search(attributes.get("style", "").lower()))
    )
