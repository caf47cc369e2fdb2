"""Decoding of valid audio in all formats and sources."""

import io
import logging
import os
import re
import struct
import subprocess
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest
import soxr

from audiocli.audio.decode import open_audio, read
from audiocli.audio.formats import has_sound_suffix
from audiocli.audio.selection import Selection
from sounds import CODECS, coded, pcm, tone

JFK = Path(__file__).parents[1] / "data" / "jfk.flac"
STEREO = tone(2.0, 48000, 2)
FILES = {kind: coded(kind, STEREO) for kind in CODECS if kind != "amr"} | {  # AMR is 8 kHz mono
    "wav": pcm(STEREO, 48000),
    "flac": pcm(STEREO, 48000, "FLAC"),
    "ogg": pcm(STEREO, 48000, "OGG"),
}


def piped(content: bytes):
    """Return the reading end of a pipe to which `content` is written."""
    out, into = os.pipe()

    def feed() -> None:
        with os.fdopen(into, "wb") as pipe:
            pipe.write(content)

    threading.Thread(target=feed, daemon=True).start()
    return os.fdopen(out, "rb")


@pytest.mark.parametrize("kind", FILES)
def test_every_format_from_a_file_and_from_a_pipe(kind, tmp_path):
    path = tmp_path / f"tone.{kind}"
    path.write_bytes(FILES[kind])
    clip = read(path)
    assert (clip.rate, clip.source, clip.samples.dtype) == (48000, str(path), np.float32)
    assert clip.duration == pytest.approx(2.0, abs=0.06)
    expected = STEREO.mean(axis=0)
    if kind not in {"aac", "mp2", "ts", "wma"}:  # these have no field for the delay of the encoder
        length = min(len(expected), clip.samples.shape[1])
        assert np.corrcoef(clip.samples[0, :length], expected[:length])[0, 1] > 0.98
    with piped(FILES[kind]) as pipe:
        assert np.array_equal(read(pipe).samples, clip.samples)


@pytest.mark.parametrize(
    ("form", "codec", "tolerance"),
    [
        ("WAV", "PCM_U8", 1 / 128),
        ("WAV", "PCM_24", 1e-6),
        ("WAV", "FLOAT", 0),
        ("WAV", "DOUBLE", 1e-7),
        ("WAV", "ULAW", 0.03),
        ("WAV", "IMA_ADPCM", 0.2),
        ("RF64", "PCM_16", 1 / 32768),
        ("W64", "PCM_16", 1 / 32768),
        ("AIFF", "PCM_16", 1 / 32768),
        ("CAF", "ALAC_16", 1 / 32768),
        ("AU", "PCM_16", 1 / 32768),
    ],
)
def test_pcm_of_every_width(form, codec, tolerance):
    samples = tone(0.5, 16000)
    clip = read(io.BytesIO(pcm(samples, 16000, form, codec)))
    assert np.abs(clip.samples[:, :8000] - samples).max() <= tolerance


@pytest.mark.parametrize(
    ("suffix", "form", "codec", "rate"),
    [
        ("qta", "mov", "aac", 48000),
        ("mpga", "mp2", "mp2", 48000),
        ("3g2", "3g2", "aac", 48000),
        ("f4v", "f4v", "aac", 48000),
        ("ts", "mpegts", "aac", 48000),
        ("mts", "mpegts", "mp2", 48000),
        ("amr", "amr", "libopencore_amrnb", 8000),
        ("g722", "g722", "g722", 16000),
        ("rm", "rm", "ac3", 48000),
        ("nut", "nut", "aac", 48000),
        ("ec3", "eac3", "eac3", 48000),
        ("mpe", "mpeg", "mp2", 48000),
        ("wtv", "wtv", "mp2", 48000),
        ("ogm", "ogg", "flac", 48000),
        ("ircam", "ircam", "pcm_s16le", 48000),
    ],
)
def test_rare_formats(suffix, form, codec, rate, tmp_path, caplog):
    path = tmp_path / f"tone.{suffix}"
    sound = tone(2.0, rate)
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        size = stream.codec_context.frame_size or 1024
        to_codec = av.AudioResampler(stream.codec_context.format, "mono", rate, size)
        frame = av.AudioFrame.from_ndarray(sound, "fltp", "mono")
        frame.rate, frame.pts = rate, 0
        for part in to_codec.resample(frame) + to_codec.resample(None):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    assert has_sound_suffix(path)
    assert read(path).duration == pytest.approx(2.0, abs=0.06)
    assert caplog.messages == []


