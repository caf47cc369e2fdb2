"""Decode text files in UTF-8, UTF-16 and UTF-32, and markup in its declared encoding."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from audiocli.errors import InputError

_HINT = "convert it with iconv -t utf-8"
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The first characters of a text without a mark, as zero and other bytes.
_PATTERNS = (
    (re.compile(rb"[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[^\0]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[^\0]\0[^\0]"), "utf-16-be"),
)
_DECLARATION = re.compile(
    r"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]+)|<meta[^>]*?\scharset\s*=\s*["']?([\w.:-]+)""",
    re.IGNORECASE,
)
_HEAD = 1024  # bytes in which an encoding is declared


def encoding_by_mark(data: bytes) -> str | None:
    """Return utf-16 or utf-32 if a text begins with their byte order mark, else None."""
    return next((code for mark, code in _MARKS if data.startswith(mark)), None)


def encoding_of(data: bytes) -> str:
    """Return the encoding of a text by its first bytes; UTF-8 unless they are UTF-16 or UTF-32."""
    by_pattern = (code for pattern, code in _PATTERNS if pattern.match(data))
    return encoding_by_mark(data) or next(by_pattern, "utf-8-sig")


def decode(data: bytes, name: str | Path) -> str:
    """Decode a text without its byte order mark.

    Raises
    ------
    InputError : it is not text in the encoding of its first bytes
    """
    return _decoded(data, encoding_of(data), name)


def decode_markup(data: bytes, name: str | Path, errors: str = "strict") -> str:
    """Decode XML or HTML, which may declare an 8-bit encoding.

    Parameters
    ----------
    errors : `replace` replaces invalid bytes

    Raises
    ------
    InputError : the declared encoding is unknown, or is not the encoding of the text
    """
    encoding = encoding_of(data)
    found = _DECLARATION.search(data[:_HEAD].decode(encoding, "replace"))
    declared = (found[1] or found[2]).strip() if found else encoding
    try:
        codec = codecs.lookup(declared).name
        codecs.decode(b"", codec).encode()  # refuses codecs such as base64
    except (LookupError, AttributeError, ValueError):
        raise InputError(name, f"declares the unknown encoding {declared!r}", _HINT) from None
    actual = codecs.lookup(encoding).name
    if codec[:6] == actual[:6]:  # utf-16 and utf-16-le
        return _decoded(data, encoding, name, errors)
    if encoding != "utf-8-sig" or codec.startswith(("utf-16", "utf-32")):
        problem = f"declares the encoding {declared}, but is {_label(encoding)}"
        raise InputError(name, problem, "correct or remove the declaration")
    return _decoded(data, codec, name, errors)


def _decoded(data: bytes, encoding: str, name: str | Path, errors: str = "strict") -> str:
    try:
        return data.decode(encoding, errors).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        problem = f"is not {_label(encoding)} text (byte {error.start})"
        raise InputError(name, problem, _HINT) from error


def _label(encoding: str) -> str:
    return encoding.removesuffix("-sig").upper()
