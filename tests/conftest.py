"""Fixtures for all tests; being here also puts `tests/` on the import path, for helpers."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from audiocli.cli import main
from audiocli.context import Context

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Ran:
    """What a command line gave."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Its one JSON document."""
        return json.loads(self.stdout)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="session", autouse=True)
def embedded_models() -> None:
    """Fetch the models of the tests, so that no single test is the one that tells of it."""
    from audiocli.api import default_store
    from audiocli.models.registry import DEFAULTS, find

    store = default_store()
    for name in (*DEFAULTS.values(), "whisper-tiny.en"):
        store.path(find(name, None, store).spec)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run a command line in this process, with streams of its own.

    Models come from the user's own cache, as they would for the user, so that they
    are fetched once and not for every run of the tests.
    """
    monkeypatch.setenv("COLUMNS", "80")

    def run(*args: str | Path, stdin: bytes = b"", terminal: bool = False, **env: str) -> Ran:
        context = Context(
            stdin=io.BytesIO(stdin),
            stdout=_Terminal() if terminal else io.StringIO(),
            stderr=io.StringIO(),
            environ={**os.environ, **env},
        )
        code = main([str(arg) for arg in args], context)
        return Ran(code, context.stdout.getvalue(), context.stderr.getvalue())

    return run


@pytest.fixture
def jfk() -> Path:
    """Eleven seconds of clear English speech."""
    return DATA / "jfk.flac"
