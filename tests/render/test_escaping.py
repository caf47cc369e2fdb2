"""Text of results cannot control a terminal or forge lines, whatever field it is in."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, get_args, get_origin
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audiocli.escaping import plain
from audiocli.render import get, names, render
from audiocli.render.base import BinaryRenderer
from audiocli.results import Egemaps, Features, Result, Spectrogram, kinds
from audiocli.results.egemaps import names as functionals
from audiocli.schema import loads
from audiocli.schema.types import bare_and_unit, hints_of

HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\r\n\t\x00\x7f\x85\u2028\u202etxt.exe\ud800\ufffe\x1b[31m"
_KEPT = {"\n", "\t"}
_OVERRIDES = {"\u202d", "\u202e"}

hostile = st.text(st.sampled_from([*HOSTILE, *'aé我"<&{},|=-[]:;#\\', "\u200f"]), max_size=12).map(
    lambda text: f"x{text}"
)


def is_control(character: str) -> bool:
    category = unicodedata.category(character)
    return category in {"Cc", "Cs", "Zl", "Zp"} or character in _OVERRIDES


def controls(text: str) -> set[str]:
    """The control characters of a document, without those that the formats use."""
    return {c for c in text if c not in _KEPT and is_control(c)}


def filled(name: str, hint: Any, text: str) -> Any:
    """Return a value for a field in which every string is `text`."""
    bare, unit = bare_and_unit(hint)
    arguments = get_args(bare)
    if unit == "array":
        return np.ones((2, 2)) if name in {"vectors", "values"} else np.arange(2.0)
    if isinstance(bare, type) and is_dataclass(bare):
        return instance(bare, text)
    if get_origin(bare) is tuple:
        return (filled(name, arguments[0], text),) * 2
    if get_origin(bare) is Literal:
        return arguments[0]
    if get_origin(bare) is not None:  # a mapping
        assert issubclass(get_origin(bare), Mapping)
        return {text: filled(name, arguments[1], text)}
    return {bool: True, int: 2, float: 0.5 if name == "start" else 1.0}.get(bare, text)


def instance(kind: type, text: str) -> Any:
    """Return an instance of a dataclass in which every string is `text`."""
    hints = hints_of(kind)
    made = kind(**{f.name: filled(f.name, hints[f.name], text) for f in fields(kind)})
    if isinstance(made, Spectrogram):
        curves = tuple(replace(curve, values=np.ones(2)) for curve in made.curves)
        return replace(made, spectrogram_kind="mel", curves=curves)
    if isinstance(made, Features):
        return replace(made, mfcc_mean=(1.0,) * 13, mfcc_deviation=(1.0,) * 13)
    if isinstance(made, Egemaps):
        return replace(made, functionals=dict.fromkeys(functionals(), 1.0))
    return made


def test_plain_text_is_one_line_and_keeps_what_can_be_read() -> None:
    assert plain(" a\tb\r\n c\u2028d ") == "a b c d"
    assert plain("\x1b[31mred\x9b2J\x00\ud800") == r"\x1b[31mred\x9b2J\x00\ud800"
    assert plain("evil\u202egpj.exe") == r"evil\u202egpj.exe"
    kept = "naïve 我 👩‍👩‍👧 می‌خواهم \u2067שלום\u2069 \u200f\u00ad"
    assert plain(kept) == kept


CASES = [
    (kind, name)
    for kind in kinds().values()
    for name in names()
    if kind.__module__.startswith("audiocli.")
    and issubclass(kind, get(name).accepts)
    and not isinstance(get(name), BinaryRenderer)
]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=lambda case: getattr(case, "kind", case))
def test_no_format_writes_control_characters(kind: type[Result], name: str) -> None:
    @settings(max_examples=8)
    @given(hostile)
    @example(HOSTILE)
    def check(text: str) -> None:
        written = render(instance(kind, text), name)
        assert controls(written) == set()
        lines = render(instance(kind, "x"), name).count("\n")
        assert name not in _LINE_FORMATS or written.count("\n") == lines
        if name == "svg":
            ElementTree.fromstring(written)
        if name in {"json", "jsonl"}:
            assert loads(written)

    check()


_LINE_FORMATS = {"csv", "tsv", "txt", "rttm", "audacity", "sed", "textgrid", "jsonl"}
