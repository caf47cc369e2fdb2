"""Write generated files, or check that they are current."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


def write_or_check(files: Mapping[Path, str], arguments: Sequence[str]) -> int:
    """Write files, or with `--check` list those that are out of date; return the exit code."""
    stale = [path for path, text in files.items() if _read(path) != text]
    for path in stale:
        if "--check" in arguments:
            sys.stderr.write(f"{path} is out of date: run `make generated`\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8", newline="\n")
    return int(bool(stale) and "--check" in arguments)


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with the words that call it, groups before their subcommands."""
    yield words, command
    if hasattr(command, "list_commands"):
        for name in command.list_commands(None):
            yield from commands(command.get_command(None, name), (*words, name))


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
