"""Strict parser of the JSON form of results."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, get_args, get_origin

from audiocli.errors import WRONG_FILE, AudioCliError
from audiocli.results import MAX_SECONDS, Result, kinds
from audiocli.schema.types import bare_and_unit, hints_of, is_optional
from audiocli.schema.versions import upgrade

_SCHEMA_ID = re.compile(r"audiocli/(\w+)/([1-9]\d*)")
_SEE = "see `audiocli schema`"
_IN_WORDS = {float: "a number", int: "a whole number", str: "text", bool: "true or false"}


class SchemaError(AudioCliError):
    """A document is not a valid result; the message names the invalid key."""


def loads(text: str) -> Iterator[Result]:
    """Read results from a JSON document, JSON lines, or concatenated documents.

    Raises
    ------
    SchemaError : the text is not JSON, or not a result of audiocli
    """
    decoder = json.JSONDecoder()
    position = start = _skip_space(text, 0)
    while position < len(text):
        try:
            data, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            place = f": syntax error in line {error.lineno}, column {error.colno}"
            problem = "not JSON" if error.pos == start else f"not valid JSON{place}"
            raise SchemaError(problem, WRONG_FILE) from error
        except RecursionError as error:
            raise SchemaError("not valid JSON: nested too deeply", WRONG_FILE) from error
        except ValueError as error:
            raise SchemaError("not valid JSON: a number has too many digits", WRONG_FILE) from error
        yield from map(from_dict, data if isinstance(data, list) else [data])
        position = _skip_space(text, position)


def from_dict(data: Any) -> Result:
    """Convert the output of `to_dict`, of this or an earlier version, to a result.

    Raises
    ------
    SchemaError : the data are not a result of audiocli, are of a newer version, or have a
        value of the wrong type; the message names the key, such as `segments[2].start`
    """
    kind, version = _kind_of(data)
    if version < kind.version:
        data = upgrade(data, kind)
    beside = {"schema", *kind.derived}
    result: Result = _read({k: v for k, v in data.items() if k not in beside}, kind, "")
    return result


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _kind_of(data: Any) -> tuple[type[Result], int]:
    match = _SCHEMA_ID.fullmatch(str(data.get("schema"))) if isinstance(data, Mapping) else None
    if match is None:
        problem = "not a result of audiocli: it has no schema key with audiocli/..."
        raise SchemaError(problem, WRONG_FILE)
    kind = kinds().get(match[1])
    version = int(match[2])
    if kind is None or version > kind.version:
        raise SchemaError(f"{match[0]} was written by a newer audiocli", "upgrade audiocli")
    return kind, version


def _read(value: Any, hint: Any, where: str) -> Any:
    bare, unit = bare_and_unit(hint)
    if unit == "array" and value is not None:
        _expect(_is_array(value), where, "an array of numbers", value)
    if bare is Any or (value is None and is_optional(hint)):
        return value
    if is_dataclass(bare):
        return _read_object(value, bare, where)
    origin, arguments = get_origin(bare), get_args(bare)
    if origin is tuple:
        _expect(isinstance(value, list), where, "a list", value)
        return tuple(_read(v, arguments[0], f"{where}[{i}]") for i, v in enumerate(value))
    if origin is Mapping:
        _expect(isinstance(value, Mapping), where, "an object", value)
        return {key: _read(v, arguments[1], _join(where, key)) for key, v in value.items()}
    if origin is Literal:
        _expect(value in arguments, where, f"one of {arguments}", value)
        return value
    scalar = _read_scalar(value, bare, where)
    if unit == "seconds":
        _expect(0 <= scalar <= MAX_SECONDS, where, f"seconds, 0 to {MAX_SECONDS:g}", value)
    return scalar


def _is_array(value: Any) -> bool:
    """Return whether lists have one length in each dimension, and float32 numbers or null."""
    import numpy as np

    try:
        array = np.asarray(value)
        if array.dtype == object:  # null among the numbers
            array = np.asarray(value, float)
        if array.ndim == 0 or array.dtype.kind not in "biuf":
            return False
        return not (np.abs(array) > np.finfo(np.float32).max).any()
    except (TypeError, ValueError):
        return False


def _read_object(value: Any, cls: Any, where: str) -> Any:
    _expect(isinstance(value, Mapping), where, "an object", value)
    if unknown := value.keys() - hints_of(cls).keys():
        raise SchemaError(f"{_join(where, min(unknown))}: unknown key", _SEE)
    given = {}
    for field in fields(cls):
        place = _join(where, field.name)
        if field.name in value:
            given[field.name] = _read(value[field.name], hints_of(cls)[field.name], place)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise SchemaError(f"{place}: missing", _SEE)
    return cls(**given)


def _read_scalar(value: Any, bare: Any, where: str) -> Any:
    accepted = float | int if bare is float else bare
    is_right = isinstance(value, accepted) and isinstance(value, bool) == (bare is bool)
    _expect(is_right, where, _IN_WORDS[bare], value)
    if bare is not float:
        return value
    _expect(abs(value) <= sys.float_info.max, where, "a finite number", value)
    return float(value)


def _expect(is_right: bool, where: str, expected: str, value: Any) -> None:
    if not is_right:
        raise SchemaError(f"{where}: expected {expected}, got {value!r:.40}", _SEE)


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
