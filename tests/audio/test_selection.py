import numpy as np
import pytest

from audiocli.audio.selection import Selection
from audiocli.errors import InputError, UsageError

EIGHT = np.arange(16, dtype=np.float32).reshape(8, 2)  # 7.1 sound of two samples


@pytest.mark.parametrize(
    ("channel", "picked"),
    [
        ("mix", [[7, 8]]),
        ("left", [[0, 1]]),
        ("right", [[2, 3]]),
        ("1", [[0, 1]]),
        ("8", [[14, 15]]),
        ("all", EIGHT),
    ],
)
def test_channels(channel, picked):
    selection = Selection(channel)
    assert np.array_equal(selection.pick(EIGHT), picked)
    assert selection.pick(EIGHT).dtype == np.float32
    assert selection.channels(8, "x.wav") == len(picked)


@pytest.mark.parametrize(("channel", "has"), [("right", 1), ("2", 1), ("9", 8)])
def test_a_channel_that_is_not_there(channel, has):
    with pytest.raises(InputError) as error:
        Selection(channel).channels(has, "x.wav")
    plural = "1 channel" if has == 1 else "8 channels"
    assert str(error.value) == f"x.wav: has no channel {channel}, only {plural} (change --channel)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"channel": "centre"},
            "'centre' is not a valid channel "
            "(choose mix, left, right, all, or a number counted from 1)",
        ),
        (
            {"channel": "0"},
            "'0' is not a valid channel (choose mix, left, right, all, or a number counted from 1)",
        ),
        ({"start": -1}, "--start is negative"),
        ({"start": 5, "end": 5}, "--end 5 is not after --start 5"),
    ],
)
def test_invalid_selections(arguments, message):
    with pytest.raises(UsageError) as error:
        Selection(**arguments)
    assert str(error.value) == message


def test_length_of_the_selection():
    assert Selection().length(None) is None
    assert Selection(start=2).length(11) == 9
    assert Selection(start=2, end=5).length(None) == 3
    assert Selection(start=2, end=50).length(11) == 9
    assert Selection(start=20).length(11) == 0
