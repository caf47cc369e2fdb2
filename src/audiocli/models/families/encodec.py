"""EnCodec (Défossez et al. 2022, "High Fidelity Neural Audio Compression").

A convolutional autoencoder with residual vector quantisation of its latent frames: more
codebooks give a higher bit rate and quality.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocli.models.base import TORCH_DEVICES, DeviceOptions, Family, has_model_type
from audiocli.models.protocols.codecs import AudioCodes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class EncodecCodec:
    """A checkpoint for 24 kHz or 48 kHz; implements `Codec`."""

    def __init__(self, folder: Path, device_options: DeviceOptions) -> None:
        from audiocli.models.torch_layer import import_transformers, pick_device, pretrained

        transformers: Any = import_transformers(verbose=device_options.library_messages)
        model = pretrained(transformers.EncodecModel, folder)
        self._model = model.eval().to(pick_device(device_options.device))
        self.rate: int = model.config.sampling_rate
        self.channels: int = model.config.audio_channels
        self.bandwidths = tuple(sorted(map(float, model.config.target_bandwidths)))

    def encode(self, samples: NDArray[np.float32], bandwidth: float) -> AudioCodes:
        """Encode samples of shape (channels, time)."""
        import numpy as np
        import torch

        sound = torch.from_numpy(np.ascontiguousarray(samples))[None].to(self._model.device)
        with torch.inference_mode():
            encoded = self._model.encode(sound, bandwidth=bandwidth)
        scales = [float(scale) for scale in encoded.audio_scales if scale is not None]
        return AudioCodes(
            codes=encoded.audio_codes[:, 0].cpu().numpy(),
            scales=np.array(scales, np.float32),
            padding=encoded.last_frame_pad_length,
            bandwidth=bandwidth,
            samples=samples.shape[1],
        )

    def decode(self, codes: AudioCodes) -> NDArray[np.float32]:
        """Decode to samples of shape (channels, time), as many as were encoded."""
        import torch

        device = self._model.device
        frames = torch.from_numpy(codes.codes)[:, None].to(device)
        scales = torch.from_numpy(codes.scales)[:, None].to(device)
        with torch.inference_mode():
            decoded = self._model.decode(
                frames,
                list(scales) or [None] * len(frames),
                last_frame_pad_length=codes.padding,
            )
        samples: NDArray[np.float32] = decoded.audio_values[0].float().cpu().numpy()
        return samples[:, : codes.samples]


FAMILY = Family(
    name="encodec",
    task="codec",
    short_names={"encodec": "facebook/encodec_24khz", "encodec-48khz": "facebook/encodec_48khz"},
    recognises=has_model_type("encodec"),
    load=EncodecCodec,
    hub_files=("*.json", "*.safetensors", "pytorch_model*.bin"),
    extra="torch",
    devices=TORCH_DEVICES,
)
