import pytest

from audiocli.audio.timecode import format_time, parse_time
from audiocli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("62.5", 62.5),
        ("90s", 90),
        (" .5 ", 0.5),
        ("1:02.5", 62.5),
        ("90:00", 5400),
        ("1:02:03.5", 3723.5),
        ("00:01:02,500", 62.5),
    ],
)
def test_valid_times(text, seconds):
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-1", "1:60", "1:75:00", "1:2:3:4", "1e3", "inf", "nan", "9" * 400, "１"]
)
def test_invalid_times(text):
    with pytest.raises(UsageError) as error:
        parse_time(text)
    assert str(error.value) == (
        f"{text!r} is not a time (write seconds, 62.5, or a clock time, 1:02:03.5)"
    )


def test_formatted_times_are_truncated():
    assert [format_time(s) for s in (0, 5.29, 59.96, 60, 3723.5)] == [
        "0:00.0",
        "0:05.2",
        "0:59.9",
        "1:00.0",
        "1:02:03.5",
    ]
    assert parse_time(format_time(3723.5)) == 3723.5
