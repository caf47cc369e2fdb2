"""What holds for all forms of datasets."""

from __future__ import annotations

import gc
import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.batch.datasets import dataset_inputs
from audiocli.batch.datasets.dataset_inputs import safe_key
from audiocli.errors import MissingExtra, UsageError
from audiocli.schema import from_dict
from datasets_of_tones import clip, keys, rows, samples_of_tar, write_json_lines, write_tar


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    return write_tar(tmp_path / "x.tar", samples_of_tar(3))


@given(st.lists(st.text(), min_size=1).map("/".join))
def test_keys_are_safe_paths(key: str) -> None:
    safe = safe_key(key)
    steps = safe.split("/")
    assert not PurePosixPath(safe).is_absolute()
    assert all(step and step not in {".", ".."} and len(step.encode()) < 220 for step in steps)
    assert not set('\0\n\\:*?"<>|') & set(safe)


@given(
    st.lists(st.text(st.characters(exclude_characters="/"), min_size=1), min_size=2, unique=True)
)
def test_changed_keys_stay_different(texts: list[str]) -> None:
    texts = [text for text in texts if text != "."]
    assert len({safe_key(text) for text in texts}) == len(texts)


def test_limit_and_shuffle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [(f"{n:02}.wav", clip()) for n in range(20)]
    for name in "abc":
        write_tar(tmp_path / f"{name}.tar", files)
    in_order = keys(tmp_path)
    assert keys(tmp_path, limit=3) == in_order[:3] == ["a/00", "a/01", "a/02"]
    shuffled = keys(tmp_path, shuffle=1)
    assert shuffled != in_order
    assert sorted(shuffled) == in_order
    assert keys(tmp_path, shuffle=1, limit=5) == shuffled[:5] != keys(tmp_path, shuffle=2)[:5]
    for name, value in (("_SHUFFLED", 4), ("_SHUFFLED_BYTES", 4 * len(clip()))):
        with monkeypatch.context() as small:
            small.setattr(dataset_inputs, name, value)
            few = keys(tmp_path, shuffle=1)
        assert sorted(few) == in_order
        assert few != shuffled  # drawn from few samples


def test_results_have_the_columns(run, shard: Path, tmp_path: Path) -> None:
    ran = run("features", "--dataset", shard, "-d", tmp_path / "out", "-f", "json,csv")
    assert (ran.code, ran.stdout) == (0, "")
    document = json.loads((tmp_path / "out/a/001.json").read_text())
    columns = {"speaker": "s1", "score": 0.5, "text": "text 1", "label": 7}
    assert (document["source"], document["columns"]) == (f"{shard}#a/001", columns)
    assert from_dict(document).columns == columns
    converted = run("convert", tmp_path / "out/a/001.json", "-f", "jsonl")
    assert rows(converted) == [document]


def test_a_run_continues(run, tmp_path: Path, shard: Path) -> None:
    command = ("features", "--dataset", shard, "-d", tmp_path / "out", "-f", "json")

    def states(*options: object) -> list[str]:
        lines = run(*command, "--dry-run", *options).stdout.splitlines()
        return [line.split("\t")[0] for line in lines]

    assert states() == ["new"] * 3
    assert run(*command, "--limit", "2").code == 0
    assert states() == ["done", "done", "new"] == states("--checksum")
    again = run(*command)
    assert "2 of 3 outputs exist already" in again.stderr
    assert states() == ["done"] * 3

    files = samples_of_tar(3)
    files[0] = (files[0][0], clip(7))  # other audio
    files[7] = (files[7][0], b'{"speaker": "other"}')  # other columns
    write_tar(shard, files)
    assert states() == ["stale", "stale", "done"]
    assert "2 of 3 outputs are made again: the input changed" in run(*command).stderr
    assert states("--shuffle", "1") == ["done"] * 3
    assert "audiocli transcribe" not in run(*command).stderr


