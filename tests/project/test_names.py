"""Test the names of classes, functions and variables."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src" / "audiocli"


# Words for which the code has another one, such as `chunk`, `hallucination_filter`, `Prosody`.
AVOIDED = {
    *("cutting", "delivery", "doubt", "guards", "inventions", "ledger", "likeness"),
    *("looping", "manner", "room", "wishes"),
}


def identifiers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name"):
            if isinstance(name := getattr(node, field, None), str):
                yield name


def test_class_names_are_unique() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name.lstrip("_")].append(str(path.relative_to(SOURCES)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_names_have_none_of_the_avoided_words() -> None:
    for path in sorted(SOURCES.rglob("*.py")):
        for name in (path.stem, *identifiers(ast.parse(path.read_text(encoding="utf-8")))):
            words = re.findall("[A-Z]?[a-z]+", name)
            assert not AVOIDED.intersection(map(str.lower, words)), f"{path}: {name}"
