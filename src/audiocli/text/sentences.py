"""Split text into sentences.

Transcripts, subtitles and speech synthesis all use this module, so that they agree on
where a sentence ends. A full stop ends a sentence unless it belongs to an abbreviation,
an initial, an ordinal or a list number. Other marks end one unless the text goes on in
lower case. Scripts without spaces between sentences need none after the mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audiocli.text.abbreviations import (
    BEFORE_NAME,
    BEFORE_NAME_BY_LANGUAGE,
    BEFORE_NUMBER,
    DAYS,
    MAY_END,
    MONTHS,
    ORDINAL_LANGUAGES,
    STARTERS,
)
from audiocli.text.cleaning import is_speakable

OPENING = "\"'“‘„‚«‹([{「『（《〈【¿¡"
CLOSING = "\"'”’»›)]}」』）》〉】"
_QUOTES = CLOSING + "“‘«‹"  # German and others close with these: „Ja.“ »Ja.«
_UNSPACED_MARKS = "。！？｡．"  # need no space after them
_MARKS = ".!?…؟۔।॥።፧။។։‼⁇⁈⁉" + _UNSPACED_MARKS
_GREEK_QUESTION_MARKS = ";\u037e"

# The mark of a sentence, what closes after it, and note numbers, as in “Yes.”[1]
# A French » has a space before it.
# A run of marks matches only as a whole, because partial matches take quadratic time.
_MARK = (
    rf"(?<![{_MARKS}])(?P<mark>[{_MARKS}]++)(?P<closing>[{re.escape(_QUOTES)}]*(?:\s[»›](?=\s|$))?)"
    r"(?:\[\d{1,3}\])*"
)
_GREEK_MARK = _MARK.replace(f"[{_MARKS}]", f"[{_MARKS}{_GREEK_QUESTION_MARKS}]")


def _boundary(mark: str) -> re.Pattern[str]:
    """Compile where a sentence may end inside a line: after a mark, before the next word."""
    opening, closing = re.escape("「『（《〈【“"), re.escape(CLOSING)
    return re.compile(
        rf"{mark}(?=\s)"
        rf"|(?<![{_UNSPACED_MARKS}])[{_UNSPACED_MARKS}]++"
        rf"(?:(?![{closing}])|[{closing}]++(?=[{opening}]))"
    )


_BOUNDARY, _GREEK_BOUNDARY = _boundary(_MARK), _boundary(_GREEK_MARK)
_FINAL_MARK = re.compile(_MARK + "$")
_FINAL_GREEK_MARK = re.compile(_GREEK_MARK + "$")

_NOT_FIRST = ",;:)]»”"  # no sentence begins with these
_CONTEXT = 100  # characters before and after a mark that decide
_ELLIPSIS = re.compile(r"…|\.\.")
_BRAND = re.compile(r"[^\W\d_]{1,2}(?<![A-Z])[A-Z]")  # iPads, eBay: no lower-case start
_INITIALS = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]$|^[^\W\d_]$")
_ROMAN = re.compile("[IVXL]+")
_NUMBER = re.compile(r"\d|[IVXLC]+\b")
# "on Main St.", "at 12 Oak Dr.": a street, which may end a sentence, and no title.
_STREET = re.compile(
    r"(?:\d|\b(?:on|at|near|along|down|up|off|to|from|in))\s+(?:[A-Z][\w'’-]+\s+){1,3}(?:St|Dr)$"
)


def split_sentences(line: str, language: str | None = None) -> Iterator[str]:
    """Split one line into sentences, each without the space around it.

    Parameters
    ----------
    language : ISO 639 code; adds the abbreviations and ordinals of that language
    """
    start = 0
    for boundary in (_GREEK_BOUNDARY if language == "el" else _BOUNDARY).finditer(line):
        end = boundary.end()
        rest = line[end : end + _CONTEXT]
        if rest.strip() and ends_sentence(line[max(start, end - _CONTEXT) : end], rest, language):
            yield line[start:end].strip()
            start = end
    if last := line[start:].strip():
        yield last


def ends_sentence(before: str, after: str, language: str | None = None) -> bool:
    """Return whether a sentence ends between two parts of a text.

    Parameters
    ----------
    before : the sentence so far, up to the mark and the quotes or brackets that close after it
    after : the words that follow; where there are none, the mark alone decides
    language : ISO 639 code
    """
    before, after = before.rstrip()[-_CONTEXT:], after[:_CONTEXT]
    final_mark = _FINAL_GREEK_MARK if language == "el" else _FINAL_MARK
    found = final_mark.search(before)
    if not found or (after.strip() and not is_speakable(before)):
        return False
    following = after.lstrip(f"{OPENING} \t\n\xa0\u202f—–-")
    if not following:
        return not after.strip()  # a closing mark that stands by itself is yet to come
    if following[0] in _NOT_FIRST:
        return False
    mark, closing = found["mark"], found["closing"]
    if following[0].islower() and not _BRAND.match(following):
        # "Why? because" are two sentences; "Why?" he asked is one.
        return "?" in mark and not closing and not _ELLIPSIS.search(mark)
    if mark != ".":
        return True
    return not _keeps_full_stop(before[: found.start()], following, language)


def _keeps_full_stop(before: str, following: str, language: str | None) -> bool:
    """Return whether a full stop belongs to the word before it and ends no sentence."""
    word = before.rsplit(None, 1)[-1].lstrip(OPENING) if before.strip() else ""
    bare = re.sub("^[ld]['’]", "", word.lower())  # l'on. Rossi
    starters = STARTERS.get(language or "en")
    starts = bool(starters and starters.match(following))
    if bare in BEFORE_NAME or bare in BEFORE_NAME_BY_LANGUAGE.get(language or "", ()):
        return not (starts and _STREET.search(before))
    if _introduces_number(word, following, language):
        return True
    is_whole = before.strip() == word
    if word.isdigit() or (language in ORDINAL_LANGUAGES and _ROMAN.fullmatch(word)):
        is_ordinal = language in ORDINAL_LANGUAGES and len(word) <= 2 and not starts
        return is_whole or is_ordinal
    if _INITIALS.search(word):
        is_label = is_whole and len(word) == 1
        return is_label or not (starts or word == "I")
    return bare in MAY_END and not starts


def _introduces_number(word: str, following: str, language: str | None) -> bool:
    """Return whether a word is one that keeps its full stop before the number that follows."""
    bare = word.lower()
    if bare in BEFORE_NUMBER or (language == "de" and bare.endswith("str")):
        return bool(_NUMBER.match(following))
    if bare in MONTHS:
        return following[0].isdigit()
    if bare in DAYS and word[0].isupper():
        return following[0].isdigit() or following[:3].lower() in MONTHS
    return False
