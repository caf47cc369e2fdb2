"""Command lines with odd values of options."""

from __future__ import annotations

import random
import shlex
from functools import cache
from typing import Any

from typer.main import get_command

from audiocli.cli import app
from robustness.corpus import Corpus, Kind

# OPTIONS becomes options of the command. Stdout is checked to be JSON after `-f json`.
LINES = (
    *("transcribe OPTIONS clip.wav -f json", "transcribe OPTIONS clip.wav --diarize -f json"),
    *("speak OPTIONS Yes. -o OUT/x.wav", "speak OPTIONS --file words.txt -d OUT"),
    *("embed OPTIONS clip.wav -f json", "embed OPTIONS clip.wav -d OUT -f npz"),
    "train OPTIONS clips -d OUT/model -f json",
    *("align OPTIONS clip.wav --text-file words.txt -f json", "diarize OPTIONS clip.wav -f json"),
    *("classify OPTIONS clip.wav -f json", "classify OPTIONS clip.wav --events -f json"),
    *("features OPTIONS clip.wav -f json", "spectrogram OPTIONS clip.wav -o OUT/x.png"),
    *("convert OPTIONS results/turns.json -f rttm", "verify OPTIONS clip.wav other.wav -f json"),
    *("index add OPTIONS OUT/x.index clip.wav", "search OPTIONS stores/x.index clip.wav -f json"),
    *("AUDIOCLI_VOICES=OUT/v voices enroll OPTIONS Ada clip.wav", "models list OPTIONS"),
)
# Not these: recording and playback, and tracebacks.
_LEFT_OUT = {"--mic", "--play", "--help", "--verbose"}
# With these, stdout is not one JSON document.
_NOT_JSON = {"--format", "--output", "--output-dir", "--dry-run", "--live"}
ODD_VALUES = [
    *("", " ", "0", "-1", "1", "0.5", "nan", "inf", "-inf", "1e300", "-1e300", "1e-300"),
    *("9" * 400, "2147483648", "-2147483649", "18446744073709551616", "0x10", "1_0", "1 0"),
    *("\uff11", "\u0663", "\u00bd", "\u00e9", "\u8a9e", "e\u0301", "\u202e", "\x1b[31m", "\udcff"),
    *("a\nb", "\r", "\t", "\x85", "'", '"', "\\", "%s", "{}", "$HOME", "None", "true", "null"),
    *(".", "..", "../../x", "~", "-", "--", "@", "@-", "@words.txt", "*", "[", "(?P<", ","),
    *("=", "a=b", "1,2", "a,,b", "a" * 5000, "en", "auto", "1:2:3", "99:99", "--help", "mix"),
    *("/dev/null", "/dev/full", "/dev/zero", "clip.wav", "clips", "words.txt", "missing.wav"),
]


def add_option_kinds(corpus: Corpus) -> None:
    """Add a kind for each command, whose lines contain OPTIONS."""
    turns = corpus.run("diarize clip.wav -f json")
    corpus.write("results/turns.json", turns)
    for line in LINES:
        name = f"options {' '.join(_command_of(line))}"
        before = corpus.kinds[name].lines if name in corpus.kinds else ()
        corpus.kinds[name] = Kind((corpus.write("clip.txt", "x"),), (*before, line), many=True)


def with_odd_options(line: str, rng: random.Random) -> str:
    """Return a line with one to three options in place of OPTIONS."""
    options = _options_of(_command_of(line))
    chosen = rng.sample(options, min(len(options), rng.choice((1, 1, 1, 2, 3))))
    if any(option.opts[0] in _NOT_JSON for option in chosen):
        line = line.removesuffix(" -f json")
    words = (shlex.quote(_written(option, rng)) for option in chosen)
    return line.replace("OPTIONS", " ".join(words))


def _command_of(line: str) -> tuple[str, ...]:
    """Return the words before OPTIONS: `index add`."""
    return tuple(word for word in line.partition(" OPTIONS")[0].split() if "=" not in word)


@cache
def _options_of(words: tuple[str, ...]) -> list[Any]:
    command: Any = get_command(app)
    for word in words:
        command = command.get_command(None, word)
    found = (p for p in command.params if p.param_type_name == "option")
    return [option for option in found if option.opts[0] not in _LEFT_OUT]


def _written(option: Any, rng: random.Random) -> str:
    names = [name for name in (*option.opts, *option.secondary_opts) if name.startswith("--")]
    if option.is_flag:
        return str(rng.choice(names))
    shown = str(option.metavar or option.display_type_rich(None)).strip("<>")
    choices = shown.split("|") if "|" in shown else []
    value = rng.choice(choices if choices and rng.random() < 0.5 else ODD_VALUES)
    if names[0] == "--files-from" and value.endswith(".wav"):
        value = "words.txt"  # a line of the recording may be /
    return f"{names[0]}={value}"
