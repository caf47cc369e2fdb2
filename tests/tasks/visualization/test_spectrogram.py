"""Spectrograms against librosa and torchaudio, model inputs against transformers."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest

from audiocli import render
from audiocli.audio.decode import open_audio, read
from audiocli.audio.features.stft import centred_frames
from audiocli.audio.selection import Selection
from audiocli.errors import InputError, ModelUnavailable, UsageError
from audiocli.render.base import Layout
from audiocli.results import Spectrogram
from audiocli.tasks.acoustics.tracks import make_tracker
from audiocli.tasks.common import frame_spool as spool
from audiocli.tasks.visualization.columns import ColumnBuffer
from audiocli.tasks.visualization.kinds import SpectrogramOptions, required_rate
from audiocli.tasks.visualization.model_input import find_model_input
from audiocli.tasks.visualization.overlay import read_overlay
from audiocli.tasks.visualization.spectrogram import of_stream
from sounds import pcm, tone

JFK = Path(__file__).parents[2] / "data" / "jfk.flac"
RATE = 16_000
SAMPLES = read(JFK).samples[0]


def spectrogram(source: Any, options: SpectrogramOptions = SpectrogramOptions()) -> Spectrogram:
    with open_audio(source, rate=required_rate(options)) as stream:
        result = of_stream(stream, options)
    return replace(result, values=np.asarray(result.values))


def ours(**options: object) -> Spectrogram:
    return spectrogram(JFK, SpectrogramOptions(**options))  # type: ignore[arg-type]


def relative_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference relative to the largest value."""
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


@pytest.mark.parametrize("window", ["hann", "hamming", "blackman", "blackmanharris", "boxcar"])
def test_linear_matches_librosa(window: str) -> None:
    found = ours(kind="linear", db=False, n_fft=1024, win_length=600, hop_length=200, window=window)
    theirs = librosa.stft(SAMPLES, n_fft=1024, win_length=600, hop_length=200, window=window)
    assert relative_difference(found.values, np.abs(theirs) ** 2) < 1e-6
    assert found.bins[-1] == 8000 and found.times[2] == pytest.approx(400 / RATE)


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize("norm", ["slaney", "none"])
@pytest.mark.parametrize("power", [1.0, 2.0])
def test_mel_matches_librosa(scale: str, norm: str, power: float) -> None:
    shape: dict[str, Any] = {
        "n_fft": 512,
        "hop_length": 160,
        "n_mels": 64,
        "fmin": 50.0,
        "fmax": 7000.0,
    }
    found = ours(kind="mel", mel_scale=scale, norm=norm, power=power, **shape)
    theirs = librosa.feature.melspectrogram(
        y=SAMPLES,
        sr=RATE,
        power=power,
        htk=scale == "htk",
        norm=None if norm == "none" else norm,
        **shape,
    )
    assert relative_difference(found.values, theirs) < 1e-6


def test_log_mel_and_mfcc_match_librosa() -> None:
    mel = librosa.feature.melspectrogram(y=SAMPLES, sr=RATE, n_fft=512, hop_length=128, n_mels=80)
    decibels = librosa.power_to_db(mel)
    log_mel = ours(kind="log-mel", n_fft=512, hop_length=128)
    assert np.abs(log_mel.values - decibels).max() < 5e-4  # dB
    mfcc = ours(kind="mfcc", n_fft=512, hop_length=128, n_mfcc=13)
    assert np.abs(mfcc.values - librosa.feature.mfcc(S=decibels, n_mfcc=13)).max() < 1e-3


def test_mel_and_mfcc_match_torchaudio() -> None:
    from audiocli.models.torch_layer import import_torch, import_torchaudio

    torch, transforms = import_torch(), import_torchaudio().transforms
    sound = torch.from_numpy(SAMPLES)
    shape = {"n_fft": 400, "hop_length": 160, "n_mels": 40, "pad_mode": "constant"}
    mel = transforms.MelSpectrogram(RATE, **shape)(sound).numpy()
    found = ours(
        kind="mel", n_fft=400, hop_length=160, n_mels=40, mel_scale="htk", norm="none"
    ).values
    assert relative_difference(found, mel) < 1e-6
    theirs = transforms.MFCC(RATE, n_mfcc=20, melkwargs=shape)(sound).numpy()
    found = ours(
        kind="mfcc", n_fft=400, hop_length=160, n_mels=40, mel_scale="htk", norm="none"
    ).values
    assert np.abs(found - theirs).max() < 1e-3


