"""`audiocli train`, and `classify` with what it made."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import tiny_classifiers
from audiocli.audio.decode import read
from audiocli.loading import default_store
from audiocli.models import registry
from audiocli.models.base import DeviceOptions
from conftest import DATA, Ran

pytest.importorskip("sklearn")

Run = Callable[..., Ran]
RATE = 16_000


def sound(kind: str, number: int) -> np.ndarray:
    """Half a second to a second of a low tone, a high one, or noise."""
    rng = np.random.default_rng([number, *map(ord, kind)])
    time = np.arange(int(RATE * rng.uniform(0.5, 1.0))) / RATE
    pitch = {"low, soft": rng.uniform(150, 300), "hoch ♪": rng.uniform(2000, 3000)}.get(kind)
    wave = np.sin(2 * np.pi * pitch * time) if pitch else rng.standard_normal(len(time))
    return (wave * 0.3 + rng.standard_normal(len(time)) * 0.01).astype(np.float32)


KINDS = ("low, soft", "hoch ♪", "noise")


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each label; names say who recorded it."""
    folder = tmp_path_factory.mktemp("sounds")
    for kind in KINDS:
        (folder / kind).mkdir()
        for number in range(8):
            path = folder / kind / f"person{number % 4}-{number}.wav"
            soundfile.write(path, sound(kind, number), RATE)
    return folder


