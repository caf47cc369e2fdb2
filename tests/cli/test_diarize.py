import csv
import io
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from PIL import Image

import toy
from audiocli.audio.decode import read
from audiocli.errors import ExitCode
from tiny_pyannote import build_pipeline

RATE = 16_000


@pytest.fixture(autouse=True)
def own_voices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOCLI_VOICES", str(tmp_path / "voices.json"))


@pytest.fixture
def voices(jfk: Path) -> tuple[np.ndarray, np.ndarray]:
    """The same speech in two voices: as it is, and slower and lower."""
    man = read(jfk, rate=RATE).samples[0]
    return man, soxr.resample(man, 0.8 * RATE, RATE).astype(np.float32)


@pytest.fixture
def dialogue(voices: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> Path:
    """Two voices that take turns: the first ends at 5 s, the second begins at 5.5 s."""
    man, other = voices
    pause = np.zeros(RATE // 2, np.float32)
    parts = (man[: 5 * RATE], pause, other, pause, man[5 * RATE :])
    path = tmp_path / "dialogue.wav"
    soundfile.write(path, np.concatenate(parts), RATE)
    return path


def written(path: Path, samples: np.ndarray) -> Path:
    soundfile.write(path, samples, RATE)
    return path


def test_two_voices_are_two_speakers(run: Callable, dialogue: Path) -> None:
    ran = run("diarize", dialogue, "-f", "json")
    assert (ran.code, ran.stderr) == (ExitCode.OK, "")
    turns = ran.json["turns"]
    assert (turns[0]["speaker"], turns[-1]["speaker"]) == ("SPEAKER_00", "SPEAKER_00")
    middle = [
        turn for turn in turns if 5.5 < turn["start"] < 19 and turn["speaker"] != "SPEAKER_01"
    ]
    assert sum(turn["end"] - turn["start"] for turn in middle) < 0.5
    assert turns[0]["end"] == pytest.approx(5.0, abs=0.7)
    assert turns[1]["start"] == pytest.approx(5.9, abs=0.4)
    assert ran.json["speakers"] == ["SPEAKER_00", "SPEAKER_01"]


def test_rttm_is_what_a_pipe_gets(run: Callable, dialogue: Path) -> None:
    lines = [line.split() for line in run("diarize", dialogue).stdout.splitlines()]
    assert {(f[0], f[1], f[2], len(f)) for f in lines} == {("SPEAKER", "dialogue", "1", 10)}
    assert {f[7] for f in lines} == {"SPEAKER_00", "SPEAKER_01"}


def test_a_picture_has_a_lane_for_each(run: Callable, dialogue: Path, tmp_path: Path) -> None:
    for name in ("a.png", "a.svg", "a.pdf"):
        assert run("diarize", dialogue, "-o", tmp_path / name).code == ExitCode.OK
    assert Image.open(tmp_path / "a.png").width == 1000
    assert (tmp_path / "a.svg").read_text().count("SPEAKER_0") == 2


@pytest.mark.parametrize("format", ["table", "csv", "jsonl", "srt", "textgrid", "audacity"])
def test_every_format_shows_both_speakers(run: Callable, dialogue: Path, format: str) -> None:
    ran = run("diarize", dialogue, "-f", format)
    assert ran.code == ExitCode.OK
    assert "SPEAKER_00" in ran.stdout and "SPEAKER_01" in ran.stdout


def test_stats_are_a_row_a_speaker(run: Callable, dialogue: Path) -> None:
    ran = run("diarize", dialogue, "--stats", "-f", "csv")
    first, second = csv.DictReader(io.StringIO(ran.stdout))
    assert float(second["seconds"]) > float(first["seconds"]) > 8
    assert float(first["share"]) + float(second["share"]) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("options", "count"),
    [(["--num-speakers", 1], 1), (["--max-speakers", 1], 1), (["--num-speakers", 2], 2)],
)
def test_the_number_of_speakers_can_be_told(
    run: Callable, dialogue: Path, options: list, count: int
) -> None:
    assert len(run("diarize", dialogue, *map(str, options), "-f", "json").json["speakers"]) == count


def test_one_speaker_is_one(run: Callable, jfk: Path) -> None:
    assert run("diarize", jfk, "-f", "json").json["speakers"] == ["SPEAKER_00"]


@pytest.mark.parametrize("seconds", [0.01, 0.3, 3, 31])
def test_silence_has_no_speakers(run: Callable, tmp_path: Path, seconds: float) -> None:
    silent = written(tmp_path / "silent.wav", np.zeros(int(seconds * RATE), np.float32))
    ran = run("diarize", silent, "-f", "json")
    assert (ran.code, ran.json["turns"]) == (ExitCode.OK, [])
    for format in ("rttm", "srt", "textgrid"):
        assert run("diarize", silent, "-f", format).code == ExitCode.OK
    assert run("diarize", silent, "-f", "table").stdout.splitlines()[1:] == ["no speech found"]
    assert run("diarize", silent, "--stats", "-f", "json").json["speech"] == 0


def test_a_rooster_is_no_speaker(run: Callable, jfk: Path) -> None:
    assert run("diarize", jfk.with_name("rooster.ogg"), "-f", "json").json["turns"] == []


def test_music_has_no_speakers(run: Callable, tmp_path: Path) -> None:
    """A melody with harmonics and a beat; what is sung would count."""
    time = np.arange(12 * RATE) / RATE
    notes = 220 * 2 ** (np.array([0, 4, 7, 12, 7, 4])[(2 * time).astype(int) % 6] / 12)
    phase = 2 * np.pi * np.cumsum(notes) / RATE
    sound = sum(np.sin(n * phase) / n for n in range(1, 6)) * np.exp(-4 * (2 * time % 1))
    music = written(tmp_path / "music.wav", (0.1 * sound).astype(np.float32))
    assert run("diarize", music, "-f", "json").json["turns"] == []


def test_a_third_of_a_second_of_speech_is_at_most_one_speaker(
    run: Callable, voices: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    word = written(tmp_path / "word.wav", voices[0][int(0.9 * RATE) : int(1.2 * RATE)])
    ran = run("diarize", word, "-f", "json")
    assert (ran.code, ran.stderr) == (ExitCode.OK, "")
    assert all(0 <= turn["start"] < turn["end"] <= 0.3 for turn in ran.json["turns"])
    assert len(ran.json["speakers"]) <= 1


def test_each_channel_can_be_a_speaker(
    run: Callable, voices: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    man, other = voices
    sound = np.zeros((30 * RATE, 2), np.float32)
    sound[: len(man), 0] = man
    sound[12 * RATE : 12 * RATE + len(other), 1] = other
    sound += 0.02 * sound[:, ::-1]  # crosstalk
    stereo = written(tmp_path / "call.wav", sound)
    turns = run("diarize", stereo, "--channel-speakers", "-f", "json").json["turns"]
    assert {turn["speaker"] for turn in turns} == {"CHANNEL_1", "CHANNEL_2"}
    assert all((turn["speaker"] == "CHANNEL_1") == (turn["end"] < 11.5) for turn in turns)


def test_one_speaker_at_a_time_where_it_is_asked_for(
    run: Callable, voices: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    first, second = (voice[: 5 * RATE] for voice in voices)
    call = np.stack([np.pad(first, (0, 2 * RATE)), np.pad(second, (2 * RATE, 0))], axis=1)
    path = written(tmp_path / "call.wav", call)

    def is_overlapped(*options: str) -> bool:
        turns = run("diarize", path, "--channel-speakers", "-f", "json", *options).json["turns"]
        assert {turn["speaker"] for turn in turns} == {"CHANNEL_1", "CHANNEL_2"}
        return any(a["end"] > b["start"] for a, b in pairwise(turns))

    assert (is_overlapped(), is_overlapped("--exclusive")) == (True, False)


def test_one_channel_tells_no_speakers(run: Callable, jfk: Path) -> None:
    ran = run("diarize", jfk, "--channel-speakers")
    assert ran.code == ExitCode.ALL_FAILED
    assert ran.stderr == (f"error: {jfk}: has only one channel (leave out --channel-speakers)\n")


def test_a_part_keeps_the_times_of_the_whole(run: Callable, dialogue: Path) -> None:
    turns = run("diarize", dialogue, "--start", "6", "-f", "json").json["turns"]
    assert all(turn["start"] >= 6 for turn in turns)


def test_enrolled_people_are_named_and_strangers_are_not(
    run: Callable, dialogue: Path, jfk: Path, tmp_path: Path
) -> None:
    assert run("voices", "enroll", "Jack K.", jfk).stderr.startswith("enrolled Jack K. from")
    assert run("voices", "list").stdout.startswith("Jack K.\t")
    assert os.name == "nt" or (tmp_path / "voices.json").stat().st_mode & 0o777 == 0o600
    named = run("diarize", dialogue, "--identify-speakers", "-f", "json").json
    assert named["speakers"] == ["Jack K.", "SPEAKER_01"]
    assert run("voices", "remove", "Jack K.").code == ExitCode.OK
    ran = run("diarize", dialogue, "--identify-speakers")
    assert (ran.code, "no voices are enrolled" in ran.stderr) == (ExitCode.USAGE, True)


def test_nobody_is_enrolled_from_a_dialogue_or_silence(
    run: Callable, dialogue: Path, tmp_path: Path
) -> None:
    ran = run("voices", "enroll", "Both", dialogue)
    assert (ran.code, "2 people speak in it" in ran.stderr) == (ExitCode.ALL_FAILED, True)
    silent = written(tmp_path / "silent.wav", np.zeros(RATE, np.float32))
    assert "too little speech" in run("voices", "enroll", "Nobody", silent).stderr
    assert run("voices", "list").stdout == ""


def test_speakers_are_linked_over_recordings(
    run: Callable, dialogue: Path, voices: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    second = written(tmp_path / "second.wav", voices[1])
    ran = run("diarize", dialogue, second, "--link-speakers", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert {r["speaker"] for r in rows if r["source"] == str(second)} == {"SPEAKER_01"}


def test_verify_tells_people_apart(
    run: Callable, jfk: Path, voices: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    half = written(tmp_path / "half.wav", voices[0][: 5 * RATE])
    other = written(tmp_path / "other.wav", voices[1])
    assert run("verify", jfk, half, "-f", "json").json["same_speaker"] is True
    assert run("verify", jfk, other, "-f", "json").json["same_speaker"] is False
    assert "another person than" in run("verify", jfk, other, "-f", "table").stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--num-speakers", "2", "--max-speakers", "3"], "--num-speakers excludes"),
        (["--min-speakers", "4", "--max-speakers", "3"], "is more than"),
        (["--channel-speakers", "--identify-speakers"], "does not apply with --channel-speakers"),
        (["--stats", "--exclusive"], "--exclusive does not apply with --stats"),
    ],
)
def test_contradictions_are_usage_errors(
    run: Callable, jfk: Path, options: list[str], message: str
) -> None:
    ran = run("diarize", jfk, *options)
    assert (ran.code, message in ran.stderr) == (ExitCode.USAGE, True)


def test_a_pyannote_pipeline_runs_from_a_folder(run: Callable, jfk: Path, tmp_path: Path) -> None:
    folder = build_pipeline(tmp_path / "pipeline")
    ran = run("diarize", jfk, "--model", folder, "--offline", "-f", "json")
    assert ran.code == ExitCode.OK, ran.stderr
    assert ran.json["turns"][0]["end"] > 10
    assert ran.json["model"]["revision"].startswith("folder-")
    ran = run("diarize", jfk, "--model", folder, "--clustering-threshold", "0.5")
    assert (ran.code, "--clustering-threshold does not apply to" in ran.stderr) == (
        ExitCode.USAGE,
        True,
    )


def test_a_broken_pipeline_says_what_is_missing(run: Callable, jfk: Path, tmp_path: Path) -> None:
    folder = build_pipeline(tmp_path / "pipeline")
    (folder / "config.yaml").write_text(
        (folder / "config.yaml").read_text().replace("$model/embedding", "pyannote/nowhere")
    )
    ran = run("diarize", jfk, "--model", folder)
    assert ran.code == ExitCode.MODEL_UNAVAILABLE
    assert "needs pyannote/nowhere" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_gated_pipeline_is_one_line(tmp_path: Path, jfk: Path) -> None:
    name = "pyannote/speaker-diarization-community-1"
    with toy.running_hub({name: toy.FILES}, {name: "gated"}) as (hub, _):
        ran = toy.Program(tmp_path, {"HF_ENDPOINT": hub})("diarize", jfk, "--model", "pyannote")
    assert (ran.code, ran.out) == (ExitCode.MODEL_UNAVAILABLE, "")
    assert ran.err.startswith(f"error: {name} is gated: accept its licence at {hub}/{name} (then")
    assert ran.err.count("\n") == 1
