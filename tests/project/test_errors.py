"""Test that errors say what to do next."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src" / "audiocli"

# Classes whose messages end with a hint, and its position among the arguments. A `UsageError`
# of a command refers to --help without one; the hint of `MissingExtra` is part of the class.
HINT_AT = {
    "AudioCliError": 1,
    "InputError": 2,
    "JournalError": 1,
    "ModelUnavailable": 1,
    "OutputError": 1,
    "SchemaError": 1,
}
PROBLEM_WITH_HINT = {"problem", "input.problem", "self.problem"}  # of `batch.inputs.Input`


def calls_without_hint(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        name = getattr(node.func, "id", None) if isinstance(node, ast.Call) else None
        if name is None or name not in HINT_AT:
            continue
        assert isinstance(node, ast.Call)
        is_spread = any(isinstance(argument, ast.Starred) for argument in node.args)
        has_hint = len(node.args) > HINT_AT[name] or any(key.arg == "hint" for key in node.keywords)
        states_hint = name == "InputError" and ast.unparse(node.args[-1]) in PROBLEM_WITH_HINT
        if not (is_spread or has_hint or states_hint):
            yield node


def test_every_error_has_a_hint() -> None:
    found = [
        f"{path.relative_to(SOURCES)}:{call.lineno}: {ast.unparse(call)}"
        for path in sorted(SOURCES.rglob("*.py"))
        for call in calls_without_hint(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_an_error_without_hint_is_found() -> None:
    (call,) = calls_without_hint(ast.parse('InputError(p, "is empty")\nInputError(p, "x", "y")'))
    assert call.lineno == 1