@pytest.fixture(scope="session")
def model(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was trained on them."""
    folder = tmp_path_factory.mktemp("model") / "mine"
    command = [sys.executable, "-m", "audiocli", "train", str(sounds), "-d", str(folder), "-q"]
    subprocess.run([*command, "--group", "person."], check=True, capture_output=True)
    return folder


def scores(answer: Ran) -> dict[str, float]:
    assert (answer.code, answer.stderr) == (0, "")
    return {row["label"]: row["score"] for row in answer.json["labels"]}


def test_report(model: Path) -> None:
    report = json.loads((model / "report.json").read_text("utf-8"))
    assert report["schema"] == "audiocli/training/2"
    assert (report["clips"], report["groups"], report["folds"]) == (24, 4, 4)
    assert report["labels"] == sorted(KINDS)
    judged = report["validation"]
    assert judged["accuracy"] == 1.0
    assert judged["accuracy_low"] == pytest.approx(0.51, abs=0.01)  # four people are not many
    assert [sum(row) for row in judged["confusion"]] == [8, 8, 8]
    assert report["cautions"] == [
        f"fewer than 5 independent examples: {', '.join(sorted(KINDS))}",
        "only 4 folds: no label has more independent examples",
    ]


def test_scores_are_the_same_everywhere(model: Path, run: Run, tmp_path: Path) -> None:
    clip = tmp_path / "new.wav"
    soundfile.write(clip, sound("noise", 99), RATE)
    shown = scores(run("classify", clip, "-m", model, "-f", "json"))
    assert max(shown, key=shown.__getitem__) == "noise"
    moved = shutil.copytree(model, tmp_path / "elsewhere")
    assert scores(run("classify", clip, "-m", moved, "-f", "json")) == shown
    loaded, info = registry.load(str(moved), "classify", DeviceOptions(threads=1), default_store())
    found = loaded.scores([read(clip, rate=RATE).samples[0]])[0]
    assert dict(zip(loaded.labels, found.tolist(), strict=True)) == pytest.approx(shown, abs=1e-4)
    assert info.revision is not None and info.revision.startswith("folder-")


def test_a_trained_model_needs_neither_torch_nor_scikit_learn(model: Path) -> None:
    script = f"""if True:
        import sys
        from audiocli.cli import main
        code = main(["classify", {str(DATA / "rooster.ogg")!r}, "-m", {str(model)!r}, "-q"])
        print(code, *{{"torch", "sklearn", "scipy"}} & {{*sys.modules}}, file=sys.stderr)
    """
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stderr == "0\n"


def test_other_rates_and_cut_clips_are_heard_as_in_training(
    sounds: Path, run: Run, tmp_path: Path
) -> None:
    """What `classify` says of a clip is what the report counted for the very same clip."""
    clips = {"slow.wav": (sound("hoch ♪", 50), 8_000), "cut.wav": (sound("noise", 51)[:3000], RATE)}
    rows = ["path,label"]
    for name, (samples, rate) in clips.items():
        soundfile.write(tmp_path / name, samples[:: RATE // rate], rate)
        rows.append(f"{name},{'hoch ♪' if name == 'slow.wav' else 'noise'}")
    (tmp_path / "test.csv").write_text("\n".join(rows), "utf-8")
    options = ("--test", tmp_path / "test.csv", "-d", tmp_path / "m", "-f", "json")
    trained = run("train", sounds, *options)
    assert trained.code == 0
    expected = trained.json["test"]["log_loss"]
    found = [
        scores(run("classify", tmp_path / name, "-m", tmp_path / "m", "-f", "json"))[label]
        for name, label in (("slow.wav", "hoch ♪"), ("cut.wav", "noise"))
    ]
    assert -np.log(found).mean() == pytest.approx(expected, abs=2e-4)


def test_vectors_are_cached_by_content(sounds: Path, run: Run, tmp_path: Path) -> None:
    env = {"AUDIOCLI_CACHE": str(tmp_path / "cache")}
    models = default_store().cache_dir / "models"
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "models").symlink_to(models)
    for number in range(2):
        options = ("-d", tmp_path / f"m{number}", "-f", "json")
        assert run("train", sounds, *options, **env).code == 0
        kept = sorted((tmp_path / "cache" / "vectors").rglob("*.npz"))
        assert len(kept) == 24
        kept[number].write_bytes(b"damaged")  # is made again
    weights = [np.load(tmp_path / f"m{n}" / "head.npz")["weights0"] for n in range(2)]
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-4)
    run("train", sounds, "--window", "2", "-d", tmp_path / "m2", **env)
    assert len(list((tmp_path / "cache" / "vectors").rglob("*.npz"))) == 48


def test_corrupt_files_are_told_and_left_out(sounds: Path, run: Run, tmp_path: Path) -> None:
    folder = shutil.copytree(sounds, tmp_path / "sounds")
    (folder / "noise" / "bad.wav").write_bytes(b"no sound")
    (folder / "broken").mkdir()
    (folder / "broken" / "empty.wav").touch()
    answer = run("train", folder, "-d", tmp_path / "m", "-f", "json")
    assert answer.code == 1
    lines = answer.stderr.splitlines()
    assert len(lines) == 2
    assert (
        f"error: {folder / 'broken' / 'empty.wav'}: is empty (download or copy it again)" in lines
    )
    assert any(line.startswith(f"error: {folder / 'noise' / 'bad.wav'}: ") for line in lines)
    assert (answer.json["clips"], answer.json["failed"]) == (24, 2)
    assert "no clip could be read of: broken" in answer.json["cautions"]


def test_one_example_of_each_label(sounds: Path, run: Run, tmp_path: Path) -> None:
    for kind in KINDS:
        (tmp_path / "few" / kind).mkdir(parents=True)
        shutil.copy(sounds / kind / "person0-0.wav", tmp_path / "few" / kind)
    answer = run("train", tmp_path / "few", "-d", tmp_path / "m", "-f", "table")
    assert answer.code == 0
    assert "head: prototypes" in answer.stdout
    assert "was not evaluated" in answer.stdout
    assert "right of" not in answer.stdout and "--group" not in answer.stdout
    shown = scores(
        run("classify", sounds / "noise" / "person1-1.wav", "-m", tmp_path / "m", "-f", "json")
    )
    assert max(shown, key=shown.__getitem__) == "noise"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("{sounds}/noise", "-d", "{out}"), "contains only the label 'noise'"),
        (
            ("{sounds}/noise/person0-0.wav", "-d", "{out}"),
            "is neither a folder nor a table of labels",
        ),
        (("{sounds}/missing", "-d", "{out}"), "no such file or folder"),
        (("{sounds}", "-d", "{sounds}"), "exists already (--overwrite"),
        (("{sounds}", "-d", "{out}", "--group", "nobody"), "does not match"),
        (("{sounds}", "-d", "{out}", "--pooling", "none"), "--pooling none keeps every frame"),
        (("{sounds}", "-d", "{out}", "--finetune", "full"), "yamnet cannot be fine-tuned"),
        (("{sounds}", "-d", "{out}", "--epochs", "3"), "--epochs requires --finetune"),
        (
            ("{sounds}", "-d", "{out}", "--finetune", "full", "--head", "mlp"),
            "--head does not apply with --finetune",
        ),
    ],
)
def test_what_cannot_be(
    sounds: Path, run: Run, tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    answer = run("train", *(a.format(sounds=sounds, out=tmp_path / "m") for a in arguments))
    assert (answer.code, answer.stdout) == (2, "")
    assert problem in answer.stderr
    assert not (tmp_path / "m").exists()


def test_encoder_of_another_revision_is_refused(model: Path, run: Run, tmp_path: Path) -> None:
    moved = shutil.copytree(model, tmp_path / "m")
    config = json.loads((moved / "config.json").read_text("utf-8"))
    config["encoder"]["revision"] = "other"
    (moved / "config.json").write_text(json.dumps(config), "utf-8")
    answer = run("classify", DATA / "rooster.ogg", "-m", moved)
    assert answer.code == 3
    assert "was trained on yamnet at other, and here it is at" in answer.stderr


# --- fine-tuning -------------------------------------------------------------


@pytest.fixture(scope="session")
def wav2vec2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random one."""
    pytest.importorskip("torch")
    from audiocli.models.torch_layer import import_transformers

    transformers: Any = import_transformers()
    transformers.set_seed(0)
    folder = tmp_path_factory.mktemp("wav2vec2")
    return tiny_classifiers.saved(tiny_classifiers.MAKERS["wav2vec2"], transformers, folder)


@pytest.mark.parametrize(("kind", "epochs"), [("adapter", "15"), ("full", "12")])
def test_finetuning_learns_and_classify_agrees(
    kind: str, epochs: str, wav2vec2: Path, sounds: Path, run: Run, tmp_path: Path
) -> None:
    how = ("--finetune", kind, "--epochs", epochs, "--learning-rate", "0.003")
    trained = run("train", sounds, "-d", tmp_path / "m", "-m", wav2vec2, *how, "-f", "json")
    assert (trained.code, trained.stderr) == (0, "")
    losses, judged = trained.json["losses"], trained.json["validation"]
    assert len(losses) == int(epochs)
    assert losses[-1] < 0.9 * losses[0]
    if kind == "adapter":
        assert (judged["clips"], trained.json["folds"]) == (24, 5)
    else:
        assert judged["clips"] in (4, 5, 6)  # a part of five, labels alike
    assert judged["accuracy"] > judged["baseline_accuracy"]
    assert not (tmp_path / "m" / "checkpoint.pt").exists()
    moved = shutil.move(tmp_path / "m", tmp_path / "moved")
    answer = run("classify", sounds / "noise" / "person0-0.wav", "-m", moved, "-f", "json")
    assert sum(scores(answer).values()) == pytest.approx(1, abs=1e-3)


def test_killed_finetuning_goes_on_bit_for_bit(
    wav2vec2: Path, sounds: Path, run: Run, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    options = ("-m", wav2vec2, "--finetune", "full", "--epochs", "16", "--threads", "1")
    command = [sys.executable, "-m", "audiocli", "train", sounds, "-d", killed, *options]
    with subprocess.Popen(
        list(map(str, command)), env={**os.environ, "OMP_NUM_THREADS": "1"}
    ) as process:
        deadline = time.monotonic() + 120
        while not (killed / "checkpoint.pt").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert [path.name for path in killed.iterdir() if path.suffix != ".part"] == ["checkpoint.pt"]
    (killed / ".audiocli-0.part").touch()  # as a kill while it is written leaves it
    other = run("train", sounds, "-d", killed, *options, "--seed", "1")
    assert (other.code, "belongs to another training" in other.stderr) == (2, True)
    again = run("train", sounds, "-d", killed, *options)
    assert (again.code, again.stderr) == (0, f"resuming from {killed / 'checkpoint.pt'}\n")
    assert run("train", sounds, "-d", whole, *options).code == 0
    for name in ("head.npz", "encoder/model.safetensors"):
        assert (whole / name).read_bytes() == (killed / name).read_bytes()
    reports = [json.loads((one / "report.json").read_text("utf-8")) for one in (whole, killed)]
    assert reports[0]["losses"] == reports[1]["losses"]
    assert len(reports[0]["losses"]) == 16