def test_gsm_without_a_container(tmp_path):
    path = tmp_path / "call.gsm"
    path.write_bytes(pcm(tone(2.0, 8000), 8000, "RAW", "GSM610"))
    assert has_sound_suffix(path)
    assert read(path).duration == pytest.approx(2.0, abs=0.06)


def test_pcm_of_64_bits():
    """FFmpeg reads it, libsndfile and PyAV's arrays do not."""
    samples = tone(0.1, 8000, 2)
    data = np.rint(samples.T * 2.0**63 * 0.5).astype("<i8").tobytes()
    form = struct.pack("<HHIIHH", 1, 2, 8000, 8000 * 16, 16, 64)
    chunks = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data))
    wav = b"RIFF" + struct.pack("<I", len(chunks) + len(data)) + chunks + data
    clip = read(io.BytesIO(wav), selection=Selection("all"))
    assert np.allclose(clip.samples, samples / 2, atol=1e-6)


def test_high_rates_and_eight_channels():
    samples = tone(0.3, 96000, 8)
    content = pcm(samples, 96000)
    assert np.allclose(read(io.BytesIO(content)).samples, samples.mean(axis=0), atol=1e-4)
    clip = read(io.BytesIO(content), rate=16000, selection=Selection("all"))
    assert clip.samples.shape == (8, 4800)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_written_to_a_pipe_has_no_length(size):
    content = pcm(STEREO, 48000)
    at = content.index(b"data") + 4
    lying = content[:at] + struct.pack("<I", size) + content[at + 4 :]
    assert np.array_equal(read(io.BytesIO(lying)).samples, read(io.BytesIO(content)).samples)


def test_a_flac_written_to_a_pipe_has_no_length():
    content = FILES["flac"]
    lying = bytearray(content)
    lying[21] &= 0xF0  # the total of samples in STREAMINFO
    lying[22:26] = bytes(4)
    assert np.array_equal(read(io.BytesIO(lying)).samples, read(io.BytesIO(content)).samples)


