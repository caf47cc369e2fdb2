"""The vocabulary of options: one spelling, one kind of value, one meaning; none ignored."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_origin

import pytest
from typer.main import get_command

from audiocli.cli import app
from inprocess import Ran, audiocli

Run = Callable[..., Ran]
ROOT = Path(__file__).parents[2]


def commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command that runs something, with its name."""
    if not hasattr(command, "list_commands"):
        yield name, command
        return
    for one in command.list_commands(None):
        yield from commands(command.get_command(None, one), f"{name} {one}".strip())


COMMANDS = dict(commands(get_command(app)))
OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option in command.params
    if option.param_type_name == "option"
]


# `eval` and `bench` compare models, and have other tasks than `classify`.
OTHERWISE = {
    (name, spelling) for name in ("eval", "bench") for spelling in ("--model", "-m", "--task", "-t")
}


def kind_of(option: Any) -> tuple[object, ...]:
    """What an option takes: its type, metavar and choices."""
    annotation = option.type_descriptor.annotation
    return annotation, option.metavar, option.multiple, option.is_flag


def test_an_option_takes_the_same_in_every_command() -> None:
    kinds = defaultdict(lambda: defaultdict(list))  # type: ignore[var-annotated]
    for name, option in OPTIONS:
        for spelling in (*option.opts, *option.secondary_opts):
            if (name, spelling) not in OTHERWISE:
                kinds[spelling][kind_of(option)].append(name)
    assert {spelling: dict(found) for spelling, found in kinds.items() if len(found) > 1} == {}


def test_a_short_flag_stands_for_one_option() -> None:
    long_names = defaultdict(set)
    short_names = defaultdict(set)
    for _, option in OPTIONS:
        long = [name for name in option.opts if name.startswith("--")]
        for short in set(option.opts) - set(long):
            long_names[short].add(long[0])
        short_names[long[0]].add(frozenset(option.opts))
    assert {short: names for short, names in long_names.items() if len(names) > 1} == {}
    assert {long: names for long, names in short_names.items() if len(names) > 1} == {}


def test_every_option_says_what_it_takes_and_does() -> None:
    for name, option in OPTIONS:
        about = f"{name} {option.opts[0]}"
        assert option.help, about
        is_choice = get_origin(option.type_descriptor.annotation) is Literal
        assert option.is_flag or option.metavar or is_choice, about
        if option.is_flag or is_choice:
            assert option.metavar is None, about


def test_ranges_are_written_in_words() -> None:
    command = COMMANDS["classify"]
    help = command.get_help(command.make_context("classify", [], resilient_parsing=True))
    assert "[0 to 1]" in help and "at least 1]" in help
    assert not re.search(r"x[<>]=|=x", help)


def test_commands_that_load_a_model_have_the_model_options() -> None:
    device = {"--device", "--compute-type", "--threads"}
    for name, command in COMMANDS.items():
        spellings = {spelling for param in command.params for spelling in param.opts}
        loads = "--model" in spellings or device & spellings
        assert not loads or device <= spellings, name


def test_the_options_page_is_current() -> None:
    subprocess.run([sys.executable, ROOT / "tools/make_options.py", "--check"], check=True)


# --- options that do not apply ---------------------------------------------------

TRANSCRIBE = ("transcribe", "x.wav")
DETECT = (*TRANSCRIBE, "--detect-language")
EXPLAIN = (*TRANSCRIBE, "--explain", "ctc")
CHANNELS = (*TRANSCRIBE, "--channel-speakers")
LIVE = ("transcribe", "-", "--live")
CALL = ("diarize", "x.wav", "--channel-speakers")
DRAW = ("spectrogram", "x.wav")
AS_MODEL = (*DRAW, "--model-input", "whisper")
DUPLICATES = ("search", "x.index", "--duplicates")
SPEAK = ("speak", "hello")

