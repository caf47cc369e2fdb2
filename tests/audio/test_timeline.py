from audiocli.audio.timeline import FrameTimeline

RATE = 1000


def places(start, *frames):
    timeline = FrameTimeline(RATE, start)
    return timeline, [timeline.place(at, length) for at, length in frames]


def test_rounding_of_the_clock_is_no_gap():
    timeline, placed = places(0, (0, 100), (101, 100), (199, 100), (None, 100))
    assert placed == [(0, 0), (100, 0), (200, 0), (300, 0)]
    assert (timeline.end, timeline.gaps) == (400, [])


def test_a_slow_drift_is_made_up_for():
    frames = [(i * 110, 100) for i in range(50)]
    timeline, _ = places(0, *frames)
    assert abs(timeline.end - 5490) <= 110
    assert timeline.gaps


def test_sound_that_begins_late_is_no_gap_but_has_silence_before_it():
    timeline, placed = places(0, (500, 100))
    assert placed == [(0, 500)]
    assert timeline.gaps == []


def test_frames_before_the_start_may_be_left_out():
    timeline, placed = places(2000, (0, 100), (1000, 900), (1900, 200), (2600, 100))
    assert placed == [(0, 0), (1000, 0), (1900, 0), (2100, 500)]
    assert timeline.gaps == [(2100, 500)]


def test_the_delay_of_a_codec_is_no_silence():
    _, placed = places(0, (90, 100), (190, 100), (290, 100))
    assert placed == [(0, 0), (100, 0), (200, 0)]
    _, placed = places(500, (90, 100), (490, 100), (590, 100))
    assert placed == [(0, 0), (400, 0), (500, 0)]


def test_a_pause_becomes_silence():
    timeline, placed = places(0, (0, 100), (3100, 100))
    assert placed == [(0, 0), (100, 3000)]
    assert (timeline.end, timeline.gaps) == (3200, [(100, 3000)])


def test_a_reset_clock_adds_no_silence():
    timeline, placed = places(0, (900_000, 100), (900_100, 100), (0, 100), (100, 100), (400, 100))
    assert placed == [(0, 0), (100, 0), (200, 0), (300, 0), (400, 200)]
    assert timeline.clock == 500
