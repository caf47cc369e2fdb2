"""A small random pyannote pipeline, in the layout of the repositories of the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from audiocli.models.torch_layer import import_pyannote

_CONFIG = """\
dependencies:
  pyannote.audio: 4.0.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: AgglomerativeClustering
    segmentation: $model/segmentation
    embedding: $model/embedding
    plda: $model/plda
    embedding_exclude_overlap: true
params:
  clustering:
    method: centroid
    min_cluster_size: 1
    threshold: 0.7
  segmentation:
    min_duration_off: 0.0
"""


def build_pipeline(folder: Path) -> Path:
    """Write a pipeline with random weights."""
    import_pyannote()
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import XVectorSincNet
    from pyannote.audio.models.segmentation import PyanNet

    torch.manual_seed(1)
    lstm = {"hidden_size": 8, "num_layers": 1}
    linear = {"hidden_size": 8, "num_layers": 1}
    segmentation = PyanNet(lstm=lstm, linear=linear)
    segmentation.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=10.0,
        classes=["a", "b", "c"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    segmentation.build()
    with torch.no_grad():
        segmentation.classifier.bias[1] += 10  # speech in every frame
    embedding = XVectorSincNet(dimension=16)
    embedding.specifications = Specifications(
        problem=Problem.REPRESENTATION,
        resolution=Resolution.CHUNK,
        duration=5.0,
        classes=["a", "b"],
    )
    embedding.build()
    _save(segmentation, folder / "segmentation")
    _save(embedding, folder / "embedding")
    _save_plda(folder / "plda", 16)
    (folder / "config.yaml").write_text(_CONFIG)
    return folder


def _save(model: Any, folder: Path) -> None:
    import torch

    folder.mkdir(parents=True)
    about = {
        "versions": {"torch": torch.__version__, "pyannote.audio": "4.0.0"},
        "architecture": {"module": type(model).__module__, "class": type(model).__name__},
        "specifications": model.specifications,
    }
    checkpoint = {
        "state_dict": model.state_dict(),
        "hyper_parameters": dict(model.hparams),
        "pyannote.audio": about,
        "pytorch-lightning_version": "2.0.0",
    }
    torch.save(checkpoint, folder / "pytorch_model.bin")


def _save_plda(folder: Path, dimension: int) -> None:
    folder.mkdir()
    zeros, one = np.zeros(dimension), np.eye(dimension)
    np.savez(folder / "xvec_transform.npz", mean1=zeros, mean2=zeros, lda=one)
    np.savez(folder / "plda.npz", mu=zeros, tr=one, psi=np.linspace(2, 1, dimension))
