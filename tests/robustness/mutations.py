"""Damage files at random: bits, lengths, numbers, and the structure of JSON and of archives."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

EXTREME_INTEGERS = [b"\0", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0"]
EXTREME_NUMBERS = ["0", "-1", "1e308", "-1e308", "nan", "inf", "9" * 25, "2147483648", "0.0000001"]
EXTREME_TEXTS = ["\0", "\x1b[31m", "\u202e", "\ud800", "%s{}", "../../x", "<", "&", '"', "\r\n"]
EXTREME_VALUES: list[Any] = [
    *(None, True, "", [], {}, [[]], {"": {}}),
    *(0, -1, 1.5, 1e308, 10**25, float("nan"), float("-inf")),
    *("\0", "\x1b[31m", "\ud800", "../../x", "x" * 5000, "None", "1"),
]


def damaged(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return a copy of a file with one or several faults; `other` is a file to splice with."""
    if data[:4] == b"PK\x03\x04" and rng.random() < 0.6:
        return _damaged_member(data, rng)
    if data[:1] in (b"{", b"[") and rng.random() < 0.7:
        return _damaged_json(data, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 20))):
        data = rng.choice(MUTATIONS)(data, other, rng)
    return data


def _flip_bits(data: bytes, _other: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    # Headers are the first bytes: half of the faults are there.
    limit = len(out) if rng.random() < 0.5 else min(len(out), 200)
    for _ in range(rng.choice((1, 4, 30)) if out else 0):
        out[rng.randrange(limit)] ^= 1 << rng.randrange(8)
    return bytes(out)


def _truncate(data: bytes, _: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _remove(data: bytes, _: bytes, rng: random.Random) -> bytes:
    begin, end = _range(data, rng)
    return data[:begin] + data[end:]


def _repeat(data: bytes, _: bytes, rng: random.Random) -> bytes:
    begin, end = _range(data, rng)
    return data[:end] + data[begin:end] * rng.choice((1, 1, 20)) + data[end:]


def _splice(data: bytes, other: bytes, rng: random.Random) -> bytes:
    begin, end = _range(other, rng)
    at = rng.randrange(len(data) + 1)
    return data[:at] + other[begin:end] + data[at if rng.random() < 0.5 else at + end - begin :]


def _overwrite(data: bytes, _: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    value = rng.choice((*EXTREME_INTEGERS, rng.randbytes(4)))
    return data[:at] + value + data[at + len(value) :]


def _insert_text(data: bytes, _: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(EXTREME_TEXTS).encode("utf-8", "surrogatepass") + data[at:]


def _change_number(data: bytes, _: bytes, rng: random.Random) -> bytes:
    numbers = list(re.finditer(rb"-?\d[\d.]*", data))
    if not numbers:
        return data
    found = rng.choice(numbers)
    return data[: found.start()] + rng.choice(EXTREME_NUMBERS).encode() + data[found.end() :]


def _recode(data: bytes, _: bytes, rng: random.Random) -> bytes:
    return data.decode("utf-8", "replace").encode(rng.choice(("utf-16", "utf-16-be", "utf-8-sig")))


Mutation = Callable[[bytes, bytes, random.Random], bytes]
MUTATIONS: Sequence[Mutation] = (
    _flip_bits,
    _flip_bits,
    _truncate,
    _remove,
    _repeat,
    _splice,
    _overwrite,
    _insert_text,
    _change_number,
    _change_number,
    _recode,
)


def _range(data: bytes, rng: random.Random) -> tuple[int, int]:
    """Return the limits of a short part of the data."""
    begin = rng.randrange(len(data) + 1)
    return begin, min(len(data), begin + rng.choice((1, 4, 40, 1000)))


def _damaged_member(data: bytes, rng: random.Random) -> bytes:
    """Damage one file of an archive, and leave the archive itself whole."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(members))
    if rng.random() < 0.1:
        del members[name]
    else:
        members[name] = damaged(members[name], b"", rng)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return out.getvalue()


def _damaged_json(data: bytes, rng: random.Random) -> bytes:
    """Replace or remove values in one of the documents of JSON or JSON Lines."""
    try:
        documents = [json.loads(data)]
    except ValueError:
        lines = data.splitlines()
        try:
            documents = [json.loads(line) for line in lines]
        except ValueError:
            return _flip_bits(data, b"", rng)
    for _ in range(rng.choice((1, 1, 2, 5))):
        number = rng.randrange(len(documents))
        documents[number] = _changed(documents[number], rng)
    return "\n".join(map(json.dumps, documents)).encode()


def _changed(value: Any, rng: random.Random) -> Any:
    """Return a JSON value in which one value, chosen by walking down, is another."""
    if isinstance(value, dict | list) and value and rng.random() < 0.9:
        key = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
        if rng.random() < 0.1:
            del value[key]
        else:
            value[key] = _changed(value[key], rng)
        return value
    return deepcopy(rng.choice(EXTREME_VALUES))
