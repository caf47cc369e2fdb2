"""Small real files of every kind that audiocli reads, and the commands that read each kind."""

from __future__ import annotations

import io
import os
import shlex
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import sounds
from audiocli.audio.decode import read
from audiocli.render import names
from conftest import DATA
from inprocess import Ran, audiocli

RATE = 16_000
WORDS = "and so my fellow americans"


@dataclass(frozen=True)
class Kind:
    """Files or folders of one kind, and command lines that read them.

    Attributes
    ----------
    lines : commands without `audiocli`: {} is the file, OUT a folder for outputs; variables
        of the environment may come first, and `< {}` last
    many : whether a file names several inputs, each of which may fail
    is_model : whether it is a model; its runtime may raise any error if values are damaged
    """

    samples: tuple[Path, ...]
    lines: tuple[str, ...]
    many: bool = False
    is_model: bool = False


@dataclass
class Corpus:
    """Files by kind. Command lines run in its folder."""

    folder: Path
    kinds: dict[str, Kind] = field(default_factory=dict)

    def add(
        self, kind: str, files: Mapping[str, bytes | str], *lines: str, many: bool = False
    ) -> None:
        """Write files of one kind."""
        paths = [self.write(name, content) for name, content in files.items()]
        self.kinds[kind] = Kind(tuple(paths), lines, many)

    def write(self, name: str, content: bytes | str) -> Path:
        """Write a file; return its path in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path.relative_to(self.folder)

    def run(self, line: str) -> bytes:
        """Run a command that must succeed; return its output."""
        ran = run_line(line)
        assert ran.code == 0, (line, ran.stderr)
        return ran.stdout.encode()


def run_line(line: str, file: str = "", out: str = "out") -> Ran:
    """Run a command line in this process, with `file` for {} and `out` for OUT."""
    environment: dict[str, Any] = {**os.environ, "AUDIOCLI_OFFLINE": "1", "COLUMNS": "80"}
    words = [word.replace("{}", file).replace("OUT", out) for word in shlex.split(line)]
    while "=" in words[0]:
        name, _, environment[name] = words.pop(0).partition("=")
    stdin = b""
    if "<" in words:
        stdin, words = Path(words[-1]).read_bytes(), words[: words.index("<")]
    return audiocli(*words, stdin=stdin, **environment)


def build(folder: Path, is_wanted: Callable[[str], bool] = lambda _: True) -> Corpus:
    """Write the corpus into a folder, which becomes the current one.

    Parameters
    ----------
    is_wanted : whether a kind is needed; others may be left out
    """
    os.chdir(folder)
    corpus = Corpus(folder)
    speech = read(DATA / "jfk.flac", rate=RATE).samples[:, : RATE * 3 // 2]
    other = read(DATA / "hold-on.flac", rate=RATE).samples[:, : RATE * 2]
    corpus.write("clip.wav", sounds.pcm(speech))
    corpus.write("other.wav", sounds.pcm(other))
    corpus.write("words.txt", WORDS)
    _add_audio(corpus, speech)
    _add_texts(corpus)
    if any(map(is_wanted, ("labels", "index", "voices", "result", "list", "options"))):
        _add_stores(corpus)
    if any(map(is_wanted, ("model", "codec tokens"))) and find_spec("transformers"):
        from robustness.model_folders import add_model_folders

        add_model_folders(corpus)
    if is_wanted("result"):
        _add_results(corpus)
    return corpus


def _add_audio(corpus: Corpus, speech: np.ndarray) -> None:
    plain = {form.lower(): sounds.pcm(speech, RATE, form) for form in ("WAV", "FLAC", "OGG")}
    plain |= {form.lower(): sounds.pcm(speech, RATE, form) for form in ("AIFF", "CAF", "MP3")}
    wide = speech.repeat(3, axis=1)  # at 48 kHz
    coded = {kind: sounds.coded(kind, wide) for kind in ("aac", "m4a", "opus", "webm", "wma")}
    coded |= {"mkv": sounds.tracks(0.5, 1.0), "mp4": sounds.coded("mp4", wide, picture=True)}
    files = {f"audio/sound.{suffix}": data for suffix, data in (plain | coded).items()}
    corpus.add(
        "audio",
        files,
        *("features {} -f json",) * 4,
        *("spectrogram {} -f json", "spectrogram {} -o OUT/x.png", "spectrogram {} -d OUT -f npy"),
        *("classify {} -f json", "classify {} --events -f csv", "classify - -f txt < {}"),
        *("embed {} -f json", "embed {} -m campplus -o OUT/x.npz"),
        *("diarize {} -f json", "diarize {} -d OUT -f rttm,textgrid"),
        *("transcribe {} -f json", "transcribe - -f srt < {}", "transcribe - --live < {}"),
        *("transcribe {} --diarize -f vtt", "align {} --text-file words.txt -f json"),
        *("verify {} other.wav -f json", "index add OUT/x.index {}"),
        *("AUDIOCLI_VOICES=OUT/voices voices enroll Ada {}",),
        *("speak Yes. --mix-with {} -o OUT/x.wav", "features {} --track 1 --start 0.2 -f csv"),
    )
    corpus.add(
        "list",
        {"lists/clips.txt": "clip.wav\nother.wav\n", "lists/plain": "clip.wav\n"},
        "features @{} -f jsonl",
        "classify --files-from {} -f csv",
        "features --files-from - -f csv < {}",
        many=True,
    )


SRT = """\
1
00:00:00,100 --> 00:00:00,900
And so, my <i>fellow</i>

