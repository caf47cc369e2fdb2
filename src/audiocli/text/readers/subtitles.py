"""Read SubRip and WebVTT with pysubs2: a line with times for each cue."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from audiocli.errors import WRONG_FILE, InputError
from audiocli.text.cleaning import clean_text, without_long_references
from audiocli.text.script import SENTENCE, CueTimes, ScriptLine, SpeechScript
from audiocli.text.spans import without_spans

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^\s<>][^<>]*)>")  # WebVTT voice span: the speaker
_NAME = "\x02{}\x03"  # pysubs2 removes tags, so the name is marked in another way
_NAMES = re.compile(_NAME.format("([^\x02\x03]*)"))
_TAG, _TAG_END = re.compile(r"< */? *[a-zA-Z]"), re.compile(">")
_STYLE, _STYLE_END = re.compile(r"\{"), re.compile(r"\}")  # as {\an8}
_SOUND, _SOUND_END = re.compile(r"[\[(]"), re.compile(r"[\])]")  # [door slams], (laughs)
_NOTES = re.compile("[♪♫]")
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_SPACES = {"\\h": " ", "\\n": "\n", "\\N": "\n"}  # as SubStation Alpha writes them


def read_subtitles(text: str, name: str) -> SpeechScript:
    """Read subtitles without the sound descriptions in brackets.

    Raises
    ------
    InputError : the text has no cue with words
    """
    import pysubs2

    form = "vtt" if text.lstrip("\ufeff").startswith("WEBVTT") else "srt"
    # pysubs2 takes quadratic time for empty lines and for tags.
    short = _EMPTY_LINES.sub("\n\n", clean_text(text))
    named = _VOICE.sub(lambda voice: _NAME.format(voice[1].strip()), short)
    try:
        events = pysubs2.SSAFile.from_string(named, format_=form, keep_html_tags=True)
    except (pysubs2.Pysubs2Error, ValueError) as error:
        raise InputError(name, f"is not a subtitle file: {error}", WRONG_FILE) from None
    lines = [
        ScriptLine(
            text=said,
            pause=SENTENCE,
            speaker=speaker,
            cue=CueTimes(event.start / 1000, event.end / 1000),
        )
        for event in sorted(events, key=lambda event: event.start)
        if not event.is_comment
        for speaker, words in _by_speaker(_plain_text(event.text))
        if (said := _said(words))
    ]
    if not lines:
        raise InputError(name, "has no subtitle with words in it", WRONG_FILE)
    return SpeechScript(lines=lambda: iter(lines))


def _plain_text(text: str) -> str:
    """Return the text of a cue without tags, as `plaintext` of pysubs2 in linear time."""
    text = without_spans(without_spans(text, _TAG, _TAG_END), _STYLE, _STYLE_END)
    for written, space in _SPACES.items():
        text = text.replace(written, space)
    return text


def _by_speaker(text: str) -> Iterator[tuple[str | None, str]]:
    """Split a cue by speaker; the speaker of text before the first name is None."""
    before, *named = _NAMES.split(text)
    yield None, before
    yield from zip(named[::2], named[1::2], strict=True)


def _said(text: str) -> str:
    words = clean_text(html.unescape(without_long_references(text)))
    spoken = without_spans(words, _SOUND, _SOUND_END, " ")
    return " ".join(_NOTES.sub(" ", spoken).split()).lstrip("-–— ")