REFUSED: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    *((DETECT, option) for option in [("--language", "en"), ("--translate",), ("-w",)]),
    *((DETECT, option) for option in [("--beam-size", "1"), ("--prompt", "x"), ("--lm", "x")]),
    *((DETECT, option) for option in [("--hotwords", "x"), ("--no-vad",), ("--diarize",)]),
    *((DETECT, option) for option in [("--no-hallucination-filter",), ("--live",), ("--mic",)]),
    *((DETECT, option) for option in [("--max-lines", "1"), ("--backend", "transformers")]),
    *((DETECT, option) for option in [("--align-model", "x"), ("--explain", "ctc")]),
    *((DETECT, option) for option in [("--num-speakers", "2"), ("--channel-speakers",)]),
    *((EXPLAIN, option) for option in [("--translate",), ("--beam-size", "1"), ("-w",)]),
    *((EXPLAIN, option) for option in [("--lm", "x"), ("--hotwords", "x"), ("--diarize",)]),
    *((EXPLAIN, option) for option in [("--align-model", "x"), ("--live",), ("--mic",)]),
    *((EXPLAIN, option) for option in [("--no-hallucination-filter",), ("--prompt", "x")]),
    *((CHANNELS, option) for option in [("--diarize",), ("--channel", "left")]),
    *((LIVE, option) for option in [("--diarize",), ("--start", "1"), ("--files-from", "x")]),
    (("transcribe", "--mic"), ("--track", "2")),
    (("transcribe", "--mic"), ("--channel-speakers",)),
    *((TRANSCRIBE, option) for option in [("--exclusive",), ("--stats",), ("--link-speakers",)]),
    ((*TRANSCRIBE, "--diarize", "--stats"), ("--exclusive",)),
    ((*TRANSCRIBE, "--diarize", "--stats"), ("-w",)),
    ((*TRANSCRIBE, "-f", "json"), ("--max-line-width", "30")),
    ((*TRANSCRIBE, "-f", "lrc"), ("--max-lines", "1")),
    (("align", "x.wav", "--text-file", "x.txt", "-f", "csv"), ("--max-lines", "1")),
    *((CALL, option) for option in [("--num-speakers", "2"), ("--identify-speakers",)]),
    *((CALL, option) for option in [("--clustering-threshold", "1"), ("--channel", "left")]),
    (("diarize", "x.wav", "--stats"), ("--exclusive",)),
    (("diarize", "x.wav", "-f", "rttm"), ("--width", "300")),
    (("classify", "x.wav", "-f", "csv"), ("--style", "dark")),
    *((("classify", "x.wav"), option) for option in [("--offset", "0.1"), ("--smooth", "3")]),
    *((("classify", "x.wav"), option) for option in [("--min-duration", "1"), ("--max-gap", "1")]),
    (("classify", "x.wav"), ("--prompt-template", "a {}")),
    (("classify", "x.wav", "--labels", "a,b"), ("--task", "music")),
    (("features", "x.wav", "--feature-set", "egemaps"), ("--transcript", "x.json")),
    *((AS_MODEL, option) for option in [("--n-mels", "40"), ("--kind", "mel"), ("--pitch",)]),
    *(((*DRAW, "--kind", "linear"), option) for option in [("--n-mels", "9"), ("--n-mfcc", "9")]),
    *(((*DRAW, "--kind", "linear"), option) for option in [("--mel-scale", "htk")]),
    *(((*DRAW, "--kind", "waveform"), option) for option in [("--fmax", "9"), ("--db",)]),
    *(((*DRAW, "--kind", "cqt"), option) for option in [("--n-fft", "512"), ("--norm", "none")]),
    *(((*DRAW, "--kind", "chroma"), option) for option in [("--fmin", "9"), ("--no-db",)]),
    ((*DRAW, "--kind", "mel"), ("--db-range", "40")),
    ((*DRAW, "-f", "npz"), ("--aggregation", "max")),
    ((*DRAW, "-f", "npz"), ("--dpi", "200")),
    ((*DRAW, "-f", "json"), ("--raw",)),
    *((DUPLICATES, option) for option in [("--text", "x"), ("--top-k", "3"), ("--start", "1")]),
    *((DUPLICATES, option) for option in [("--device", "cuda"), ("--one-per-recording",)]),
    (("search", "x.index", "--text", "x"), ("--channel", "left")),
    *((("speak", "--list-voices"), option) for option in [("--voice", "x"), ("--play",)]),
    *(((*SPEAK, "--show-text"), option) for option in [("-o", "x.wav"), ("--speed", "2")]),
    *((SPEAK, option) for option in [("--duck",), ("--reference-text", "x"), ("-w",)]),
    ((*SPEAK, "-o", "x.wav", "-f", "json"), ("--max-lines", "1")),
    ((*SPEAK, "--play"), ("-f", "mp3")),
    (("train", "x", "-d", "y"), ("--epochs", "3")),
    *((("eval", "x", "-t", "classify"), option) for option in [("--collar", "1"), ("--diarize",)]),
    *((("eval", "x", "-t", "diarize"), option) for option in [("--normalizer", "none")]),
    (("bench", "-t", "embed"), ("--language", "en")),
    *((("eval", "x", "-t", "embed"), option) for option in [("--language", "en")]),
    *(
        (("eval", "x", "-t", "transcribe", "--hypotheses", "y"), option)
        for option in [("--model", "x"), ("--save-hypotheses", "z"), ("--diarize",)]
    ),
    (("train", "x", "-d", "y", "--finetune", "full"), ("--head", "mlp")),
    (("convert", "x.json", "--turns"), ("--stats",)),
    # values that are the defaults
    *((DETECT, option) for option in [("--beam-size", "5"), ("--vad",), ("--max-lines", "2")]),
    ((*TRANSCRIBE, "-f", "json"), ("--max-line-width", "42")),
    (CALL, ("--channel", "mix")),
    (("diarize", "x.wav", "-f", "rttm"), ("--width", "1000")),
    (("classify", "x.wav"), ("--smooth", "1")),
    (("classify", "x.wav", "--labels", "a,b"), ("--task", "sound")),
    (AS_MODEL, ("--kind", "log-mel")),
    ((*DRAW, "-f", "npz"), ("--aggregation", "mean")),
    (DUPLICATES, ("--device", "auto")),
    ((*SPEAK, "--show-text"), ("--speed", "1")),
    ((*SPEAK, "-o", "x.wav", "-f", "json"), ("--max-lines", "2")),
]


