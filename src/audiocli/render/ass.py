"""Advanced SubStation Alpha subtitles, script type v4.00+."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audiocli.render.base import CUE_OPTIONS, Layout, SegmentRenderer, timestamp
from audiocli.render.subtitles import cues
from audiocli.results import Result, Segment, Transcript

_HEAD = """\
[Script Info]
ScriptType: v4.00+
WrapStyle: 2
ScaledBorderAndShadow: yes
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, \
Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, \
Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,64,&H00FFFFFF,&H000000FF,&H00000000,&H80000000,\
0,0,0,0,100,100,0,0,1,3,1,2,60,60,60,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""

# Braces enclose override tags. There is no escape of the backslash: a word joiner after it
# prevents `\N` and `\n` from being read as line breaks.
_ESCAPES = str.maketrans({"{": r"\{", "}": r"\}", "\\": "\\\u2060"})


class Ass(SegmentRenderer):
    """Events in one style, with the speaker in the Name field."""

    name = "ass"
    extension = "ass"
    layout_options = CUE_OPTIONS
    wants_words = True
    accepts = (Transcript,)

    def head(self, kind: type[Result]) -> str:  # noqa: ARG002
        """Return the script information, the style and the format of the events."""
        return _HEAD

    def segments(self, segments: Iterable[Segment], layout: Layout) -> Iterator[str]:
        """Yield an event for each cue."""
        for cue in cues(segments, layout):
            text = r"\N".join(line.translate(_ESCAPES) for line in cue.lines)
            name = (cue.speaker or "").replace(",", ";")  # commas separate fields
            start, end = (timestamp(time, digits=2)[1:] for time in (cue.start, cue.end))
            yield f"Dialogue: 0,{start},{end},Default,{name},0,0,0,,{text}\n"


RENDERER = Ass()
