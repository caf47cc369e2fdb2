"""Read Markdown: markdown-it-py renders it as HTML, which the HTML reader reads."""

from __future__ import annotations

import re
from dataclasses import replace

from audiocli.text.readers.html import read_html
from audiocli.text.script import SpeechScript

_FRONT_MATTER = re.compile(r"\A---[ \t\r]*\n(.*?)\n(?:---|\.\.\.)[ \t\r]*\n", re.DOTALL)
_FIELD = re.compile(r"^(title|author|language|lang):(.+)$", re.MULTILINE)
_TAGS = {"title": "title", "author": "artist", "language": "language", "lang": "language"}


def read_markdown(text: str) -> SpeechScript:
    """Read CommonMark with tables and strikethrough.

    Front matter provides title, author and language.
    """
    from markdown_it import MarkdownIt

    front = _FRONT_MATTER.match(text)
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    script = read_html(page.render(text[front.end() :] if front else text))
    fields = _FIELD.findall(front[1]) if front else []
    tags = {_TAGS[key]: value for key, written in fields if (value := _unquoted(written))}
    return replace(script, tags=tags)


def _unquoted(written: str) -> str:
    value = written.strip()
    value = value[value.startswith(("'", '"')) :]
    return value[:-1] if value.endswith(("'", '"')) else value
