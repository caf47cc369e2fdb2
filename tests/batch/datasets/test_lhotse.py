"""Lhotse manifests and Shar folders."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiocli.audio.selection import Selection
from audiocli.errors import UsageError
from datasets_of_tones import clip, keys, read, rows, write_json_lines, write_tar
from sounds import pcm, tone

RATE = 16000


def recording(name: str, seconds: float = 4.0, channels: int = 1, **other: Any) -> dict[str, Any]:
    source = {"type": "file", "channels": list(range(channels)), "source": f"wavs/{name}.wav"}
    return {
        "id": name,
        "sources": [source],
        "sampling_rate": RATE,
        "num_samples": round(seconds * RATE),
        "duration": seconds,
        "channel_ids": source["channels"],
        **other,
    }


def supervision(of: str, text: str, **other: Any) -> dict[str, Any]:
    about = {"start": 0, "duration": 1, "channel": 0, "language": "en"}
    return {"id": f"{of}-{text}", "recording_id": of, **about, "text": text, **other}


def cut(name: str, of: dict[str, Any], **other: Any) -> dict[str, Any]:
    base = {"id": name, "start": 0, "duration": of["duration"], "channel": 0, "supervisions": []}
    return {**base, "recording": of, "type": "MonoCut", **other}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wavs").mkdir()
    (tmp_path / "wavs/one.wav").write_bytes(pcm(tone(4.0)))
    (tmp_path / "wavs/two.wav").write_bytes(pcm(tone(4.0, channels=2)))
    return tmp_path


def test_a_cut_is_a_part_of_a_recording(run, folder: Path) -> None:
    spoken = [supervision("one", "so", speaker="A"), supervision("one", "it is", speaker="A")]
    cuts = [
        cut("c-1", recording("one"), start=1.5, duration=2, supervisions=spoken),
        cut("c-2", recording("two", channels=2), channel=1, custom={"snr": 3.5, "x": [1]}),
    ]
    manifest = write_json_lines(folder / "my_cuts.jsonl", cuts)
    ran = run("features", "--dataset", manifest, "-f", "jsonl")
    first, second = rows(ran)
    columns = {"id": "c-1", "text": "so it is", "speaker": "A", "language": "en"}
    assert (first["source"], first["duration"]) == (f"{manifest}#c-1", 2.0)
    assert (first["columns"], second["columns"]) == (columns, {"snr": 3.5, "id": "c-2"})

    part, right = read(manifest)
    for one, expected in ((part, tone(4.0)[:, 24000:56000]), (right, tone(4.0, channels=2)[1:])):
        with one.open(None) as stream:  # type: ignore[arg-type]
            samples = np.concatenate(list(stream), axis=1)
            assert stream.offset == 0
        assert np.abs(samples - expected).max() < 1e-4
    with part.open(None, selection=Selection(start=0.5, end=1.0)) as stream:  # type: ignore[arg-type]
        samples = np.concatenate(list(stream), axis=1)
    assert np.abs(samples - tone(4.0)[:, 32000:40000]).max() < 1e-4
    assert stream.offset == 0.5


def test_recordings_with_supervisions(folder: Path) -> None:
    write_json_lines(folder / "recordings_train.jsonl", [recording("one"), recording("two")])
    with gzip.open(folder / "supervisions_train.jsonl.gz", "wt") as file:
        file.write(json.dumps(supervision("two", "hello", speaker="B")) + "\n")
    one, two = read(folder)
    assert [str(one.relative), str(two.relative)] == ["one", "two"]
    assert (one.columns, one.audio) == ({"id": "one"}, folder / "wavs/one.wav")
    assert two.columns == {"id": "two", "text": "hello", "speaker": "B", "language": "en"}


def test_what_cannot_be_read_fails_alone(folder: Path) -> None:
    command = {"type": "command", "channels": [0], "source": f"touch {folder}/ran; cat x.wav"}
    cuts = [
        cut("1", {**recording("one"), "sources": [command]}),
        cut("2", recording("one", transforms=[{"name": "Speed"}])),
        cut("3", recording("one"), type="MixedCut"),
        {"id": "4"},
        cut("5", recording("one")),
        cut("5", recording("one")),
    ]
    manifest = write_json_lines(folder / "cuts.jsonl", cuts)
    assert [one.problem for one in read(manifest)] == [
        "has command sources; one of type file or url is supported",
        "has transforms, which are not supported (export it as audio)",
        "is a MixedCut, which is not supported (export it as audio)",
        "has no recording (check the manifest)",
        None,
        "occurs twice in its manifest",
    ]
    assert not (folder / "ran").exists()
    with manifest.open("a") as file:
        file.write("{broken\n")
    assert "cuts.jsonl ends after 6 samples: is damaged" in str(read(manifest)[-1].problem)
    with pytest.raises(UsageError, match="--column does not apply to Lhotse manifests"):
        read(manifest, column="audio")


def test_shar(tmp_path: Path) -> None:
    for shard in range(2):
        names = [f"c{shard}{number}" for number in range(3)]
        cuts = [cut(name, recording(name), supervisions=[supervision(name, "t")]) for name in names]
        with gzip.open(tmp_path / f"cuts.00000{shard}.jsonl.gz", "wt") as file:
            file.write("".join(json.dumps(one) + "\n" for one in cuts))
        files = [(f"{names[0]}.flac", clip(0)), (f"{names[0]}.json", b"{}")]
        files += [(f"{names[1]}.nodata", b""), (f"{names[1]}.nometa", b"")]
        files += [(f"{names[2]}.flac", clip(2)), (f"{names[2]}.json", b"{}")]
        write_tar(tmp_path / f"recording.00000{shard}.tar", files)
    samples = read(tmp_path)
    assert [one.relative.name for one in samples] == ["c00", "c01", "c02", "c10", "c11", "c12"]
    assert [one.audio for one in samples[:3]] == [clip(0), None, clip(2)]
    assert samples[1].problem == "has no audio in the archive"
    assert samples[0].columns == {"id": "c00", "text": "t", "language": "en"}

    write_tar(tmp_path / "recording.000000.tar", [("other.flac", clip())])
    problems = [one.problem for one in read(tmp_path)][:2]
    assert problems == [
        "does not match the audio of other in the archive (export it again)",
        "has no audio: the archive ends before it",
    ]
    (tmp_path / "recording.000000.tar").unlink()
    with pytest.raises(UsageError, match=r"has no recording\.000000\.tar"):
        keys(tmp_path)
