"""Encode audio with a neural codec, and read and write files of codes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import InputError, UsageError, hint_for, reason
from audiocli.models.protocols.codecs import AudioCodes, Codec
from audiocli.whole_files import MAX_RESULTS, read_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SCHEMA = "audiocli/codes/1"
_ARRAYS = ("codes", "scales")


@dataclass(frozen=True, kw_only=True)
class EncodedAudio:
    """The codes of a recording, with what is needed to decode them.

    Attributes
    ----------
    model : name of the codec
    revision : its commit or fingerprint, None if unknown
    rate : sample rate in Hz
    source : name of the recording, as given by the user
    """

    codes: AudioCodes
    model: str
    revision: str | None
    rate: int
    source: str


def select_bandwidth(codec: Codec, wanted: float | None) -> float:
    """Return the bandwidth to encode at, in kbit/s; None selects the highest.

    Raises
    ------
    UsageError : the codec does not support the bandwidth
    """
    if wanted is None:
        return codec.bandwidths[-1]
    if wanted not in codec.bandwidths:
        known = ", ".join(f"{bandwidth:g}" for bandwidth in codec.bandwidths)
        raise UsageError(f"the codec has no bandwidth of {wanted:g} kbit/s", f"one of: {known}")
    return wanted


def match_channels(samples: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Mix to mono and repeat it if the channel count differs; shape (channels, time)."""
    import numpy as np

    if len(samples) == channels:
        return samples
    return np.repeat(samples.mean(axis=0, keepdims=True), channels, axis=0)


def signal_to_noise(original: NDArray[np.float32], decoded: NDArray[np.float32]) -> float:
    """Return the signal-to-noise ratio of decoded audio in dB; infinity if it is identical."""
    import numpy as np

    noise = float(np.square(original - decoded, dtype=np.float64).sum())
    signal = float(np.square(original, dtype=np.float64).sum())
    if not noise:
        return math.inf
    return 10 * math.log10(signal / noise) if signal else -math.inf


def serialize_codes(coded: EncodedAudio, form: str) -> bytes:
    """Serialize codes as `npz` or `json`, with the same keys."""
    content = _content(coded)
    if form == "json":
        plain = {k: v.tolist() if k in _ARRAYS else v for k, v in content.items()}
        return (json.dumps(plain) + "\n").encode()
    import numpy as np

    out = BytesIO()
    small = np.int16 if coded.codes.codes.max(initial=0) < 1 << 15 else np.int64
    content["codes"] = content["codes"].astype(small)
    content["revision"] = coded.revision or ""
    np.savez_compressed(out, **content)
    return out.getvalue()


def read_codes(path: Path) -> EncodedAudio:
    """Read a file written by `serialize_codes`.

    Raises
    ------
    InputError : the file is missing or holds no codes
    """
    try:
        data = read_whole(path, path, MAX_RESULTS)
    except OSError as error:
        raise InputError(path, reason(error), hint_for(error)) from error
    try:
        return _coded(_loaded(data))
    except Exception as error:  # damaged files raise errors of zlib, zipfile or NumPy
        raise InputError(
            path, "is not a file of audiocli codec", "create one with codec encode"
        ) from error


def _content(coded: EncodedAudio) -> dict[str, Any]:
    codes = coded.codes
    return {
        "schema": _SCHEMA,
        "source": coded.source,
        "model": coded.model,
        "revision": coded.revision,
        "rate": coded.rate,
        "bandwidth": codes.bandwidth,
        "samples": codes.samples,
        "padding": codes.padding,
        "scales": codes.scales,
        "codes": codes.codes,
    }


def _loaded(data: bytes) -> Mapping[str, Any]:
    if data[:1] == b"{":
        found: Mapping[str, Any] = json.loads(data)
        return found
    import numpy as np

    with np.load(BytesIO(data), allow_pickle=False) as archive:
        return {k: v if k in _ARRAYS else v.item() for k, v in archive.items()}


def _coded(content: Mapping[str, Any]) -> EncodedAudio:
    import numpy as np

    if content["schema"] != _SCHEMA:
        raise ValueError(content["schema"])
    with np.errstate(over="raise"):
        scales = np.asarray(content["scales"], np.float32)
    codes = AudioCodes(
        codes=np.asarray(content["codes"], np.int64),
        scales=scales,
        padding=int(content["padding"]),
        bandwidth=float(content["bandwidth"]),
        samples=int(content["samples"]),
    )
    if codes.codes.ndim != 3 or codes.codes.min(initial=0) < 0:
        raise ValueError("codes")
    if min(codes.samples, codes.padding) < 0 or not isfinite(codes.bandwidth):
        raise ValueError("samples")
    return EncodedAudio(
        codes=codes,
        model=str(content["model"]),
        revision=content["revision"] or None,
        rate=int(content["rate"]),
        source=str(content["source"]),
    )
