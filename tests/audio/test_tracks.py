"""Selection of one of several sound tracks, and the warning that lists the others."""

import io

import av
import pytest

from audiocli.audio.decode import read
from audiocli.audio.selection import Selection
from audiocli.errors import InputError
from inprocess import audiocli
from sounds import pcm, tone, tracks

TWO = tracks(2.0, 4.0, languages=["eng", "ger"])


def length(content: bytes, track: str | None) -> float:
    return read(io.BytesIO(content), name="talk", selection=Selection(track=track)).duration


@pytest.mark.parametrize(
    ("track", "seconds"),
    [
        *[("1", 2), ("2", 4), ("en", 2), ("eng", 2), ("en-US", 2), ("English", 2)],
        *[("de", 4), ("GER", 4), ("deu", 4), ("German", 4)],
    ],
)
def test_a_track_is_chosen_by_number_or_language(track, seconds, caplog):
    assert length(TWO, track) == pytest.approx(seconds, abs=0.06)
    assert caplog.messages == []


def test_unused_tracks_are_listed_in_a_warning(caplog):
    assert length(TWO, None) == pytest.approx(2, abs=0.06)
    assert caplog.messages == [
        "talk: sound track 1 of 2 is used: 1 (eng, aac, mono), 2 (ger, aac, mono) "
        "(--track selects another)"
    ]


@pytest.mark.parametrize("track", ["0", "3", "fr", "x"])
def test_a_track_that_is_not_there(track):
    with pytest.raises(InputError) as error:
        length(TWO, track)
    assert str(error.value) == (
        f"talk: has no track {track}, only 1 (eng, aac, mono), 2 (ger, aac, mono) (change --track)"
    )
    with pytest.raises(InputError, match=f"talk: has no track {track}, only 1 track"):
        length(pcm(tone()), track)


def test_a_track_that_can_be_decoded_is_preferred(caplog):
    unknown = TWO.replace(b"A_AAC", b"A_QQQ", 1)
    assert length(unknown, None) == pytest.approx(4, abs=0.06)
    assert caplog.messages == [
        "talk: sound track 2 of 2 is used: 1 (eng, unknown codec), 2 (ger, aac, mono) "
        "(--track selects another)"
    ]
    with pytest.raises(InputError, match="the codec of its sound track is not supported"):
        length(unknown, "1")


def test_a_default_track_that_cannot_be_decoded_is_replaced() -> None:
    """FFmpeg selects the longer first track as the best, although its codec is unknown."""
    longer = tracks(4.0, 2.0, languages=["eng", "ger"]).replace(b"A_AAC", b"A_QQQ", 1)
    with av.open(io.BytesIO(longer)) as container:
        assert container.streams.best("audio").index == 0
    assert length(longer, None) == pytest.approx(2, abs=0.06)


def test_the_option_of_the_command_line(tmp_path):
    path = tmp_path / "talk.mkv"
    path.write_bytes(TWO)
    done = audiocli("features", path, "-f", "json", "--track", "de")
    assert (done.code, done.stderr) == (0, "")
    assert done.json["duration"] == pytest.approx(4, abs=0.06)
