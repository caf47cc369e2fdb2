"""Check device options against what a family of models supports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from audiocli.errors import UsageError
from audiocli.models.base import DeviceOptions, Family, Task

_AUXILIARY: tuple[Task, ...] = ("vad", "vocoder", "voiceprint")  # loaded beside a chosen model


def applicable(name: str, family: Family, options: DeviceOptions) -> DeviceOptions:
    """Return the options as a model takes them.

    Unless the options are strict, and for models that are loaded beside another one, values
    that the family does not support become the defaults.

    Parameters
    ----------
    name : of the model, for the message

    Raises
    ------
    UsageError : the family does not support a value
    """
    if options.compute_type == "auto":
        options = replace(options, compute_type="default")
    kind = options.device.partition(":")[0]  # as in cuda:1
    checks = (
        ("device", kind, "auto", family.devices),
        ("compute_type", options.compute_type, "default", family.compute_types),
        ("backend", options.backend, "auto", family.backends),
    )
    is_strict = options.strict and family.task not in _AUXILIARY
    changes: dict[str, Any] = {}
    for field, value, default, supported in checks:
        if supported is None or value in (default, *supported):
            continue
        if is_strict:
            raise _refusal(name, f"--{field.replace('_', '-')}", value, default, supported)
        changes[field] = default
    return replace(options, **changes)


def _refusal(
    name: str, option: str, value: str, default: str, supported: Sequence[str]
) -> UsageError:
    choices = f"one of: {', '.join((default, *supported))}" if supported else f"leave out {option}"
    return UsageError(f"{name} does not support {option} {value}", choices)
