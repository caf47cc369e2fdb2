"""Sound to tokens and back, by the smallest EnCodec."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soundfile as sf

import tiny_speech as tiny
from audiocli.audio.decode import read
from audiocli.audio.selection import Selection
from audiocli.tasks.codecs.codec import signal_to_noise

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def encodec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mono codec of 24 kHz."""
    return tiny.encodec(tmp_path_factory.mktemp("encodec") / "model")


@pytest.mark.parametrize("ending", ["npz", "json"])
def test_codes_come_back_as_sound_of_the_same_length(
    run: Callable[..., Any], tmp_path: Path, jfk: Path, encodec: Path, ending: str
) -> None:
    codes, out = tmp_path / f"talk.{ending}", tmp_path / "talk.wav"
    ran = run("codec", "encode", jfk, "-o", codes, "-m", encodec, "--bandwidth", "24", "--snr")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.startswith("24 kbit/s, SNR ")
    assert run("codec", "decode", codes, "-o", out).code == 0
    original, decoded = read(jfk, rate=24_000).samples, sf.read(out)[0][None]
    assert decoded.shape == original.shape
    # The figure printed is that of the sound decoded, but for its 16 bits.
    printed = float(ran.stdout.split()[-2])
    assert signal_to_noise(original, np.clip(decoded, -1, 1)) == pytest.approx(printed, abs=1.5)


def test_bandwidth_decides_the_number_of_codebooks(
    run: Callable[..., Any], tmp_path: Path, jfk: Path, encodec: Path
) -> None:
    def codebooks(*options: str) -> int:
        out = tmp_path / "talk.json"
        ran = run("codec", "encode", jfk, "-o", out, "-m", encodec, "--overwrite", *options)
        assert ran.code == 0, ran.stderr
        return len(json.loads(out.read_text())["codes"][0])

    assert codebooks("--bandwidth", "6") == 1
    assert codebooks("--bandwidth", "24") == 4
    assert codebooks() == 8
    ran = run("codec", "encode", jfk, "-o", tmp_path / "x.npz", "-m", encodec, "--bandwidth", "7")
    assert ran.code == 2
    assert "no bandwidth of 7 kbit/s (one of: 6, 24, 48)" in ran.stderr


def test_stereo_codec_in_chunks_with_scales(
    run: Callable[..., Any], tmp_path: Path, jfk: Path
) -> None:
    model = tiny.encodec(
        tmp_path / "model", audio_channels=2, chunk_length_s=1.0, overlap=0.01, normalize=True
    )
    codes, out = tmp_path / "talk.npz", tmp_path / "talk.wav"
    assert run("codec", "encode", jfk, "-o", codes, "-m", model).code == 0
    with np.load(codes) as content:
        assert content["codes"].shape[0] == len(content["scales"]) > 10
    assert run("codec", "decode", codes, "-o", out).code == 0
    heard = read(out, selection=Selection(channel="all"))
    assert heard.samples.shape == (2, read(jfk, rate=24_000).samples.shape[1])


@pytest.mark.parametrize("content", [b"", b"{}", b"[1", b'{"schema": "audiocli/codes/1"}'])
def test_what_is_no_codes_is_refused(
    run: Callable[..., Any], tmp_path: Path, content: bytes
) -> None:
    bad = tmp_path / "bad.npz"
    bad.write_bytes(content)
    ran = run("codec", "decode", bad, "-o", tmp_path / "out.wav")
    assert ran.code == 4
    assert (
        ran.stderr
        == f"error: {bad}: is not a file of audiocli codec (create one with codec encode)\n"
    )
    assert not (tmp_path / "out.wav").exists()


def test_signal_to_noise_ratio() -> None:
    signal = np.ones((1, 100), np.float32)
    assert signal_to_noise(signal, 0.9 * signal) == pytest.approx(20.0, abs=1e-4)
    assert signal_to_noise(signal, signal) == float("inf")


@pytest.mark.parametrize("ending", ["npz", "json"])
def test_damaged_tokens_are_one_line(
    run: Callable[..., Any], tmp_path: Path, jfk: Path, encodec: Path, ending: str
) -> None:
    """Bytes changed, cut off or doubled: sound, or one line that names the file."""
    whole = tmp_path / f"whole.{ending}"
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, read(jfk, rate=24_000).samples[0][:24_000], 24_000)
    assert run("codec", "encode", clip, "-o", whole, "-m", encodec).code == 0
    data, chance = whole.read_bytes(), np.random.default_rng(7)
    damaged = tmp_path / f"damaged.{ending}"
    for attempt in range(60):
        changed = bytearray(data)
        for place in chance.integers(0, len(data), 1 + attempt % 8):
            changed[place] = int(chance.integers(0, 256))
        cut = int(chance.integers(1, len(data))) if attempt % 3 == 0 else len(data)
        damaged.write_bytes(bytes(changed[:cut]))
        ran = run(
            "codec", "decode", damaged, "-m", encodec, "-o", tmp_path / "o.wav", "--overwrite"
        )
        assert "defect" not in ran.stderr, (attempt, ran.stderr)
        assert ran.stderr.count("\n") <= 1
        assert ran.code in (0, 2, 4)
