"""`transcribe --diarize`: words with their speakers, on real speech."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiocli.audio.decode import read
from audiocli.errors import ExitCode
from inprocess import ENVIRON, audiocli

RATE = 16_000
MODEL = ("--model", "whisper-tiny.en")
HELP = "(see `audiocli transcribe --help`)"


@pytest.fixture(scope="module")
def conversation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kennedy, interrupted between two sentences by the voice of `audiocli speak`."""
    folder = tmp_path_factory.mktemp("conversation")
    answer = folder / "answer.wav"
    said = "I never said that the meeting was on Monday. We can meet on Tuesday morning instead."
    assert audiocli("speak", said, "-o", answer).code == ExitCode.OK
    jfk = read(Path(__file__).parents[1] / "data" / "jfk.flac", rate=RATE).samples[0]
    pause = np.zeros(int(0.3 * RATE), np.float32)
    cut = int(7.6 * RATE)  # before "Ask what you can do"
    parts = (jfk[:cut], pause, read(answer, rate=RATE).samples[0], pause, jfk[cut:])
    path = folder / "conversation.wav"
    soundfile.write(path, np.concatenate(parts), RATE)
    return path


@pytest.fixture(scope="module")
def transcript(conversation: Path) -> Path:
    """What `transcribe --diarize` makes of it, with words."""
    path = conversation.with_suffix(".json")
    ran = audiocli("transcribe", conversation, "--diarize", *MODEL, "-w", "-o", path, **ENVIRON)
    assert ran == (ExitCode.OK, "", "")
    return path


def test_every_word_and_segment_has_its_speaker(transcript: Path) -> None:
    segments = json.loads(transcript.read_text())["segments"]
    said: dict[str, str] = {}
    for segment in segments:
        assert {word["speaker"] for word in segment["words"]} == {segment["speaker"]}
        said[segment["speaker"]] = said.get(segment["speaker"], "") + " " + segment["text"]
    assert said.keys() == {"SPEAKER_00", "SPEAKER_01"}
    assert "fellow Americans" in said["SPEAKER_00"] and "can do for your" in said["SPEAKER_00"]
    assert said["SPEAKER_01"].strip().startswith("I never said that the meeting was on Monday")
    turns = [segment["speaker"] for segment in segments]
    assert sum(a != b for a, b in pairwise(turns)) == 2
    assert all(a["end"] <= b["start"] for a, b in pairwise(segments))


@pytest.mark.parametrize(
    ("format", "mark"),
    [("srt", "[SPEAKER_01] I never"), ("vtt", "<v SPEAKER_01>"), ("txt", "SPEAKER_01: I never")],
)
def test_text_says_who_speaks(run: Callable, transcript: Path, format: str, mark: str) -> None:
    assert mark in run("convert", transcript, "-f", format).stdout


def test_turns_are_kept_and_give_what_diarize_gives(
    run: Callable, conversation: Path, transcript: Path, tmp_path: Path
) -> None:
    diarized = run("diarize", conversation, "-f", "json").json
    assert json.loads(transcript.read_text())["turns"] == diarized["turns"]
    turns = tmp_path / "turns.json"
    turns.write_text(json.dumps(diarized))
    for options in (("-f", "rttm"), ("-f", "audacity"), ("--stats", "-f", "csv")):
        assert run("convert", transcript, *options) == run("convert", turns, *options)
    for format in ("textgrid", "csv"):
        shown = run("convert", turns, "-f", format)
        assert run("convert", transcript, "--turns", "-f", format) == shown
        assert run("convert", transcript, "-f", format).stdout != shown.stdout
    lanes = []
    for number, path in enumerate((turns, transcript)):
        picture = tmp_path / f"{number}.svg"
        assert run("convert", path, "-o", picture, "--width", "500") == (0, "", "")
        lanes.append(picture.read_text())
    assert "SPEAKER_01" in lanes[0]
    assert lanes[0].replace("pyannote-campplus", "whisper-tiny.en") == lanes[1]
    out = tmp_path / "out"
    assert run("convert", transcript, "-f", "srt,rttm,png", "-d", out) == (0, "", "")
    names = [f"conversation.{suffix}" for suffix in ("png", "rttm", "srt")]
    assert sorted(path.name for path in out.glob("[!.]*")) == names


