"""What the terminal can show."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import termios
from pathlib import Path
from typing import Any

import pytest

from audiocli.cli.terminal import colours, height, width
from inprocess import ENVIRON, audiocli, context


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


def test_lists_have_headings_on_a_terminal_only() -> None:
    shown = audiocli("speak", "--list-voices", terminal=True, **ENVIRON).stdout.splitlines()
    assert re.match(r"\S*voice.*model.*languages", shown[0])
    assert "\t" not in "".join(shown)
    piped = audiocli("speak", "--list-voices", **ENVIRON).stdout.splitlines()
    assert "voice" not in piped[0] and piped[0].count("\t") == 4


def test_an_empty_list_of_voices_is_reported(tmp_path: Path) -> None:
    ran = audiocli("voices", "list", AUDIOCLI_VOICES=str(tmp_path / "voices.json"))
    assert ran == (0, "", "no voices are enrolled (audiocli voices enroll NAME FILE)\n")


def test_models_are_listed_in_order_of_names() -> None:
    rows = [row.split("\t") for row in audiocli("models", "list", **ENVIRON).stdout.splitlines()]
    names = [(row[0].lower(), row[1]) for row in rows]
    assert names == sorted(names) and len(names) > 10
