"""Run a command over the files that arrive in a folder."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, get_type_hints

from audiocli.cli.commands import COMMANDS
from audiocli.context import Context
from audiocli.errors import UsageError, reason

if TYPE_CHECKING:
    from audiocli.batch.folder_search import FolderFilter
    from audiocli.batch.inputs import Input
    from audiocli.cli.run_summary import Outcome


@dataclass(frozen=True)
class Watch:
    """What is watched.

    Attributes
    ----------
    settle : seconds without a change after which a file is complete
    until_idle : seconds without an arrival after which the run ends; None never ends it
    hook : program and arguments that are run for each result
    """

    folder: Path
    settle: float
    until_idle: float | None
    hook: tuple[str, ...] = ()


@dataclass
class WatchContext(Context):
    """The context of a command that runs over the files of a watched folder."""

    watch: Watch = field(kw_only=True)

    def arrivals(self, filter: FolderFilter) -> Iterator[Input]:
        """Yield the files of the folder when they are complete."""
        from audiocli.batch.arrivals import arrivals

        watch = self.watch
        return arrivals(watch.folder, filter, settle=watch.settle, until_idle=watch.until_idle)

    def hooked(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Yield the outcomes, and run the hook after each success."""
        for outcome in outcomes:
            yield outcome
            if self.watch.hook and outcome.outputs:
                self._run_hook(outcome)

    def _run_hook(self, outcome: Outcome) -> None:
        command = [*self.watch.hook, outcome.input.name, *map(str, outcome.outputs)]
        try:
            code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
        except OSError as error:
            self.warn(f"warning: {outcome.input.name}: --hook cannot be run: {reason(error)}")
        else:
            if code:
                self.warn(f"warning: {outcome.input.name}: --hook ended with exit code {code}")


def check_watched_command(arguments: list[str]) -> None:
    """Refuse a command line that does not process recordings into a folder.

    Raises
    ------
    UsageError : names the commands that do
    """
    if not arguments or arguments[0] not in _watchable():
        raise UsageError(
            f"cannot watch with {shlex.join(arguments[:1]) or 'no command'}",
            f"one of {', '.join(_watchable())} after --",
        )


def _watchable() -> list[str]:
    from audiocli.cli.requests import BatchRequest

    found = []
    for name in COMMANDS:
        run = getattr(import_module(f"audiocli.cli.commands.{name}"), name, None)
        hints = get_type_hints(run) if run else {}
        if issubclass(hints.get("request", object), BatchRequest):
            found.append(name)
    return found
