"""The written form of results: JSON out, JSON back in, and its JSON Schema.

All of it follows from the dataclasses in `audiocli.results` by reflection. A
document starts with `"schema": "audiocli/KIND/VERSION"`; every declared key is
present, null where nobody knows.
"""

from __future__ import annotations

from audiocli.results import kinds
from audiocli.schema.describe import json_schema
from audiocli.schema.read import SchemaError, from_dict, loads
from audiocli.schema.types import schema_id
from audiocli.schema.write import dumps, to_dict

__all__ = [
    "SchemaError",
    "dumps",
    "from_dict",
    "json_schema",
    "kinds",
    "loads",
    "schema_id",
    "to_dict",
]
