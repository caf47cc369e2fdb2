"""Markdown, through markdown-it-py: made HTML, and read as that."""

from __future__ import annotations

import re
from dataclasses import replace

from audiocli.text.readers.html import read_html
from audiocli.text.script import Script

_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n(?:---|\.\.\.)\s*\n", re.DOTALL)
_FIELD = re.compile(r"^(title|author|language|lang):[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)
_TAGS = {"title": "title", "author": "artist", "language": "language", "lang": "language"}


def read_markdown(text: str) -> Script:
    """Read CommonMark with tables and strikethrough; a front matter gives title and author."""
    from markdown_it import MarkdownIt

    front = _FRONT_MATTER.match(text)
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    script = read_html(page.render(text[front.end() :] if front else text))
    tags = {_TAGS[key]: value for key, value in _FIELD.findall(front[1])} if front else {}
    return replace(script, tags=tags)
