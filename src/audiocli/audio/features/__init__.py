"""Spectral features as pure NumPy functions of samples.

Names and conventions follow librosa (McFee et al. 2015): `n_fft`, `hop_length`,
frames centred on multiples of the hop, features of shape (bins, frames).
"""

from __future__ import annotations

from audiocli.audio.features.mel import MelScale, hz_to_mel, mel_filterbank, mel_to_hz
from audiocli.audio.features.stft import power_spectrogram
from audiocli.audio.features.whisper import whisper_log_mel

__all__ = [
    "MelScale",
    "hz_to_mel",
    "mel_filterbank",
    "mel_to_hz",
    "power_spectrogram",
    "whisper_log_mel",
]
