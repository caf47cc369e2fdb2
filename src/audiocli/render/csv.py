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

_BATCH = 1000  # rows
_SHOWN = {module.name for module in iter_modules(rows.__path__)}


class Csv(Renderer):
    """Rows with a column for the source, so that one file can contain several results.

    `render/rows/KIND.py` defines the rows of each kind of result.
    """

    name = "csv"
    extension = "csv"
    accepts = tuple(kind for name, kind in kinds().items() if name in _SHOWN)
    default_for = (Alignment, Emissions)
    allows_many = True
    line_based = True

    def head(self, kind: type[Result]) -> str:
        """Return the header row."""
        return _written([rows_of(kind).COLUMNS])

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield the rows in batches, because a spectrogram has millions."""
        rows = rows_of(type(result)).rows(result)
        while batch := list(islice(rows, _BATCH)):
            yield _written(batch)


def rows_of(kind: type[Result]) -> Any:
    """Return the module of a kind, or of its nearest base class that has one."""
    names = (getattr(base, "kind", None) for base in kind.__mro__)
    return import_module(f"{rows.__name__}.{next(name for name in names if name in _SHOWN)}")


def _written(rows: Iterable[Iterable[str | None]]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


RENDERER = Csv()
