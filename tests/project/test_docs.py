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
