import numpy as np
import pytest

from audiocli.audio.kaldi import fbank
from audiocli.models.torch_layer import import_torchaudio


@pytest.mark.parametrize("length", [400, 559, 560, 32_001])
def test_filter_banks_are_those_of_torchaudio(length: int) -> None:
    import_torchaudio()
    import torch
    from torchaudio.compliance import kaldi

    samples = np.random.default_rng(length).normal(0.05, 0.1, length).astype(np.float32)
    theirs = kaldi.fbank(torch.from_numpy(samples)[None], num_mel_bins=80, dither=0).numpy()
    np.testing.assert_allclose(fbank(samples), theirs, atol=1e-3)


def test_less_than_a_frame_has_no_features_and_silence_is_the_floor() -> None:
    assert fbank(np.zeros(399, np.float32)).shape == (0, 80)
    silence = fbank(np.zeros((2, 800), np.float32))
    assert silence.shape == (2, 3, 80)
    assert np.allclose(silence, np.log(np.finfo(np.float32).eps))
