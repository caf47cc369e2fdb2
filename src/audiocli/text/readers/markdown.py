"""Read Markdown: markdown-it-py renders it as HTML, which the HTML reader reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from audiocli.text.readers.html import read_html
from audiocli.text.script import SpeechScript

_FRONT_MATTER = re.compile(r"\A---[ \t\r]*\n(.*?)\n(?:---|\.\.\.)[ \t\r]*\n", re.DOTALL)
_FIELD = re.compile(r"^(title|author|language|lang):(.+)$", re.MULTILINE)
_MAX_INLINE = 4000  # characters; markdown-it-py takes quadratic time for brackets and emphasis
_TAGS = {"title": "title", "author": "artist", "language": "language", "lang": "language"}


def read_markdown(text: str) -> SpeechScript:
    """Read CommonMark with tables and strikethrough.

    Front matter provides title, author and language.
    """
    from markdown_it import MarkdownIt

    front = _FRONT_MATTER.match(text)
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    page.core.ruler.at("inline", _parse_inline)
    script = read_html(page.render(text[front.end() :] if front else text))
    fields = _FIELD.findall(front[1]) if front else []
    tags = {_TAGS[key]: value for key, written in fields if (value := _unquoted(written))}
    return replace(script, tags=tags)


def _parse_inline(state: Any) -> None:
    """Parse the text of each paragraph, in parts if it is long."""
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            for part in _parts(token.content):
                state.md.inline.parse(part, state.md, state.env, token.children)


def _parts(text: str) -> Iterator[str]:
    """Divide a text at spaces into parts of at most `_MAX_INLINE` characters."""
    start = 0
    while len(text) - start > _MAX_INLINE:
        end = text.rfind(" ", start + 1, start + _MAX_INLINE) + 1 or start + _MAX_INLINE
        yield text[start:end]
        start = end
    yield text[start:]


def _unquoted(written: str) -> str:
    value = written.strip()
    value = value[value.startswith(("'", '"')) :]
    return value[:-1] if value.endswith(("'", '"')) else value
