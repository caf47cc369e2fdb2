"""Read titles, abbreviations and words in capitals."""

from __future__ import annotations

import re

from audiocli.text.normalization.english.words import (
    in_pairs,
    number,
    one_of,
    word_set,
    words_of_decade,
)
from audiocli.text.normalization.reading import rule
from audiocli.text.sentences import ends_sentence

# --- titles and abbreviations ----------------------------------------------------

_TITLES = {
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Dr": "Doctor",
    "Prof": "Professor",
    "St": "Saint",
    "Mt": "Mount",
    "Ft": "Fort",
    "Gen": "General",
    "Gov": "Governor",
    "Sen": "Senator",
    "Rep": "Representative",
    "Capt": "Captain",
    "Lt": "Lieutenant",
    "Col": "Colonel",
    "Sgt": "Sergeant",
    "Cmdr": "Commander",
    "Rev": "Reverend",
    "Hon": "Honorable",
    "Pres": "President",
    "Supt": "Superintendent",
    "Cpl": "Corporal",
    "Maj": "Major",
    "Adm": "Admiral",
    "Fr": "Father",
    "Msgr": "Monsignor",
    "Messrs": "Messieurs",
}
_AFTER_NAME = {"Dr.": "Drive", "St.": "Street", "Ste.": "Suite"}
_ABBREVIATIONS = {
    "Jr.": "Junior",
    "Sr.": "Senior",
    "Ave.": "Avenue",
    "Blvd.": "Boulevard",
    "Rd.": "Road",
    "Ln.": "Lane",
    "Hwy.": "Highway",
    "Pkwy.": "Parkway",
    "Ste.": "Suite",
    "Apt.": "Apartment",
    "Bldg.": "Building",
    "Ltd.": "Limited",
    "Inc.": "Incorporated",
    "Corp.": "Corporation",
    "Co.": "Company",
    "Bros.": "Brothers",
    "Dept.": "Department",
    "Univ.": "University",
    "Assn.": "Association",
    "Govt.": "Government",
    "approx.": "approximately",
    "est.": "established",
    "vs.": "versus",
    "vs": "versus",
    "vol.": "volume",
    "Vol.": "Volume",
    "fig.": "figure",
    "Fig.": "Figure",
    "ch.": "chapter",
    "Ch.": "Chapter",
    "pp.": "pages",
    "ed.": "edition",
    "eds.": "editors",
    "no.": "number",
    "nos.": "numbers",
    "Atty.": "Attorney",
    "cf.": "compare",
    "et al.": "et al",
    "Jan.": "January",
    "Feb.": "February",
    "Mar.": "March",
    "Apr.": "April",
    "Jun.": "June",
    "Jul.": "July",
    "Aug.": "August",
    "Sep.": "September",
    "Sept.": "September",
    "Oct.": "October",
    "Nov.": "November",
    "Dec.": "December",
    "Mon.": "Monday",
    "Tue.": "Tuesday",
    "Tues.": "Tuesday",
    "Wed.": "Wednesday",
    "Thu.": "Thursday",
    "Thurs.": "Thursday",
    "Fri.": "Friday",
    "Sat.": "Saturday",
    "Sun.": "Sunday",
    "w/": "with",
    "w/o": "without",
    "aka": "also known as",
    "AKA": "also known as",
    "BTW": "by the way",
    "IMO": "in my opinion",
    "TBD": "to be determined",
    **{f"{short}.": full for short, full in _TITLES.items() if short not in {"Mt", "Ft", "Fr"}},
    **_AFTER_NAME,
    "Esq.": "Esquire",
    "etc.": "et cetera",
    "&c.": "et cetera",
    "e.g.": "for example",
    "i.e.": "that is",
    "doz.": "dozen",
    "E.g.": "For example",
    "I.e.": "That is",
    "Cf.": "Compare",
    "Approx.": "Approximately",
    "Incl.": "Including",
    "viz.": "namely",
    "ca.": "circa",
    "incl.": "including",
    "excl.": "excluding",
    "max.": "maximum",
    "min.": "minimum",
    "tel.": "telephone",
    "Tel.": "telephone",
    "ext.": "extension",
    "p.m.": "P.M.",
    "a.m.": "A.M.",
    "Ph.D.": "P.H.D.",
    "PhD": "P.H.D.",
    "St": "Street",
    "PhDs": "P.H.D.s",
    "Xmas": "Christmas",
    "WWI": "World War one",
    "WWII": "World War two",
    "Rte.": "Route",
    "ea.": "each",
    "YoY": "year over year",
    "FYI": "for your information",
    "ETA": "E.T.A.",
    "a.k.a.": "also known as",
}
# Abbreviations only before a number; elsewhere the words "no", "art", "sec" or a name.
_BEFORE_NUMBER = {
    "No.": "number",
    "no.": "number",
    "Nos.": "numbers",
    "nos.": "numbers",
    "p.": "page",
    "pp.": "pages",
    "ch.": "chapter",
    "sec.": "section",
    "art.": "article",
    "op.": "opus",
    "Op.": "opus",
    "§": "section",
    "§§": "sections",
    "c.": "circa",
    "l.": "line",
}
_ONLY_BEFORE_NUMBER = {"no.", "nos.", "St"}


