"""Base class of all results, and the units of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, ClassVar

Seconds = Annotated[float, "seconds"]  # written rounded to milliseconds
MAX_SECONDS = 1e8  # the largest time that is read from files, three years
Probability = Annotated[float, "probability"]  # 0 to 1, written with 4 decimals
Array = Annotated[Any, "array"]  # a NumPy array, or nested lists of numbers; written as lists


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Name and revision of the model that computed a result."""

    name: str
    revision: str | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """Base class of all results.

    Attributes
    ----------
    source : name of the input as given by the user; `-` for stdin
    duration : duration of the analysed audio, in seconds
    model : model that computed the result
    parameters : options that affect the result
    columns : values of the other columns of a dataset, such as id, text and speaker; the JSON form
        has it only for samples of datasets
    """

    kind: ClassVar[str]  # name in the schema
    version: ClassVar[int] = 1  # raised when a field is renamed or changes its meaning
    derived: ClassVar[tuple[str, ...]] = ()  # properties that are part of the JSON form
    omitted_if_empty: ClassVar[tuple[str, ...]] = ("columns",)  # fields that the JSON form omits

    source: str
    duration: Seconds
    model: ModelInfo
    parameters: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)

    def write(self, path: str | Path, format: str | None = None, **layout: Any) -> None:
        """Write the result to a file; see `audiocli.write`."""
        # Imported by name on use, because results do not depend on output formats.
        import_module("audiocli.api").write(self, path, format, **layout)


def kinds() -> dict[str, type[Result]]:
    """Return all kinds of results by name."""
    found: dict[str, type[Result]] = {}
    waiting = [Result]
    while waiting:
        for child in waiting.pop().__subclasses__():
            found[child.kind] = child
            waiting.append(child)
    return dict(sorted(found.items()))
