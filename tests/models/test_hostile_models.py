"""Folders of every family that try to run code: nothing runs, and the run ends with one line.

A folder is made hostile in three ways: its weights are a pickle that runs a command when
it is loaded; its configurations name classes in a Python file beside them (`auto_map`);
they name a kernel of the hub or an adapter.
"""

from __future__ import annotations

import io
import json
import pickle
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np
import pytest

import tiny_classifiers
import tiny_codec_speech
import tiny_ctc
import tiny_speech
from audiocli.errors import ExitCode, ModelUnavailable
from audiocli.models import families, registry
from audiocli.models.base import DeviceOptions, Task
from audiocli.models.common.onnx_graph import ProtoField, WireType, _varint
from audiocli.models.store.model_store import Store
from audiocli.models.torch_layer import import_transformers
from inprocess import Ran
from models.families.test_moonshine import tiny as tiny_moonshine
from tiny_pyannote import build_pipeline

pytestmark = pytest.mark.filterwarnings("ignore")
pytest.importorskip("transformers")

Build = Callable[[Path], object]


def _classifier(kind: str) -> Build:
    return lambda folder: tiny_classifiers.saved(
        tiny_classifiers.MAKERS[kind], import_transformers(), folder
    )


def _ctc(kind: str) -> Build:
    return lambda folder: tiny_ctc.save(folder, kind)


def _clap(folder: Path) -> object:
    return tiny_classifiers.clap(import_transformers(), folder)


def _whisper(folder: Path) -> None:
    transformers: Any = import_transformers()
    config = transformers.WhisperConfig(
        d_model=8,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=1,
        decoder_attention_heads=1,
        encoder_ffn_dim=8,
        decoder_ffn_dim=8,
    )
    transformers.WhisperForConditionalGeneration(config).save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    tokens = {"<|endoftext|>": 0, "a": 1}
    transformers.WhisperTokenizer(vocab=tokens, merges=[]).save_pretrained(folder)


def _trained(folder: Path) -> None:
    """Write a trained head with its encoder; the dimensions do not match."""
    _classifier("wav2vec2")(folder / "encoder")
    config = {
        "model_type": "audiocli-classifier",
        "labels": ["a", "b"],
        "unit": False,
        "scale": 1.0,
        "temperature": 1.0,
        "encoder": {"name": None, "revision": "x"},
        "layer": None,
        "pool": "mean",
        "window": 1.0,
    }
    (folder / "config.json").write_text(json.dumps(config))
    arrays: dict[str, Any] = {
        "center": np.zeros(4),
        "weights0": np.zeros((4, 2)),
        "biases0": np.zeros(2),
    }
    np.savez(folder / "head.npz", **arrays)


# Module of the family: task, and what builds a folder for it.
CASES: dict[str, tuple[Task, Build]] = {
    "ast": ("classify", _classifier("ast")),
    "bark": ("speak", tiny_speech.bark),
    "clap": ("classify", _clap),
    "csm": ("speak", tiny_codec_speech.csm),
    "ctc": ("transcribe", _ctc("wav2vec2")),
    "dia": ("speak", tiny_codec_speech.dia),
    "dia dac": ("vocoder", tiny_codec_speech.dac),
    "encodec": ("codec", tiny_speech.encodec),
    "moonshine": ("transcribe", tiny_moonshine),
    "speecht5": ("speak", tiny_speech.speecht5),
    "speecht5 vocoder": ("vocoder", tiny_speech.hifi_gan),
    "transformers_encoders": ("embed", _classifier("wav2vec2")),
    "trained": ("classify", _trained),
    "vits": ("speak", tiny_speech.vits),
    "wav2vec2_classifier": ("classify", _classifier("wav2vec2")),
    "whisper": ("transcribe", _whisper),
    "whisper_classifier": ("classify", _classifier("whisper")),
    "whisper_encoder": ("embed", _whisper),
    "xvector": ("voiceprint", tiny_speech.xvector),
}
BY_NAME_ONLY = {"diarization", "hibari", "silero", "speaker_encoder", "yamnet", "yamnet_encoder"}
ELSEWHERE = {"kokoro", "pyannote"}  # tests of their own, below


