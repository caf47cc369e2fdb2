"""Test the Python API, its examples, and that it leaves the host process as it is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

import audiocli
from audiocli.api import openers
from audiocli.errors import AudioCliError, InputError, UsageError
from audiocli.models import registry
from audiocli.models.torch_layer import hub_switched_off

pytestmark = pytest.mark.models


# --- load ------------------------------------------------------------------------


def test_a_loaded_task_takes_paths_files_and_arrays(jfk: Path) -> None:
    samples, rate = sf.read(jfk, dtype="float32")
    with audiocli.load("transcribe", "tiny.en") as transcribe, jfk.open("rb") as file:
        by_path = transcribe(jfk)
        assert "country" in by_path.text
        assert transcribe(file).text == by_path.text
        for array in (samples, np.stack([samples, samples]), (samples * 32767).astype(np.int16)):
            found = transcribe((array, rate))
            assert (found.text, found.source) == (by_path.text, "array")
        assert transcribe((samples, rate), end=3.0).duration == 3.0


@pytest.mark.parametrize(
    "samples, rate, problem",
    [
        (np.zeros((2, 2, 2)), 16_000, "has the shape (2, 2, 2)"),
        (np.zeros(0), 16_000, "has the shape (0,)"),
        (np.zeros(9, np.uint8), 16_000, "has the type uint8"),
        (np.zeros(9), 0, "has a rate of 0 Hz"),
        (np.full(16_000, np.nan), 16_000, "is not a number"),
    ],
)
def test_arrays_that_are_no_audio_are_refused(samples: Any, rate: int, problem: str) -> None:
    with pytest.raises(InputError) as error:
        audiocli.features((samples, rate))
    assert problem in str(error.value)


def test_many_recordings_are_one_batch_and_failures_are_reported(jfk: Path) -> None:
    failed: list[AudioCliError] = []
    classify = audiocli.load("classify", top_k=1)
    sources: Any = iter([jfk, "none.wav", jfk.with_name("rooster.ogg")])
    results = {Path(r.source).name: r for r in classify(sources, on_error=failed.append)}
    assert set(results) == {"jfk.flac", "rooster.ogg"}
    assert results["jfk.flac"].labels[0].label == "Speech"
    assert [str(error) for error in failed] == ["none.wav: no such file (check the path)"]
    with pytest.raises(InputError, match="no such file"):
        list(classify(["none.wav"]))


def test_errors_of_an_iterable_name_parameters() -> None:
    failed: list[AudioCliError] = []
    samples: Any = [(np.zeros(16_000), 16_000)]
    diarize = audiocli.load("diarize", channel_speakers=True)
    assert list(diarize(samples, on_error=failed.append)) == []
    (error,) = failed
    assert "channel_speakers" in str(error) and "--" not in str(error)


def test_a_hundred_calls_load_the_model_once(jfk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    load = registry.load

    def counted(name: str | None, task: Any, *rest: Any) -> Any:
        loaded.append(task)
        return load(name, task, *rest)

    monkeypatch.setattr(registry, "load", counted)
    classify = audiocli.load("classify")
    labels = {classify(jfk, start=1.0, end=2.0).labels[0].label for _ in range(100)}
    assert (labels, loaded) == ({"Speech"}, ["classify"])


def test_a_closed_task_refuses_calls(jfk: Path) -> None:
    with audiocli.load("features") as features:
        features(jfk)
    with pytest.raises(UsageError, match="the task is closed"):
        features(jfk)


def test_errors_name_parameters(jfk: Path) -> None:
    with pytest.raises(UsageError, match=r"end 1 is not after start 2"):
        audiocli.features(jfk, start=2.0, end=1.0)
    with pytest.raises(UsageError, match=r"moonshine-tiny does not support prompt"):
        audiocli.load("transcribe", "moonshine-tiny", prompt="x")
    with pytest.raises(UsageError, match="unknown task 'sing'"):
        audiocli.load("sing")  # type: ignore[call-overload]
    with pytest.raises(UsageError, match="num_speakers needs diarize=True"):
        audiocli.load("transcribe", num_speakers=2)
    with pytest.raises(TypeError, match="unexpected keyword argument 'beam'"):
        audiocli.load("transcribe", beam=2)


def test_a_transcript_has_speakers(jfk: Path) -> None:
    transcribe = audiocli.load("transcribe", "tiny.en", diarize=True, num_speakers=1)
    found = transcribe(jfk, end=5.0)
    assert {segment.speaker for segment in found.segments} == {"SPEAKER_00"}
    assert all(segment.words for segment in found.segments)


def test_channels_are_speakers(jfk: Path) -> None:
    samples, rate = sf.read(jfk, dtype="float32")
    call = np.stack([samples, np.roll(samples, len(samples) // 2)])
    transcribe = audiocli.load("transcribe", "tiny.en", channel_speakers=True)
    assert {s.speaker for s in transcribe((call, rate)).segments} == {"CHANNEL_1", "CHANNEL_2"}


def test_align_times_a_text(jfk: Path) -> None:
    align = audiocli.load("align", language="en")
    found = align(jfk, "And so, my fellow Americans.", end=2.5)
    assert [word.text for word in found.segments[0].words][:2] == ["And", "so,"]
    with pytest.raises(UsageError, match="has no words"):
        align(jfk, " ")


def test_speak_gives_samples_and_times(tmp_path: Path) -> None:
    speak = audiocli.load("speak", seed=1)
    spoken = speak("Hello there. How are you?")
    assert spoken.rate == speak.rate
    assert spoken.samples.shape == (round(spoken.speech.duration * spoken.rate),)
    assert [segment.text for segment in spoken.speech.segments] == ["Hello there.", "How are you?"]
    assert np.array_equal(
        np.concatenate(list(speak.stream("Hello there."))), speak("Hello there.").samples
    )
    spoken.write(tmp_path / "hello.wav")
    assert sf.info(tmp_path / "hello.wav").frames == len(spoken.samples)


def test_search_finds_a_clip(jfk: Path, tmp_path: Path, run: Any) -> None:
    index = tmp_path / "sounds.index"
    assert run("index", "add", index, jfk, jfk.with_name("rooster.ogg")).code == 0
    with audiocli.load("search", index=index, one_per_recording=True) as search:
        found = search(jfk.with_name("rooster.ogg"))
        assert Path(found.hits[0].source).name == "rooster.ogg"
        with pytest.raises(UsageError, match="does not read text"):
            search.text("a rooster")


# --- writing ---------------------------------------------------------------------


def test_a_result_is_written_in_any_format_that_shows_it(jfk: Path, tmp_path: Path) -> None:
    transcript = audiocli.transcribe(jfk, model="tiny.en", end=4.0)
    transcript.write(tmp_path / "talk.srt")
    assert (tmp_path / "talk.srt").read_text().startswith("1\n00:00:00,")
    audiocli.write(transcript, tmp_path / "talk.txt", "json")
    assert json.loads((tmp_path / "talk.txt").read_text())["text"] == transcript.text
    audiocli.spectrogram(jfk, n_mels=64).write(tmp_path / "talk.png", width=400)
    assert (tmp_path / "talk.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="cannot write spectrogram as rttm"):
        audiocli.spectrogram(jfk).write(tmp_path / "talk.rttm")
    assert not (tmp_path / "talk.rttm").exists()


# --- one call --------------------------------------------------------------------


def test_transcribe_gives_a_transcript(jfk: Path) -> None:
    finished: list[float] = []
    transcript = audiocli.transcribe(jfk, end=3.0, on_progress=finished.append)
    assert transcript.text.startswith("And so my fellow Americans")
    assert transcript.segments[0].words[0].text == "And"
    assert (transcript.duration, finished[-1]) == (3.0, 3.0)
    with pytest.raises(InputError, match="no such file"):
        audiocli.transcribe("none.wav", model="tiny.en")


def test_spectrogram_gives_arrays_with_axes(jfk: Path) -> None:
    drawn = audiocli.spectrogram(jfk)
    assert np.shape(drawn.values) == (len(drawn.bins), len(drawn.times))
    assert drawn.times[-1] == pytest.approx(11.0, abs=0.05)


def test_classify_finds_windows_and_events(jfk: Path) -> None:
    found = audiocli.classify(jfk.with_name("rooster.ogg"), per_window=True, events=True)
    assert "Chicken, rooster" in [label.label for label in found.labels]
    assert found.windows and found.events and len(found.labels) == 5


def test_diarize_identifies_speakers(jfk: Path) -> None:
    found = audiocli.diarize(jfk, start=5.0)
    assert len(found.speakers) == 1 and found.turns[0].start >= 5.0
    assert type(found.turns[0].start) is float


def test_embed_gives_vectors_with_times(jfk: Path) -> None:
    found = audiocli.embed(jfk, window=2.0, hop=1.0, start=1.0)
    assert found.vectors.shape == (len(found.starts), 1024)
    assert (found.starts[:2].tolist(), found.ends[-1]) == ([1.0, 2.0], pytest.approx(11.0))
    with pytest.raises(UsageError, match="has no hidden layers"):
        audiocli.embed(jfk, layer=3)


def test_features_measure(jfk: Path) -> None:
    said = audiocli.transcribe(jfk, model="tiny.en")
    found = audiocli.features(jfk, transcript=said)
    assert found.loudness == pytest.approx(-15.4, abs=0.1)
    assert found.speaking_rate and 120 < found.speaking_rate < 250


# --- the host --------------------------------------------------------------------


def test_importing_audiocli_imports_nothing_else() -> None:
    code = "import sys, audiocli; print(sorted(m for m in sys.modules if m.startswith('audiocli')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['audiocli']\n"


HOST = """
import io, locale, os, sys, threading, warnings
from inspect import signature
from pathlib import Path

