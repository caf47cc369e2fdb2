"""Keys of older versions of the schema, so that old documents can still be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

from audiocli.results import Comparison, Emissions, Evaluation, Features, Search, Spectrogram
from audiocli.schema.types import bare_and_unit, hints_of

# Old and new key of each class, as renamed in a version of the kinds that contain it.
RENAMED: Mapping[Any, Mapping[str, str]] = {
    Emissions: {"frame": "frame_seconds"},
    Evaluation: {"commonest": "baseline_accuracy"},
    Features: {
        "clipped": "clipped_ratio",
        "silence": "silence_ratio",
        "voiced": "voiced_ratio",
    },
    Search: {"query": "query_type"},
    Spectrogram: {"form": "spectrogram_kind"},
}
_AGGREGATION = {"pool": "aggregation"}  # `pool` of an embedding is another quantity
RENAMED_PARAMETERS: Mapping[Any, Mapping[str, str]] = {
    Comparison: _AGGREGATION,
    Spectrogram: _AGGREGATION,
}


def upgrade(value: Any, hint: Any) -> Any:
    """Return a value of a document of an earlier version with the current keys.

    Parameters
    ----------
    hint : type of the value; values of another type are returned unchanged
    """
    bare, _ = bare_and_unit(hint)
    if isinstance(bare, type) and is_dataclass(bare) and isinstance(value, Mapping):
        hints = hints_of(bare)
        current = _renamed(value, RENAMED.get(bare, {}))
        if isinstance(parameters := current.get("parameters"), Mapping):
            current["parameters"] = _renamed(parameters, RENAMED_PARAMETERS.get(bare, {}))
        return {key: upgrade(element, hints.get(key, Any)) for key, element in current.items()}
    if get_origin(bare) is tuple and isinstance(value, list):
        return [upgrade(element, get_args(bare)[0]) for element in value]
    return value


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in values.items()}