def test_all_families_have_a_case() -> None:
    modules = {module.name for module in iter_modules(families.__path__)}
    assert {case.split()[0] for case in CASES} | BY_NAME_ONLY | ELSEWHERE == modules


class Bomb:
    """An object that runs code when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return (Path.touch, (self.canary,))


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that exists if code of the model has run; stdin answers all questions with yes."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n" * 100))
    return tmp_path / "canary"


def load(folder: Path, task: Any, tmp_path: Path) -> ModelUnavailable:
    """Load a folder that must be refused; return the error."""
    store = Store(tmp_path / "cache", offline=True)
    with pytest.raises(ModelUnavailable) as raised:
        registry.load(str(folder), task, DeviceOptions(), store)
    return raised.value


def put_bombs(folder: Path, canary: Path) -> None:
    """Replace all weights by pickles that run code."""
    import torch

    for weights in [
        *folder.rglob("*.safetensors"),
        *folder.rglob("*.ckpt"),
        *folder.rglob("*.bin"),
    ]:
        place = weights
        if weights.suffix == ".safetensors":
            weights.unlink()
            place = weights.parent / "pytorch_model.bin"
        torch.save({"weight": Bomb(canary)}, place)
    for arrays in folder.rglob("*.npz"):
        with zipfile.ZipFile(arrays, "w") as archive:
            header = io.BytesIO()
            np.lib.format.write_array(header, np.array([Bomb(canary)]), allow_pickle=True)
            archive.writestr("center.npy", header.getvalue())


@pytest.mark.parametrize("case", CASES)
def test_pickled_weights_run_no_code(case: str, tmp_path: Path, canary: Path) -> None:
    task, build = CASES[case]
    build(tmp_path / "model")
    put_bombs(tmp_path / "model", canary)
    error = load(tmp_path / "model", task, tmp_path)
    assert not canary.exists()
    assert error.exit_code == ExitCode.MODEL_UNAVAILABLE


def name_own_code(folder: Path, canary: Path) -> None:
    """Name classes of a Python file in the folder in every configuration."""
    for path in folder.rglob("*.json"):
        config = json.loads(path.read_bytes())
        if not path.name.endswith("config.json") or not isinstance(config, dict):
            continue
        config["auto_map"] = dict.fromkeys(
            (
                "AutoConfig",
                "AutoModel",
                "AutoModelForCTC",
                "AutoModelForAudioClassification",
                "AutoFeatureExtractor",
                "AutoProcessor",
            ),
            "evil.Evil",
        ) | {"AutoTokenizer": ["evil.Evil", "evil.Evil"]}
        for key in ("feature_extractor_type", "tokenizer_class", "processor_class"):
            if key in config or path.name == "preprocessor_config.json":
                config[key] = "Evil"
        path.write_text(json.dumps(config))
        (path.parent / "evil.py").write_text(
            f"open({str(canary)!r}, 'w').close()\nclass Evil:\n"
            "    @classmethod\n    def from_pretrained(cls, *a, **k): return cls()\n"
        )


@pytest.mark.parametrize("case", CASES)
def test_code_beside_the_weights_is_not_run(case: str, tmp_path: Path, canary: Path) -> None:
    """A checkpoint of a known architecture may load; its code is then ignored."""
    task, build = CASES[case]
    build(tmp_path / "model")
    name_own_code(tmp_path / "model", canary)
    store = Store(tmp_path / "cache", offline=True)
    try:
        registry.load(
            str(tmp_path / "model"),
            task,
            DeviceOptions(),
            store,
        )
    except ModelUnavailable as error:
        assert error.hint
    assert not canary.exists()
    assert sys.stdin.read() == "y\n" * 100, "a question was asked"


@pytest.mark.parametrize("attack", ["attn_implementation", "adapter_config.json"])
def test_code_from_the_hub_is_not_imported(attack: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    _ctc("wav2vec2")(folder)
    if attack.endswith(".json"):
        (folder / attack).write_text('{"auto_mapping": {"parent_library": "evil"}}')
    else:
        config = json.loads((folder / "config.json").read_text())
        config["text_config"] = {attack: "evil/kernel"}
        (folder / "config.json").write_text(json.dumps(config))
    message = str(load(folder, "transcribe", tmp_path))
    assert ("adapter of peft" in message) or ("names a kernel" in message)


def test_custom_code_is_refused_in_one_line(
    run: Callable[..., Ran], jfk: Path, tmp_path: Path, canary: Path
) -> None:
    folder = tmp_path / "model"
    _ctc("wav2vec2")(folder)
    name_own_code(folder, canary)
    ran = run("transcribe", jfk, "-m", folder, "--offline")
    assert (ran.code, ran.stdout) == (ExitCode.MODEL_UNAVAILABLE, "")
    assert ran.stderr == (
        "error: model needs Python code of its own, and audiocli runs no code of a model "
        "(choose a checkpoint of an architecture that transformers has)\n"
    )
    put_bombs(folder, canary)
    (folder / "preprocessor_config.json").write_text("{}")
    _ctc("wav2vec2")(tmp_path / "whole")
    shutil.copy(tmp_path / "whole" / "preprocessor_config.json", folder)
    ran = run("transcribe", jfk, "-m", folder, "--offline")
    assert (ran.code, ran.stderr) == (
        ExitCode.MODEL_UNAVAILABLE,
        "error: model: the weights are damaged or hold more than tensors, and audiocli runs no "
        "code of a model (choose a checkpoint with safetensors weights)\n",
    )


def test_transformers_is_called_in_one_place() -> None:
    """`pretrained` forbids code of the folder's; nothing else opens a checkpoint."""
    root = Path(families.__file__).parents[2]
    calls = [p.name for p in root.rglob("*.py") if ".from_pretrained(" in p.read_text("utf-8")]
    assert sorted(calls) == ["pyannote_pipeline.py", "torch_layer.py"]
    loads = [
        line
        for path in root.rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if "torch.load(" in line and "weights_only=True" not in line
    ]
    assert loads == []


