"""Comma-separated values (RFC 4180, with plain line ends)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from importlib import import_module
from io import StringIO
from itertools import islice
from pkgutil import iter_modules
from typing import Any

from audiocli.render import rows
from audiocli.render.base import Layout, Renderer
from audiocli.results import Alignment, Emissions, Result, kinds

_AT_ONCE = 1000
_SHOWN = {module.name for module in iter_modules(rows.__path__)}


class Csv(Renderer):
    """Rows that say which input they are from, so that one file can hold many.

    `render/rows/KIND.py` says what the rows of each kind of result are.
    """

    name = "csv"
    extension = "csv"
    accepts = tuple(kind for name, kind in kinds().items() if name in _SHOWN)
    default_for = (Alignment, Emissions)
    allows_many = True
    line_based = True

    def head(self, kind: type[Result]) -> str:
        """Names of the columns."""
        return _written([_rows_of(kind).COLUMNS])

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield the rows, many at once: a spectrogram has millions."""
        rows = _rows_of(type(result)).rows(result)
        while some := list(islice(rows, _AT_ONCE)):
            yield _written(some)


def _rows_of(kind: type[Result]) -> Any:
    """The module for a kind, or for what it is a kind of."""
    names = (getattr(base, "kind", None) for base in kind.__mro__)
    return import_module(f"{rows.__name__}.{next(name for name in names if name in _SHOWN)}")


def _written(rows: Iterable[Iterable[str | None]]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


RENDERER = Csv()
