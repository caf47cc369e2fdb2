"""Import of torchaudio, transformers and pyannote with a CPU build of torch."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from audiocli.errors import MissingExtra, UsageError
from audiocli.models import torch_layer

pytest.importorskip("torch")  # the tests run with every layer, or without them all


def run(script: str) -> str:
    """Run a script in a fresh interpreter, which must print nothing on stderr.

    An import of pyannote in this process sets the variable of its telemetry, which the new
    process must not inherit.
    """
    environ = {k: v for k, v in os.environ.items() if k != "PYANNOTE_METRICS_ENABLED"}
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environ
    )
    assert (process.returncode, process.stderr) == (0, "")
    return process.stdout


def test_torchaudio_works_without_its_extension() -> None:
    out = run("""if True:
        from audiocli.models import torch_layer
        torchaudio = torch_layer.import_torchaudio()
        import torch
        tone = torch.sin(2 * torch.pi * 440 * torch.arange(16000) / 16000)[None]
        half = torchaudio.functional.resample(tone, 16000, 8000)
        print(half.shape[1], half[0].abs().argsort().numel())
        print(int(torch.fft.rfft(half[0]).abs().argmax()))
        mel = torchaudio.transforms.MelSpectrogram(16000, n_mels=40)(tone)
        print(tuple(mel.shape), bool(mel.isfinite().all()))
        print(tuple(torchaudio.compliance.kaldi.fbank(tone, num_mel_bins=80).shape))
        print(tuple(torchaudio.transforms.MFCC(16000, melkwargs={"n_mels": 40})(tone).shape))
        assert torch_layer.import_torchaudio() is torchaudio
    """)
    assert out.splitlines() == ["8000 8000", "440", "(1, 40, 81) True", "(98, 80)", "(1, 40, 81)"]


def test_import_recovers_after_a_failed_import_of_torchaudio() -> None:
    """A failed import of torchaudio leaves some of its modules loaded."""
    run("""if True:
        try:
            import torchaudio
        except (OSError, RuntimeError):
            pass
        from audiocli.models import torch_layer
        torch_layer.import_torchaudio().functional.resample
    """)


def test_torchaudio_fails_with_the_known_error() -> None:
    """If torchaudio cannot be imported, its compiled extension is the cause."""
    plain = subprocess.run([sys.executable, "-c", "import torchaudio"], capture_output=True)
    if plain.returncode == 0:
        pytest.skip("this torchaudio fits this torch")
    assert b"Could not load this library" in plain.stderr
    out = run("""if True:
        from audiocli.models import torch_layer
        try:
            torch_layer.import_torchaudio().functional.forced_align(None, None)
        except RuntimeError as error:
            print(error)
    """)
    assert out == "forced_align: torchaudio's compiled part does not fit torch\n"


def test_transformers_and_pyannote_import_without_output() -> None:
    torch_layer.require_extra("diarize", "this test")
    out = run("""if True:
        import numpy, os
        from audiocli.models import torch_layer
        transformers = torch_layer.import_transformers(verbose=False)
        extractor = transformers.ASTFeatureExtractor()  # calls torchaudio's fbank
        sound = numpy.zeros(16000, "float32")
        features = extractor(sound, sampling_rate=16000, return_tensors="np")
        print(*features["input_values"].shape)
        print(torch_layer.import_pyannote(verbose=False).Pipeline.__name__)
        print(os.environ["PYANNOTE_METRICS_ENABLED"])
    """)
    assert out.split() == ["1", "1024", "128", "Pipeline", "0"]


def test_loading_a_folder_sends_no_request_to_the_hub() -> None:
    out = run("""if True:
        from audiocli.models import torch_layer
        transformers = torch_layer.import_transformers()
        import huggingface_hub, socket
        def refuse(*_):
            raise AssertionError("the network was asked")
        socket.getaddrinfo = refuse
        with torch_layer.hub_switched_off():
            try:
                transformers.AutoConfig.from_pretrained("no-one/nothing")
            except OSError as error:
                print("offline")
        print(huggingface_hub.constants.HF_HUB_OFFLINE)
    """)
    assert out.split() == ["offline", "False"]


def test_device() -> None:
    import torch

    if torch.cuda.is_available():
        assert torch_layer.pick_device("auto") == "cuda"
        return
    assert torch_layer.pick_device("auto") in ("cpu", "mps")
    assert torch_layer.pick_device("cpu") == "cpu"
    for device in ("cuda", "cuda:1"):
        with pytest.raises(UsageError, match="torch finds no cuda device"):
            torch_layer.pick_device(device)


def test_missing_extra_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(torch_layer._EXTRAS, "torch", ("torch", "no_such.package"))
    with pytest.raises(MissingExtra) as refusal:
        torch_layer.require_extra("torch", "Bark")
    assert str(refusal.value) == (
        "Bark needs the extra 'torch', which is not installed (pip install 'audiocli[torch]')"
    )
    assert refusal.value.exit_code == 3
