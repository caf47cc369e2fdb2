"""The written form of results: JSON out, JSON back in, and its JSON Schema.

All of it follows from the dataclasses in `audiocli.results` by reflection. A
document starts with `"schema": "audiocli/KIND/VERSION"`; every declared key is
present, null where nobody knows.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from audiocli.errors import AudioCliError
from audiocli.results import Result

_DECIMALS = {"seconds": 3, "probability": 4}  # units as annotated in audiocli.results
_JSON_TYPES = {float: "number", int: "integer", str: "string", bool: "boolean"}
_WORDS = {float: "a number", int: "a whole number", str: "text", bool: "true or false"}
_SCHEMA_ID = re.compile(r"audiocli/([a-z_]+)/(\d+)")
# Control characters, line separators and lone surrogates: valid inside JSON
# text, but they steer terminals, split lines, or cannot be encoded.
_AWKWARD = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class SchemaError(AudioCliError):
    """A document is not a result we can read; the message says where it goes wrong."""


def kinds() -> dict[str, type[Result]]:
    """Every kind of result by its name."""
    found: dict[str, type[Result]] = {}
    waiting = [Result]
    while waiting:
        for child in waiting.pop().__subclasses__():
            found[child.kind] = child
            waiting.append(child)
    return dict(sorted(found.items()))


def schema_id(kind: type[Result]) -> str:
    """What stands under `schema` in every document of this kind."""
    return f"audiocli/{kind.kind}/{kind.version}"


# --- writing ---------------------------------------------------------------


def to_dict(result: Result) -> dict[str, Any]:
    """Turn a result into plain dicts, lists, strings and numbers.

    Times are rounded to milliseconds, probabilities to 4 decimals; a number that
    is not finite becomes `None`, which JSON can say.
    """
    common = [field.name for field in fields(Result)]
    written = _write(result, type(result))
    return {
        "schema": schema_id(type(result)),
        **{name: written.pop(name) for name in common},
        **{name: _write(getattr(result, name)) for name in result.derived},
        **written,
    }


def dumps(result: Result, indent: int | None = None) -> str:
    """Write a result as a JSON document, on one line unless `indent` is given."""
    text = json.dumps(to_dict(result), ensure_ascii=False, allow_nan=False, indent=indent)
    return _AWKWARD.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _write(value: Any, hint: Any = Any) -> Any:
    bare, unit = _unwrap(hint)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return _finite(value, _DECIMALS.get(unit or ""))
    if is_dataclass(bare):
        hints = _hints(bare)
        return {f.name: _write(getattr(value, f.name), hints[f.name]) for f in fields(bare)}
    if isinstance(value, Mapping):
        item = get_args(bare)[1] if get_args(bare) else Any
        return {str(key): _write(element, item) for key, element in value.items()}
    if isinstance(value, list | tuple):
        item = get_args(bare)[0] if get_args(bare) else Any
        return [_write(element, item) for element in value]
    return str(value)  # a path among the parameters


def _finite(value: float, decimals: int | None) -> float | None:
    if not math.isfinite(value):
        return None
    return value if decimals is None else round(value, decimals)


# --- reading ---------------------------------------------------------------


def from_dict(data: Any) -> Result:
    """Turn what `to_dict` gave back into a result.

    Raises
    ------
    SchemaError : not a result of audiocli, one of a newer version, or a value of
        the wrong type; the message names the place, such as `segments[2].start`
    """
    kind = _kind_of(data)
    own = {key: value for key, value in data.items() if key != "schema" and key not in kind.derived}
    result: Result = _read(own, kind, "")
    return result


def loads(text: str) -> Iterator[Result]:
    """Read the results of a JSON document, of JSON lines, or of documents one after another."""
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    position = _skip_space(text, 0)
    while position < len(text):
        try:
            data, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise SchemaError(f"not JSON at line {error.lineno}: {error.msg}") from error
        yield from map(from_dict, data if isinstance(data, list) else [data])
        position = _skip_space(text, position)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _no_constant(name: str) -> None:
    raise SchemaError(f"{name} is not JSON")


def _kind_of(data: Any) -> type[Result]:
    match = _SCHEMA_ID.fullmatch(str(data.get("schema"))) if isinstance(data, Mapping) else None
    if match is None:
        raise SchemaError("not a result of audiocli", "its `schema` key would say audiocli/...")
    name, version = match[1], int(match[2])
    kind = kinds().get(name)
    if kind is None or version > kind.version:
        raise SchemaError(f"written by a newer audiocli ({match[0]})", "upgrade audiocli")
    if version < kind.version:
        raise SchemaError(f"written by an older audiocli ({match[0]})", "make it again")
    return kind


def _read(value: Any, hint: Any, where: str) -> Any:
    bare, _ = _unwrap(hint)
    if bare is Any:
        return value
    if value is None and _optional(hint):
        return None
    if is_dataclass(bare):
        return _read_object(value, bare, where)
    origin = get_origin(bare)
    if origin is tuple:
        _expect(isinstance(value, list), where, "a list", value)
        item = get_args(bare)[0]
        return tuple(_read(v, item, f"{where}[{i}]") for i, v in enumerate(value))
    if origin is Mapping:
        _expect(isinstance(value, Mapping), where, "an object", value)
        item = get_args(bare)[1]
        return {key: _read(v, item, _join(where, key)) for key, v in value.items()}
    if origin is Literal:
        _expect(value in get_args(bare), where, f"one of {get_args(bare)}", value)
        return value
    return _read_scalar(value, bare, where)


def _read_object(value: Any, cls: Any, where: str) -> Any:
    _expect(isinstance(value, Mapping), where, "an object", value)
    hints = _hints(cls)
    if unknown := value.keys() - {field.name for field in fields(cls)}:
        raise SchemaError(f"{_join(where, min(unknown))}: no such key")
    given = {}
    for field in fields(cls):
        if field.name in value:
            place = _join(where, field.name)
            given[field.name] = _read(value[field.name], hints[field.name], place)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise SchemaError(f"{_join(where, field.name)}: missing")
    return cls(**given)


def _read_scalar(value: Any, bare: type, where: str) -> Any:
    accepted = (float, int) if bare is float else bare
    right = isinstance(value, accepted) and (bare is bool or not isinstance(value, bool))
    _expect(right, where, _WORDS[bare], value)
    if bare is not float:
        return value
    _expect(math.isfinite(value), where, "a finite number", value)
    return float(value)


def _expect(right: bool, where: str, expected: str, value: Any) -> None:
    if not right:
        raise SchemaError(f"{where or 'document'}: expected {expected}, got {value!r:.40}")


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


# --- JSON Schema -----------------------------------------------------------


def json_schema(kind: type[Result]) -> dict[str, Any]:
    """Describe the documents of a kind of result as JSON Schema (draft 2020-12)."""
    definitions: dict[str, Any] = {}
    body = _describe_object(kind, definitions)
    derived = {name: _describe_property(kind, name) for name in kind.derived}
    properties = {"schema": {"const": schema_id(kind)}, **body["properties"], **derived}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{schema_id(kind).replace('/', ':')}",
        "title": kind.__name__,
        **body,
        "properties": properties,
        "required": list(properties),
        "$defs": definitions,
    }


def _describe(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    bare, unit = _unwrap(hint)
    schema = _describe_bare(bare, definitions)
    if unit == "seconds":
        schema["description"] = "seconds"
    if unit == "probability":
        schema |= {"minimum": 0, "maximum": 1}
    if not _optional(hint):
        return schema
    if "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def _describe_bare(bare: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if bare is Any:
        return {}
    if is_dataclass(bare):
        name = bare.__name__  # type: ignore[union-attr]
        if name not in definitions:
            definitions[name] = {}  # holds the place while the class describes itself
            definitions[name] = _describe_object(bare, definitions)
        return {"$ref": f"#/$defs/{name}"}
    arguments = get_args(bare)
    if get_origin(bare) is tuple:
        return {"type": "array", "items": _describe(arguments[0], definitions)}
    if get_origin(bare) is Mapping:
        return {"type": "object", "additionalProperties": _describe(arguments[1], definitions)}
    if get_origin(bare) is Literal:
        return {"enum": list(arguments)}
    return {"type": _JSON_TYPES[bare]}


def _describe_object(cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints, notes = _hints(cls), _attribute_notes(cls)
    properties = {}
    for field in fields(cls):
        properties[field.name] = _describe(hints[field.name], definitions)
        if field.name in notes:
            properties[field.name]["description"] = notes[field.name]
    return {
        "description": (cls.__doc__ or "").partition("\n")[0],
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _describe_property(cls: type, name: str) -> dict[str, Any]:
    getter = getattr(cls, name).fget
    schema = _describe(get_type_hints(getter)["return"], {})
    return {**schema, "description": (getter.__doc__ or "").partition("\n")[0]}


def _attribute_notes(cls: type) -> dict[str, str]:
    """What the docstrings of a class and its bases say as `name : note`."""
    notes: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        notes |= dict(re.findall(r"^ +(\w+) : (.+)$", base.__doc__ or "", re.MULTILINE))
    return notes


# --- types -----------------------------------------------------------------


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


@cache
def _unwrap(hint: Any) -> tuple[Any, str | None]:
    """Strip `| None` and `Annotated` from a hint: the bare type and its unit."""
    if _optional(hint):
        (hint,) = (arg for arg in get_args(hint) if arg is not NoneType)
    if get_origin(hint) is Annotated:
        bare, unit = get_args(hint)
        return bare, unit
    return hint, None


@cache
def _optional(hint: Any) -> bool:
    return get_origin(hint) in {Union, UnionType} and NoneType in get_args(hint)
