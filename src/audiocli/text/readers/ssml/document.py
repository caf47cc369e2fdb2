"""Parse Speech Synthesis Markup Language 1.1 (https://www.w3.org/TR/speech-synthesis11/).

Supported are speak, p, s, break, say-as, sub, prosody (rate, pitch, volume), phoneme
(ipa), emphasis, voice (name) and mark. Other elements, malformed XML, and declarations
of entities or a document type are errors with line and column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, NamedTuple, NoReturn, TypeVar
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import InputSource

from audiocli.errors import InputError
from audiocli.text.cleaning import clean_text
from audiocli.text.normalization import Reading
from audiocli.text.readers.ssml.say_as import say_as
from audiocli.text.readers.ssml.values import (
    SsmlError,
    combined,
    emphasis_change,
    prosody_change,
    seconds_of_break,
)
from audiocli.text.script import PARAGRAPH, SENTENCE, Mark, Prosody, ScriptLine, SpeechScript

_T = TypeVar("_T")

_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "speak": frozenset({"version", "onlangfailure"}),
    "p": frozenset(),
    "s": frozenset(),
    "break": frozenset({"time", "strength"}),
    "say-as": frozenset({"interpret-as", "format", "detail"}),
    "sub": frozenset({"alias"}),
    "prosody": frozenset({"rate", "pitch", "volume"}),
    "phoneme": frozenset({"alphabet", "ph"}),
    "emphasis": frozenset({"level"}),
    "voice": frozenset({"name"}),
    "mark": frozenset({"name"}),
}
_REQUIRED = {
    "say-as": "interpret-as",
    "sub": "alias",
    "phoneme": "ph",
    "voice": "name",
    "mark": "name",
}
_EMPTY = {"break", "mark"}  # elements without content
_WORDS_ONLY = {"say-as", "sub", "phoneme"}  # elements that contain text only
_MAX_WORDS = 1000  # characters of such an element, of an alias and of phonemes


def read_ssml(text: str, name: str) -> SpeechScript:
    """Read an SSML document.

    Raises
    ------
    InputError : the document is not valid, or uses an unsupported feature
    """
    from defusedxml import DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden
    from defusedxml.sax import parse

    document = _SsmlHandler(name)
    try:
        parse(_source(text), document, forbid_dtd=True)
    except (DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden):
        problem = "a document type or entities are refused in SSML"
        raise _error(name, document.place, problem) from None
    except SAXParseException as error:
        place = _Position(error.getLineNumber(), error.getColumnNumber())
        raise _error(name, place, error.getMessage()) from None
    except UnicodeEncodeError as error:
        raise InputError(
            name, f"is not valid Unicode: {error.reason}", "save it as UTF-8"
        ) from None
    tags = {"language": document.language} if document.language else {}
    return SpeechScript(lines=lambda: iter(document.lines), tags=tags)


def _source(text: str) -> InputSource:
    """Return decoded text for the parser, which then ignores the declared encoding."""
    source = InputSource()
    source.setEncoding("utf-8")
    source.setByteStream(BytesIO(text.encode()))
    return source


class _Position(NamedTuple):
    """A position in the document, as expat counts: columns from 0."""

    line: int | None
    column: int | None


def _error(name: str, place: _Position, problem: str) -> InputError:
    where = f"line {place.line or 1}, column {(place.column or 0) + 1}"
    return InputError(name, f"{where}: {problem}", "correct it, or pass the text without tags")


@dataclass(frozen=True)
class _Element:
    """An open element: its name, its attributes, the prosody inside it, and where it begins."""

    name: str
    attributes: Mapping[str, str]
    prosody: Prosody
    place: _Position


class _SsmlHandler(ContentHandler):
    """Collect the lines of a document while it is parsed."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.lines: list[ScriptLine] = []
        self.language: str | None = None
        self._open: list[_Element] = []
        self._text: list[str] = []  # of the current line
        self._length = 0  # of this text
        self._readings: list[Reading] = []
        self._marks: list[Mark] = []
        self._inner = ""  # content of a say-as, sub or phoneme
        self._locator: Any = None

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802 (the name SAX calls)
        self._locator = locator

    @property
    def place(self) -> _Position:
        """Return the position of the parser."""
        return _Position(self._locator.getLineNumber(), self._locator.getColumnNumber())

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802
        attributes = dict(attrs.items())
        self._check(name, attributes)
        prosody = self._open[-1].prosody if self._open else Prosody()
        if name in {"prosody", "emphasis", "voice"}:
            self._end_line(0.0)
            prosody = self._with_position(lambda: _changed(prosody, name, attributes))
        elif name in {"p", "s"}:
            self._end_line(PARAGRAPH if name == "p" else SENTENCE)
        elif name == "speak":
            self.language = attributes.get("xml:lang")
        elif name == "break":
            self._pause(self._with_position(lambda: seconds_of_break(attributes)))
        elif name == "mark":
            self._marks.append(Mark(attributes["name"], self._length))
        self._open.append(_Element(name, attributes, prosody, self.place))

    def endElement(self, name: str) -> None:  # noqa: N802
        if name in _WORDS_ONLY:
            self._add_reading()
        elif name in {"prosody", "emphasis", "voice"}:
            self._end_line(0.0)
        elif name in {"p", "s"}:
            self._end_line(PARAGRAPH if name == "p" else SENTENCE)
        elif name == "speak":
            self._end_line(PARAGRAPH)
        self._open.pop()

    def characters(self, content: str) -> None:
        name = self._open[-1].name
        if name in _EMPTY:
            if content.strip():
                self._fail(f"<{name}> has no content")
        elif name in _WORDS_ONLY:
            self._inner += content
            self._check_length(self._inner)
        else:
            self._add(content)

    def processingInstruction(self, target: str, data: str) -> None:  # noqa: N802, ARG002
        self._fail(f"<?{target}?> is not read")

    def _check(self, name: str, attributes: Mapping[str, str]) -> None:
        if not self._open and name != "speak":
            self._fail(f"SSML begins with <speak>, not <{name}>")
        if name not in _ATTRIBUTES:
            self._fail(f"<{name}> is not known; known are {', '.join(_ATTRIBUTES)}")
        if self._open and (name == "speak" or self._open[-1].name in _WORDS_ONLY | _EMPTY):
            self._fail(f"<{name}> cannot stand in <{self._open[-1].name}>")
        for attribute in attributes:
            if attribute not in _ATTRIBUTES[name] and not attribute.startswith(("xml", "xsi:")):
                self._fail(f"<{name}> has no attribute {attribute!r} here")
        if (needed := _REQUIRED.get(name)) and needed not in attributes:
            self._fail(f"<{name}> needs the attribute {needed!r}")
        if name in _WORDS_ONLY:
            self._check_length(attributes[_REQUIRED[name]])

    def _check_length(self, words: str) -> None:
        if len(words) > _MAX_WORDS:
            self._fail(f"more than {_MAX_WORDS} characters in one element")

    def _add(self, content: str) -> int:
        """Append text with single spaces, and return the index where it begins."""
        content = re.sub(r"\s+", " ", clean_text(content))
        if not self._text or self._text[-1].endswith(" "):
            content = content.lstrip()
        start = self._length
        if content:
            self._text.append(content)
            self._length += len(content)
        return start

    def _add_reading(self) -> None:
        element, inner = self._open[-1], " ".join(self._inner.split())
        self._inner = ""
        if not inner:
            self._fail(f"<{element.name}> is empty", element.place)
        spoken, phonemes = self._with_position(lambda: _reading(element, inner), element.place)
        start = self._add(inner)
        if spoken is not None:
            self._readings.append(Reading(start, self._length, spoken, phonemes))

    def _end_line(self, pause: float) -> None:
        """End the current line; if it is empty, extend the pause of the last one."""
        text = "".join(self._text).rstrip()
        if text or self._marks:
            self.lines.append(
                ScriptLine(
                    text=text,
                    readings=tuple(self._readings),
                    prosody=self._open[-1].prosody if self._open else Prosody(),
                    pause=pause if text else 0.0,
                    marks=tuple(Mark(m.name, min(m.at, len(text))) for m in self._marks),
                )
            )
        elif self.lines and not self._is_break():
            self.lines[-1] = replace(self.lines[-1], pause=max(pause, self.lines[-1].pause))
        self._text, self._length = [], 0
        self._readings, self._marks = [], []

    def _pause(self, seconds: float) -> None:
        """Insert a pause that replaces the default pause at this place."""
        self._end_line(0.0)
        if self.lines and not self._is_break():
            self.lines[-1] = replace(self.lines[-1], pause=0.0)
        self.lines.append(ScriptLine(text="", pause=seconds))

    def _is_break(self) -> bool:
        return not self.lines[-1].text and not self.lines[-1].marks

    def _with_position(self, work: Callable[[], _T], place: _Position | None = None) -> _T:
        """Call a function and add the position to the error it raises."""
        try:
            return work()
        except SsmlError as error:
            self._fail(str(error), place)

    def _fail(self, problem: str, place: _Position | None = None) -> NoReturn:
        raise _error(self._name, place or self.place, problem)


def _changed(prosody: Prosody, name: str, attributes: Mapping[str, str]) -> Prosody:
    """Return the prosody inside an element that changes it."""
    if name == "voice":
        return replace(prosody, voice=attributes["name"])
    return combined(
        prosody, prosody_change(attributes) if name == "prosody" else emphasis_change(attributes)
    )


def _reading(element: _Element, inner: str) -> tuple[str | None, str | None]:
    """Return the words to say for an element, and their phonemes."""
    attributes = element.attributes
    if element.name == "sub":
        return attributes["alias"], None
    if element.name == "phoneme":
        alphabet = attributes.get("alphabet", "ipa")
        if alphabet != "ipa":
            raise SsmlError(f"the alphabet {alphabet!r} is not known, only ipa")
        return inner, attributes["ph"]
    return say_as(inner, attributes["interpret-as"], attributes.get("format", "")), None
