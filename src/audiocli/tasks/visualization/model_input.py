"""Compute the input features of models, in agreement with their feature extractors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features.cepstrum import power_to_db
from audiocli.audio.features.mel import MelScale, hz_to_mel, mel_filterbank, mel_to_hz
from audiocli.audio.features.stft import power_spectrogram
from audiocli.audio.features.whisper import whisper_log_mel
from audiocli.errors import ModelUnavailable
from audiocli.results import ModelInfo, Patches, Spectrogram

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream
    from audiocli.models.store.model_store import Store

Samples = NDArray[np.floating[Any]]
_DEFAULT_BLOCK = 60.0  # seconds read at a time if the duration is unknown
Config = Mapping[str, Any]  # of extractor and model; empty without a local checkpoint


@dataclass(frozen=True)
class ModelInput:
    """The feature extractor of a model.

    Attributes
    ----------
    name : of the model
    rate : required sample rate in Hz
    seconds : maximum length of the input; None for any length
    config : settings of the checkpoint
    """

    name: str
    rate: int
    seconds: float | None
    config: Config
    _extract: Callable[[Samples, Config], dict[str, Any]] = field(repr=False)

    def of_stream(self, stream: AudioStream) -> Spectrogram:
        """Compute the features of a mono stream at the rate of the model.

        If the model has a maximum input length, only that much is read.
        """
        seconds = self.seconds or stream.duration or _DEFAULT_BLOCK
        blocks = stream.blocks(seconds)
        pieces = [next(blocks)] if self.seconds else list(blocks)
        # in double precision, like the feature extractors used in training
        samples = np.concatenate(pieces, axis=1)[0].astype(np.float64)
        features = self._extract(samples, self.config)
        step = features.pop("step")
        features["values"] = features["values"].astype(np.float32)
        count = features["values"].shape[1]
        return Spectrogram(
            source=stream.name,
            duration=count * step,
            model=ModelInfo(self.name),
            parameters={"as": self.name, "rate": self.rate} | features.pop("parameters"),
            start=stream.offset,
            times=stream.offset + (np.arange(count) + features.pop("centre", 0.5)) * step,
            **features,
        )


def find_model_input(name: str, store: Store) -> ModelInput:
    """Return the feature extractor of a model or of an architecture.

    Parameters
    ----------
    name : whisper, ast, clap, wav2vec2 or yamnet for the default settings; else a name in
        the registry, a folder or a hub id. Settings are read from local checkpoints;
        nothing is downloaded.

    Raises
    ------
    ModelUnavailable : the model is unknown, or its features are not supported
    """
    config: Config = {}
    architecture = name
    if name not in _ARCHITECTURES:
        from audiocli.models import registry

        spec, family = registry.resolve(name, None, store)
        folder = store.find(spec)
        config = _config_of(folder) if folder else {}
        if "large-v3" in name:
            config = {"feature_size": 128, **config}
        kind = str(config.get("model_type", family.name))
        architecture = _SAME_INPUT.get(kind) or next(filter(kind.startswith, _ARCHITECTURES), kind)
    if architecture not in _ARCHITECTURES:
        known = ", ".join(_ARCHITECTURES)
        raise ModelUnavailable(
            f"{name}: the input of {architecture} is not supported", f"one of {known}"
        )
    default_rate, extract = _ARCHITECTURES[architecture]
    rate = int(config.get("sampling_rate", default_rate))
    if rate != default_rate and architecture != "wav2vec2":
        raise ModelUnavailable(
            f"{name}: the input of {architecture} at {rate} Hz is not supported",
            f"use a model with an input of {default_rate} Hz",
        )
    return ModelInput(name, rate, _seconds(architecture, config), config, extract)


def _config_of(folder: Path) -> Config:
    """Merge the settings of a checkpoint's model and feature extractor."""
    model = _json(folder / "config.json")
    processor = _json(folder / "processor_config.json").get("feature_extractor", {})
    return {**model, **processor, **_json(folder / "preprocessor_config.json")}


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    return found


def _seconds(architecture: str, config: Config) -> float | None:
    """Return the maximum input length in seconds; None for any length."""
    if architecture == "whisper":
        return float(config.get("chunk_length", 30))
    if architecture == "clap":
        return float(config.get("nb_max_samples", 480_000)) / 48_000
    return None


def _whisper(samples: Samples, config: Config) -> dict[str, Any]:
    """Return the log-mel of 30 s, zero-padded; two frames form one encoder position."""
    n_mels, n_fft = int(config.get("feature_size", 80)), int(config.get("n_fft", 400))
    hop, seconds = int(config.get("hop_length", 160)), int(config.get("chunk_length", 30))
    padded = np.pad(samples, (0, seconds * 16_000 - len(samples)))
    return {
        "spectrogram_kind": "log-mel",
        "values": whisper_log_mel(padded, n_mels, n_fft, hop),
        "unit": "log10 power, scaled",
        "step": hop / 16_000,
        "bins": _mel_centres(n_mels, 0.0, 8000.0, "slaney"),
        "bin_unit": "Hz",
        "patches": Patches(rows=n_mels, frames=2, row_step=n_mels, frame_step=2),
        "parameters": {"n_mels": n_mels},
    }


