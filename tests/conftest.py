"""Fixtures of all tests. pytest adds the folder of this file to the import path."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from inprocess import Ran, audiocli

# Time limits fail on a loaded machine.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

DATA = Path(__file__).parent / "data"


# If the tests run in the background, the programs that they start would ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


# Folders whose tests may load a model; so may any test that runs a command.
_WITH_MODELS = ("api", "cli", "models", "tasks")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that may load a model, so that `-m "not models"` leaves them out."""
    root = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(root).parts[0]
        is_top_level = item.path.parent == root
        runs_command = "run" in getattr(item, "fixturenames", ())
        if is_top_level or folder in _WITH_MODELS or runs_command:
            item.add_marker("models")


@pytest.fixture(autouse=True)
def _models_of_marked_tests(request: pytest.FixtureRequest) -> None:
    """Fetch the models before the first test that is marked `models`."""
    if request.node.get_closest_marker("models"):
        request.getfixturevalue("default_models")


@pytest.fixture(scope="session")
def default_models() -> None:
    """Download the default models once, so that no test sees download messages on stderr."""
    from audiocli.loading import default_store
    from audiocli.models.registry import DEFAULTS, resolve

    store = default_store()
    for name in (*DEFAULTS.values(), "whisper-tiny.en", "moonshine-tiny"):
        store.path(resolve(name, None, store).spec)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Return a function that runs a command line in this process with its own streams.

    Models come from the cache of the user, so that they are downloaded once.
    """
    monkeypatch.setenv("COLUMNS", "80")

    def run(*args: object, stdin: bytes = b"", terminal: bool = False, **env: str) -> Ran:
        return audiocli(*args, stdin=stdin, terminal=terminal, **{**os.environ, **env})

    return run


@pytest.fixture
def jfk() -> Path:
    """Eleven seconds of clear English speech."""
    return DATA / "jfk.flac"
