"""Outcomes of the inputs of a run: counts, the summary line, and the report."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli import __version__
from audiocli.cli import report
from audiocli.cli.progress_line import short_time
from audiocli.context import Context
from audiocli.errors import AudioCliError, ExitCode, InputError

if TYPE_CHECKING:
    from audiocli.batch.inputs import Input

_SHOWN_REASONS = 3  # in the summary line


@dataclass(frozen=True)
class Outcome:
    """What became of an input.

    Attributes
    ----------
    input : a recording, or the text of `speak`
    error : why it failed; None if its results are written
    duration : seconds of audio; 0 if it failed
    is_partial : some of its results exist although it failed
    is_left : another run processes it
    outputs : the files of its results
    """

    input: Input
    error: AudioCliError | None = None
    duration: float = 0.0
    is_partial: bool = False
    is_left: bool = False
    outputs: tuple[Path, ...] = ()


@dataclass
class RunSummary:
    """Counts the outcomes of a run, and reports failures on stderr.

    Attributes
    ----------
    total : number of inputs, or None if it is unknown
    duration : seconds of audio that were processed
    restored : seconds of these that an interrupted run processed
    is_partial : there are other results, or an input was not tried
    """

    context: Context
    total: int | None = None
    succeeded: int = 0
    failed: int = 0
    left: int = 0
    duration: float = 0.0
    restored: float = 0.0
    is_partial: bool = False
    reasons: Counter[str] = field(default_factory=Counter)
    entries: list[dict[str, Any]] = field(default_factory=list)
    start: float = field(default_factory=time.time)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        if outcome.is_left:
            self.left += 1
        elif outcome.error:
            self.fail(outcome.error, is_partial=outcome.is_partial)
        else:
            self.succeed(outcome.duration)
        self.entries.append(_entry(outcome))

    def succeed(self, duration: float = 0.0) -> None:
        """Count an input that succeeded."""
        self.succeeded += 1
        self.duration += duration

    def fail(self, error: AudioCliError, *, is_partial: bool = False) -> None:
        """Count an input that failed, and report it."""
        self.failed += 1
        self.is_partial |= is_partial
        self.reasons[_reason(error)] += 1
        report(error, self.context)

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code of the run."""
        if not self.failed:
            return ExitCode.OK
        has_results = self.succeeded or self.is_partial
        return ExitCode.SOME_FAILED if has_results else ExitCode.ALL_FAILED

    def line(self) -> str:
        """Return the counts, the speed, and the most frequent reasons of failures."""
        elapsed = time.time() - self.start
        processed = self.succeeded + self.failed
        parts = [f"{self.succeeded} of {self.total or processed} inputs processed"]
        if self.duration:
            times = f"{short_time(self.duration)} of audio in {short_time(elapsed)}"
            computed = max(0.0, self.duration - self.restored)
            parts[0] += f": {times} ({_speed(computed, elapsed)}x real time)"
        if self.failed:
            shown = self.reasons.most_common(_SHOWN_REASONS)
            reasons = [f"{reason} ({count})" for reason, count in shown]
            if others := self.failed - sum(count for _, count in shown):
                reasons.append(f"other reasons ({others})")
            parts.append(f"{self.failed} failed: {', '.join(reasons)}")
        if self.left:
            parts.append(f"{self.left} left to another run")
        return "; ".join(parts)

    def document(self, unchanged: Sequence[tuple[str, Sequence[Path]]]) -> Any:
        """Return the report as JSON values.

        Parameters
        ----------
        unchanged : names of the inputs whose results existed, and the files of the results
        """
        elapsed = time.time() - self.start
        return {
            "command": self.context.arguments[0],
            "audiocli": __version__,
            "started": datetime.fromtimestamp(self.start, UTC).isoformat(timespec="seconds"),
            "elapsed": round(elapsed, 3),
            "duration": round(self.duration, 3),
            "exit_code": int(self.exit_code),
            "counts": {
                "processed": self.succeeded,
                "failed": self.failed,
                "unchanged": len(unchanged),
                "left": self.left,
            },
            "reasons": dict(self.reasons.most_common()),
            "inputs": [
                *self.entries,
                *(
                    {"source": name, "state": "unchanged", "outputs": [*map(str, outputs)]}
                    for name, outputs in unchanged
                ),
            ],
        }


def write_report(path: Path, document: Any) -> None:
    """Write the report of a run; `-` is stdout.

    Raises
    ------
    OutputError : it cannot be written
    """
    from audiocli.batch.output import atomic_writer

    with atomic_writer(path) as file:
        json.dump(document, file, ensure_ascii=False, indent=2)
        file.write("\n")


def _reason(error: AudioCliError) -> str:
    """Return the problem without the name of the input or of the output."""
    return error.problem if isinstance(error, InputError) else error.message.rpartition(": ")[2]


def _entry(outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {"source": outcome.input.name}
    if outcome.is_left:
        return {**entry, "state": "left"}
    outputs = [*map(str, outcome.outputs)]
    if outcome.error:
        return {**entry, "state": "failed", "error": str(outcome.error), "outputs": outputs}
    return {
        **entry,
        "state": "processed",
        "duration": round(outcome.duration, 3),
        "outputs": outputs,
    }


def _speed(duration: float, elapsed: float) -> str:
    speed = duration / max(elapsed, 1e-3)
    return f"{speed:.{int(speed < 10)}f}"
