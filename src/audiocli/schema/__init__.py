"""JSON form of results: writing, reading, and the JSON Schema.

Everything is derived from the dataclasses in `audiocli.results`. A document starts with
`"schema": "audiocli/KIND/VERSION"`; all declared keys are present, null if unknown.
"""

from __future__ import annotations

from audiocli.results import kinds
from audiocli.schema.describe import json_schema
from audiocli.schema.read import SchemaError, from_dict, loads
from audiocli.schema.types import schema_id
from audiocli.schema.write import dumps, json_text, to_dict

__all__ = [
    "SchemaError",
    "dumps",
    "from_dict",
    "json_schema",
    "json_text",
    "kinds",
    "loads",
    "schema_id",
    "to_dict",
]
