"""The program inside the test's process: quick, with streams of its own."""

from __future__ import annotations

from io import BytesIO, StringIO
from typing import NamedTuple

from audiocli.cli import main
from audiocli.context import Context


class Answer(NamedTuple):
    """What a run said."""

    code: int
    out: str
    err: str


class Terminal(StringIO):
    """A stream that a person watches."""

    def isatty(self) -> bool:
        return True


def context(stdin: bytes = b"", *, terminal: bool = False, **environ: str) -> Context:
    """The world of a run; its environment holds nothing but what is given."""
    stdout = Terminal() if terminal else StringIO()
    return Context(stdin=BytesIO(stdin), stdout=stdout, stderr=StringIO(), environ=environ)


def audiocli(*args: object, stdin: bytes = b"", terminal: bool = False, **environ: str) -> Answer:
    """Run one command line."""
    world = context(stdin, terminal=terminal, **environ)
    code = main([str(arg) for arg in args], world)
    assert isinstance(world.stdout, StringIO)
    assert isinstance(world.stderr, StringIO)
    return Answer(code, world.stdout.getvalue(), world.stderr.getvalue())
