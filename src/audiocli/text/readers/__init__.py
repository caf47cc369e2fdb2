"""Scripts: what is to be said, whatever it was written in.

The ending of a file tells its kind; SSML is known by its first tag as well.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from audiocli.text.script import Script

BINARY = {".epub"}  # read from the file, not from its text


def read_script(text: str, name: str, suffix: str, names: Collection[str] = ()) -> Script:
    """Read a text by the ending of its file.

    Parameters
    ----------
    name : of the text, for messages
    suffix : such as `.md`; what is unknown is plain text
    names : of a dialogue; in plain text and Markdown a line that begins with one stands alone

    Raises
    ------
    InputError : the text is not what its ending says
    """
    suffix = suffix.lower()
    if suffix in {".ssml", ".xml"} or text.lstrip().startswith(("<speak>", "<speak ")):
        from audiocli.text.readers.ssml import read_ssml

        return read_ssml(text, name)
    if suffix in {".srt", ".vtt"}:
        from audiocli.text.readers.subtitles import read_subtitles

        return read_subtitles(text, name)
    if suffix in {".html", ".htm", ".xhtml"}:
        from audiocli.text.readers.html import read_html

        return read_html(text)
    if names:
        from audiocli.text.readers.dialogue import broken_at_names

        text = broken_at_names(text, names)
    if suffix in {".md", ".markdown"}:
        from audiocli.text.readers.markdown import read_markdown

        return read_markdown(text)
    from audiocli.text.readers.plain import read_plain

    return read_plain(text)


def read_book(path: Path) -> Script:
    """Read an EPUB.

    Raises
    ------
    InputError : it is damaged, protected, or none
    """
    from audiocli.text.readers.epub import read_epub

    return read_epub(path)
