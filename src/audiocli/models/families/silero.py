"""Silero VAD v6: speech probability of frames of 32 ms.

The network is the ONNX export of snakers4/silero-vad that faster-whisper includes (MIT): a
convolutional front end and an LSTM over frames of 512 samples, each preceded by the last
64 samples of the previous frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audiocli.models.base import DeviceOptions, Family, File, ModelSpec, PackageData
from audiocli.models.telemetry import import_onnxruntime

_FILE = "silero_vad_v6.onnx"


class SileroVad:
    """A stateful voice activity detector.

    It holds the state of the LSTM: call `fresh()` for each recording.

    Attributes
    ----------
    rate : sampling rate of the input, 16000 Hz
    frame : samples per probability
    """

    rate = 16_000
    frame = 512
    _context = 64

    def __init__(self, session: Any) -> None:
        import numpy as np

        self._session = session
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._last = np.zeros(self._context, np.float32)

    def fresh(self) -> SileroVad:
        """Return a detector with the initial state and the same weights."""
        return SileroVad(self._session)

    def probabilities(self, samples: Any) -> Any:
        """Return the speech probability of each frame; the state continues from the last call.

        Parameters
        ----------
        samples : float32, shape (frames * 512,), mono at 16 kHz

        Returns
        -------
        float32, shape (frames,)
        """
        import numpy as np

        frames = samples.reshape(-1, self.frame)
        before = np.concatenate([self._last[None], frames[:-1, -self._context :]])
        self._last = frames[-1, -self._context :]
        inputs = {"input": np.hstack([before, frames]), "h": self._h, "c": self._c}
        speech, self._h, self._c = self._session.run(None, inputs)
        return speech.reshape(-1)


def load(folder: Path, device_options: DeviceOptions) -> SileroVad:  # noqa: ARG001
    """Load the network, which runs on one thread."""
    ort: Any = import_onnxruntime()

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return SileroVad(
        ort.InferenceSession(folder / _FILE, options, providers=["CPUExecutionProvider"])
    )


def _recognises(config: Mapping[str, Any]) -> bool:  # noqa: ARG001
    return False  # an ONNX file without config.json: found by name only


FAMILY = Family(
    name="silero",
    task="vad",
    recognises=_recognises,
    load=load,
    specs=(
        ModelSpec(
            name="silero-vad",
            task="vad",
            family="silero",
            revision="v6",
            files=(
                File(
                    _FILE,
                    1_245_151,
                    "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
                ),
            ),
            sources=(PackageData("silero-vad"),),
            licence="MIT",
            languages=("multilingual",),
            note="voice activity detection, used by every transcription",
        ),
    ),
)
