"""Fixtures for all tests; being here also puts `tests/` on the import path, for helpers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from inprocess import Ran, audiocli

DATA = Path(__file__).parent / "data"


# Where the tests run in the background, programs they start would ignore Ctrl-C as well.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def embedded_models() -> None:
    """Fetch the models of the tests, so that no single test is the one that tells of it."""
    from audiocli.api import default_store
    from audiocli.models.registry import DEFAULTS, find

    store = default_store()
    for name in (*DEFAULTS.values(), "whisper-tiny.en", "moonshine-tiny"):
        store.path(find(name, None, store).spec)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run a command line in this process, with streams of its own.

    Models come from the user's own cache, as they would for the user, so that they
    are fetched once and not for every run of the tests.
    """
    monkeypatch.setenv("COLUMNS", "80")

    def run(*args: object, stdin: bytes = b"", terminal: bool = False, **env: str) -> Ran:
        return audiocli(*args, stdin=stdin, terminal=terminal, **{**os.environ, **env})

    return run


@pytest.fixture
def jfk() -> Path:
    """Eleven seconds of clear English speech."""
    return DATA / "jfk.flac"