@pytest.mark.parametrize(("line", "option"), REFUSED, ids=lambda part: " ".join(part))
def test_an_option_that_does_not_apply_is_refused(
    run: Run, line: tuple[str, ...], option: tuple[str, ...]
) -> None:
    """The message names the option and is one line, before any input is read."""
    answer = run(*line, *option)
    assert (answer.code, answer.stdout) == (2, ""), answer.stderr
    assert answer.stderr.startswith("error: ") and answer.stderr.count("\n") == 1
    spellings = {"-w": "--word-timestamps", "-f": "--format", "-o": "--output"}
    assert spellings.get(option[0], option[0]) in answer.stderr


# --- --format given several times ------------------------------------------------

FORMATS = [name for name, option in OPTIONS if option.opts[0] == "--format"]


@pytest.mark.parametrize("name", FORMATS)
def test_several_formats_are_written_or_refused(run: Run, name: str, tmp_path: Path) -> None:
    """No command takes the last of several formats without a word."""
    arguments = {
        "search": ("x.index", "x.wav"),
        "eval": ("x.jsonl", "-t", "transcribe"),
        "verify": ("a.wav", "b.wav"),
        "train": ("x", "-d", tmp_path / "model"),
        "align": ("x.wav", "--text-file", "x.txt"),
        "models list": (),
        "speak": ("hello",),
    }.get(name, ("x.wav",))
    (tmp_path / "x.wav").touch()
    formats = {"spectrogram": ("svg", "npz"), "embed": ("npz", "json"), "speak": ("wav", "mp3")}
    first, second = formats.get(name, ("json", "table"))
    answer = run(*name.split(), *arguments, "-f", first, "-f", second)
    assert answer.code in (2, 4), answer.stdout  # convert reads its input first
    if answer.code == 2:
        assert first in answer.stderr and second in answer.stderr


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("spectrogram", "by the suffix of --output, else terminal."),
        ("train", "Default: table on a terminal, jsonl in a pipe."),
        ("diarize", "else table on a terminal, rttm in a pipe (jsonl with --stats)."),
        ("transcribe", "txt in a pipe (csv with --explain, jsonl with --stats)."),
    ],
)
def test_the_help_names_the_default_format(name: str, default: str) -> None:
    (option,) = [one for at, one in OPTIONS if at == name and one.opts[0] == "--format"]
    assert default in option.help


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("trancribe a.wav", "No such command 'trancribe' (did you mean 'transcribe'?)"),
        ("xx", "No such command 'xx' (see `audiocli --help`)"),
        ("models lst", "No such command 'lst' (did you mean 'list'?)"),
        ("transcribe --modle x", "No such option: --modle (did you mean --model?)"),
        (
            "classify a.wav -t",
            "Option '-t' requires an argument (see `audiocli classify --help`)",
        ),
        (
            "classify a.wav -k 0",
            "Invalid value for '--top-k' / '-k': must be at least 1 "
            "(see `audiocli classify --help`)",
        ),
        (
            "classify a.wav -k x",
            "Invalid value for '--top-k' / '-k': must be a valid integer "
            "(see `audiocli classify --help`)",
        ),
    ],
)
def test_usage_errors_have_one_hint(line: str, message: str) -> None:
    assert audiocli(*line.split()) == (2, "", f"error: {message}\n")


@pytest.mark.parametrize("command", [(), ("models",), ("classify",)])
def test_help_is_a_command(command: tuple[str, ...]) -> None:
    assert audiocli("help", *command) == audiocli(*command, "--help")
    assert audiocli("help", *command).code == 0