def _ast(samples: Samples, config: Config) -> dict[str, Any]:
    """Return normalised Kaldi filter bank features; patches of 16 by 16 with a stride of 10."""
    from audiocli.audio.kaldi import fbank

    frames, n_mels = int(config.get("max_length", 1024)), int(config.get("num_mel_bins", 128))
    mean, std = config.get("mean", -4.2677393), config.get("std", 4.5689974)
    fbank_frames = fbank(samples, n_mels, window="hanning")[:frames]
    padded = np.pad(fbank_frames, ((0, frames - len(fbank_frames)), (0, 0)))
    is_normed = config.get("do_normalize", True)
    values = (padded - np.float32(mean)) / np.float32(2 * std) if is_normed else padded
    side = int(config.get("patch_size", 16))
    across, down = int(config.get("time_stride", 10)), int(config.get("frequency_stride", 10))
    return {
        "spectrogram_kind": "fbank",
        "values": values.T,
        "unit": "log energy, normalised" if is_normed else "log energy",
        "step": 0.01,
        "centre": 1.25,
        "bins": _mel_centres(n_mels, 20.0, 8000.0, "htk"),
        "bin_unit": "Hz",
        "patches": Patches(rows=side, frames=side, row_step=down, frame_step=across),
        "parameters": {"n_mels": n_mels, "mean": mean, "std": std},
    }


def _clap(samples: Samples, config: Config) -> dict[str, Any]:
    """Return the log-mel of the first 10 s; shorter audio is repeated."""
    length = int(config.get("nb_max_samples", 480_000))
    n_fft, hop = int(config.get("fft_window_size", 1024)), int(config.get("hop_length", 480))
    n_mels = int(config.get("feature_size", 64))
    fmin, fmax = config.get("frequency_min", 50.0), config.get("frequency_max", 14_000.0)
    is_fused = config.get("truncation", "rand_trunc") == "fusion"
    repeated = samples
    if (padding := config.get("padding", "repeatpad")) != "pad":
        times = length // len(samples) if padding == "repeatpad" else -(-length // len(samples))
        repeated = np.tile(samples, max(1, times))[:length]
    padded = np.pad(repeated, (0, length - len(repeated)))
    scale: MelScale = "htk" if is_fused else "slaney"
    norm: Literal["slaney"] | None = None if is_fused else "slaney"
    filters = mel_filterbank(48_000, n_fft, n_mels, float(fmin), float(fmax), scale, norm)
    return {
        "spectrogram_kind": "log-mel",
        "values": power_to_db(filters @ power_spectrogram(padded, n_fft, hop)),
        "unit": "dB",
        "step": hop / 48_000,
        "centre": 0.0,
        "bins": _mel_centres(n_mels, fmin, fmax, scale),
        "bin_unit": "Hz",
        "parameters": {"n_mels": n_mels, "fmin": fmin, "fmax": fmax},
    }


def _wav2vec2(samples: Samples, config: Config) -> dict[str, Any]:
    """Return samples normalised to mean 0 and variance 1; 25 ms form a vector every 20 ms."""
    values, rate = samples, int(config.get("sampling_rate", 16_000))
    kernels = config.get("conv_kernel", (10, 3, 3, 3, 3, 2, 2))
    strides = config.get("conv_stride", (5, 2, 2, 2, 2, 2, 2))
    # The receptive field grows with each convolution.
    receptive_field = 1 + sum((k - 1) * prod(strides[:n]) for n, k in enumerate(kernels))
    if config.get("do_normalize", True):
        values = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    return {
        "spectrogram_kind": "waveform",
        "values": values[None],
        "unit": "standard deviations",
        "step": 1 / rate,
        "bins": np.array([1]),
        "bin_unit": "sample",
        "patches": Patches(rows=1, frames=receptive_field, row_step=1, frame_step=prod(strides)),
        "parameters": {},
    }


def _yamnet(samples: Samples, config: Config) -> dict[str, Any]:  # noqa: ARG001
    """Return the log-mel; patches of 0.96 s overlap by half."""
    from audiocli.audio.features.yamnet import PATCH, PATCH_HOP, yamnet_patches

    patches = yamnet_patches(samples)
    joined = np.concatenate([patches[0], *(patch[-PATCH_HOP:] for patch in patches[1:])])
    return {
        "spectrogram_kind": "log-mel",
        "values": joined.T,
        "unit": "log magnitude",
        "step": 0.01,
        "centre": 1.25,
        "bins": _mel_centres(64, 125.0, 7500.0, "htk"),
        "bin_unit": "Hz",
        "patches": Patches(rows=64, frames=PATCH, row_step=64, frame_step=PATCH_HOP),
        "parameters": {"n_mels": 64},
    }


def _mel_centres(n_mels: int, fmin: float, fmax: float, scale: MelScale) -> NDArray[np.float64]:
    low, high = hz_to_mel(np.array([fmin, fmax]), scale)
    return mel_to_hz(np.linspace(low, high, n_mels + 2)[1:-1], scale)


# The sample rate and the feature extractor of each architecture.
_ARCHITECTURES: dict[str, tuple[int, Callable[[Samples, Config], dict[str, Any]]]] = {
    "whisper": (16_000, _whisper),
    "ast": (16_000, _ast),
    "clap": (48_000, _clap),
    "wav2vec2": (16_000, _wav2vec2),
    "yamnet": (16_000, _yamnet),
}
_SAME_INPUT = {
    "audio-spectrogram-transformer": "ast",
    **dict.fromkeys(("hubert", "wavlm", "wav2vec2-conformer", "unispeech", "sew"), "wav2vec2"),
    "wav2vec2-bert": "wav2vec2-bert",  # filter bank features, not supported
}