def test_truncated_pcm_is_read_to_its_end():
    content = pcm(STEREO, 48000)
    clip = read(io.BytesIO(content[: len(content) // 2]))
    assert clip.duration == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize("kind", FILES)
def test_trimming_is_exact(kind):
    whole = read(io.BytesIO(FILES[kind]), selection=Selection("all"))
    part = read(io.BytesIO(FILES[kind]), selection=Selection("all", start=1.2345, end=1.75))
    first, last = round(1.2345 * 48000), round(1.75 * 48000)
    assert part.offset == 1.2345
    assert part.samples.shape == (2, last - first)
    # Timestamps of Matroska and ASF are in milliseconds, so the selection may be that far off.
    slack = 48 if kind in {"mkv", "webm", "wma"} else 0
    errors = [
        np.abs(whole.samples[:, first + k : last + k] - part.samples).max()
        for k in range(-slack, slack + 1)
    ]
    assert min(errors) < 1e-3


def test_resampled_blocks_have_no_seams():
    samples = tone(30.0, 44100, 2)
    content = pcm(samples, 44100, "WAV", "FLOAT")
    with open_audio(io.BytesIO(content), rate=16000, selection=Selection("all")) as stream:
        blocks = list(stream)
    assert len(blocks) > 2
    once = soxr.resample(samples.T, 44100, 16000).T
    assert np.abs(np.concatenate(blocks, axis=1) - once).max() < 1e-4


@pytest.mark.parametrize("seconds", [0.3, 1.0, 5.0])
def test_blocks_of_a_given_length(seconds):
    whole = read(io.BytesIO(FILES["mp3"]), rate=16000)
    with open_audio(io.BytesIO(FILES["mp3"]), rate=16000) as stream:
        assert stream.duration == pytest.approx(2.0, abs=0.05)
        blocks = list(stream.blocks(seconds))
    assert {b.shape[1] for b in blocks[:-1]} <= {round(seconds * 16000)}
    assert np.array_equal(np.concatenate(blocks, axis=1), whole.samples)


@pytest.mark.parametrize("kind", ["m4a", "mkv", "opus", "webm", "wma"])
def test_a_pause_in_the_recording_keeps_its_length(kind, caplog):
    clip = read(io.BytesIO(coded(kind, STEREO, pause=(1.0, 3.0))), name="talk")
    assert clip.duration == pytest.approx(5.0, abs=0.06)
    assert np.abs(clip.samples[0, 72000:168000]).max() == 0
    (warning,) = caplog.messages
    assert re.fullmatch(
        r"talk: 3\.0 s of sound is missing, first at 0:0(0\.9|1\.0); it is replaced by silence",
        warning,
    )


@pytest.mark.parametrize("kind", ["mkv", "mp4"])
def test_sound_that_begins_after_the_picture(kind, caplog):
    clip = read(io.BytesIO(coded(kind, STEREO, begin=0.5, picture=True)))
    heard = np.flatnonzero(np.abs(clip.samples[0]) > 0.02)
    assert heard[0] / 48000 == pytest.approx(0.5, abs=0.01)
    assert caplog.messages == []


def test_a_damaged_packet_is_skipped_with_a_warning(caplog):
    content = bytearray(FILES["mp3"])
    middle = len(content) // 2
    content[middle : middle + 300] = bytes(300)
    with caplog.at_level(logging.WARNING):
        clip = read(io.BytesIO(content), name="talk.mp3")
    assert clip.duration == pytest.approx(2.0, abs=0.15)
    assert "damaged packets were skipped" in caplog.messages[0]


def test_concatenated_streams_of_other_rates_and_channels_are_converted():
    content = coded("mp3", STEREO) + coded("mp3", tone(2.0, 44100, 1), 44100)
    assert read(io.BytesIO(content)).duration == pytest.approx(4.0, abs=0.2)


@pytest.mark.parametrize("kind", ["aac", "mp3", "wav"])
def test_a_live_pipe_is_decoded_before_it_ends(kind):
    sound = tone(20.0, 48000)
    content = pcm(sound, 48000) if kind == "wav" else coded(kind, sound)
    out, into = os.pipe()
    heard_enough = threading.Event()

    def feed() -> None:
        with os.fdopen(into, "wb", buffering=0) as pipe:
            pipe.write(content[: len(content) // 2])
            heard_enough.wait(30)

    feeder = threading.Thread(target=feed)
    feeder.start()
    with os.fdopen(out, "rb") as pipe, open_audio(pipe, rate=16000, live=True) as stream:
        heard = 0
        for block in stream:
            heard += block.shape[1]
            if heard > 16000 * 9 and not heard_enough.is_set():
                assert feeder.is_alive()
                heard_enough.set()
    feeder.join()
    assert heard / 16000 == pytest.approx(10.0, abs=0.2)


def test_a_short_flac_needs_neither_ffmpeg_nor_torch():
    code = (
        "import sys; from audiocli.audio.decode import read;"
        f"clip = read({str(JFK)!r}, rate=16000);"
        "print(clip.duration, {'av', 'torch', 'scipy', 'soxr'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("11.0 set()\n", "")
