"""What a task answers: frozen dataclasses, no I/O, no heavy import.

Times are seconds from the start of the source, as floats; `schema.to_dict`
rounds them to milliseconds. `speaker` and `language` are always present, and
`None` where nobody knows. The written form (JSON, JSON Schema, reading back)
follows from these classes: a new one here needs no edit anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

Seconds = Annotated[float, "seconds"]  # written rounded to milliseconds
Probability = Annotated[float, "probability"]  # 0 to 1, written with 4 decimals
Array = Annotated[Any, "array"]  # a NumPy array, or nested lists of numbers; written as lists


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model answered: enough to ask the same one again."""

    name: str
    revision: str | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """What every answer knows about itself.

    Attributes
    ----------
    source : the input as the user named it; `-` for stdin
    duration : length of the analysed audio, in seconds
    model : the model that answered
    parameters : the options that shaped the answer
    """

    kind: ClassVar[str]  # the name `audiocli schema` knows it by
    version: ClassVar[int] = 1  # goes up when a field changes its meaning
    derived: ClassVar[tuple[str, ...]] = ()  # properties the written form carries too

    source: str
    duration: Seconds
    model: ModelInfo
    parameters: Mapping[str, Any] = field(default_factory=dict)


def kinds() -> dict[str, type[Result]]:
    """Every kind of result by its name."""
    found: dict[str, type[Result]] = {}
    waiting = [Result]
    while waiting:
        for child in waiting.pop().__subclasses__():
            found[child.kind] = child
            waiting.append(child)
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word as written, its punctuation attached, without surrounding spaces."""

    start: Seconds
    end: Seconds
    text: str
    confidence: Probability | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of speech that reads as one line: a sentence, or a part of one."""

    start: Seconds
    end: Seconds
    text: str
    language: str | None = None
    speaker: str | None = None
    confidence: Probability | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Transcript(Result):
    """What was said, and when."""

    kind: ClassVar[str] = "transcript"
    derived: ClassVar[tuple[str, ...]] = ("text",)

    language: str | None = None
    language_probability: Probability | None = None
    segments: tuple[Segment, ...] = ()

    @property
    def text(self) -> str:
        """All segments as one line."""
        return " ".join(segment.text for segment in self.segments if segment.text)


@dataclass(frozen=True, kw_only=True)
class Speech(Transcript):
    """What was made to be said: the transcript of synthetic sound, a segment a passage.

    Attributes
    ----------
    voice : one of the model's, None where it has only one
    seed : with the same model, voice and parameters it gives the same sound again
    rate : samples a second of the sound as the model gave it, in Hz
    output : where the sound was written, None where it went to a pipe or was played
    """

    kind: ClassVar[str] = "speech"

    voice: str | None = None
    seed: int = 0
    rate: int
    output: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something that was said, was heard or spoke for a while, to be drawn in a lane.

    Attributes
    ----------
    lane : what is drawn side by side: a speaker, "words", "events"
    """

    start: Seconds
    end: Seconds
    text: str
    lane: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """A quantity over time, such as the fundamental frequency.

    Attributes
    ----------
    times : in seconds, shape (points,)
    values : shape (points,), null where there is none
    """

    name: str
    unit: str
    times: Array
    values: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectrogram(Result):
    """Sound as numbers over time and frequency.

    Attributes
    ----------
    form : waveform, linear, mel, log-mel, mfcc, cqt, chroma, or what a model sees
    start : where the sound begins in the source
    values : shape (bins, frames)
    unit : of the values, such as dB
    times : centre of each frame in seconds, shape (frames,)
    bins : position of each row, such as its frequency, shape (bins,)
    bin_unit : of the rows, such as Hz
    curves : quantities to be drawn over the picture
    spans : words, turns or events to be drawn under it
    patches : what a model takes for one token, in rows and frames, with the steps between
    """

    kind: ClassVar[str] = "spectrogram"

    form: str
    start: Seconds
    values: Array
    unit: str
    times: Array
    bins: Array
    bin_unit: str
    curves: tuple[Curve, ...] = ()
    spans: tuple[Span, ...] = ()
    patches: Patches | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """The grid a model cuts its input into: one patch is one token."""

    rows: int
    frames: int
    row_step: int
    frame_step: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison(Result):
    """Several spectrograms to be looked at on one scale."""

    kind: ClassVar[str] = "comparison"

    panels: tuple[Spectrogram, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name for what is heard.

    Attributes
    ----------
    score : null for "unknown", which no model gives a score
    """

    label: str
    score: Probability | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledWindow:
    """What is heard in one window, the likeliest first."""

    start: Seconds
    end: Seconds
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEvent:
    """A stretch in which a label holds.

    Attributes
    ----------
    score : the highest in it
    """

    start: Seconds
    end: Seconds
    label: str
    score: Probability


