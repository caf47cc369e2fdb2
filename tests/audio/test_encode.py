import io

import av
import numpy as np
import pytest

from audiocli.audio.clip import Clip
from audiocli.audio.decode import read
from audiocli.audio.encode import FORMATS, write
from audiocli.audio.writer import Chapter, open_writer
from audiocli.errors import OutputError, UsageError
from sounds import tone

CLIP = Clip(tone(1.0, 16000, 2), 16000, "tone")


@pytest.mark.parametrize("format", FORMATS)
def test_written_files_are_read_back(format, tmp_path):
    write(CLIP, tmp_path / f"tone.{format}")
    buffer = io.BytesIO()
    write(CLIP, buffer, format)
    again = read(tmp_path / f"tone.{format}", rate=16000)  # Vorbis has whole packets
    assert again.duration == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(again.samples[0, :16000], CLIP.samples.mean(axis=0))[0, 1] > 0.98
    assert np.array_equal(read(io.BytesIO(buffer.getvalue()), rate=16000).samples, again.samples)


def test_too_loud_is_clipped_not_wrapped():
    buffer = io.BytesIO()
    write(Clip(np.full((1, 100), 1.5, np.float32), 16000, "loud"), buffer)
    assert read(buffer).samples.min() > 0.99


def test_invalid_formats_and_targets(tmp_path):
    with pytest.raises(UsageError) as unknown:
        write(CLIP, tmp_path / "tone.xyz")
    assert str(unknown.value) == (
        "'xyz' is not an output format (one of: wav, flac, aiff, mp3, ogg, opus)"
    )
    with pytest.raises(OutputError) as unfit:
        write(Clip(CLIP.samples, 7000, "odd"), tmp_path / "tone.mp3")
    problem = "mp3 does not support 7000 Hz with 2 channel(s) (write WAV or FLAC)"
    assert str(unfit.value) == f"{tmp_path}/tone.mp3: {problem}"
    with pytest.raises(OutputError) as nowhere:
        write(CLIP, tmp_path / "no" / "tone.wav")
    assert str(nowhere.value) == (
        f"{tmp_path}/no/tone.wav: cannot be written: no such file or directory "
        "(check the disk, or choose another folder)"
    )


@pytest.mark.parametrize("coding", ["m4b", "mp3", "opus", "flac"])
def test_chapters_begin_where_they_should(coding):
    chapters = [Chapter(0.0, 1.57, "One"), Chapter(1.57, 3.0, "Two = 2; ü")]
    out = io.BytesIO()
    with open_writer(out, 24_000, coding, "book", chapters=chapters) as encoder:
        encoder.write(np.zeros(3 * 24_000, np.float32))
    with av.open(io.BytesIO(out.getvalue())) as book:
        found = [
            (float(c["start"] * c["time_base"]), c["metadata"]["title"]) for c in book.chapters()
        ]
    assert found == [(0.0, "One"), (pytest.approx(1.57, abs=0.001), "Two = 2; ü")]
