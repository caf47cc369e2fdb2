"""The microphone, with a fake of PortAudio, because test machines have no device."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from audiocli.audio.microphone import open_microphone
from audiocli.audio.selection import Selection
from audiocli.errors import InputError
from conftest import Ran

RATE = 48_000


class PortAudioError(Exception):
    pass


class Stream:
    """Sends two seconds of stereo with a silent right channel as soon as it is started."""

    def __init__(self, *, callback: Any, blocksize: int, channels: int, **_: Any) -> None:
        self._callback, self._size = callback, blocksize
        assert channels == 2
        self.closed = False

    def start(self) -> None:
        block = np.zeros((self._size, 2), np.float32)
        block[:, 0] = 0.5
        for _ in range(2 * RATE // self._size):
            self._callback(block, self._size, None, SimpleNamespace(input_overflow=False))
            block[:] = block  # PortAudio reuses the buffer
        self._callback(block * 0, self._size, None, SimpleNamespace(input_overflow=True))

    def close(self) -> None:
        self.closed = True


def sounddevice(devices: Callable[..., Any], stream: type = Stream) -> Any:
    return SimpleNamespace(query_devices=devices, InputStream=stream, PortAudioError=PortAudioError)


def laptop(**_: Any) -> dict[str, Any]:
    return {"default_samplerate": float(RATE), "max_input_channels": 2}


def nothing(**_: Any) -> dict[str, Any]:
    raise PortAudioError("Error querying device -1")


def test_its_sound_is_mixed_and_resampled_and_ends_where_asked(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(laptop))
    with open_microphone(Event(), rate=16_000, selection=Selection(end=1.5)) as stream:
        samples = np.concatenate(list(stream), axis=1)
    assert samples.shape == (1, 24_000)
    assert samples[0, 1000:-1000] == pytest.approx(0.25, abs=0.01)
    assert "overflowed 1 time(s); samples were lost" in caplog.text


def test_without_a_microphone_or_sounddevice_there_is_one_line(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(nothing))
    ran = run("transcribe", "--mic", "-m", "tiny.en")
    told = "error: microphone: not found (connect a microphone)\n"
    assert (ran.code, ran.stdout, ran.stderr) == (4, "", told)
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    ran = run("transcribe", "--mic", "-m", "tiny.en")
    assert ran.code == 3
    assert "pip install 'audiocli[mic]'" in ran.stderr


def test_a_device_that_falls_silent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiocli.audio.microphone.TIMEOUT", 0.1)
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(laptop))
    with (
        open_microphone(Event(), rate=16_000) as stream,
        pytest.raises(InputError, match="stopped sending audio"),
    ):
        list(stream)


def test_the_words_of_the_microphone_are_written(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, jfk: Path, tmp_path: Path
) -> None:
    import soundfile

    spoken, rate = soundfile.read(jfk, dtype="float32")

    class Speaking(Stream):
        def start(self) -> None:
            status = SimpleNamespace(input_overflow=False)
            for first in range(0, len(spoken), self._size):
                part = spoken[first : first + self._size]
                self._callback(np.stack([part, part], axis=1), len(part), None, status)

    device = {"default_samplerate": rate, "max_input_channels": 2}
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice(lambda **_: device, Speaking))
    out = tmp_path / "minutes.txt"
    ran = run("transcribe", "--mic", "--end", "10.9", "-m", "tiny.en", "-o", out)
    assert (ran.code, ran.stdout, ran.stderr) == (0, "", "")
    assert "your country" in out.read_text()