@pytest.mark.parametrize(
    "options",
    [
        ("-f", "jsonl"),
        ("-f", "json", "-d", "out"),
        ("-f", "json", "-d", "out", "--jobs", "2", "-o", "all.csv"),
    ],
)
def test_few_samples_are_held(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    shard = write_tar(tmp_path / "x.tar", [(f"{n}.wav", clip()) for n in range(40)])
    held = []
    make = dataset_inputs._input

    def counting(*arguments: Any) -> Any:
        held.append(sum(isinstance(one, dataset_inputs.DatasetInput) for one in gc.get_objects()))
        return make(*arguments)

    monkeypatch.setattr(dataset_inputs, "_input", counting)
    assert run("features", "--dataset", shard, *options).code == 0
    assert len(held) == 40
    assert max(held) < 16


def test_results_of_another_dataset_are_kept(run, tmp_path: Path, shard: Path) -> None:
    out = tmp_path / "out"
    assert run("features", "--dataset", shard, "-d", out, "-f", "json").code == 0
    before = (out / "a/000.json").read_bytes()
    other = write_tar(tmp_path / "y.tar", [*samples_of_tar(1), ("new.wav", clip())])
    ran = run("features", "--dataset", other, "-d", out, "-f", "json")
    assert ran.code == 1
    assert f"error: {other}#a/000: {out}/a/000.json is the result of dataset://{shard}#a/000 (" in ran.stderr  # fmt: skip # noqa: E501
    assert (out / "a/000.json").read_bytes() == before
    assert (out / "new.json").exists()


def test_texts_of_samples_are_found_by_key(run, tmp_path: Path, jfk: Path) -> None:
    shard = write_tar(tmp_path / "x.tar", [("talks/k1.flac", jfk.read_bytes())])
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/k1.txt").write_text("And so my fellow Americans")
    arguments = ("align", "--dataset", shard, "--text-file")
    (found,) = rows(run(*arguments, tmp_path / "texts", "-f", "jsonl"))
    assert found["source"] == f"{shard}#talks/k1"
    ran = run(*arguments, tmp_path / "texts/k1.txt")
    assert ran.code == 2
    assert "k1.txt is one text, and there are several recordings" in ran.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("x.wav", "--dataset", "d"), "INPUT does not apply with --dataset"),
        (("--files-from", "l", "--dataset", "d"), "--files-from does not apply with --dataset"),
        (("--hidden", "--dataset", "d"), "--hidden does not apply with --dataset"),
        (("x.wav", "--split", "s"), "--split requires --dataset"),
        (("x.wav", "--limit", "1"), "--limit requires --dataset"),
        (("x.wav", "--shuffle", "1"), "--shuffle requires --dataset"),
        (("x.wav", "--column", "c"), "--column requires --dataset"),
        (("--dataset", "no-such"), "no-such: is not a dataset (give a folder, .parquet,"),
        (("--dataset", "no/such.tar"), "no/such.tar: no such file or folder (check the path)"),
        (("--dataset", "no{1..2}.parquet"), "no{1..2}.parquet: no such file or folder"),
        (("--dataset", "audiofolder:no"), "audiofolder:no: no such file or folder"),
    ],
)
def test_invalid_command_lines(run, options: tuple[str, ...], message: str) -> None:
    ran = run("features", *options)
    assert ran.code == 2
    assert ran.stderr.startswith(f"error: {message}")


def test_an_empty_dataset_is_refused(run, tmp_path: Path) -> None:
    ran = run("features", "--dataset", tmp_path)
    assert ran.code == 2
    assert ran.stderr.startswith(f"error: {tmp_path}: the dataset has no samples (check the name)")


def test_formats_of_one_result_need_a_folder(run, shard: Path) -> None:
    ran = run("spectrogram", "--dataset", shard, "-f", "png")
    assert ran.code == 2
    assert "png can hold only one result" in ran.stderr
    one = ("spectrogram", "--dataset", shard, "--limit", "1", "-o", shard.with_suffix(".png"))
    assert run(*one).code == 0


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").touch()
    from audiocli.batch.datasets import hub, parquet

    for module in (hub, parquet):
        monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match="needs the extra 'parquet'"):
        keys(tmp_path / "x.parquet")
    with pytest.raises(MissingExtra, match="needs the extra 'datasets'"):
        keys("org/name")
    with pytest.raises(UsageError, match="offline mode is on"):
        keys("https://example.org/x.tar", offline=True)


def test_the_form_may_be_named(tmp_path: Path) -> None:
    write_tar(tmp_path / "x.tar", [("a.wav", clip())])
    (tmp_path / "b.wav").write_bytes(clip())
    write_json_lines(tmp_path / "t.jsonl", [{"path": "b.wav"}])
    assert keys(tmp_path) == ["a"]
    assert keys(f"audiofolder:{tmp_path}") == ["b.wav"]
    assert keys(f"audiofolder:{tmp_path}/t.jsonl") == ["b.wav"]


@pytest.mark.parametrize("command", ["features", "embed"])
def test_parquet_has_the_columns(run, tmp_path: Path, command: str) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    about = [b'{"age": 1, "id": "x", "ok": true}', b'{"age": 2.5, "id": 7}']
    files = [
        (f"{number}.{suffix}", content)
        for number, columns in enumerate(about)
        for suffix, content in (("wav", clip(3)), ("json", columns))
    ]
    shard = write_tar(tmp_path / "x.tar", files)
    ran = run(command, "--dataset", shard, "-o", tmp_path / "x.parquet")
    assert ran.code == 0, ran.stderr
    table = parquet.read_table(tmp_path / "x.parquet").to_pydict()
    found = {name: table[f"columns.{name}"] for name in ("age", "id", "ok")}
    assert found == {"age": [1.0, 2.5], "id": ["x", "7"], "ok": [True, None]}
