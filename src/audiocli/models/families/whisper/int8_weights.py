"""Convert CTranslate2 models to 8-bit weights once, for faster loading on a CPU.

Otherwise CTranslate2 quantises the 16-bit weights at every load. The converted file has the
same values, bit for bit. The file format is that of `ModelSpec._serialize` in
`ctranslate2.specs.model_spec`; files of another version are left as they are.
"""

from __future__ import annotations

import mmap
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiocli.models.base import LoadOptions
from audiocli.models.families.whisper.conversion import WEIGHTS
from audiocli.models.store.derived import derive_once

VERSION = 6  # of the file format
_TYPES = ("<f4", "i1", "<i2", "<i4", "<f2")  # by their numbers in the file

Variable = tuple[str, NDArray[np.generic]]


class _UnknownFormatError(Exception):
    pass


def with_int8_weights(folder: Path, load_options: LoadOptions) -> Path:
    """Return a cached copy of a model with int8 weights, or the model itself without one."""
    try:
        return derive_once(
            "int8", folder, load_options.derived_folder, lambda copy: _quantise(folder, copy)
        )
    except (
        OSError,
        _UnknownFormatError,
    ):  # a full or read-only cache; a newer format
        return folder


def _quantise(folder: Path, copy: Path) -> None:
    for path in (folder / "config.json", *folder.glob("vocabulary.*")):
        shutil.copy(path, copy)
    with (folder / WEIGHTS).open("rb") as source, (copy / WEIGHTS).open("wb") as target:
        reader = _WeightsReader(mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ))
        head, variables, aliases = reader.head(), reader.variables(), reader.rest()
        target.write(head)
        target.write(struct.pack("<I", sum(1 + _is_matrix(*variable) for variable in variables)))
        for variable in variables:
            for name, array in _smaller(*variable):
                target.write(_described(name, array))
                target.write(array.tobytes())
        target.write(aliases)


def _is_matrix(name: str, array: NDArray[np.generic]) -> bool:
    """Return whether CTranslate2 quantises a variable: weights except convolutions."""
    return name.endswith("weight") and "conv" not in name and array.dtype.kind == "f"


def _smaller(name: str, array: NDArray[np.generic]) -> Iterator[Variable]:
    """Yield a matrix as int8 and a scale per row; yield other variables unchanged."""
    if not _is_matrix(name, array):
        yield name, array
        return
    values = array.astype(np.float32)
    largest = np.abs(values).max(axis=1)
    scales = np.float32(127) / np.where(largest == 0, np.float32(127), largest)
    yield name, np.rint(values * scales[:, None]).astype(np.int8)
    yield f"{name}_scale", scales


def _described(name: str, array: NDArray[np.generic]) -> bytes:
    """Return the header of a variable."""
    text = name.encode() + b"\0"
    kind = _TYPES.index(array.dtype.str.lstrip("|"))
    form = f"<H{len(text)}sB{array.ndim}IBI"
    return struct.pack(form, len(text), text, array.ndim, *array.shape, kind, array.nbytes)


class _WeightsReader:
    """Sequential reader of a weights file; arrays are views of it."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def head(self) -> bytes:
        """Read the file header: format version, model name and revision."""
        if self._number("I") != VERSION:
            raise _UnknownFormatError
        self._text()
        self._number("I")
        return self._data[: self._at]

    def variables(self) -> list[Variable]:
        """Read the variables and their names."""
        return [(self._text(), self._array()) for _ in range(self._number("I"))]

    def rest(self) -> bytes:
        """Read the rest of the file: aliases of variables."""
        return self._data[self._at :]

    def _number(self, form: str) -> int:
        (value,) = struct.unpack_from(f"<{form}", self._data, self._at)
        self._at += struct.calcsize(f"<{form}")
        return int(value)

    def _text(self) -> str:
        length = self._number("H")
        self._at += length
        return self._data[self._at - length : self._at - 1].decode()

    def _array(self) -> NDArray[np.generic]:
        shape = [self._number("I") for _ in range(self._number("B"))]
        kind, size = self._number("B"), self._number("I")
        if kind >= len(_TYPES):  # bfloat16
            raise _UnknownFormatError
        self._at += size
        flat = np.frombuffer(self._data, np.uint8, size, self._at - size)
        return flat.view(_TYPES[kind]).reshape(shape)
