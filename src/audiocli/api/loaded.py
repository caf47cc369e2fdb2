"""Tasks with their models loaded: call them on as many recordings as you like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from audiocli.api.sources import (
    AudioSource,
    is_single,
    name_parameters,
    parameter_names,
    recording_of,
)
from audiocli.audio.selection import Selection
from audiocli.errors import AudioCliError, UsageError
from audiocli.results import Alignment, Search, Speech
from audiocli.tasks.common.events import Done, Failed, Progress, Recording, ignore_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.batch.sound_index import SoundIndex
    from audiocli.tasks.alignment.aligner import ScriptAligner  # noqa: F401 (in a base class)
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.embedding.search import Searcher
    from audiocli.tasks.synthesis.placement import SynthesisedPassage
    from audiocli.tasks.synthesis.text_to_speech import TextToSpeech  # noqa: F401 (likewise)

AnswerT = TypeVar("AnswerT")
HeldT = TypeVar("HeldT")
Run = Callable[[Iterable[Recording], Progress], Iterable[Any]]


class _Loaded(Generic[HeldT]):
    """Keeps the models until it is closed, or until a `with` block ends."""

    def __init__(self, held: HeldT) -> None:
        self._held: HeldT | None = held

    def close(self) -> None:
        """Free the models; a call after this raises `UsageError`."""
        self._held = None

    def __enter__(self) -> Self:
        """Return the object itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free the models."""
        self.close()

    @property
    def _open(self) -> HeldT:
        if self._held is None:
            raise UsageError("the task is closed", "load it again")
        return self._held


class LoadedTask(_Loaded[Run], Generic[AnswerT]):
    """A task with its models loaded; see `audiocli.load`.

    Call it on a recording for its result, or on an iterable of recordings for an iterator
    of results. Several recordings share batches, and results come as they are finished, in
    any order: `result.source` names the recording.
    """

    def __init__(self, run: Run, channel: str = "mix") -> None:
        super().__init__(run)
        self._channel = channel

    @overload
    def __call__(  # type: ignore[overload-overlap]  # a str is an iterable of str too
        self,
        source: AudioSource,
        *,
        start: float = ...,
        end: float | None = ...,
        channel: str | None = ...,
        track: str | None = ...,
        on_progress: Progress = ...,
    ) -> AnswerT: ...
    @overload
    def __call__(
        self,
        source: Iterable[AudioSource],
        *,
        start: float = ...,
        end: float | None = ...,
        channel: str | None = ...,
        track: str | None = ...,
        on_progress: Progress = ...,
        on_error: Callable[[AudioCliError], None] | None = ...,
    ) -> Iterator[AnswerT]: ...
    def __call__(
        self,
        source: AudioSource | Iterable[AudioSource],
        *,
        start: float = 0.0,
        end: float | None = None,
        channel: str | None = None,
        track: str | None = None,
        on_progress: Progress = ignore_progress,
        on_error: Callable[[AudioCliError], None] | None = None,
    ) -> AnswerT | Iterator[AnswerT]:
        """Run the task.

        Parameters
        ----------
        source : a path, a URL, an open binary file, or a pair (samples, rate) with samples of
            shape (time,) or (channels, time); or an iterable of these
        start, end : the part to analyse, in seconds
        channel : "mix", "left", "right", a number counted from 1, or "all"
        track : number or language of the audio track
        on_progress : called with the seconds of audio that are finished
        on_error : called with the error of each recording of an iterable that fails; without
            it, the first error is raised

        Raises
        ------
        InputError : a recording cannot be read
        """
        with parameter_names():
            part = Selection(channel or self._channel, start, end, track)
        if is_single(source):
            recording = recording_of(cast("AudioSource", source), part)
            return next(self._results([recording], on_progress, None))
        sources = cast("Iterable[AudioSource]", source)
        recordings = (recording_of(one, part) for one in sources)
        return self._results(recordings, on_progress, on_error)

    def _results(
        self,
        recordings: Iterable[Recording],
        on_progress: Progress,
        on_error: Callable[[AudioCliError], None] | None,
    ) -> Iterator[AnswerT]:
        with parameter_names():
            for event in self._open(recordings, on_progress):
                if isinstance(event, Done):
                    yield event.result
                elif isinstance(event, Failed):
                    if on_error is None:
                        raise event.error
                    on_error(name_parameters(event.error))


class LoadedAligner(_Loaded["ScriptAligner"]):
    """Forced alignment with its model loaded; see `audiocli.load`."""

    def __call__(
        self,
        source: AudioSource,
        text: str,
        *,
        start: float = 0.0,
        end: float | None = None,
        channel: str = "mix",
        on_progress: Progress = ignore_progress,
    ) -> Alignment:
        """Find the times of the words of a text in a recording.

        Raises
        ------
        InputError : the recording cannot be read, or another text is spoken in it
        UsageError : the text holds no words
        """
        from audiocli.tasks.alignment.scripts import AlignmentScript

        aligner = self._open
        script = AlignmentScript.of("text", text)
        if not script.lines:
            raise UsageError("the text has no words")
        run = replace(aligner, script_of=lambda _: script).run
        return LoadedTask[Alignment](run)(
            source, start=start, end=end, channel=channel, on_progress=on_progress
        )


@dataclass(frozen=True, eq=False)
class SpeechAudio:
    """Speech in memory.

    Attributes
    ----------
    samples : float32, shape (time,)
    rate : in Hz
    speech : its text with times, as the command `speak` writes it
    """

    samples: NDArray[np.float32]
    rate: int
    speech: Speech

    def write(self, path: str | Path) -> None:
        """Write an audio file, in the format of its suffix.

        Raises
        ------
        OutputError : the file cannot be written
        UsageError : the format is unknown
        """
        from audiocli.audio.clip import Clip
        from audiocli.audio.encode import write

        write(Clip(self.samples[None], self.rate, str(path)), path)


class LoadedSpeech(_Loaded["TextToSpeech"]):
    """Speech synthesis with its model loaded; see `audiocli.load`."""

    def __call__(self, text: str) -> SpeechAudio:
        """Synthesise a text.

        Raises
        ------
        InputError : the model cannot say any of the text
        """
        import numpy as np

        tts = self._open
        passages = list(self._passages(text))
        samples = np.concatenate([block for passage in passages for block in passage.blocks()])
        segments = tuple(passage.segment for passage in passages if passage.segment)
        speech = tts.result(segments, "text", len(samples) / tts.rate, None)
        return SpeechAudio(samples, tts.rate, speech)

    def stream(self, text: str) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of a text passage by passage, each of shape (time,)."""
        return (block for passage in self._passages(text) for block in passage.blocks())

    @property
    def rate(self) -> int:
        """Sample rate of the speech, in Hz."""
        return self._open.rate

    def _passages(self, text: str) -> Iterator[SynthesisedPassage]:
        with parameter_names():
            yield from self._open.synthesise_text(text, "text")


class LoadedSearch(LoadedTask[Search]):
    """A sound index with its encoder loaded; see `audiocli.load`.

    Call it on a clip to find recordings that sound like it.
    """

    def __init__(self, index: SoundIndex, encoder: SoundEncoder, searcher: Searcher) -> None:
        super().__init__(
            lambda recordings, on_progress: searcher.run(
                recordings, on_progress, encoder=encoder, path_of=lambda _: None
            )
        )
        self._index = index
        self._encoder = encoder
        self._searcher = searcher

    def text(self, text: str) -> Search:
        """Find recordings that match a description of a sound; requires a CLAP index.

        Raises
        ------
        UsageError : the encoder of the index does not read text
        """
        from audiocli.batch.index_search import text_vectors

        with parameter_names():
            return self._searcher.by_vectors(text, "text", text_vectors(self._encoder, text))

    def close(self) -> None:
        """Close the index and free the encoder."""
        super().close()
        self._index.close()