class Notebook(io.StringIO):  # a stream without a buffer, as notebooks have
    pass

stdin, stdout, stderr = sys.stdin, sys.stdout, sys.stderr
sys.stdin, sys.stdout, sys.stderr = Notebook(), Notebook(), Notebook()

def state():
    found = dict(
        streams=(id(sys.stdin), id(sys.stdout), id(sys.stderr)),
        environment=dict(os.environ),
        folder=os.getcwd(),
        locale=locale.setlocale(locale.LC_ALL),
        # Libraries add filters of their own while they are imported.
        warnings=[f for f in warnings.filters if f[2] is Warning and f[3]],
        threads=threading.excepthook,
    )
    if "huggingface_hub" in sys.modules:
        from huggingface_hub import constants
        found["offline"] = constants.HF_HUB_OFFLINE
    if "torch" in sys.modules:
        import torch
        found["torch"] = torch.get_num_threads(), torch.get_default_dtype()
        found["gradients"] = torch.is_grad_enabled()
    if "transformers" in sys.modules:
        import transformers
        found["verbosity"] = transformers.logging.get_verbosity()
    return found

IMPORTS
import audiocli
from audiocli.api import openers
before = state()
CALLS
after = state()
changed = {key: (before.get(key), after[key]) for key in after if before.get(key) != after[key]}
print("changed:", changed, file=stdout)
print("allocator:", "audiocli.cli.allocator" in sys.modules, file=stdout)
print("printed:", repr(sys.stdout.getvalue()), file=stdout)
"""


def in_a_host(calls: str, imports: str = "") -> str:
    code = HOST.replace("IMPORTS", imports).replace("CALLS", calls)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_host_is_left_as_it_was(jfk: Path, default_models: None) -> None:  # noqa: ARG001
    calls = "\n".join(
        f"audiocli.{call}({str(jfk)!r})"
        for call in ("transcribe", "classify", "diarize", "embed", "features", "spectrogram")
    )
    assert in_a_host(calls) == "changed: {}\nallocator: False\nprinted: ''\n"


def test_a_host_with_torch_is_left_as_it_was(jfk: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    import tiny_ctc

    folder = tiny_ctc.save(tmp_path / "ctc", "wav2vec2")
    imports = "from audiocli.models.torch_layer import import_transformers\n"
    imports += "import_transformers(verbose=True)\nimport huggingface_hub"
    calls = f"audiocli.transcribe({str(jfk)!r}, model={str(folder)!r})"
    assert in_a_host(calls, imports) == "changed: {}\nallocator: False\nprinted: ''\n"


def test_overlapping_loads_leave_the_hub_as_it_was() -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    before = constants.HF_HUB_OFFLINE
    first, second = hub_switched_off(), hub_switched_off()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert constants.HF_HUB_OFFLINE is True
    second.__exit__(None, None, None)
    assert constants.HF_HUB_OFFLINE is before


def test_two_threads_load_and_run_at_the_same_time(jfk: Path) -> None:
    with ThreadPoolExecutor(2) as executor:
        texts = list(
            executor.map(
                lambda _: audiocli.transcribe(jfk, model="tiny.en", end=4.0).text, range(4)
            )
        )
    assert len(set(texts)) == 1 and "fellow Americans" in texts[0]


# --- docs/api.md -----------------------------------------------------------------

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_of_the_page_run(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jfk: Path
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "data").symlink_to(jfk.parent)
    monkeypatch.chdir(tmp_path)
    exec(compile(EXAMPLES[number], f"{PAGE.name}, example {number + 1}", "exec"), {})


def test_the_page_lists_the_options_of_every_task() -> None:
    page = PAGE.read_text()
    for task, opener in openers._OPENERS.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{task}` |"))
        parameters = signature(opener).parameters.values()
        for parameter in parameters:
            if parameter.kind is parameter.KEYWORD_ONLY:
                assert f"`{parameter.name}`" in row, (task, parameter.name)


NOT_IN_COMMANDS = {"index", "transcript", "voices"}  # arguments of the commands, or Python objects


def test_options_are_named_as_those_of_the_commands() -> None:
    table = (PAGE.parent / "options.md").read_text()
    openers_of_options = [*openers._OPENERS.values(), openers._diarizer]
    for opener in openers_of_options:
        for parameter in signature(opener).parameters.values():
            if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in NOT_IN_COMMANDS:
                assert f"`--{parameter.name.replace('_', '-')}`" in table, parameter.name