# --- pyannote -----------------------------------------------------------------

POPEN = """
preprocessors:
  audio:
    name: subprocess.Popen
    params:
      args: [touch, {canary}]
"""


def _preprocessor(folder: Path, canary: Path) -> None:
    with (folder / "config.yaml").open("a") as config:
        config.write(POPEN.format(canary=canary))


def _other_pipeline(folder: Path, canary: Path) -> None:
    (folder / "evil.py").write_text(f"open({str(canary)!r}, 'w').close()")
    _change(folder, "pyannote.audio.pipelines.SpeakerDiarization", "evil.SpeakerDiarization")


def _unknown_parameter(folder: Path, canary: Path) -> None:  # noqa: ARG001
    _change(folder, "    clustering:", "    der_variant: {}\n    clustering:")


def _speechbrain(folder: Path, canary: Path) -> None:
    """Hyperparameters of SpeechBrain can name any callable."""
    hub = folder / "speechbrain"
    hub.mkdir()
    (hub / "hyperparams.yaml").write_text(f"x: !apply:os.mknod [{canary}]")
    _change(folder, "$model/embedding", str(hub))


def _tagged(folder: Path, canary: Path) -> None:
    with (folder / "config.yaml").open("a") as config:
        config.write(f"version: !!python/object/apply:os.mknod [{canary}]\n")


def _pickle(folder: Path, canary: Path) -> None:
    import torch

    path = folder / "segmentation" / "pytorch_model.bin"
    whole = torch.load(path, weights_only=False)
    torch.save(whole | {"more": Bomb(canary)}, path)


def _bare_pickle(folder: Path, canary: Path) -> None:
    (folder / "embedding" / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(canary)))


def _architecture(folder: Path, canary: Path) -> None:
    import torch

    (folder / "evil.py").write_text(f"open({str(canary)!r}, 'w').close()\nclass PyanNet: pass\n")
    path = folder / "segmentation" / "pytorch_model.bin"
    whole = torch.load(path, weights_only=False)
    whole["pyannote.audio"]["architecture"] = {"module": "evil", "class": "PyanNet"}
    torch.save(whole, path)


