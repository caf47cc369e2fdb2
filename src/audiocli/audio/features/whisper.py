"""The log-mel spectrogram of Whisper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features.mel import mel_filterbank
from audiocli.audio.features.stft import power_spectrogram

Samples = NDArray[np.float32]


def whisper_log_mel(
    samples: Samples, n_mels: int = 80, n_fft: int = 400, hop_length: int = 160
) -> Samples:
    """Compute the input of Whisper: log-mel frames with 25 ms windows every 10 ms.

    The reference is `log_mel_spectrogram` of openai/whisper: log10 power, clipped 80 dB below
    the loudest bin and scaled to about [-1, 1].

    Parameters
    ----------
    samples : shape (time,), at 16 kHz

    Returns
    -------
    shape (n_mels, time // hop_length)
    """
    power = power_spectrogram(samples, n_fft, hop_length)[:, :-1]
    log_mel = np.log10(np.maximum(mel_filterbank(16_000, n_fft, n_mels) @ power, 1e-10))
    log_mel = np.maximum(log_mel, log_mel.max() - 8.0)
    scaled: Samples = ((log_mel + 4.0) / 4.0).astype(np.float32)
    return scaled
