"""Inputs that cannot be read fail with a one-line error that names them and the remedy."""

import io
import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocli.audio.decode import open_audio, read
from audiocli.audio.selection import Selection
from audiocli.errors import InputError
from sounds import coded, pcm, silent_video, tone

TONE = tone(1.0, 48000)
WAV = pcm(TONE, 48000)
FLAC = pcm(TONE, 48000, "FLAC")
UNKNOWN = "is not audio in a supported format (if a player can open it, convert it to WAV)"


def error_of(source, **options) -> str:
    with pytest.raises(InputError) as caught:
        read(source, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"Dear Sir,\nthis is no sound.\n" * 50, UNKNOWN),
        (b"\0" * 5000, UNKNOWN),
        (np.random.default_rng(0).bytes(50_000), UNKNOWN),
        (pcm(TONE[:, :0], 48000), "contains no sound"),
        (WAV[:44], "is damaged: nothing in it can be decoded"),
        (b"RIFF\x24\0\0\0WAVEfmt ", UNKNOWN),
        (WAV[:24] + b"\x64\0\0\0" + WAV[28:], "is damaged: its header claims 1 channels at 100 Hz"),
        (silent_video(), "is a video without a sound track"),
        (coded("m4a", TONE)[:-300], UNKNOWN),
        (FLAC[:100], "is damaged: nothing in it can be decoded"),
    ],
)
def test_files_that_are_not_sound(content, problem, tmp_path, capfd):
    path = tmp_path / "talk.wav"
    path.write_bytes(content)
    assert error_of(path).startswith(f"{path}: {problem}")
    assert error_of(io.BytesIO(content), name="-").startswith(f"stdin: {problem}")
    assert capfd.readouterr() == ("", "")  # decoders would print to the process's stderr


def test_paths_that_cannot_be_opened(tmp_path):
    assert error_of(tmp_path / "no.wav") == f"{tmp_path}/no.wav: no such file (check the path)"
    assert error_of(tmp_path) == f"{tmp_path}: is a folder, not an audio file (name a file in it)"
    assert error_of("a\0b.wav") == "a\0b.wav: embedded null byte (check the path)"
    assert error_of("x" * 300) == "x" * 300 + ": file name too long (choose a shorter name)"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "secret.wav"
    path.write_bytes(WAV)
    path.chmod(0)
    assert error_of(path) == f"{path}: permission denied (change its permissions)"


@pytest.mark.parametrize("content", [WAV, coded("mp3", TONE)])
def test_a_disk_that_fails(content):
    class Failing(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 5000:
                raise OSError(5, "Input/output error")
            return super().read(min(size, 4096) if size > 0 else size)

    problem = "x.wav: input/output error (check the disk or the network)"
    assert error_of(Failing(content), name="x.wav") == problem


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_selections_beyond_the_sound(kind):
    content = WAV if kind == "wav" else coded("mp3", TONE)
    selection = Selection(start=90)
    problem = "stdin: ends at 0:01.0, before --start 1:30.0 (lower --start)"
    assert error_of(io.BytesIO(content), selection=selection) == problem
    assert error_of(io.BytesIO(content), selection=Selection("right")) == (
        "stdin: has no channel right, only 1 channel (change --channel)"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_numbers(value):
    samples = tone(30.0, 48000, 2)
    samples[1, 48000 * 21 + 5000] = value
    content = pcm(samples, 48000, codec="FLOAT")
    assert error_of(io.BytesIO(content), rate=16000) == (
        "stdin: the sample at 0:21.1 is not a number "
        "(the program that wrote the file stored invalid values; export it again as PCM)"
    )
    assert read(io.BytesIO(content), selection=Selection("left")).duration == 30


def test_a_playlist_opens_no_other_file(tmp_path):
    (tmp_path / "secret.wav").write_bytes(WAV)
    for name, text in {
        "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n",
        "list.ffconcat": "ffconcat version 1.0\nfile secret.wav\n",
    }.items():
        (tmp_path / name).write_text(text)
        assert error_of(tmp_path / name) == f"{tmp_path / name}: {UNKNOWN}"


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve files without a log on stderr."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_addresses(tmp_path):
    (tmp_path / "tone.wav").write_bytes(WAV)
    handler = partial(QuietHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert read(f"{url}/tone.wav").duration == 1.0
        problem = "server returned 404 not found (check the URL and the network)"
        assert error_of(f"{url}/no.wav") == f"{url}/no.wav: {problem}"
        server.shutdown()
    refused = "connection refused (check the URL and the network)"
    assert error_of(f"{url}/tone.wav") == f"{url}/tone.wav: {refused}"
    assert error_of(f"{url}/tone.wav", offline=True) == (
        f"{url}/tone.wav: is a URL, and offline mode is on (download it first)"
    )


VICTIMS = {
    "wav": WAV,
    "flac": FLAC,
    "mp3": coded("mp3", TONE),
    "ogg": pcm(TONE, 48000, "OGG"),
    "m4a": coded("m4a", TONE, fast_start=True),
    "webm": coded("webm", TONE),
}


@pytest.mark.parametrize("kind", VICTIMS)
@settings(max_examples=300, deadline=5000)
@given(data=st.data())
def test_damage_gives_sound_or_one_error(kind, data):
    """Draw truncations, changed bytes and inserted bytes, most of them in the header."""
    content = bytearray(VICTIMS[kind])
    place = st.integers(0, 300) | st.integers(0, len(content) - 1)
    for at, byte in data.draw(st.lists(st.tuples(place, st.integers(0, 255)), max_size=20)):
        content[at] = byte
    if data.draw(st.booleans()):
        at = data.draw(place)
        content[at:at] = data.draw(st.binary(max_size=50))
    del content[data.draw(st.just(len(content)) | place) :]
    try:
        with open_audio(io.BytesIO(content), rate=16000, name="x") as stream:
            seconds = sum(block.shape[1] for block in stream) / stream.rate
        assert seconds > 0
    except InputError as error:
        assert str(error).startswith("x: ")
        assert "\n" not in str(error)
