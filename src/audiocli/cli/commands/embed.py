"""`audiocli embed`: audio embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from audiocli.cli import options as opt
from audiocli.cli.batch import run_batch
from audiocli.cli.inputs import find_batch
from audiocli.cli.provenance import Dependencies
from audiocli.cli.requests import BatchRequest, DeviceRequest, InputRequest, ModelRequest
from audiocli.context import Context
from audiocli.errors import ExitCode
from audiocli.models.protocols.encoders import Pooling
from audiocli.results import Embedding


@dataclass(frozen=True, kw_only=True)
class EmbeddingRequest(BatchRequest, DeviceRequest, ModelRequest, InputRequest):
    """The options of `audiocli embed`."""

    model: opt.EncoderOption = None
    layer: opt.LayerOption = None
    pooling: Annotated[
        Pooling,
        opt.pooling_option(
            "How to pool frames into a vector. `none` keeps every frame; `attention` needs a model "
            "with attention pooling. Default: mean."
        ),
    ] = "mean"
    window: Annotated[
        float | None,
        opt.window_option(
            "Compute one vector per window of this length. Default: one for the recording."
        ),
    ] = None
    hop: Annotated[float | None, opt.hop_option("--window")] = None
    format: Annotated[list[str] | None, opt.result_format_option(Embedding)] = None


def embed(context: Context, request: EmbeddingRequest) -> int:
    """Compute audio embeddings: similar sounds have nearby vectors.

    Examples:

      audiocli embed clips/ -o clips.npz

      audiocli embed talk.wav --model campplus --window 3 --hop 1 -f jsonl

      audiocli embed talk.wav -m facebook/wav2vec2-base --layer 6 --pooling none -o talk.npy
    """
    from audiocli.cli.progress import open_loader
    from audiocli.tasks.embedding.options import EmbeddingOptions

    part = request.selection
    options = EmbeddingOptions(
        layer=request.layer, pool=request.pooling, window=request.window, hop=request.hop
    )
    with request.emitter(context, Embedding) as emitter:
        depends_on = Dependencies(command="embed", models={"model": (request.model, "embed")})
        inputs = find_batch(context, emitter, request, depends_on)
        if not inputs:
            return ExitCode.OK
        with open_loader(context, request.device_options(context)) as loader:
            encoder = loader.encoder(request.model, options)
        return run_batch(context, emitter, inputs, part, encoder.run, request.batch)
