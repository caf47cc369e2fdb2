"""Truncated, damaged and concatenated files are read as far as possible, with one warning."""

import io
import re
import struct

import numpy as np
import pytest

from audiocli.audio.decode import read
from audiocli.audio.selection import Selection
from inprocess import audiocli
from sounds import coded, pcm, tone, tracks

RATE = 48000
STEREO = tone(6.0, RATE, 2)
NOISE = np.random.default_rng(0).normal(0, 0.1, STEREO.shape).astype(np.float32)
CUT_SHORT = re.compile(r"talk: is truncated after 0:0(\d\.\d); the rest is missing")


def with_picture(kind: str, sound: np.ndarray) -> bytes:
    return coded(kind, sound, picture=True)


WHOLE = {
    "wav": pcm(STEREO, RATE),
    "wav of floats": pcm(STEREO, RATE, "WAV", "FLOAT"),
    "wavex": pcm(STEREO, RATE, "WAVEX"),
    "rf64": pcm(STEREO, RATE, "RF64"),
    "aiff": pcm(STEREO, RATE, "AIFF"),
    "au": pcm(STEREO, RATE, "AU"),
    "w64": pcm(STEREO, RATE, "W64"),
    "caf": pcm(STEREO, RATE, "CAF"),
    "flac": pcm(STEREO, RATE, "FLAC"),
    "vorbis": pcm(STEREO + NOISE, RATE, "OGG"),
    "opus": coded("opus", STEREO),
    "mp3 with a Xing header": coded("mp3", STEREO),
    "m4a": coded("m4a", STEREO, fast_start=True),
    "mka": coded("mkv", STEREO),
    "mkv": with_picture("mkv", STEREO),
    "webm": coded("webm", STEREO),
    "wma": coded("wma", STEREO),
    "mp3 without a Xing header": coded("mp3", STEREO, xing=False),
    "mp3 of 22 kHz": coded("mp3", tone(6.0, 22050), 22050, xing=False, bit_rate=32000),
    "mp3 of 8 kHz": coded("mp3", tone(6.0, 8000), 8000, xing=False, bit_rate=16000),
    "mp2": coded("mp2", STEREO, bit_rate=192000),
    "aac": coded("aac", STEREO),
    "amr": coded("amr", tone(6.0, 8000), 8000, bit_rate=12200),
    "ts": coded("ts", STEREO),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_files_give_no_warning(kind, caplog):
    read(io.BytesIO(WHOLE[kind]), name="talk")
    assert caplog.messages == []


@pytest.mark.parametrize("share", [0.353, 0.617, 0.983])
@pytest.mark.parametrize("kind", WHOLE)
def test_a_truncated_file_is_read_to_its_end(kind, share, caplog):
    content = WHOLE[kind]
    whole = read(io.BytesIO(content)).duration
    clip = read(io.BytesIO(content[: int(len(content) * share)]), name="talk")
    (warning,) = caplog.messages
    found = CUT_SHORT.fullmatch(warning)
    assert found is not None
    assert float(found[1]) == pytest.approx(clip.duration, abs=0.11)
    # FFmpeg writes whole packets, pages and clusters.
    assert clip.duration == pytest.approx(whole * share, abs=1.5)


def test_a_part_before_the_cut_gives_no_warning(caplog):
    content = WHOLE["wav"]
    read(io.BytesIO(content[: len(content) // 2]), selection=Selection(end=2.0))
    assert caplog.messages == []


def test_the_command_line_warns_and_succeeds(tmp_path):
    path = tmp_path / "talk.mkv"
    path.write_bytes(WHOLE["mkv"][: len(WHOLE["mkv"]) // 2])
    done = audiocli("features", path, "-f", "json")
    assert done.code == 0
    (line,) = done.stderr.splitlines()
    assert re.fullmatch(
        rf"warning: {path}: is truncated after 0:0\d\.\d; the rest is missing", line
    )


@pytest.mark.parametrize("size", [200, 5000])
def test_a_damaged_flac_frame_is_skipped(size, caplog):
    noise = NOISE[:1]
    content = bytearray(pcm(noise, RATE, "FLAC"))
    middle = len(content) // 2
    content[middle : middle + size] = bytes(size)
    clip = read(io.BytesIO(content), name="talk")
    assert clip.duration == pytest.approx(6.0, abs=0.2)
    assert np.allclose(clip.samples[0, : 2 * RATE], noise[0, : 2 * RATE], atol=1e-4)
    heard = clip.samples[0, -RATE:]
    assert np.allclose(heard, noise[0, -RATE:], atol=1e-4)
    (warning,) = caplog.messages
    assert re.fullmatch(
        r"talk: is damaged at 0:0[23]\.\d; parts that cannot be decoded are skipped"
        r"|talk: \d\.\d s of sound is missing, first at 0:0[23]\.\d; it is replaced by silence",
        warning,
    )


@pytest.mark.parametrize(
    ("form", "codec"),
    [
        ("WAV", "GSM610"),
        ("WAV", "G721_32"),
        ("WAV", "NMS_ADPCM_16"),
        ("WAV", "NMS_ADPCM_24"),
        ("WAV", "NMS_ADPCM_32"),
        ("AIFF", "GSM610"),
        ("W64", "GSM610"),
        ("AU", "G721_32"),
        ("AU", "G723_24"),
        ("AU", "G723_40"),
    ],
)
def test_codecs_that_are_not_seekable(form, codec):
    sound = tone(2.0, 8000)
    content = pcm(sound, 8000, form, codec)
    clip = read(io.BytesIO(content))
    assert clip.duration == pytest.approx(2.0, abs=0.03)
    assert np.corrcoef(clip.samples[0, :16000], sound[0])[0, 1] > 0.8
    part = read(io.BytesIO(content), selection=Selection(start=0.5, end=1.25))
    assert np.array_equal(part.samples, clip.samples[:, 4000:10000])


@pytest.mark.parametrize("form", ["matroska", "mp4"])
def test_a_track_is_judged_by_its_own_length(form, caplog):
    clip = read(io.BytesIO(tracks(3.0, 9.0, form=form)), name="talk")
    assert clip.duration == pytest.approx(3.0, abs=0.06)
    assert not any("truncated" in message for message in caplog.messages)


@pytest.mark.parametrize("kind", ["wav", "wavex", "aiff", "au", "rf64", "caf", "flac", "m4a"])
def test_an_appended_file_is_ignored_with_a_warning(kind, caplog):
    content = WHOLE[kind]
    clip = read(io.BytesIO(content + content), name="talk")
    assert clip.duration == pytest.approx(6.0, abs=0.06)
    assert caplog.messages == [
        "talk: another file is appended after 0:06.0 and is ignored (split the file to read it)"
    ]


@pytest.mark.parametrize("kind", ["w64", "mka", "opus", "vorbis"])
def test_concatenated_files_of_some_formats_are_read_completely(kind, caplog):
    clip = read(io.BytesIO(WHOLE[kind] + WHOLE[kind]), name="talk")
    assert clip.duration == pytest.approx(12.0, abs=0.2)
    assert caplog.messages == []


def lying_wav(sound: np.ndarray, size: int, rate: int = RATE, codec: str | None = None) -> bytes:
    content = pcm(sound, rate, "WAV", codec)
    at = content.index(b"data") + 4
    return content[:at] + struct.pack("<I", size) + content[at + 4 :]


@pytest.mark.parametrize("codec", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW"])
@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000, 0x80000000])
def test_a_wav_of_unknown_length_is_read_to_the_end(size, codec, caplog):
    content = lying_wav(STEREO, size, codec=codec)
    expected = read(io.BytesIO(pcm(STEREO, RATE, codec=codec)))
    clip = read(io.BytesIO(content), name="talk")
    assert clip.samples.shape[1] == pytest.approx(expected.samples.shape[1], abs=8)
    assert np.array_equal(clip.samples[:, :280000], expected.samples[:, :280000])
    assert caplog.messages == []


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 1_000_000])
def test_samples_beyond_4_gib_are_read(size, tmp_path):
    """`size` 1,000,000 is the length modulo 32 bits."""
    head = lying_wav(tone(0.1, RATE), size)[:44]
    path = tmp_path / "long.wav"
    start = (1 << 32) + 1_000_000 - 2 * RATE
    with path.open("wb") as file:  # the file is sparse: it takes no space
        file.write(head)
        file.seek(44 + start)
        file.write((tone(1.0, RATE)[0] * 32767).astype("<i2").tobytes())
    begin = start / 2 / RATE
    clip = read(path, selection=Selection(start=begin))
    assert clip.duration == pytest.approx(1.0, abs=0.001)
    assert np.allclose(clip.samples[0], tone(1.0, RATE)[0], atol=1e-4)