def _is_last(match: re.Match[str]) -> bool:
    return not match.string[match.end() :].strip(" \"'”’)")


def _abbreviation(match: re.Match[str]) -> str:
    """Return the full word; at the end of a sentence its full stop is kept."""
    short = match[1]
    said = _ABBREVIATIONS[short]
    is_end = _is_last(match) and short.endswith(".") and not said.endswith(".")
    return f"{said}." if is_end else said


def _street_at_end(match: re.Match[str]) -> str | None:
    """Read `Dr.` as `Drive.` where it ends a sentence: at 12 Elm Dr. It is far."""
    text = match.string
    is_end = ends_sentence(text[: match.end()], text[match.end() :], "en")
    return f"{_AFTER_NAME[match[1]]}." if is_end else None


_ABBREVIATION_RULES = (
    rule(rf"(?<!\w)({one_of(_BEFORE_NUMBER)})[ ]?(?=\d)", lambda m: _BEFORE_NUMBER[m[1]] + " "),
    rule(
        rf"(?<=[a-z][ ])({one_of(_AFTER_NAME)})(?=$|[,;]|[ ][a-z])",
        _abbreviation,
    ),
    rule(r"\b(Dr\.|St\.)(?=[ ][A-Z])", _street_at_end),
    rule(rf"\b({one_of(_TITLES)})\.?[ ](?=[A-Z])", lambda m: _TITLES[m[1]] + " "),
    rule(
        rf"(?<![\w.])({one_of(_ABBREVIATIONS.keys() - _ONLY_BEFORE_NUMBER)})"
        r"(?![\w])",
        _abbreviation,
    ),
)

# --- words in capitals -----------------------------------------------------------

_SAID_AS_WORDS = word_set(
    "AIDS ASCII BASIC CAPTCHA COBOL COVID DARPA DOS ESA FIFA GIF GUI IKEA JPEG LAN LASER LED"
    " MIDI NAFTA NASA NASDAQ NATO NIMBY OPEC OSHA PIN POTUS RADAR RAM ROM SARS SAT SCOTUS"
    " SCUBA SIM SONAR SWAT TED TEFL UNESCO UNICEF VAT WAN WASP WHO YOLO ZIP"
)
_SPELLED = word_set("ASAP ESPN IEEE IBAN USAF UCLA")
# Short words that are set in capitals for emphasis.
_SHOUTED = word_set(
    "ALL AND ANY ARE ASK AT BAD BE BIG BUT BUY BY CAN DAY DID DO END FAR FOR GET GO GOD GOT"
    " HAD HAS HE HER HEY HI HIM HIS HOT HOW IF IN IS ITS JOB LET LOT MAN MAY ME MEN MUST MY"
    " NEW NO NOT NOW OF OFF OH OK OLD ON ONE OR OUR OUT OWN PAY PUT RED RUN SAD SAY SEE SHE SO"
    " THE TO TOO TOP TRY TWO UP USE WAR WAS WAY WE WHY WIN YES YET YOU"
)
_VOWEL = re.compile("[AEIOUY]")
# Initial consonants of no English word, or four consonants in a row.
_UNSAYABLE = re.compile(
    "^(?![SCTP]H|[SPBCFGK]L|[A-Z]R|S[CKMNPQTWHL]|T[WH]|WH|KN|GN|QU|DW)[^AEIOUY]{2}|[^AEIOUY]{4}"
)
_LONGEST_SPELLED = 5