def _plda(folder: Path, canary: Path) -> None:
    np.savez(folder / "plda" / "plda.npz", mu=np.array([Bomb(canary)]), tr=np.eye(2))


def _change(folder: Path, old: str, new: str) -> None:
    path = folder / "config.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


ATTACKS: list[Callable[[Path, Path], None]] = [
    _preprocessor,
    _other_pipeline,
    _unknown_parameter,
    _speechbrain,
    _tagged,
    _pickle,
    _bare_pickle,
    _architecture,
    _plda,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_pyannote_pipeline_runs_no_code(
    attack: Callable[[Path, Path], None],
    run: Callable[..., Ran],
    jfk: Path,
    tmp_path: Path,
    canary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("pyannote.audio")
    folder = build_pipeline(tmp_path / "pipeline")
    attack(folder, canary)
    monkeypatch.syspath_prepend(str(folder))
    ran = run("diarize", jfk, "-m", folder, "--offline")
    assert not canary.exists()
    assert (ran.code, ran.stdout) == (ExitCode.MODEL_UNAVAILABLE, "")
    assert ran.stderr.count("\n") == 1


def test_the_instantiator_of_lightning_is_not_called(tmp_path: Path, canary: Path) -> None:
    """Lightning calls what the hyperparameters name as `_instantiator`."""
    pytest.importorskip("pyannote.audio")
    import torch

    folder = build_pipeline(tmp_path / "pipeline")
    path = folder / "segmentation" / "pytorch_model.bin"
    whole = torch.load(path, weights_only=False)
    whole["hyper_parameters"] |= {"_instantiator": "evil.run"}
    torch.save(whole, path)
    store = Store(tmp_path / "cache", offline=True)
    registry.load(str(folder), "diarize", DeviceOptions(), store)
    assert not canary.exists()


# --- ONNX ---------------------------------------------------------------------


def _number(field: int, value: int) -> ProtoField:
    return ProtoField(field, _varint(value), WireType.VARINT)


def _message(*fields: ProtoField) -> bytes:
    return b"".join(map(bytes, fields))


def _reading(place: str) -> bytes:
    """Return an ONNX model that adds 100 numbers from another file to its input."""

    def entry(key: str, value: str) -> ProtoField:
        return ProtoField(13, _message(ProtoField(1, key.encode()), ProtoField(2, value.encode())))

    outside = (entry("location", place), entry("offset", "0"), entry("length", "400"))
    weights = _message(
        _number(1, 100), _number(2, 1), ProtoField(8, b"w"), _number(14, 1), *outside
    )
    kind = ProtoField(
        1,
        _message(_number(1, 1), ProtoField(2, _message(ProtoField(1, _message(_number(1, 100)))))),
    )
    x, y = (_message(ProtoField(1, name), ProtoField(2, _message(kind))) for name in (b"x", b"y"))
    node = _message(
        ProtoField(1, b"x"), ProtoField(1, b"w"), ProtoField(2, b"y"), ProtoField(4, b"Add")
    )
    graph = _message(
        ProtoField(1, node),
        ProtoField(2, b"g"),
        ProtoField(5, weights),
        ProtoField(11, x),
        ProtoField(12, y),
    )
    return _message(_number(1, 8), ProtoField(7, graph), ProtoField(8, _message(_number(2, 13))))


@pytest.mark.parametrize("place", ["../secret", "{}/secret", "link", "inside/../../secret"])
def test_weights_outside_an_onnx_model_are_not_read(place: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(400))
    folder = tmp_path / "model"
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "link").symlink_to(tmp_path / "secret")
    (folder / "config.json").write_text('{"model_type": "style_text_to_speech_2"}')
    path = place.format(tmp_path) if "{" in place else place.replace("../s", "../../s", 1)
    (folder / "onnx" / "model_quantized.onnx").write_bytes(_reading(path))
    assert "External data path" in str(load(folder, "speak", tmp_path))
