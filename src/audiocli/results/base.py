"""What every answer has: its kind, its source, and the units its numbers are in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

Seconds = Annotated[float, "seconds"]  # written rounded to milliseconds
Probability = Annotated[float, "probability"]  # 0 to 1, written with 4 decimals
Array = Annotated[Any, "array"]  # a NumPy array, or nested lists of numbers; written as lists


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model answered: enough to ask the same one again."""

    name: str
    revision: str | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """What every answer knows about itself.

    Attributes
    ----------
    source : the input as the user named it; `-` for stdin
    duration : length of the analysed audio, in seconds
    model : the model that answered
    parameters : the options that shaped the answer
    """

    kind: ClassVar[str]  # the name `audiocli schema` knows it by
    version: ClassVar[int] = 1  # goes up when a field changes its meaning
    derived: ClassVar[tuple[str, ...]] = ()  # properties the written form carries too

    source: str
    duration: Seconds
    model: ModelInfo
    parameters: Mapping[str, Any] = field(default_factory=dict)


def kinds() -> dict[str, type[Result]]:
    """Every kind of result by its name."""
    found: dict[str, type[Result]] = {}
    waiting = [Result]
    while waiting:
        for child in waiting.pop().__subclasses__():
            found[child.kind] = child
            waiting.append(child)
    return dict(sorted(found.items()))
