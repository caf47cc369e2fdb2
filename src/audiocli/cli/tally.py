"""The count of a batch: what worked, what did not, and the exit code that says so."""

from __future__ import annotations

from dataclasses import dataclass

from audiocli.cli import report
from audiocli.context import Context
from audiocli.errors import AudioCliError, ExitCode


@dataclass
class Tally:
    """Counts the inputs of a run; an input that fails is reported at once."""

    context: Context
    succeeded: int = 0
    failed: int = 0

    def succeed(self) -> None:
        """One input more is done."""
        self.succeeded += 1

    def fail(self, error: AudioCliError) -> None:
        """One input failed; the batch goes on."""
        self.failed += 1
        report(error, self.context)

    @property
    def exit_code(self) -> ExitCode:
        """What the shell is told."""
        if not self.failed:
            return ExitCode.OK
        return ExitCode.SOME_FAILED if self.succeeded else ExitCode.ALL_FAILED
