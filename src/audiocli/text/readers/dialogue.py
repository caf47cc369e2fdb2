"""Assign voices to the speakers of a dialogue, as in `ALICE: Good morning`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from audiocli.errors import UsageError
from audiocli.text.script import ScriptLine, SpeechScript

_LABEL = re.compile(r"([^\W\d_][\w .'’-]{0,40}?)\s*:\s+(?=\S)")


def parse_voices(written: str) -> dict[str, str]:
    """Parse a map of speakers to voices, such as `ALICE=heart,BOB=emma`.

    Raises
    ------
    UsageError : the map is empty or malformed
    """
    voices: dict[str, str] = {}
    for pair in filter(str.strip, written.split(",")):
        name, equals, voice = (part.strip() for part in pair.partition("="))
        if not (name and equals and voice):
            raise UsageError(f"--voices-map {pair!r}: expected NAME=VOICE", "ALICE=heart,BOB=emma")
        voices[name.casefold()] = voice
    if not voices:
        raise UsageError("--voices-map is empty", "ALICE=heart,BOB=emma")
    return voices


def broken_at_names(text: str, names: Collection[str]) -> str:
    """Start a paragraph at each line of plain text that begins with one of the names."""
    either = "|".join(re.escape(name) for name in names)
    return re.sub(rf"^(?=[ \t]*(?:{either})\s*:\s)", "\n", text, flags=re.MULTILINE | re.IGNORECASE)


def with_voices(
    script: SpeechScript, voices: Mapping[str, str], warn: Callable[[str], None]
) -> SpeechScript:
    """Assign the voice of its speaker to each line.

    The speaker is that of the line, or the name it begins with, which is then removed.

    Parameters
    ----------
    voices : voice of each name in lower case
    warn : called once for each speaker, or name in capitals, that has no voice
    """
    unknown: set[str] = set()

    def lines() -> Iterator[ScriptLine]:
        for line in script.lines():
            label = None if line.speaker else _LABEL.match(line.text)
            name = label[1] if label else line.speaker
            if name and (voice := voices.get(name.casefold())):
                prosody = replace(line.prosody, voice=line.prosody.voice or voice)
                yield replace(
                    _without(label, line) if label else line, prosody=prosody, speaker=name
                )
                continue
            if name and name not in unknown and (line.speaker or name.isupper()):
                unknown.add(name)
                kept = "read as it is written" if label else "the usual one speaks"
                warn(f"{name} has no voice in --voices-map: {kept}")
            yield line

    return replace(script, lines=lines)


def _without(label: re.Match[str], line: ScriptLine) -> ScriptLine:
    """Remove the name that a line begins with."""
    cut = label.end()
    return replace(
        line,
        text=line.text[cut:],
        readings=tuple(r.shifted(-cut) for r in line.readings if r.start >= cut),
        marks=tuple(m._replace(at=max(0, m.at - cut)) for m in line.marks),
    )
