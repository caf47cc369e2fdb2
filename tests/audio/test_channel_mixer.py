"""Cancelling channels, DC offsets and oversized floats are corrected with a warning."""

import io

import numpy as np
import pytest

from audiocli.audio.decode import read
from audiocli.audio.selection import Selection
from sounds import pcm, tone

RATE = 16000
TONE = tone(4.0, RATE)[0]
NOISE = np.random.default_rng(0).normal(0, 0.1, (2, 4 * RATE)).astype(np.float32)


def heard(samples: np.ndarray, codec: str = "PCM_16", channel: str = "mix") -> np.ndarray:
    content = pcm(samples, RATE, codec=codec)
    return read(io.BytesIO(content), name="talk", selection=Selection(channel)).samples


@pytest.mark.parametrize(("gain", "channel"), [(-0.8, 1), (-1.0, 1), (-1.25, 2)])
def test_of_channels_that_cancel_the_louder_is_used(gain, channel, caplog):
    samples = np.stack([TONE, gain * TONE]) * 0.5
    assert np.allclose(heard(samples)[0], samples[channel - 1], atol=1e-3)
    assert caplog.messages == [
        f"talk: the channels cancel each other in the mix; channel {channel} is used instead "
        "(--channel selects another)"
    ]


def test_channels_that_cancel_for_a_while_are_mixed_elsewhere(caplog):
    samples = np.stack([TONE, TONE])
    samples[1, RATE : 2 * RATE] *= -1
    assert np.allclose(heard(samples)[0], TONE, atol=1e-3)
    assert len(caplog.messages) == 1


@pytest.mark.parametrize(
    "samples",
    [
        NOISE,
        np.stack([TONE, TONE]),
        np.stack([TONE, 0 * TONE]),
        np.stack([TONE, -0.5 * TONE]),
        np.zeros((2, 4 * RATE), np.float32),
    ],
)
def test_other_channels_are_mixed(samples, caplog):
    assert np.allclose(heard(samples)[0], samples.mean(axis=0), atol=1e-3)
    assert caplog.messages == []


def test_a_chosen_channel_is_not_changed(caplog):
    samples = np.stack([TONE, -TONE])
    assert np.allclose(heard(samples, channel="2")[0], -TONE, atol=1e-3)
    assert np.allclose(heard(samples, channel="all"), samples, atol=1e-3)
    assert caplog.messages == []


@pytest.mark.parametrize("seconds", [0.3, 4.0])
def test_a_large_offset_is_removed(seconds, caplog):
    sound = 0.2 * TONE[: round(seconds * RATE)]
    assert np.allclose(heard((sound + 0.6)[None])[0], sound - sound.mean(), atol=0.02)
    assert caplog.messages == [
        "talk: a constant offset (DC) of 60 % of full scale is removed, first at 0:00.0"
    ]


def test_a_small_offset_and_low_tones_are_left(caplog):
    low = 0.9 * np.sin(2 * np.pi * 20 * np.arange(4 * RATE) / RATE)
    sound = (0.05 + low).astype(np.float32)
    assert np.allclose(heard(sound[None])[0], sound, atol=1e-3)
    assert caplog.messages == []


@pytest.mark.parametrize("codec", ["FLOAT", "DOUBLE"])
@pytest.mark.parametrize("scale", [2.0**15, 2.0**31])
def test_floats_far_above_full_scale_are_scaled_down(codec, scale, caplog):
    samples = np.stack([TONE, 0.5 * TONE]) * scale
    result = heard(samples, codec, "all")
    assert np.abs(result).max() == pytest.approx(1.0)
    assert np.allclose(result / result.max(), samples / samples.max(), atol=1e-4)
    (warning,) = caplog.messages
    assert warning.endswith("times full scale and are scaled down")


def test_floats_a_little_above_full_scale_are_left(caplog):
    assert np.allclose(heard(8 * TONE[None], "FLOAT")[0], 8 * TONE, atol=1e-4)
    assert caplog.messages == []
