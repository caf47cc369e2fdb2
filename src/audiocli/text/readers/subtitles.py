"""Read SubRip and WebVTT with pysubs2: a line with times for each cue."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from audiocli.errors import WRONG_FILE, InputError
from audiocli.text.cleaning import clean_text
from audiocli.text.script import SENTENCE, CueTimes, ScriptLine, SpeechScript

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")  # WebVTT voice span: the speaker
_NAME = "\x02{}\x03"  # pysubs2 removes tags, so the name is marked in another way
_NAMES = re.compile(_NAME.format("([^\x03]*)"))
_SOUND = re.compile(r"[\[(][^\])]*[\])]|[♪♫]")  # [door slams], (laughs): sound descriptions


def read_subtitles(text: str, name: str) -> SpeechScript:
    """Read subtitles without the sound descriptions in brackets.

    Raises
    ------
    InputError : the text has no cue with words
    """
    import pysubs2

    form = "vtt" if text.lstrip("\ufeff").startswith("WEBVTT") else "srt"
    named = _VOICE.sub(lambda voice: _NAME.format(voice[1].strip()), text)
    try:
        events = pysubs2.SSAFile.from_string(named, format_=form)
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
        for speaker, words in _by_speaker(event.plaintext)
        if (said := _said(words))
    ]
    if not lines:
        raise InputError(name, "has no subtitle with words in it", WRONG_FILE)
    return SpeechScript(lines=lambda: iter(lines))


def _by_speaker(text: str) -> Iterator[tuple[str | None, str]]:
    """Split a cue by speaker; the speaker of text before the first name is None."""
    before, *named = _NAMES.split(text)
    yield None, before
    yield from zip(named[::2], named[1::2], strict=True)


def _said(text: str) -> str:
    return " ".join(_SOUND.sub(" ", clean_text(html.unescape(text))).split()).lstrip("-–— ")
