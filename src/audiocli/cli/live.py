"""`audiocli transcribe --live` and `--mic`: transcription of a running stream."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, TextIO, cast

from audiocli.cli.emit import Emitter
from audiocli.context import Context
from audiocli.errors import AudioCliError, ExitCode, UsageError
from audiocli.escaping import plain
from audiocli.results import Segment, Transcript

if TYPE_CHECKING:
    from rich.console import Console

    from audiocli.audio.decode import AudioStream
    from audiocli.audio.selection import Selection
    from audiocli.tasks.transcription.live import LiveTranscriber, LiveUpdate
    from audiocli.tasks.transcription.transcriber import Transcriber

    LiveEvent = LiveUpdate | Transcript


def check_live(inputs: Sequence[str], mic: bool) -> None:
    """Refuse inputs that are not a live stream.

    Raises
    ------
    UsageError : the input of --live is not `-`, or --mic has an input
    """
    if mic and inputs:
        raise UsageError("--mic reads the microphone and takes no inputs")
    if not mic and list(inputs) != ["-"]:
        raise UsageError("--live reads one stream from stdin", "name it -, or use --mic")


def transcribe_live(
    context: Context,
    emitter: Emitter,
    mic: bool,
    part: Selection,
    load: Callable[[], Transcriber],
) -> ExitCode:
    """Transcribe until the stream ends or Ctrl-C is pressed.

    Raises
    ------
    InputError : the stream has no audio, or fails; the transcript up to then is written
    """
    from audiocli.audio.live_buffer import LiveBuffer
    from audiocli.audio.microphone import NAME
    from audiocli.batch.inputs import Input
    from audiocli.models.families.silero import SileroVad
    from audiocli.tasks.transcription.live import LiveTranscriber

    name = NAME if mic else "-"
    input = Input(name, None, Path("microphone" if mic else "stdin"))
    stop = Event()
    failures: list[AudioCliError] = []
    # Recording starts before the model is loaded, so that no words are lost.
    with LiveBuffer(
        _opener(context, mic, part, SileroVad.rate, stop), SileroVad.rate, stop
    ) as backlog:
        listener = LiveTranscriber(transcriber=load(), name=name)
        if context.shows_progress:
            context.warn("listening; Ctrl-C ends it")
        with _ended_by_signals(stop):
            _write(context, emitter, input, listener, _kept(listener.run(backlog), failures))
        interrupted = stop.is_set()
    if failures and not interrupted:
        raise failures[0]
    if failures and not backlog.received:
        raise KeyboardInterrupt  # before any audio was received
    return ExitCode.OK


def _opener(
    context: Context, mic: bool, part: Selection, rate: int, stop: Event
) -> Callable[[], AbstractContextManager[AudioStream]]:
    from audiocli.audio.decode import open_audio
    from audiocli.audio.microphone import open_microphone
    from audiocli.audio.source import InterruptiblePipe

    if mic:
        return lambda: open_microphone(stop, rate=rate, selection=part)
    pipe: Any = InterruptiblePipe(context.stdin, stop)
    return lambda: open_audio(pipe, rate=rate, selection=part, name="-", live=True)


@contextmanager
def _ended_by_signals(stop: Event) -> Iterator[None]:
    """End the stream on the first SIGINT or SIGTERM; a second Ctrl-C ends the program."""

    def end(_signal: int, _frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _kept(events: Iterable[LiveEvent], failures: list[AudioCliError]) -> Iterator[LiveEvent]:
    """Yield the events before a failure, and append the failure to `failures`."""
    try:
        yield from events
    except AudioCliError as error:
        failures.append(error)


def _write(
    context: Context,
    emitter: Emitter,
    input: Any,
    listener: LiveTranscriber,
    events: Iterator[LiveEvent],
) -> None:
    """Write partial lines, confirmed segments, or the whole transcript, as the output allows."""
    if emitter.has_file:
        with _partial_text(context, context.stderr if context.shows_progress else None) as show:
            for event in events:
                if isinstance(event, Transcript):
                    emitter.emit(input, event)
                else:
                    show(event)
    elif context.stdout.isatty() and emitter.renderer.name == "table":
        with _partial_text(context, context.stdout) as show:
            for event in events:
                if not isinstance(event, Transcript):
                    show(event)
    elif emitter.is_live:
        for _ in emitter.live(Transcript, _segments(events)):
            pass
    else:
        for event in events:
            if emitter.renderer.line_based and not isinstance(event, Transcript):
                for segment in event.segments:
                    emitter.emit(input, listener.line(segment))
            elif not emitter.renderer.line_based and isinstance(event, Transcript):
                emitter.emit(input, event)


def _segments(events: Iterable[LiveEvent]) -> Iterator[Segment]:
    for event in events:
        if not isinstance(event, Transcript):
            yield from event.segments


@contextmanager
def _partial_text(context: Context, terminal: Any) -> Iterator[Callable[[LiveUpdate], None]]:
    """Show lines on a terminal; in the last one, unconfirmed words are dim.

    Parameters
    ----------
    terminal : None disables the display
    """
    if terminal is None:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(
        file=terminal, force_terminal=True, highlight=False, no_color="NO_COLOR" in context.environ
    )
    with Live(
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as live:

        def show(said: LiveUpdate) -> None:
            space = " " if said.partial and said.unconfirmed else ""
            guess = (plain(said.unconfirmed), "dim")
            live.update(Text.assemble(plain(said.partial), space, guess))
            for segment in said.segments:
                console.print(Text(plain(segment.text)), soft_wrap=True)
            live.refresh()

        stderr = context.stderr
        if stderr.isatty():
            context.stderr = cast(TextIO, _LineWriter(console, stderr))
        try:
            yield show
        finally:
            context.stderr = stderr


class _LineWriter:
    """Stderr during a live display: prints complete lines above it."""

    def __init__(self, console: Console, stream: TextIO) -> None:
        self._console = console
        self._stream = stream
        self._waiting = ""

    def write(self, text: str) -> int:
        *lines, self._waiting = (self._waiting + text).split("\n")
        for line in lines:
            self._console.print(line, markup=False, soft_wrap=True)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
