"""Device options that a model does not support are refused, not ignored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copy

import pytest

from audiocli.errors import UsageError
from audiocli.models.base import TORCH_COMPUTE_TYPES, DeviceOptions, Family
from audiocli.models.registry import built_in_families
from audiocli.models.supported_options import applicable
from inprocess import Ran

Run = Callable[..., Ran]
FAMILIES = {family.name: family for family in built_in_families()}


@pytest.mark.parametrize(
    ("family", "options", "message"),
    [
        ("yamnet", DeviceOptions(device="cuda:1"), r"x does not support --device cuda \(one of: "),
        ("yamnet", DeviceOptions(compute_type="int8"), r"--compute-type int8 \(leave out"),
        ("bark", DeviceOptions(compute_type="float16"), "--compute-type float16"),
        ("ast", DeviceOptions(compute_type="int8"), r"int8 \(one of: default, float32, float16"),
        ("pyannote-campplus", DeviceOptions(device="mps"), "--device mps"),
        ("moonshine", DeviceOptions(backend="transformers"), "--backend transformers"),
        ("vits", DeviceOptions(device="gpu"), r"--device gpu \(one of: auto, cpu, cuda, mps\)"),
    ],
)
def test_unsupported_values_are_refused(family: str, options: DeviceOptions, message: str) -> None:
    one = FAMILIES[family]
    with pytest.raises(UsageError, match=message):
        applicable("x", one, options)
    relaxed = applicable("x", one, replace(options, strict=False))
    assert relaxed == DeviceOptions(strict=False)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_defaults_and_declared_values_pass(family: Family) -> None:
    assert applicable("x", family, DeviceOptions(compute_type="auto")) == DeviceOptions()
    for device in family.devices or ("cuda:1",):
        options = DeviceOptions(device=device)
        assert applicable("x", family, options) == options
    for compute_type in family.compute_types or ():
        options = DeviceOptions(compute_type=compute_type)
        assert applicable("x", family, options) == options


def test_models_beside_another_one_run_as_they_can() -> None:
    """The voice detector runs on the CPU under `transcribe --device cuda`."""
    options = DeviceOptions(device="cuda", compute_type="float16", threads=2)
    assert applicable("x", FAMILIES["silero"], options) == DeviceOptions(threads=2)


def test_families_of_torch_run_on_its_devices() -> None:
    of_torch = [f for f in FAMILIES.values() if f.extra and f.name != "xvector"]
    assert all("cuda" in (family.devices or ()) for family in of_torch)
    assert {f.compute_types for f in of_torch} == {(), TORCH_COMPUTE_TYPES}


@pytest.mark.parametrize(
    ("line", "model"),
    [
        ("classify x.wav", "yamnet"),
        ("embed x.wav", "yamnet"),
        ("diarize x.wav", "pyannote-campplus"),
        ("verify x.wav y.wav", "pyannote-campplus"),
        ("voices enroll Ada x.wav", "pyannote-campplus"),
        ("index add x.index x.wav", "yamnet"),
        ("train clips -d model", "yamnet"),
        ("speak hello -o out.wav", "hibari"),
        ("align x.wav --text-file x.txt -m moonshine-tiny", "moonshine-tiny"),
        ("transcribe x.wav -m moonshine-tiny", "moonshine-tiny"),
    ],
)
def test_commands_refuse_what_the_model_does_not_support(
    run: Run, line: str, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jfk: Path
) -> None:
    """The message is one line, and the model is not downloaded first."""
    monkeypatch.chdir(tmp_path)
    for name in ("x.wav", "y.wav", "clips/a/1.wav", "clips/b/1.wav"):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        copy(jfk, path)
    Path("x.txt").write_text("And so", encoding="utf-8")
    answer = run(*line.split(), "--compute-type", "int7")
    assert (answer.code, answer.stdout) == (2, ""), answer.stderr
    assert answer.stderr.startswith(f"error: {model} does not support --compute-type int7 (")
    assert answer.stderr.count("\n") == 1


@pytest.mark.models
def test_an_option_of_the_main_model_is_not_refused_by_the_others(run: Run, jfk: Path) -> None:
    """Whisper runs in 8 bits, the models of the speakers in their only precision."""
    options = ("--end", "3", "--language", "en", "--compute-type", "int8")
    answer = run("transcribe", jfk, "--diarize", *options, "-f", "txt")
    assert answer.code == 0, answer.stderr
    assert "fellow Americans" in answer.stdout
