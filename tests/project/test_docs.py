"""Test that the documents name files that exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
)
PATH = re.compile(r"`((?:src|tests|tools|docs|benchmarks|completions)/[\w./-]+)`")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)(?:#[\w-]+)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_named_in_documents_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = [ROOT / name for name in PATH.findall(text)]
    linked = [document.parent / name for name in LINK.findall(text)]
    assert [str(path) for path in named + linked if not path.exists()] == []


def test_the_walk_through_the_code_is_short() -> None:
    """One recording is followed from the command to the renderer through 15 files at most."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    walk = text.partition("## One recording")[2].partition("\n## ")[0]
    files = [name for name in PATH.findall(walk) if name.endswith(".py")]
    assert 5 <= len(files) == len(set(files)) <= 15
