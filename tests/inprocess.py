"""The program inside the test's process: quick, with streams of its own."""

from __future__ import annotations

import json
import os
from io import BytesIO, StringIO
from typing import Any, NamedTuple

from audiocli.cli import main
from audiocli.context import Context

# The values are Any so that `**ENVIRON` is accepted beside parameters that are no strings.
ENVIRON: dict[str, Any] = dict(os.environ)


class Ran(NamedTuple):
    """What a command line gave."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Its one JSON document."""
        return json.loads(self.stdout)


class Terminal(StringIO):
    """A stream that a person watches."""

    def isatty(self) -> bool:
        return True


def context(stdin: bytes = b"", *, terminal: bool = False, **environ: str) -> Context:
    """The world of a run; its environment holds nothing but what is given."""
    stdout = Terminal() if terminal else StringIO()
    return Context(stdin=BytesIO(stdin), stdout=stdout, stderr=StringIO(), environ=environ)


def audiocli(*args: object, stdin: bytes = b"", terminal: bool = False, **environ: str) -> Ran:
    """Run one command line."""
    world = context(stdin, terminal=terminal, **environ)
    code = main([str(arg) for arg in args], world)
    assert isinstance(world.stdout, StringIO)
    assert isinstance(world.stderr, StringIO)
    return Ran(code, world.stdout.getvalue(), world.stderr.getvalue())