def test_turns_begin_where_the_part_begins(
    run: Callable, conversation: Path, tmp_path: Path
) -> None:
    part = ("--start", "7", "--end", "14")
    path = tmp_path / "part.json"
    assert run("transcribe", conversation, "--diarize", *MODEL, *part, "-o", path).code == 0
    result = json.loads(path.read_text())
    assert (result["start"], result["duration"]) == (7.0, 7.0)
    assert all(7.0 <= turn["start"] < turn["end"] <= 14.0 for turn in result["turns"])
    plain = run("transcribe", conversation, *MODEL, *part, "-f", "json").json
    assert (plain["start"], plain["turns"]) == (7.0, None)


def test_without_turns_their_formats_are_refused(
    run: Callable, conversation: Path, tmp_path: Path
) -> None:
    path = tmp_path / "plain.json"
    assert run("transcribe", conversation, *MODEL, "-o", path).code == 0
    told = (
        f"error: {path}: this transcript has no speaker turns "
        "(audiocli transcribe --diarize and audiocli diarize find them)\n"
    )
    for options in (["-f", "rttm"], ["--stats"], ["--turns", "-f", "csv"]):
        assert run("convert", path, *options) == (4, "", told)


def test_speakers_get_names(run: Callable, transcript: Path, tmp_path: Path) -> None:
    names = ("--rename", "SPEAKER_00=Jack  Kennedy", "--rename", "SPEAKER_01=x=y")
    srt = run("convert", transcript, "-f", "srt").stdout
    named = srt.replace("SPEAKER_00", "Jack Kennedy").replace("SPEAKER_01", "x=y")
    assert run("convert", transcript, *names, "-f", "srt") == (0, named, "")
    rttm = run("convert", transcript, *names, "-f", "rttm").stdout
    assert {line.split()[7] for line in rttm.splitlines()} == {"Jack_Kennedy", "x=y"}
    named = run("convert", transcript, *names, "-f", "json")
    assert "SPEAKER_0" not in named.stdout
    (tmp_path / "named.json").write_text(named.stdout)
    unknown = run("convert", tmp_path / "named.json", "--rename", "Jack=John", "-f", "txt")
    assert unknown.stderr == (
        "warning: --rename: no speaker is called Jack (speakers: Jack Kennedy, x=y)\n"
    )


def test_two_speakers_can_become_one(run: Callable, transcript: Path) -> None:
    names = ("--rename", "SPEAKER_00=A", "--rename", "SPEAKER_01=A")
    joined = run("convert", transcript, *names, "--turns", "-f", "json").json
    assert joined["speakers"] == ["A"]
    assert all(a["end"] <= b["start"] for a, b in pairwise(joined["turns"]))
    assert run("convert", transcript, *names, "--stats", "-f", "json").json["overlap"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rename", "A"], '--rename A: not OLD=NEW (--rename SPEAKER_00="Ada Lovelace")'),
        (["--rename", "A= "], "--rename A= : not OLD=NEW"),
        (["--rename", "A=B", "--rename", "A=C"], "--rename gives A two names"),
        (["--turns", "--stats"], "--turns and --stats exclude each other"),
    ],
)
def test_renames_that_cannot_be(
    run: Callable, transcript: Path, options: list[str], message: str
) -> None:
    answer = run("convert", transcript, *options)
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"error: {' '.join(message.split())}")


