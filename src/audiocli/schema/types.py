"""Types and units of the fields of results."""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from audiocli.results import Result


def schema_id(kind: type[Result]) -> str:
    """Return the value of the `schema` key of a kind of result."""
    return f"audiocli/{kind.kind}/{kind.version}"


@cache
def hints_of(cls: Any) -> dict[str, Any]:
    """Return the types of the fields of a dataclass, with units."""
    return get_type_hints(cls, include_extras=True)


@cache
def is_optional(hint: Any) -> bool:
    """Return whether a type allows None."""
    return get_origin(hint) in {Union, UnionType} and NoneType in get_args(hint)


@cache
def bare_and_unit(hint: Any) -> tuple[Any, str | None]:
    """Return a type without `| None` and `Annotated`, and its unit."""
    if is_optional(hint):
        (hint,) = (argument for argument in get_args(hint) if argument is not NoneType)
    if get_origin(hint) is Annotated:
        bare, unit = get_args(hint)
        return bare, unit
    return hint, None
