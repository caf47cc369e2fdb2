"""Test that the tests mirror the layout of the sources."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SOURCES = TESTS.parent / "src" / "audiocli"
FOLDERS = sorted({path.parent.relative_to(TESTS) for path in TESTS.glob("*/**/test_*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_a_folder_of_tests_has_a_package(folder: Path) -> None:
    assert folder == Path("project") or (SOURCES / folder).is_dir()