def test_chroma_matches_librosa() -> None:
    found = ours(kind="chroma", n_fft=2048, hop_length=512)
    theirs = librosa.feature.chroma_stft(y=SAMPLES, sr=RATE, n_fft=2048, hop_length=512, tuning=0.0)
    assert np.abs(found.values - theirs).max() < 1e-5


def test_constant_q_is_close_to_librosa() -> None:
    """Librosa approximates: it makes kernels sparse and resamples by octaves."""
    found = ours(kind="cqt", db=False, power=1.0, hop_length=512)
    theirs = np.abs(librosa.cqt(SAMPLES, sr=RATE, hop_length=512, fmin=32.703, n_bins=84))
    assert relative_difference(found.values, theirs) < 0.02


def test_preemphasis_matches_a_difference_filter() -> None:
    lifted = SAMPLES - 0.97 * np.concatenate([[0], SAMPLES[:-1]])
    theirs = np.abs(librosa.stft(lifted, n_fft=512, hop_length=128)) ** 2
    found = ours(kind="linear", db=False, preemphasis=0.97, n_fft=512, hop_length=128)
    assert relative_difference(found.values, theirs) < 1e-6


def test_waveform_keeps_peaks() -> None:
    found = ours(kind="waveform", hop_length=1000)
    assert found.values.shape == (2, 176)
    assert found.values.max() == SAMPLES.max() and found.values.min() == SAMPLES.min()


