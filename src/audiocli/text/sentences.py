"""Text to paragraphs, lines and sentences.

Sentences end at a full stop, unless it belongs to an abbreviation, an initial or a
number; at question and exclamation marks, unless the sentence goes on after a
quotation; and at the marks of other scripts, with or without a space after them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

WRAPPED = 40  # columns from which on a line may be full, and its end mean nothing

_OPENING = "\"'“‘„‚«‹([{「『（《〈【¿¡"
_CLOSING = "\"'”’»›)]}」』）》〉】"
_END = re.compile(
    rf"[.!?…؟۔।॥።。！？｡．]+[{re.escape(_CLOSING)}]*(?=\s)"  # a space follows
    rf"|[。！？｡．]+(?![。！？｡．{re.escape(_CLOSING)}])"  # none is needed, but after a quotation
)
_CLAUSE_END = re.compile(rf"(?:[,:](?!\d)|[;、，；：،؛—–])+[{re.escape(_CLOSING)}]*\s*|\s[—–-]+\s")
_LIST_MARK = re.compile(r"([-*•‣–]|\d{1,3}[.)]|\(?[a-z]\))\s")
_TERMINAL = re.compile("\x1b\\[[0-?]*[ -/]*[@-~]")  # colours and the like, of a log
_DROPPED = {"\u00ad", "\u200b", "\u2060", "\ufeff"}  # soft hyphen, zero-width spaces


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What comes before a name or goes on: never the end of a sentence.
_TITLES = _words(
    "mr mrs ms mx dr prof st ste rev hon gen col maj capt cmdr lt sgt sen rep gov pres supt"
    " messrs mme mlle sr sra srta ud uds hr fr frl nr bzw z.b d.h u.a p.ex e.g i.e cf vs viz"
    " approx mt ft"
)
# ... unless a new sentence begins, where it stands after a name: "on Main St. It was late."
_AFTER_NAMES = _words("st ste dr")
# A full stop after these is theirs where a number follows.
_BEFORE_NUMBER = _words(
    "no nos fig figs vol p pp fn l ll ext tel lat rm apt rte ch art sec eq op bd ca"
    " c jan feb mar apr jun jul aug sep sept oct nov dec"
)
# What may well end a sentence: only a word that starts one decides.
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]$|^[^\W\d_]$")
_STARTERS = (
    "a|an|and|as|at|but|do|for|from|he|her|here|his|how|i|if|in|is|it|"
    "its|my|no|on|or|our|she|so|that|the|then|there|these|they|this|those|"
    "to|we|what|when|where|which|who|why|you|your|yes"
)
_STARTS = re.compile(rf"(?:{_STARTERS})\b(?!\.)", re.IGNORECASE)  # but not the initial A.
_ORDINAL_LANGUAGES = _words("da de cs et fi hr hu is lv nb nn no pl sk sl sr")


def cleaned(text: str) -> str:
    """Compose characters, make all line ends alike, drop what cannot be read aloud."""
    text = _TERMINAL.sub("", unicodedata.normalize("NFC", text))
    text = re.sub(r"\r\n?|[\v\f\x85\u2028]", "\n", text).replace("\u2029", "\n\n")
    return "".join(
        c
        for c in text
        if c in "\n\t" or not (unicodedata.category(c) in {"Cc", "Cs"} or c in _DROPPED)
    )


def is_speakable(text: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return any(c.isalnum() for c in text)


def sentences(line: str, language: str | None = None) -> Iterator[str]:
    """Split one line into sentences, each without the space around it."""
    start = 0
    for end in _END.finditer(line):
        rest = line[end.end() :].lstrip()
        if rest and _is_end(line[start : end.start()], end[0], rest, language):
            yield line[start : end.end()].strip()
            start = end.end()
    if last := line[start:].strip():
        yield last


def _is_end(before: str, mark: str, rest: str, language: str | None) -> bool:
    """Whether a sentence ends at a mark.

    Parameters
    ----------
    before : the sentence up to the mark
    mark : such as `.` or `?"`
    rest : what follows, from its first character that is no space
    """
    following = rest.lstrip(_OPENING)
    if following[:1].islower():
        return False
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    word = before.rsplit(None, 1)[-1].lstrip(_OPENING) if before.strip() else ""
    bare = word.lower()
    starts = bool(_STARTS.match(following))
    if bare in _TITLES:
        return starts and bare in _AFTER_NAMES
    if following[:1].isdigit() and bare in _BEFORE_NUMBER:
        return False
    if word.isdigit() and (before.strip() == word or language in _ORDINAL_LANGUAGES):
        return False  # the number of a list, or an ordinal
    if _ACRONYM.search(word):
        return starts or word == "I"
    return True


def lines(paragraph: str) -> Iterator[str]:
    """Join lines that were only broken to fit a page.

    A line is one of those if it was full: the first word of the next line would have
    made it longer than all others. Short lines, as of a list or a poem, stay lines.
    """
    written = [" ".join(line.split()) for line in paragraph.split("\n")]
    width = max(map(len, written), default=0)
    joined = last = ""
    for line in filter(None, written):
        word = line.split(" ", 1)[0]
        is_full = width >= WRAPPED and len(last) + 1 + len(word) > width
        if joined and (not is_full or _LIST_MARK.match(line)):
            yield joined
            joined = ""
        joined = f"{joined} {line}" if joined else line
        last = line
    if joined:
        yield joined


def cut(text: str, room: int) -> tuple[int, bool]:
    """Find where to cut a text that is too long: after its last comma that fits, else at a space.

    Parameters
    ----------
    room : characters before the cut at most

    Returns
    -------
    how many characters come before the cut, and whether a comma does
    """
    commas = [m.end() for m in _CLAUSE_END.finditer(text[:room]) if m.end() > room // 4]
    return (commas[-1], True) if commas else (_word_end(text, room), False)


def _word_end(text: str, longest: int) -> int:
    """Find the last space that fits; without one, a place that keeps accents on letters."""
    space = text.rfind(" ", 1, longest + 1)
    if space > 0:
        return space
    cut = longest
    while cut > 1 and unicodedata.combining(text[cut]):
        cut -= 1
    return cut
