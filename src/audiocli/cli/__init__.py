"""The command line: the list of commands, and the one error boundary.

`audiocli.cli.commands` lists the commands and their summaries. The module of a command
is imported when the command runs, and imports nothing heavy itself.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from audiocli.cli.commands import COMMANDS
from audiocli.context import Context, one_line
from audiocli.errors import AudioCliError, ExitCode, OutputError


class CommandGroup(TyperGroup):
    """The top-level group: imports the module of a command when it runs."""

    _is_listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Names of all commands, in alphabetical order."""
        return sorted(COMMANDS)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the commands and their summaries without importing them."""
        self._is_listing = True
        super().format_help(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Handle --help and --version here: typer imports pydantic for such options."""
        if args[:1] == ["--version"]:
            from audiocli import __version__

            typer.echo(f"audiocli {__version__}")
            raise typer.Exit
        if args and args[0] in {"-h", "--help"}:
            typer.echo(ctx.get_help())
            raise typer.Exit
        return super().parse_args(ctx, args)

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
    """Stand for the program itself: without a function, typer takes it for one command."""


def program(args: Sequence[str], context: Context) -> int:
    """Run one command line; errors pass through as exceptions."""
    command = get_command(app)
    if "_AUDIOCLI_COMPLETE" in context.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()  # the shells
        command.main(list(args), prog_name="audiocli")  # answers the shell, and exits
    # Not `command.main`, which makes exit codes of its own out of Ctrl-C and closed pipes.
    try:
        with command.make_context("audiocli", list(args), obj=context) as ctx:
            command.invoke(ctx)
    except typer.Exit as exit:
        return exit.exit_code
    return ExitCode.OK


def main(args: Sequence[str] | None = None, context: Context | None = None) -> int:
    """Run audiocli and return its exit code: the one place errors become messages."""
    is_process = context is None
    context = context or Context.of_process()
    try:
        with warnings_shown(context), termination_unwinds(is_process):
            code = program(sys.argv[1:] if args is None else args, context)
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
        # The reader has seen enough (`| head -1`). Python would complain once
        # more while flushing at exit.
        _discard_rest(context)
        return ExitCode.OK
    except OSError as error:
        if error.filename is not None or not (explained := _write_failure(error)):
            return _report_other(error, context)
        _discard_rest(context)
        return report(explained, context)
    except Exception as error:
        return _report_other(error, context)


def _write_failure(error: OSError) -> OutputError | None:
    """Explain an error of a stream without a name: stdout, or a temporary file."""
    if isinstance(error, io.UnsupportedOperation) or error.errno == errno.EBADF:
        return OutputError("stdout: not writable", "is it closed?")
    if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", None)):
        return OutputError(
            f"cannot write: {error.strerror}",
            "stdout or the temporary folder is full; TMPDIR names another folder",
        )
    return None


def _discard_rest(context: Context) -> None:
    """Point stdout at nothing, so that what is left to be flushed at exit raises no error."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), context.stdout.fileno())


class Terminated(KeyboardInterrupt):
    """SIGTERM has come: the run unwinds as after Ctrl-C, and keeps what is finished."""


@contextmanager
def termination_unwinds(is_process: bool) -> Iterator[None]:
    """Raise `Terminated` at SIGTERM, where this is the program and nobody else handles it."""

    def terminate(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        raise Terminated

    is_main = threading.current_thread() is threading.main_thread()
    if not is_process or not is_main or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def warnings_shown(context: Context) -> Iterator[None]:
    """Pass what the layers below warn of to stderr, a line each."""

    class ToStderr(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            context.warn(f"warning: {record.getMessage()}")

    handler = ToStderr(logging.WARNING)
    logger = logging.getLogger("audiocli")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = True


def report(error: AudioCliError, context: Context) -> int:
    """Print an error we raised: one line, and the traceback with --verbose."""
    if context.verbose:
        traceback.print_exception(error, file=context.stderr)
    print(f"error: {one_line(str(error))}", file=context.stderr)
    return error.exit_code


def _report_other(error: Exception, context: Context) -> int:
    """Print a usage error of typer, or a defect of ours with a way to report it."""
    if isinstance(error, typer.TyperException):
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
            print(error.format_message(), file=context.stderr)
            return ExitCode.USAGE
        usage = getattr(error, "ctx", None)
        hint = f" (see `{usage.command_path} --help`)" if usage else ""
        message = one_line(error.format_message()).rstrip(".").replace("Value error, ", "", 1)
        print(f"error: {message}{hint}", file=context.stderr)
        return ExitCode.USAGE
    if context.verbose:
        traceback.print_exception(error, file=context.stderr)
    print(
        f"error: unexpected {type(error).__name__}: {one_line(str(error))} "
        "(a defect of audiocli: run again with --verbose and report it)",
        file=context.stderr,
    )
    return ExitCode.ALL_FAILED
