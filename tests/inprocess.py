"""Run the program in the process of the test, with its own streams."""

from __future__ import annotations

import json
import os
import re
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, NamedTuple

from audiocli.cli import main
from audiocli.context import Context

# The values are Any so that `**ENVIRON` is accepted beside parameters that are no strings.
ENVIRON: dict[str, Any] = dict(os.environ)
# Without the measurement of coverage, whose data could not be written to a full disk.
UNMEASURED = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}


def files_below(folder: str | Path) -> list[str]:
    """Return the files below a folder, relative to it, without hidden ones such as journals."""
    found = (p for p in Path(folder).rglob("*") if p.is_file() and not p.name.startswith("."))
    return sorted(str(p.relative_to(folder)) for p in found)


def without_summary(stderr: str) -> str:
    """Return the lines on stderr without the summary of a folder run."""
    return re.sub(r"(?m)^\d+ of \d+ inputs processed.*\n", "", stderr)


class Ran(NamedTuple):
    """Exit code and output of a command line."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.stdout)


class Terminal(StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def context(stdin: bytes = b"", *, terminal: bool = False, **environ: str) -> Context:
    """Return the context of a run whose environment is `environ` alone."""
    stdout = Terminal() if terminal else StringIO()
    return Context(stdin=BytesIO(stdin), stdout=stdout, stderr=StringIO(), environ=environ)


def audiocli(*args: object, stdin: bytes = b"", terminal: bool = False, **environ: str) -> Ran:
    """Run one command line."""
    world = context(stdin, terminal=terminal, **environ)
    code = main([str(arg) for arg in args], world)
    assert isinstance(world.stdout, StringIO)
    assert isinstance(world.stderr, StringIO)
    return Ran(code, world.stdout.getvalue(), world.stderr.getvalue())
