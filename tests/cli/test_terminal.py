"""What the terminal can show."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from typing import Any

import pytest

from audiocli.cli.terminal import colours, height, width
from inprocess import context


def test_the_size_of_a_real_terminal() -> None:
    main, side = os.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 111, 0, 0))
    world = context()
    with os.fdopen(side, "w") as world.stdout:
        assert (width(world), height(world)) == (111, 33)
        world.environ = {"COLUMNS": "60", "LINES": "0"}
        assert (width(world), height(world)) == (60, 33)
    os.close(main)


def test_without_a_terminal() -> None:
    assert (width(context()), height(context())) == (80, 24)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, 256),
        ({"COLORTERM": "truecolor"}, 24),
        ({"TERM": "dumb"}, 0),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, 0),
        ({"NO_COLOR": ""}, 256),
    ],
)
def test_colours(environ: dict[str, Any], expected: int) -> None:
    assert colours(context(**environ), to_terminal=True) == expected
    assert colours(context(**environ), to_terminal=False) == 0 or "FORCE_COLOR" in environ
    assert colours(context(FORCE_COLOR="1"), to_terminal=False) == 256
