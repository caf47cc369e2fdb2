"""The command line: the list of commands, and the one error boundary.

`audiocli.cli.commands` lists the commands and their summaries. The module of a command
is imported when the command runs, and imports nothing heavy itself.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NoReturn, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from audiocli.cli.commands import COMMANDS
from audiocli.context import Context, discard
from audiocli.errors import (
    AudioCliError,
    ExitCode,
    InputError,
    OutputError,
    is_disk_full,
    write_failure,
)
from audiocli.escaping import escaped, plain

STOP_DELAY = 0.5  # seconds from a signal to the message that the run is about to stop


class CommandGroup(TyperGroup):
    """The top-level group, which imports the module of a command only when the command runs."""

    _is_listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the names of all commands, in alphabetical order."""
        return sorted(COMMANDS)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the commands and their summaries without importing them."""
        self._is_listing = True
        super().format_help(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Handle --help and --version here: typer imports pydantic for such options.

        `audiocli help COMMAND` is `audiocli COMMAND --help`.
        """
        if args and args[0] == "help":
            args = [*args[1:2], "--help"]
        if args[:1] == ["--version"]:
            from audiocli import __version__

            typer.echo(f"audiocli {__version__}")
            raise typer.Exit
        if args and args[0] in {"-h", "--help"}:
            typer.echo(ctx.get_help())
            raise typer.Exit
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; suggest a similar name if there is none."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, n=1)
            suggestion = f" (did you mean {near[0]!r}?)" if near else ""
            ctx.fail(f"No such command {args[0]!r}{suggestion}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:  # noqa: ARG002
        """Import the module of a command and add the common options."""
        if cmd_name not in COMMANDS:
            return None
        if self._is_listing:
            return TyperCommand(cmd_name, help=COMMANDS[cmd_name])
        from audiocli.cli.options import GroupedCommand, with_common_options
        from audiocli.cli.requests import as_command

        module = import_module(f"audiocli.cli.commands.{cmd_name}")
        if hasattr(module, "app"):
            command = get_command(module.app)
        else:
            wrapper = typer.Typer(add_completion=False, rich_markup_mode=None)
            function = getattr(module, cmd_name)
            takes_request = "request" in function.__annotations__
            function = as_command(function) if takes_request else function
            wrapper.command(cmd_name, cls=GroupedCommand)(function)
            command = get_command(wrapper)
        command.name = cmd_name
        return with_common_options(cast(TyperCommand, command))


app = typer.Typer(
    cls=CommandGroup,
    name="audiocli",
    help="Analyze audio: transcribe, diarize, classify and measure it; synthesize speech.",
    epilog="Run `audiocli COMMAND --help` for the options of a command.",
    add_help_option=False,
    no_args_is_help=True,
    add_completion=False,  # the scripts in completions/ are the documented way
    rich_markup_mode=None,  # plain help: a fifth of the time, and it greps
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root() -> None:
    """Make typer treat the program as a group of commands."""


def program(args: Sequence[str], context: Context) -> int:
    """Run one command line and return its exit code; errors are raised."""
    command = get_command(app)
    if "_AUDIOCLI_COMPLETE" in context.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()  # the shells
        command.main(list(args), prog_name="audiocli")  # prints completions and exits
    # `command.main` would map Ctrl-C and closed pipes to exit codes of its own.
    try:
        with command.make_context("audiocli", list(args), obj=context) as ctx:
            command.invoke(ctx)
    except typer.Exit as exit:
        return exit.exit_code
    return ExitCode.OK


def main(args: Sequence[str] | None = None, context: Context | None = None) -> int:
    """Run audiocli and return its exit code; print errors as messages."""
    is_process = context is None
    context = context or Context.of_process()
    try:
        with warnings_shown(context), signals_raise(context, is_process):
            context.arguments = tuple(sys.argv[1:] if args is None else args)
            code = program(context.arguments, context)
            context.stdout.flush()
            return code
    except AudioCliError as error:
        return report(error, context)
    except Terminated:
        context.warn("terminated")
        return ExitCode.TERMINATED
    except KeyboardInterrupt:
        context.warn("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader has closed the pipe (`| head -1`); flushing at exit would fail again.
        discard(context.stdout)
        return ExitCode.OK
    except OSError as error:
        if error.filename is not None or not (explained := _stdout_failure(error)):
            return _report_other(error, context)
        discard(context.stdout)
        return report(explained, context)
    except Exception as error:
        return _report_other(error, context)


def _stdout_failure(error: OSError) -> OutputError | None:
    """Return the error for stdout that is closed or full, or None for other errors."""
    is_closed = isinstance(error, io.UnsupportedOperation) or error.errno == errno.EBADF
    if is_closed or is_disk_full(error) or error.errno == errno.EIO:
        return write_failure("stdout", error)
    return None


class Terminated(KeyboardInterrupt):
    """Raised on SIGTERM; like Ctrl-C, it ends the run and keeps finished results."""


@contextmanager
def signals_raise(context: Context, is_process: bool) -> Iterator[None]:
    """Raise `KeyboardInterrupt` on SIGINT and `Terminated` on SIGTERM, in the main thread.

    Native code may replace this exception by another, such as an ImportError; it is raised
    again. Handlers that were installed before are kept. A batch that native code processes
    delays the end; the terminal shows a message after `STOP_DELAY`. Until then, further signals
    are ignored, because one Ctrl-C may arrive several times; after it, they end the process at
    once. The handlers stay after an interruption: an exception outside of them would be a
    traceback, or crash native threads.
    """
    raised: list[KeyboardInterrupt] = []
    quick_until = 0.0
    notice = threading.Timer(STOP_DELAY, context.warn, ["stopping ..."])
    notice.daemon = True

    def stop(number: int, _: object) -> None:
        nonlocal quick_until
        if raised:
            if time.monotonic() > quick_until:
                leave(raised[0])
            return
        quick_until = time.monotonic() + STOP_DELAY
        raised.append(Terminated() if number == signal.SIGTERM else KeyboardInterrupt())
        if context.shows_progress:
            notice.start()
        raise raised[0]

    replaced: dict[int, Any] = {
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGINT: signal.default_int_handler,
    }
    is_main = threading.current_thread() is threading.main_thread()
    if not is_process or not is_main:
        replaced = {}
    handled = [number for number, usual in replaced.items() if signal.getsignal(number) == usual]
    for number in handled:
        signal.signal(number, stop)
    try:
        yield
    except Exception:
        if raised:
            raise raised[0] from None
        raise
    finally:
        notice.cancel()
        for number in () if raised else handled:
            signal.signal(number, replaced[number])


def leave(interruption: KeyboardInterrupt) -> NoReturn:
    """End the process at once; without buffers, which the interrupted code may hold."""
    is_term = isinstance(interruption, Terminated)
    with suppress(OSError):
        os.write(2, b"terminated\n" if is_term else b"interrupted\n")
    os._exit(ExitCode.TERMINATED if is_term else ExitCode.INTERRUPTED)


@contextmanager
def warnings_shown(context: Context) -> Iterator[None]:
    """Print warnings logged by audiocli to stderr, one line each."""

    class WarningHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            context.warn(f"warning: {record.getMessage()}")

    handler = WarningHandler(logging.WARNING)
    logger = logging.getLogger("audiocli")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = True


def report(error: AudioCliError, context: Context) -> int:
    """Print an error as one line, with a traceback under --verbose; return its exit code.

    The hint is left out if the same problem of another input was printed with it.
    """
    if context.verbose:
        print_traceback(error, context)
    text = str(error)
    if isinstance(error, InputError) and error.hint:
        problem = (error.problem, error.hint)
        text = error.message if problem in context.hinted else text
        context.hinted.add(problem)
    context.print_stderr(f"error: {plain(text)}")
    return error.exit_code


def print_traceback(error: Exception, context: Context) -> None:
    """Print the traceback of an error on stderr."""
    for line in "".join(traceback.format_exception(error)).rstrip("\n").split("\n"):
        context.print_stderr(escaped(line))


def _report_other(error: Exception, context: Context) -> int:
    """Print a usage error of typer, or an unexpected error with a request to report it."""
    if isinstance(error, typer.TyperException):
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
            context.print_stderr(error.format_message())
            return ExitCode.USAGE
        context.print_stderr(f"error: {_usage_message(error)}")
        return ExitCode.USAGE
    if context.verbose:
        print_traceback(error, context)
    context.print_stderr(
        f"error: unexpected {type(error).__name__}: {plain(str(error))} "
        "(a defect of audiocli: run again with --verbose and report it)"
    )
    return ExitCode.ALL_FAILED


# Messages of pydantic, which typer uses for the values of options.
_REWORDED = {
    "Value error, ": "",
    "Input should be ": "must be ",
    "greater than or equal to ": "at least ",
    "less than or equal to ": "at most ",
    ", unable to parse string as an integer": "",
    ", unable to parse string as a number": "",
}


def _usage_message(error: Any) -> str:
    """Return the message of a usage error of typer, with one hint."""
    near = getattr(error, "possibilities", None)  # best first
    message = plain(error.message if near else error.format_message()).rstrip(".")
    message = re.sub(r"\. Did you mean (.+)\?$", r" (did you mean \1?)", message)  # of typer
    for theirs, ours in _REWORDED.items():
        message = message.replace(theirs, ours, 1)
    if near:
        return f"{message} (did you mean {near[0]}?)"
    if message.endswith("?)") or not error.ctx:
        return message
    return f"{message} (see `{error.ctx.command_path} --help`)"