def test_a_corrected_text_keeps_words_and_tiers_together(
    run: Callable, transcript: Path, tmp_path: Path
) -> None:
    result = json.loads(transcript.read_text())
    segment = next(s for s in result["segments"] if "Americans" in s["text"])
    before = {word["text"]: word for word in segment["words"]}
    segment["text"] = segment["text"].replace("Americans", "Bavarians")
    path = tmp_path / "fixed.json"
    path.write_text(json.dumps(result))
    fixed = run("convert", path, "-f", "json").json
    segment = next(s for s in fixed["segments"] if "Bavarians" in s["text"])
    assert " ".join(word["text"] for word in segment["words"]) == segment["text"]
    for word in segment["words"]:
        old = before[word["text"].replace("Bavarians", "Americans")]
        assert (word["start"], word["end"]) == pytest.approx((old["start"], old["end"]), abs=2e-3)
    grid = run("convert", path, "-f", "textgrid").stdout
    assert grid.count("Bavarians") == 2 and "Americans" not in grid


def test_all_options_of_diarize_are_there(run: Callable, conversation: Path) -> None:
    """One person at a distance that joins everybody, or by a maximum of one."""
    for options in (
        ("--clustering-threshold", "2"),
        ("--max-speakers", "1"),
        ("--min-speakers", "1"),
    ):
        ran = run("transcribe", conversation, "--diarize", *options, *MODEL, "-f", "json")
        direct = run("diarize", conversation, *options, "-f", "json").json
        assert ran.json["turns"] == direct["turns"]
    assert len({turn["speaker"] for turn in ran.json["turns"]}) == 2
    refusals: list[tuple[str, ...]] = [
        *(("--diarize-model", "x"), ("--num-speakers", "2"), ("--min-speakers", "2")),
        *(
            ("--max-speakers", "2"),
            ("--clustering-threshold", "0"),
            ("--identify-speakers",),
            ("--link-speakers",),
        ),
    ]
    for refusal in refusals:
        refused = run("transcribe", conversation, *refusal)
        assert refused == (2, "", f"error: {refusal[0]} requires --diarize {HELP}\n")
    answer = run("transcribe", conversation, "--diarize", "--diarize-model", "no-such", *MODEL)
    assert answer.code == ExitCode.MODEL_UNAVAILABLE
    answer = run("transcribe", "x.wav", "--diarize", "--min-speakers", "3", "--max-speakers", "2")
    assert answer == (2, "", f"error: --min-speakers 3 is more than --max-speakers 2 {HELP}\n")