2
00:00:01,000 --> 00:00:01,500
Americans.
"""
SSML = """\
<?xml version="1.0" encoding="utf-8"?>
<speak version="1.1" xml:lang="en">Take <break time="200ms"/>
<prosody rate="120%" pitch="+2st">a word</prosody>
<say-as interpret-as="date">1/2/2024</say-as>
<phoneme alphabet="ipa" ph="həˈloʊ">hello</phoneme> <sub alias="World">W</sub>.</speak>
"""
MARKDOWN = """\
# Title

Some *text* with [a link](http://x.example), `code` and[^1]:

- a list

| a | b |
|---|---|
| 1 | 2 |

[^1]: A note.
"""
TEXTS = {
    "talk.srt": SRT,
    "talk.vtt": "WEBVTT\n\n" + SRT.replace(",", "."),
    "talk.txt": "Dr. Who paid $3.50 on 1/2/2024 at 10:30. Call 555-0100!\n\nThe end.\n",
    "talk.md": MARKDOWN,
    "talk.html": "<html><title>T</title><body><h1>A</h1><p>1 &amp; <b>2</b><br>3</p></body>",
    "talk.ssml": SSML,
    "scene.txt": "ALICE: Good morning.\nBOB: Good night.\n",
}
LEXICON = """\
[words]
GIF = "jif"
SQL = { say = "sequel" }
hello = { ipa = "həˈloʊ", case = true }
"""
RTTM = """\
SPEAKER clip 1 0.10 0.50 <NA> <NA> ada <NA> <NA>
SPEAKER clip 1 0.70 0.30 <NA> <NA> bob <NA> <NA>
"""
BOOK = {
    "META-INF/container.xml": """\
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="b.opf"/></rootfiles></container>""",
    "b.opf": """\
<package xmlns="http://www.idpf.org/2007/opf">
<manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="a"/></spine></package>""",
    "a.xhtml": """\
<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>One</h1><p>Some text.</p></body></html>""",
}


def _add_texts(corpus: Corpus) -> None:
    shown = "speak --file {} --show-text"
    documents = {f"texts/{name}": text for name, text in TEXTS.items()}
    corpus.add(
        "document",
        documents | {"texts/book.epub": _epub()},
        *(shown,) * 4,
        *("speak --file {} --show-text --notes", "speak --file {} -o OUT/x.wav"),
        *("speak --file {} --fit -o OUT/x.wav", "speak - --show-text < {}"),
        *("speak --file {} --voices-map ALICE=heart,BOB=emma --show-text",),
        *("align clip.wav --text-file {} -f json", "speak --file {} -d OUT -f flac,srt"),
    )
    corpus.add(
        "lexicon",
        {"texts/names.toml": LEXICON},
        "speak 'Say hello to a GIF of SQL' --show-text --lexicon {}",
        "AUDIOCLI_LEXICON={} speak 'Say hello to a GIF' --show-text",
    )
    corpus.add(
        "rttm",
        {"texts/turns.rttm": RTTM},
        "spectrogram clip.wav --overlay {} -o OUT/x.svg",
    )


def _epub() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in BOOK.items():
            archive.writestr(name, text)
    return out.getvalue()


def _add_stores(corpus: Corpus) -> None:
    """Add files that audiocli keeps: labelled clips, an index, enrolled voices, archives."""
    for label, pitch in (("low", 0.05), ("high", 0.6)):
        for number in range(3):
            tone = 0.3 * np.sin(np.arange(RATE) * pitch + number)[None].astype(np.float32)
            corpus.write(f"clips/{label}/{number}.wav", sounds.pcm(tone))
    clips = corpus.folder / "clips"  # relative paths would be relative to the table
    rows = [f"{clips}/{label}/{n}.wav,{label},s{n}" for label in ("low", "high") for n in range(3)]
    corpus.add(
        "labels",
        {"labels.csv": "path,label,speaker\n" + "\n".join(rows) + "\n"},
        *("train {} -d OUT/model -f json", "train {} -d OUT/model --group speaker -f json"),
        *("train clips --test {} -d OUT/model -f json",),
        many=True,
    )
    Path("stores").mkdir()
    corpus.run("index add stores/x.index clips --window 0.5")
    corpus.run("AUDIOCLI_VOICES=stores/voices.json voices enroll Ada clip.wav")
    corpus.kinds["index"] = Kind(
        (Path("stores/x.index"),),
        (
            *(
                "index list {}",
                "index show {}",
                "index update {}",
                "index remove {} clips/low/1.wav",
            ),
            *(
                "index add {} clip.wav",
                "search {} clip.wav -f json",
                "search {} --duplicates -f csv",
            ),
        ),
        many=True,
    )
    corpus.kinds["voices"] = Kind(
        (Path("stores/voices.json"),),
        (
            *("AUDIOCLI_VOICES={} voices list", "AUDIOCLI_VOICES={} voices remove Ada"),
            *("AUDIOCLI_VOICES={} voices enroll Bob clip.wav",),
            *("AUDIOCLI_VOICES={} diarize clip.wav --identify-speakers -f json",),
        ),
    )


def _add_results(corpus: Corpus) -> None:
    """Add a result of every command, in JSON."""
    lines = {
        "align": "align clip.wav --text-file words.txt",
        "classify": "classify clip.wav",
        "diarize": "diarize clip.wav",
        "embed": "embed clip.wav --window 0.96",
        "events": "classify clip.wav --events",
        "features": "features clip.wav",
        "search": "search stores/x.index clip.wav",
        "spectrogram": "spectrogram clip.wav --n-mels 8 --hop-length 512",
        "stats": "diarize clip.wav --stats",
        "train": "train clips -d trained",
        "transcribe": "transcribe clip.wav --diarize -w",
        "verify": "verify clip.wav other.wav",
    }
    files = {f"results/{name}.json": corpus.run(f"{line} -f json") for name, line in lines.items()}
    files["results/many.jsonl"] = b"".join(
        corpus.run(f"{lines[name]} -f jsonl") for name in ("transcribe", "diarize", "features")
    )
    corpus.add(
        "result",
        files,
        *(f"convert {{}} -f {name} -d OUT" for name in names()),
        *(
            "convert {} -f json",
            "convert {} -f csv",
            "convert {} -f srt",
            "convert {} --stats -f csv",
        ),
        *("convert {} --turns -f rttm", "convert {} --rename SPEAKER_00=Ada -f txt"),
        *("convert - -f jsonl < {}", "spectrogram clip.wav --overlay {} -o OUT/x.png"),
        *("features clip.wav --transcript {} -f json",),
        many=True,
    )
