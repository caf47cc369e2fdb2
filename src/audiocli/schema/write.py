"""Write results as JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args

from audiocli.results import Result
from audiocli.schema.types import bare_and_unit, hints_of, schema_id

_DECIMALS = {"seconds": 3, "probability": 4}  # by unit of audiocli.results
_ROW_OF_NUMBERS = re.compile(r"\[\n[^\[\]{}\"]*\]")
# Control characters, line separators, bidirectional overrides and lone surrogates are valid in
# JSON, but they control terminals, split lines, or cannot be encoded.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\u202d\u202e\ud800-\udfff]")


def to_dict(result: Result) -> dict[str, Any]:
    """Convert a result to dicts, lists, strings and numbers.

    Times are rounded to milliseconds and probabilities to 4 decimals; numbers that are not
    finite become None, because JSON cannot represent them.
    """
    written = _write(result, type(result))
    for name in result.omitted_if_empty:
        if not written[name]:
            del written[name]
    names = [field.name for field in fields(Result) if field.name in written]
    common = {name: written.pop(name) for name in names}
    derived = {name: _write(getattr(result, name)) for name in result.derived}
    return {"schema": schema_id(type(result)), **common, **derived, **written}


def dumps(result: Result, indent: int | None = None) -> str:
    """Write a result as a JSON document, on one line unless `indent` is given.

    Each row of numbers stays on one line.
    """
    return json_text(to_dict(result), indent)


def json_text(value: Any, indent: int | None = None) -> str:
    """Write lists, dicts, strings and numbers as JSON, with control characters escaped."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    if indent:
        text = _ROW_OF_NUMBERS.sub(lambda match: re.sub(r"\n\s*", "", match[0]), text)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _write(value: Any, hint: Any = Any) -> Any:
    bare, unit = bare_and_unit(hint)
    if unit == "array":
        return _write_array(value.tolist() if hasattr(value, "tolist") else value)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return _write_number(value, bare, unit)
    if isinstance(bare, type) and is_dataclass(bare):
        hints = hints_of(bare)
        return {f.name: _write(getattr(value, f.name), hints[f.name]) for f in fields(bare)}
    arguments = get_args(bare)
    if isinstance(value, Mapping):
        item = arguments[1] if arguments else Any
        return {str(key): _write(element, item) for key, element in value.items()}
    if isinstance(value, list | tuple):
        item = arguments[0] if arguments else Any
        return [_write(element, item) for element in value]
    return str(value)  # a path or an enum among the parameters


def _write_number(value: float, bare: Any, unit: str | None) -> float | None:
    if bare is float:
        value = float(value)
    if not math.isfinite(value):
        return None
    return round(value, _DECIMALS[unit]) if unit else value


def _write_array(value: Any) -> Any:
    """Round nested lists of numbers to the digits of single precision."""
    if isinstance(value, list | tuple):
        return [_write_array(element) for element in value]
    return float(f"{value:.8g}") if value is not None and math.isfinite(value) else None
