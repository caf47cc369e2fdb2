"""Rename speakers in results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from audiocli.results.base import Result
from audiocli.results.speakers import Conversation
from audiocli.results.transcript import Turn

Named = TypeVar("Named", bound=Result)


def speaker_names(value: Any) -> Iterator[str]:
    """Yield the speaker names in a result, with repetitions."""
    if isinstance(value, tuple):
        for element in value:
            yield from speaker_names(element)
    elif is_dataclass(value):
        for field in fields(value):
            found = getattr(value, field.name)
            if field.name == "speaker" and isinstance(found, str):
                yield found
            elif field.name == "speakers":
                yield from (name for name in found if isinstance(name, str))
                yield from speaker_names(tuple(one for one in found if not isinstance(one, str)))
            elif isinstance(found, tuple):
                yield from speaker_names(found)


def rename_speakers(result: Named, names: Mapping[str, str]) -> Named:
    """Rename speakers; speakers that get the same name are merged.

    Raises
    ------
    ValueError : speakers of a `Conversation` cannot be merged
    """
    changed = cast(Named, _renamed(result, names))
    if isinstance(changed, Conversation):
        known = [share.speaker for share in changed.speakers]
        if len(set(known)) < len(known):
            raise ValueError("speakers cannot be merged in statistics")
    return changed


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, tuple):
        elements = tuple(_renamed(element, names) for element in value)
        return _joined(elements) if elements and isinstance(elements[0], Turn) else elements
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes: dict[str, Any] = {}
    for field in fields(value):
        found = getattr(value, field.name)
        if field.name == "speaker" and isinstance(found, str):
            changes[field.name] = names.get(found, found)
        elif field.name == "speakers" and all(isinstance(name, str) for name in found):
            changes[field.name] = tuple(dict.fromkeys(names.get(name, name) for name in found))
        elif isinstance(found, tuple):
            changes[field.name] = _renamed(found, names)
    return replace(value, **changes)


def _joined(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Merge overlapping turns of the same speaker."""
    joined: list[Turn] = []
    last: dict[str, int] = {}  # the last turn of each speaker
    for turn in turns:
        before = last.get(turn.speaker)
        if before is not None and turn.start < joined[before].end:
            joined[before] = replace(joined[before], end=max(turn.end, joined[before].end))
        else:
            last[turn.speaker] = len(joined)
            joined.append(turn)
    return tuple(joined)