def test_speakers_are_linked_in_the_order_of_the_inputs(
    run: Callable, conversation: Path, jfk: Path, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.wav"
    said = "I never said that the meeting was on Monday. We can meet on Tuesday morning instead."
    assert run("speak", said, "-o", answer).code == 0
    command = ("--diarize", "--link-speakers", *MODEL, "-f", "jsonl")
    ran = run("transcribe", conversation, answer, jfk, *command)
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [{turn["speaker"] for turn in one["turns"]} for one in found] == [
        {"SPEAKER_00", "SPEAKER_01"},
        {"SPEAKER_01"},
        {"SPEAKER_00"},
    ]


def test_words_are_left_out_where_nobody_asked(run: Callable, conversation: Path) -> None:
    ran = run("transcribe", conversation, "--diarize", *MODEL, "--num-speakers", "1", "-f", "json")
    assert {segment["speaker"] for segment in ran.json["segments"]} == {"SPEAKER_00"}
    assert all(segment["words"] == [] for segment in ran.json["segments"])


def test_known_voices_are_named(
    run: Callable, conversation: Path, jfk: Path, tmp_path: Path
) -> None:
    env = {"AUDIOCLI_VOICES": str(tmp_path / "voices.json")}
    assert run("voices", "enroll", "Kennedy", jfk, **env).code == ExitCode.OK
    ran = run(
        "transcribe", conversation, "--diarize", "--identify-speakers", *MODEL, "-f", "json", **env
    )
    assert {s["speaker"] for s in ran.json["segments"]} == {"Kennedy", "SPEAKER_01"}


def test_silence_and_a_bad_file_beside_speech(
    run: Callable, conversation: Path, tmp_path: Path
) -> None:
    silent, broken = tmp_path / "silent.wav", tmp_path / "broken.wav"
    soundfile.write(silent, np.zeros(2 * RATE, np.float32), RATE)
    broken.write_bytes(b"no sound")
    inputs = (silent, broken, conversation)
    ran = run("transcribe", *inputs, "--diarize", *MODEL, "-d", tmp_path / "out", "-f", "txt")
    assert ran.code == ExitCode.SOME_FAILED
    assert ran.stderr.count("error: ") == 1 and "broken.wav" in ran.stderr
    texts = {path.stem: path.read_text() for path in (tmp_path / "out").rglob("*.txt")}
    assert texts["silent"] == "" and "SPEAKER_01" in texts["conversation"]


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kennedy on the left and an answer on the right, who begins before he ends; both leak."""
    folder = tmp_path_factory.mktemp("call")
    answer = folder / "answer.wav"
    said = "I never said that the meeting was on Monday. We can meet on Tuesday morning instead."
    assert audiocli("speak", said, "-o", answer).code == ExitCode.OK
    jfk = read(Path(__file__).parents[1] / "data" / "jfk.flac", rate=RATE).samples[0]
    reply = read(answer, rate=RATE).samples[0]
    begin = 10 * RATE
    sound = np.zeros((begin + len(reply), 2), np.float32)
    sound[: len(jfk), 0] = jfk
    sound[begin:, 1] = reply
    sound += 0.02 * sound[:, ::-1]
    path = folder / "call.wav"
    soundfile.write(path, sound, RATE)
    return path


@pytest.mark.parametrize("source", ["file", "stdin"])
def test_each_channel_can_be_a_speaker(call: Path, source: str) -> None:
    args = ("--channel-speakers", *MODEL, "-w", "-f", "json")
    if source == "stdin":
        ran = audiocli("transcribe", "-", *args, stdin=call.read_bytes(), **ENVIRON)
    else:
        ran = audiocli("transcribe", call, *args, **ENVIRON)
    assert (ran.code, ran.stderr) == (ExitCode.OK, "")
    said: dict[str, str] = {}
    for segment in ran.json["segments"]:
        assert {word["speaker"] for word in segment["words"]} == {segment["speaker"]}
        said[segment["speaker"]] = said.get(segment["speaker"], "") + " " + segment["text"]
    assert said.keys() == {"CHANNEL_1", "CHANNEL_2"}
    assert "what you can do for your country" in said["CHANNEL_1"]
    assert "Monday" not in said["CHANNEL_1"]
    assert said["CHANNEL_2"].strip().startswith("I never said that the meeting was on Monday")
    assert "country" not in said["CHANNEL_2"]
    starts = [segment["start"] for segment in ran.json["segments"]]
    assert starts == sorted(starts)
    assert {turn["speaker"] for turn in ran.json["turns"]} == {"CHANNEL_1", "CHANNEL_2"}
    assert ran.json["duration"] == pytest.approx(soundfile.info(call).duration, abs=0.01)


def test_a_recording_of_one_channel_fails_alone(call: Path, tmp_path: Path) -> None:
    mono = tmp_path / "mono.wav"
    soundfile.write(mono, soundfile.read(call)[0][:RATE, 0], RATE)
    args = ("--channel-speakers", *MODEL, "-f", "jsonl")
    ran = audiocli("transcribe", mono, call, *args, **ENVIRON)
    assert ran.code == ExitCode.SOME_FAILED
    assert ran.stderr == (f"error: {mono}: has only one channel (leave out --channel-speakers)\n")
    assert json.loads(ran.stdout)["source"] == str(call)


def test_crosstalk_is_silenced() -> None:
    from audiocli.tasks.transcription.channel_transcripts import without_crosstalk

    noise = np.random.default_rng(0).normal(0, 0.1, (2, 4 * RATE)).astype(np.float32)
    noise[0, 2 * RATE :] *= 0.02
    noise[1, : 2 * RATE] *= 0.02
    cleaned = without_crosstalk(noise, RATE)
    assert np.array_equal(cleaned[0, :RATE], noise[0, :RATE])
    assert np.array_equal(cleaned[1, -RATE:], noise[1, -RATE:])
    assert not cleaned[0, -RATE:].any()
    assert not cleaned[1, :RATE].any()
