"""Tasks with their models loaded: call them on as many recordings as you like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from audiocli.api.sources import AudioSource, is_single, parameter_names, recording_of
from audiocli.audio.selection import Selection
from audiocli.errors import AudioCliError, UsageError
from audiocli.results import Alignment, Search, Segment, Speech
from audiocli.tasks.common.events import Done, Failed, Progress, Recording, ignore_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.batch.sound_index import SoundIndex
    from audiocli.tasks.alignment.aligner import ScriptAligner
    from audiocli.tasks.embedding.embedder import SoundEncoder
    from audiocli.tasks.embedding.search import Searcher
    from audiocli.tasks.synthesis.text_to_speech import TextToSpeech

AnswerT = TypeVar("AnswerT")
Run = Callable[[Iterable[Recording], Progress], Iterable[Any]]


class _Closable:
    """An object that frees its models when it is closed, or at the end of a `with` block."""

    def close(self) -> None:
        """Free the models; a call after this raises `UsageError`."""
        raise NotImplementedError

    def __enter__(self: _SelfT) -> _SelfT:
        """Return the object itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Free the models."""
        self.close()


_SelfT = TypeVar("_SelfT", bound=_Closable)


class LoadedTask(_Closable, Generic[AnswerT]):
    """A task with its models loaded; see `audiocli.load`.

    Call it on a recording for its result, or on an iterable of recordings for an iterator
    of results. Several recordings share batches, and results come as they are finished, in
    any order: `result.source` names the recording.
    """

    def __init__(self, run: Run, channel: str = "mix") -> None:
        self._run: Run | None = run
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
            with parameter_names():
                return next(self._results([recording], on_progress, None))
        sources = cast("Iterable[AudioSource]", source)
        recordings = (recording_of(one, part) for one in sources)
        return self._results(recordings, on_progress, on_error)

    def close(self) -> None:
        """Free the models; a call after this raises `UsageError`."""
        self._run = None

    def _results(
        self,
        recordings: Iterable[Recording],
        on_progress: Progress,
        on_error: Callable[[AudioCliError], None] | None,
    ) -> Iterator[AnswerT]:
        if self._run is None:
            raise UsageError("the task is closed", "load it again")
        for event in self._run(recordings, on_progress):
            if isinstance(event, Done):
                yield event.result
            elif isinstance(event, Failed):
                if on_error is None:
                    with parameter_names():
                        raise event.error
                on_error(event.error)


class LoadedAligner(_Closable):
    """Forced alignment with its model loaded; see `audiocli.load`."""

    def __init__(self, aligner: ScriptAligner) -> None:
        self._aligner: ScriptAligner | None = aligner

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
        """Find when the words of a text are spoken in a recording.

        Raises
        ------
        InputError : the recording cannot be read, or another text is spoken in it
        UsageError : the text holds no words
        """
        from audiocli.tasks.alignment.scripts import AlignmentScript

        if self._aligner is None:
            raise UsageError("the task is closed", "load it again")
        script = AlignmentScript.of("text", text)
        if not script.lines:
            raise UsageError("the text holds no words")
        run = replace(self._aligner, script_of=lambda _: script).run
        return LoadedTask[Alignment](run)(
            source, start=start, end=end, channel=channel, on_progress=on_progress
        )

    def close(self) -> None:
        """Free the models; a call after this raises `UsageError`."""
        self._aligner = None


@dataclass(frozen=True, eq=False)
class SpeechAudio:
    """Speech in memory.

    Attributes
    ----------
    samples : float32, shape (time,)
    rate : in Hz
    speech : what is said when, as the command `speak` describes it
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


class LoadedSpeech(_Closable):
    """Speech synthesis with its model loaded; see `audiocli.load`."""

    def __init__(self, speaker: TextToSpeech) -> None:
        self._speaker: TextToSpeech | None = speaker

    def __call__(self, text: str) -> SpeechAudio:
        """Synthesise a text.

        Raises
        ------
        InputError : the model cannot say any of the text
        """
        import numpy as np

        speaker = self._loaded()
        segments: list[Segment] = []
        blocks: list[NDArray[np.float32]] = []
        with parameter_names():
            for passage in speaker.synthesise_text(text, "text"):
                blocks.append(passage.samples)
                if passage.segment:
                    segments.append(passage.segment)
        samples = np.concatenate(blocks)
        duration = len(samples) / speaker.rate
        speech = speaker.result(tuple(segments), "text", duration, None)
        return SpeechAudio(samples, speaker.rate, speech)

    def stream(self, text: str) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of a text passage by passage, each of shape (time,)."""
        for passage in self._loaded().synthesise_text(text, "text"):
            yield passage.samples

    @property
    def rate(self) -> int:
        """Sample rate of the speech, in Hz."""
        return self._loaded().rate

    def close(self) -> None:
        """Free the models; a call after this raises `UsageError`."""
        self._speaker = None

    def _loaded(self) -> TextToSpeech:
        if self._speaker is None:
            raise UsageError("the task is closed", "load it again")
        return self._speaker


class LoadedSearch(LoadedTask[Search]):
    """A sound index with its encoder loaded; see `audiocli.load`.

    Call it on a clip to find recordings that sound like it.
    """

    def __init__(self, index: SoundIndex, encoder: SoundEncoder, searcher: Searcher) -> None:
        super().__init__(
            lambda recordings, on_progress: searcher.run(
                encoder, lambda _: None, recordings, on_progress
            )
        )
        self._index = index
        self._encoder = encoder
        self._searcher = searcher

    def text(self, text: str) -> Search:
        """Find recordings that sound as a text says, where the encoder reads text (CLAP).

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
