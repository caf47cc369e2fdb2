"""Read URLs, e-mail addresses, handles and hashtags."""

from __future__ import annotations

import re

from audiocli.text.normalization.english.words import cardinal, digits, word_set
from audiocli.text.normalization.reading import rule

_ENDINGS = (
    "com|org|net|edu|gov|mil|int|io|co|uk|de|fr|es|it|nl|eu|info|biz|us|ca|au|jp|cn|in|tv|me|ly|ai"
    "|app|dev|ch|at|be|se|no|dk|pl|ru|br"
)
_SPELLED_ENDINGS = word_set("uk de fr es nl eu us ca au jp cn tv ly ai io ch dk pl ru br")
_FILES = (
    "pdf|docx?|xlsx?|pptx?|odt|txt|csv|tsv|json|xml|ya?ml|toml|html?|css|jpe?g|png|gif|svg|mp[34]|m4a"
    "|wav|flac|ogg|srt|vtt|zip|gz|tar|exe|py|js|ts|sh|md|epub"
)
_SIGNS = {
    ".": "dot",
    "/": "slash",
    "-": "dash",
    "_": "underscore",
    "@": "at",
    ":": "colon",
    "?": "question mark",
    "=": "equals",
    "&": "and",
    "#": "hash",
    "+": "plus",
    "%": "percent",
    "~": "tilde",
}
_LONGEST_NUMBER = 4  # digits; longer numbers are read digit by digit
_HOST = rf"(?:[\w-]+\.)+(?:{_ENDINGS})\b"
_PATH = r"(?::\d+)?(?:/[\w./~%+\-=&?#:@]*[\w/=])?(?:\?[\w%+\-=&]+)?"


def address(text: str) -> str:
    """Return `example.com/a-b` as `example dot com slash ay dash b`."""
    parts = re.findall(r"[^\W\d_]+|\d+|[\W_]", text)
    return " ".join(filter(None, (_part(part) for part in parts)))


def _part(part: str) -> str:
    from audiocli.text.normalization.english.letters import spelled

    if part.isdecimal():
        is_short = len(part) <= _LONGEST_NUMBER and not part.startswith("0")
        return cardinal(int(part)) if is_short else digits(part)
    if not part.isalpha():
        return _SIGNS.get(part, "")
    is_spelled = part.lower() == "www" or part in _SPELLED_ENDINGS or len(part) == 1
    is_spelled = is_spelled or not re.search("[aeiouyAEIOUY]", part)
    return spelled(part) if is_spelled else part


def _url(match: re.Match[str]) -> str:
    return address(match[1].rstrip("/"))


def _hashtag(match: re.Match[str]) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\D)(?=\d)|_", " ", match[1])
    return f"hashtag {words}"


RULES = (
    rule(r"(?<!\w)([\w.+-]+@[\w-]+(?:\.[\w-]+)+)", lambda m: address(m[1])),
    rule(r"\b(?:https?|ftp)://([\w.-]+(?::\d+)?(?:[/?][\w./~%+\-=&?\#:@]*[\w/=])?/?)", _url, re.I),
    rule(r"\b(www\.[\w.-]*\w/?[\w./~%+\-=&?\#:@]*[\w/=])", _url, re.I),
    rule(rf"(?<![\w.@/])({_HOST}{_PATH})".replace("#", r"\#"), _url),
    rule(rf"(?<![\w./])([\w-]*\.(?:{_FILES}))(?!\w)", lambda m: address(m[1])),
    rule(r"(?<![\w@])@([A-Za-z_]\w+)", lambda m: f"at {address(m[1])}"),
    rule(r"(?<![\w&])\#([A-Za-z]\w+)", _hashtag),
)
