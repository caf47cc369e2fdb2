"""The JSON Schema of results."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from audiocli.results import Result
from audiocli.schema.types import bare_and_unit, hints_of, is_optional, schema_id

_JSON_TYPES = {float: "number", int: "integer", str: "string", bool: "boolean"}
_UNITS: dict[str | None, dict[str, Any]] = {
    None: {},
    "seconds": {"description": "seconds"},
    "probability": {"minimum": 0, "maximum": 1},
    "array": {"type": "array"},
}

Definitions = dict[str, dict[str, Any]]  # referenced classes, for `$defs`


def json_schema(kind: type[Result]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a kind of result."""
    definitions: Definitions = {}
    described = _describe_class(kind, definitions)
    derived = {name: _describe_property(kind, name) for name in kind.derived}
    properties = {"schema": {"const": schema_id(kind)}, **described["properties"], **derived}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{schema_id(kind).replace('/', ':')}",
        "title": kind.__name__,
        **described,
        "properties": properties,
        "required": [name for name in properties if name not in kind.omitted_if_empty],
        "$defs": definitions,
    }


def _describe(hint: Any, definitions: Definitions) -> dict[str, Any]:
    bare, unit = bare_and_unit(hint)
    described = {**_describe_bare(bare, definitions), **_UNITS[unit]}
    if not is_optional(hint):
        return described
    if "type" in described:
        return {**described, "type": [described["type"], "null"]}
    return {"anyOf": [described, {"type": "null"}]}


def _describe_bare(bare: Any, definitions: Definitions) -> dict[str, Any]:
    if bare is Any:
        return {}
    if isinstance(bare, type) and is_dataclass(bare):
        name = bare.__name__
        if name not in definitions:
            definitions[name] = {}  # stops the recursion of recursive classes
            definitions[name] = _describe_class(bare, definitions)
        return {"$ref": f"#/$defs/{name}"}
    origin, arguments = get_origin(bare), get_args(bare)
    if origin is tuple:
        return {"type": "array", "items": _describe(arguments[0], definitions)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _describe(arguments[1], definitions)}
    if origin is Literal:
        return {"enum": list(arguments)}
    return {"type": _JSON_TYPES[bare]}


def _describe_class(cls: Any, definitions: Definitions) -> dict[str, Any]:
    notes = _notes_on_fields(cls)
    properties = {}
    for field in fields(cls):
        properties[field.name] = _describe(hints_of(cls)[field.name], definitions)
        if field.name in notes:
            properties[field.name]["description"] = notes[field.name]
    return {
        "description": _first_line(cls),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _describe_property(cls: type, name: str) -> dict[str, Any]:
    getter = getattr(cls, name).fget
    described = _describe(get_type_hints(getter)["return"], {})
    return {**described, "description": _first_line(getter)}


def _first_line(documented: Any) -> str:
    return (documented.__doc__ or "").partition("\n")[0]


def _notes_on_fields(cls: type) -> dict[str, str]:
    """Return the `name : description` lines in the docstrings of a class and its bases."""
    notes: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        described = re.findall(r"^ +(\w+) : (.+(?:\n {8,}.+)*)$", base.__doc__ or "", re.MULTILINE)
        notes |= {name: " ".join(note.split()) for name, note in described}
    return notes