@pytest.mark.parametrize("pool", ["mean", "max"])
@pytest.mark.parametrize("frames", [1, 7, 8, 9, 64, 1000, 1001])
def test_columns_do_not_depend_on_frame_blocks(pool: str, frames: int) -> None:
    values = np.random.default_rng(frames).random((frames, 3), np.float32)
    at_once, piecewise = ColumnBuffer(8, pool), ColumnBuffer(8, pool)  # type: ignore[arg-type]
    at_once.add(values)
    for piece in np.split(values, sorted({1, frames // 3, frames // 2})):
        piecewise.add(piece)
    columns, each = at_once.finish(), at_once.frames_each
    np.testing.assert_allclose(columns, piecewise.finish(), rtol=1e-6)
    reduce = np.mean if pool == "mean" else np.max
    expected = [reduce(values[i : i + each], axis=0) for i in range(0, frames, each)]
    np.testing.assert_allclose(columns, expected, rtol=1e-5)
    assert len(columns) <= 9


@pytest.mark.parametrize(("length", "hop"), [(8, 2), (7, 3), (5, 13), (4, 40)])
def test_frames_do_not_depend_on_blocks(length: int, hop: int) -> None:
    sound = np.arange(1.0, 101.0, dtype=np.float32)
    padded = np.pad(sound, length)
    firsts = range(length - length // 2, length + 101 - length // 2, hop)
    expected = [padded[first : first + length] for first in firsts]
    for cuts in ([], [1, 2, 3], [50], range(0, 100, 7)):
        found = np.concatenate(list(centred_frames(np.split(sound, list(cuts)), length, hop)))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["waveform", "log-mel", "mfcc", "chroma"])
def test_frames_on_disk_are_equal(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory = ours(kind=kind)
    monkeypatch.setattr(spool, "_IN_MEMORY", 1000)
    monkeypatch.setattr(spool, "_AT_ONCE", 3000)
    with open_audio(JFK) as stream:
        on_disk = of_stream(stream, SpectrogramOptions(kind=kind))  # type: ignore[arg-type]
    assert isinstance(on_disk.values, spool.FramesOnDisk)
    assert on_disk.values.shape == in_memory.values.shape
    largest = float(np.abs(in_memory.values).max())
    np.testing.assert_allclose(np.asarray(on_disk.values), in_memory.values, atol=1e-5 * largest)
    npy = io.BytesIO(b"".join(render.get("npy").pieces(on_disk, Layout())))  # type: ignore[attr-defined]
    npz = io.BytesIO(b"".join(render.get("npz").pieces(on_disk, Layout())))  # type: ignore[attr-defined]
    np.testing.assert_array_equal(np.load(npy), np.asarray(on_disk.values))
    np.testing.assert_array_equal(np.load(npz)["values"], np.asarray(on_disk.values))
    assert render.render(on_disk, "csv").count("\n") == 1 + in_memory.values.size


@pytest.mark.parametrize("kind", ["linear", "log-mel", "mfcc"])
def test_pooled_columns_are_means_of_frames(kind: str) -> None:
    with open_audio(JFK) as stream:
        pooled = of_stream(stream, SpectrogramOptions(kind=kind, hop_length=64), columns=20)  # type: ignore[arg-type]
    plain = SpectrogramOptions(
        kind="mel" if kind != "linear" else "linear", db=False, hop_length=64
    )
    power = spectrogram(JFK, plain).values
    each = 64
    means = np.stack(
        [power[:, i : i + each].mean(axis=1) for i in range(0, power.shape[1], each)], 1
    )
    assert pooled.values.shape[1] == means.shape[1] <= 81
    if kind != "mfcc":
        assert np.abs(pooled.values - librosa.power_to_db(means)).max() < 1e-3
    assert pooled.times[0] == pytest.approx((each - 1) / 2 * 64 / RATE)


def test_whisper_input_matches_transformers() -> None:
    """The difference to the extractor's NumPy path is rounding in single precision.

    Its torch path computes in single precision and differs from the NumPy path by 1.9e-5.
    """
    extractor = transformers().WhisperFeatureExtractor()
    padded = np.pad(SAMPLES.astype(np.float64), (0, 30 * RATE - len(SAMPLES)))
    seen, theirs = (
        model_input("whisper"),
        extractor._np_extract_fbank_features(padded[None], "cpu")[0],
    )
    assert np.abs(seen.values - theirs).max() < 2e-7
    by_torch = extractor(SAMPLES, sampling_rate=RATE, return_tensors="np")["input_features"][0]
    assert np.abs(seen.values - by_torch).max() < 2.5e-5
    assert np.quantile(np.abs(seen.values - by_torch), 0.9999) < 1e-5
    assert seen.duration == 30


def test_ast_input_is_close_to_transformers() -> None:
    """The difference is the rounding of the extractor, which computes in single precision."""
    theirs = transformers().ASTFeatureExtractor()(SAMPLES, sampling_rate=RATE, return_tensors="np")
    difference = np.abs(model_input("ast").values - theirs["input_values"][0].T)
    assert difference.mean() < 2e-6 and np.quantile(difference, 0.98) < 1e-5
    assert difference.max() < 5e-4  # in the softest bins


def test_ast_input_matches_transformers_in_double_precision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The remaining difference comes from torchaudio's mel filters in single precision."""
    from audiocli.audio import kaldi
    from audiocli.models.torch_layer import import_torch, import_torchaudio

    theirs = import_torchaudio().compliance.kaldi
    exact = theirs.fbank(
        import_torch().from_numpy(SAMPLES[None].astype(np.float64)),
        sample_frequency=RATE,
        window_type="hanning",
        num_mel_bins=128,
    )[:1024]
    expected = (exact.numpy().T + 4.2677393) / (2 * 4.5689974)
    assert np.abs(model_input("ast").values - expected).max() < 3e-5
    filters, _ = theirs.get_mel_banks(128, 512, 16_000.0, 20.0, 0.0, 100.0, -500.0, 1.0)
    monkeypatch.setattr(kaldi, "_mel_filters", lambda _: filters.numpy())
    assert np.abs(model_input("ast").values - expected).max() < 2e-7


def test_wav2vec2_input_matches_transformers() -> None:
    theirs = transformers().Wav2Vec2FeatureExtractor()(
        SAMPLES, sampling_rate=RATE, return_tensors="np"
    )
    assert np.abs(model_input("wav2vec2").values - theirs["input_values"]).max() < 1e-6


@pytest.mark.parametrize("seconds", [2.5, 9.0])
def test_clap_input_matches_transformers(seconds: float) -> None:
    samples = read(JFK, rate=48_000, selection=Selection(end=seconds)).samples[0]
    extractor = transformers().ClapFeatureExtractor(frequency_min=50, frequency_max=14_000)
    theirs = extractor(
        samples,
        sampling_rate=48_000,
        truncation="rand_trunc",
        padding="repeatpad",
        return_tensors="np",
    )["input_features"][0, 0]
    assert np.abs(model_input("clap", end=seconds).values - theirs.T).max() < 1e-5  # dB


def test_yamnet_input_matches_its_patches() -> None:
    from audiocli.audio.features.yamnet import yamnet_patches

    seen, patches = model_input("yamnet"), yamnet_patches(SAMPLES)
    np.testing.assert_allclose(seen.values[:, 48:144], patches[1].T, atol=1e-5)


def test_model_without_supported_input_is_refused() -> None:
    from audiocli.models.store.model_store import Store

    with pytest.raises(ModelUnavailable, match="silero"):
        find_model_input("silero-vad", Store(Path("nowhere")))


@pytest.mark.parametrize("kind", ["waveform", "linear", "log-mel", "mfcc", "cqt", "chroma"])
@pytest.mark.parametrize("rate", [8000, 192_000])
@pytest.mark.parametrize("count", [1, 100, 30_000])
def test_any_length_and_rate_gives_finite_values(kind: str, rate: int, count: int) -> None:
    sound = pcm(tone(count / rate, rate), rate)
    if (kind, rate, count) == ("cqt", 192_000, 1):  # resampling by twelve leaves no sample
        with pytest.raises(InputError):
            spectrogram(io.BytesIO(sound), SpectrogramOptions(kind="cqt"))
        return
    found = spectrogram(io.BytesIO(sound), SpectrogramOptions(kind=kind))  # type: ignore[arg-type]
    assert np.isfinite(found.values).all() and found.values.shape[1] == len(found.times) >= 1
    assert found.values.shape[0] == len(found.bins)


def test_silence_is_the_floor() -> None:
    sound = io.BytesIO(pcm(np.zeros((1, 16_000), np.float32)))
    assert spectrogram(sound).values == pytest.approx(-100)


@pytest.mark.parametrize(
    "options",
    [
        {"fmin": 5000.0, "fmax": 100.0},
        {"fmax": 9000.0},
        {"n_fft": 128, "win_length": 256},
        {"n_fft": 128, "hop_length": 256},
        {"kind": "cqt", "fmin": 900.0, "fmax": 100.0},
    ],
)
def test_impossible_options(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        ours(**options)


def test_sparse_levels_cover_all_audio() -> None:
    bursts = np.zeros(RATE * 20, np.float32)
    bursts[RATE // 4 :: RATE // 2] = 1.0  # a click every half second, between the values
    following = make_tracker("energy", RATE, start=0.0, hop=2.0)
    following.feed(bursts)
    (curve,) = following.finish()
    np.testing.assert_allclose(curve.values[1:-1], 10 * np.log10(2 / RATE), atol=0.01)
    assert list(curve.times) == list(range(0, 21, 2))


def test_turns_of_rttm(tmp_path: Path) -> None:
    path = tmp_path / "a.rttm"
    path.write_text("SPEAKER a 1 0.5 2.25 <NA> <NA> anna <NA> <NA>\n")
    (span,) = read_overlay(path).spans
    assert (span.start, span.end, span.lane) == (0.5, 2.75, "anna")
    path.write_text("SPEAKER a 1 0.5\n")
    with pytest.raises(InputError, match="line 1 has 4 fields"):
        read_overlay(path)
    with pytest.raises(InputError, match="no such file"):
        read_overlay(tmp_path / "none.json")


def model_input(name: str, end: float | None = None) -> Spectrogram:
    model = find_model_input(name, None)  # type: ignore[arg-type]
    with open_audio(JFK, rate=model.rate, selection=Selection(end=end)) as stream:
        return model.of_stream(stream)


def transformers():
    from audiocli.models.torch_layer import import_transformers

    return import_transformers()