def spelled(letters: str) -> str:
    """Return `FBI` as `F.B.I.`, which voices read letter by letter."""
    letters = letters.upper()
    if len(letters) == 1:
        return "ay" if letters == "A" else letters
    return "".join(f"{letter}." for letter in letters)


def _capitals(match: re.Match[str]) -> str | None:
    word, ending = match[1], match[2] or ""
    if word in _SAID_AS_WORDS or (word in _SHOUTED and not ending):
        return None if word in _SAID_AS_WORDS else word.lower()
    if _is_shouted(match):
        return f"{word}{ending}".lower()
    if word in _SPELLED or not _is_sayable(word):
        return spelled(word) + ending.replace("’", "'")
    return None


def _is_sayable(word: str) -> bool:
    """Return whether an acronym is read as a word; those of up to three letters are not."""
    return len(word) > 3 and bool(_VOWEL.search(word)) and not _UNSAYABLE.search(word)


def _is_shouted(match: re.Match[str]) -> bool:
    """Return whether the word has a vowel and all words around it are in capitals."""
    if not _VOWEL.search(match[1]):
        return False
    before = re.search(r"(\w[\w'’]*)\W*$", match.string[: match.start()])
    after = re.match(r"\W*([\w'’]*\w)", match.string[match.end() :])
    around = [found[1] for found in (before, after) if found]
    loud = [word for word in around if word.isupper() and not any(map(str.isdigit, word))]
    return len(loud) == len(around) and any(
        word in _SHOUTED or (len(word) > 3 and word not in _SAID_AS_WORDS) for word in loud
    )


def _letters_and_digits(match: re.Match[str]) -> str | None:
    """Read `MP3` as `M.P. three`, `3D` as `three D`, `B2B` as `B to B`."""
    word = match[0]
    if young := re.search(r"-(\d+)s$", match.string[: match.end()]):
        return words_of_decade(int(young[1]))  # under-18s
    if word in {"B2B", "B2C", "P2P", "C2C"}:
        return f"{word[0]} to {word[2]}"
    parts = re.findall(r"\d+|[A-Za-z]+", word)
    said = [
        _digits_of_name(part)
        if part.isdecimal()
        else (
            spelled(part)
            if len(part) == 1 or part.isupper() or not _VOWEL.search(part.upper())
            else part
        )
        for part in parts
    ]
    return " ".join(said)


def _digits_of_name(part: str) -> str:
    """Read the digits of `1080p`, `RTX4090` and `AA123` in pairs."""
    return in_pairs(int(part)) if len(part) in {3, 4} and part[0] != "0" else number(part)


def _with_ampersand(match: re.Match[str]) -> str:
    """Read `AT&T` as `A.T. and T`."""
    return " and ".join(spelled(part) if len(part) > 1 else part for part in match[0].split("&"))


_CAPITAL_RULES = (
    rule(r"(?<![\w.&])[A-Z]{1,4}(?:&[A-Z]{1,4})+(?![\w&])", _with_ampersand),
    rule(
        r"(?<![\w.])(?=[A-Z0-9a-z]*\d)(?=[A-Z0-9a-z]*[A-Za-z])[A-Za-z0-9]+(?!\w)",
        _letters_and_digits,
    ),
    rule(
        rf"(?<![\w.])([A-Z]{{2,{_LONGEST_SPELLED}}})((?:['’]s|s)(?!\w))?(?!\w|\.[A-Z]|[-'’][A-Z])",
        _capitals,
    ),
)

RULES = (*_ABBREVIATION_RULES, *_CAPITAL_RULES)