@dataclass(frozen=True, kw_only=True)
class Classification(Result):
    """What is heard, and when.

    Attributes
    ----------
    task : what the labels tell: events, language, emotion, music, speaker or gender
    start : where the analysed part begins in the source
    multi_label : whether several labels may hold at once; only where they may not
        do the scores of all labels sum to one
    labels : of the whole recording, the likeliest first
    windows : labels of each window; null where nobody asked for them
    events : in order of time; null where nobody asked for them
    """

    kind: ClassVar[str] = "classification"

    task: str = "events"
    start: Seconds = 0.0
    multi_label: bool
    labels: tuple[Label, ...]
    windows: tuple[LabelledWindow, ...] | None = None
    events: tuple[SoundEvent, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A stretch in which one person speaks, short pauses included."""

    start: Seconds
    end: Seconds
    speaker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerShare:
    """How much one speaker takes part.

    Attributes
    ----------
    seconds : of speech
    share : of all speech, the speech of everybody added up
    turns : how often the speaker has the floor, with nobody else in between
    interruptions : turns begun while another was speaking, and kept longer than theirs
    interrupted : turns lost to another in the same way
    overlap : seconds spoken while others spoke too
    """

    speaker: str
    seconds: Seconds
    share: Probability
    turns: int
    interruptions: int
    interrupted: int
    overlap: Seconds


@dataclass(frozen=True, kw_only=True)
class Diarization(Result):
    """Who spoke when.

    Attributes
    ----------
    start : where the sound begins in the source
    turns : all of them, in order of time; those of different speakers may overlap
    exclusive : one speaker at a time, for merging with words
    speakers : in order of their first turn
    """

    kind: ClassVar[str] = "diarization"

    start: Seconds = 0.0
    turns: tuple[Turn, ...] = ()
    exclusive: tuple[Turn, ...] = ()
    speakers: tuple[str, ...] = ()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """One speaker at a time as lines of subtitles that say who speaks."""
        return tuple(Segment(start=t.start, end=t.end, text=t.speaker) for t in self.exclusive)


@dataclass(frozen=True, kw_only=True)
class Conversation(Result):
    """How people share a conversation.

    Attributes
    ----------
    speech : seconds in which anybody speaks
    overlap : seconds in which several do
    silence : seconds in which nobody does
    speakers : in order of their first turn
    """

    kind: ClassVar[str] = "conversation"

    speech: Seconds = 0.0
    overlap: Seconds = 0.0
    silence: Seconds = 0.0
    speakers: tuple[SpeakerShare, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verification(Result):
    """Whether two recordings are of one person.

    Attributes
    ----------
    duration : seconds of speech that were compared, of both
    similarity : of the voices, the cosine of their vectors, -1 to 1
    threshold : the operating point: from here up they are taken for one person's
    """

    kind: ClassVar[str] = "verification"

    other: str
    similarity: float
    threshold: float
    same_speaker: bool


@dataclass(frozen=True, kw_only=True)
class Features(Result):
    """A recording in numbers; null where there is nothing to measure.

    Attributes
    ----------
    rate : samples a second, in Hz
    loudness : integrated, in LUFS (ITU-R BS.1770-4, gated)
    rms : level of the whole in dBFS, 0 for a constant at full scale
    peak : largest sample in dBFS
    clipped : share of samples at full scale
    silence : share of 10 ms frames 40 dB below the loudest, or below -60 dBFS
    snr : estimated from the levels of quiet and loud frames, in dB
    voiced : share of frames with a pitch between 65 and 500 Hz
    f0_mean : fundamental frequency in Hz, by YIN, over voiced frames
    f0_low : its 5th percentile, in Hz
    f0_high : its 95th percentile, in Hz
    speaking_rate : words a minute of speech, where a transcript is given
    centroid : mean of the spectral centroid, in Hz
    rolloff : mean of the frequency below which 85 % of the magnitudes lie, in Hz
    flatness : mean of the spectral flatness, 0 for a tone, 1 for noise
    mfcc_mean : mean of each cepstral coefficient
    mfcc_deviation : standard deviation of each
    """

    kind: ClassVar[str] = "features"

    rate: int
    loudness: float | None
    rms: float
    peak: float
    clipped: Probability
    silence: Probability
    snr: float | None
    voiced: Probability
    f0_mean: float | None
    f0_low: float | None
    f0_high: float | None
    speaking_rate: float | None
    centroid: float | None
    rolloff: float | None
    flatness: float | None
    mfcc_mean: tuple[float, ...]
    mfcc_deviation: tuple[float, ...]
