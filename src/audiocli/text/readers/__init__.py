"""Read documents to be spoken: plain text, Markdown, HTML, EPUB, subtitles and SSML.

The suffix of the file selects the reader; SSML is also recognised by its first tag.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from audiocli.text.script import SpeechScript

_SPEAK = re.compile(r"\s*(<\?xml[^>]*>\s*)?<speak[\s>]")
_SSML = {".ssml", ".xml"}
HTML = {".html", ".htm", ".xhtml"}
BINARY = {".epub"}  # formats that are read from the file, not from text


def is_markup(data: bytes, suffix: str) -> bool:
    """Return whether a file is XML or HTML, which may declare its encoding."""
    start = data[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return suffix in HTML | _SSML or start.startswith((b"<speak", b"<?xml"))


def read_script(
    text: str, name: str, suffix: str, names: Collection[str] = (), *, notes: bool = False
) -> SpeechScript:
    """Read a text with the reader for the suffix of its file.

    Parameters
    ----------
    name : name of the text in messages
    suffix : such as `.md`; unknown suffixes are read as plain text
    names : speakers of a dialogue; in plain text and Markdown, a line that begins with one
        of them starts a paragraph
    notes : read the footnotes and endnotes of HTML as well

    Raises
    ------
    InputError : the text is not valid in its format
    """
    suffix = suffix.lower()
    if suffix in _SSML or _SPEAK.match(text):
        from audiocli.text.readers.ssml import read_ssml

        return read_ssml(text, name)
    if suffix in {".srt", ".vtt"}:
        from audiocli.text.readers.subtitles import read_subtitles

        return read_subtitles(text, name)
    if suffix in HTML:
        from audiocli.text.readers.html import read_html

        return read_html(text, notes=notes)
    if names:
        from audiocli.text.readers.dialogue import broken_at_names

        text = broken_at_names(text, names)
    if suffix in {".md", ".markdown"}:
        from audiocli.text.readers.markdown import read_markdown

        return read_markdown(text)
    from audiocli.text.readers.plain import read_plain

    return read_plain(text)


def read_book(path: Path, *, notes: bool = False) -> SpeechScript:
    """Read an EPUB file; footnotes and endnotes only if `notes` is set.

    Raises
    ------
    InputError : the file is damaged, encrypted, or not an EPUB
    """
    from audiocli.text.readers.epub import read_epub

    return read_epub(path, notes=notes)
