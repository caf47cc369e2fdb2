"""A book spoken by runs that are killed: what it costs, and that nothing is lost or doubled.

    python benchmarks/speak_book.py --text FILE [--characters 500000] [--kill 60 80 100]

FILE is plain text whose chapters begin with a line "Chapter N", such as Pride and
Prejudice. Its chapters are made an EPUB; `audiocli speak` makes that an M4B, and is
killed (SIGKILL) after so many seconds, once for each number; the last run goes on to the
end. Resident memory is read from /proc every two seconds (Linux). The passages of the
JSON are compared with those the text is divided into, and some minutes of the M4B,
those around the kills among them, are transcribed and compared with the text.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

AUDIOCLI = (sys.executable, "-m", "audiocli")
SAMPLE = 100.0  # seconds that are transcribed at each place
_CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book.opf"/></rootfiles></container>"""
_PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf"><metadata
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Book</dc:title></metadata><manifest>
<item id="nav" href="nav.xhtml" properties="nav"/>{items}</manifest>
<spine>{spine}</spine></package>"""
_NAV = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>
<nav epub:type="toc">{links}</nav></body></html>"""


def main() -> None:
    """Print what the runs needed, and what was found in the book."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--characters", type=int, default=500_000)
    parser.add_argument("--kill", type=float, nargs="*", default=[60, 80, 100])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_epub(folder / "book.epub", args.text.read_text("utf-8"), args.characters)
        print("| run | seconds | memory after 1/4, 1/2, 3/4, at most, MB |\n|---|---|---|")
        killed = [run(folder, limit) for limit in args.kill]
        run(folder, None)
        check(folder, killed)


def make_epub(path: Path, text: str, characters: int) -> None:
    """Write as many chapters as begin within so many characters."""
    starts = [match.start() for match in re.finditer(r"(?m)^Chapter \d+$", text)]
    ends = [*starts[1:], len(text)]
    chapters = [text[a:b] for a, b in zip(starts, ends, strict=True) if a < characters]
    numbers = range(len(chapters))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", _CONTAINER)
        items = "".join(f'<item id="c{n}" href="c{n}.xhtml"/>' for n in numbers)
        spine = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
        archive.writestr("book.opf", _PACKAGE.format(items=items, spine=spine))
        links = ""
        for n, chapter in enumerate(chapters):
            title, *paragraphs = (p.strip() for p in re.split(r"\n\s*\n", chapter) if p.strip())
            links += f'<a href="c{n}.xhtml">{title}</a>'
            body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
            archive.writestr(f"c{n}.xhtml", f"<html><body><h2>{title}</h2>{body}</body></html>")
        archive.writestr("nav.xhtml", _NAV.format(links=links))


def run(folder: Path, limit: float | None) -> int:
    """Speak until killed, or to the end; tell how many passages are said."""
    command = [*AUDIOCLI, "speak", "book.epub", "-o", "book.m4b", "-f", "json"]
    begin, memory = time.monotonic(), [0]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        memory += [int(kilobytes) // 1024 for kilobytes in re.findall(r"VmRSS:\s+(\d+)", status)]
        if limit and time.monotonic() - begin > limit:
            process.kill()
        time.sleep(2)
    at = [memory[len(memory) * quarter // 4] for quarter in (1, 2, 3)]
    how = "killed" if process.returncode < 0 else "whole"
    seconds = time.monotonic() - begin
    print(f"| {how} | {seconds:.0f} | {', '.join(map(str, at))}, {max(memory)} |", flush=True)
    journal = folder / ".book.m4b.speaking" / "journal.jsonl"
    return journal.read_bytes().count(b'"number"') if journal.is_file() else 0


def check(folder: Path, killed: Sequence[int]) -> None:
    """Compare what was said with the text, and what is heard with what was said."""
    import av

    from audiocli.text.passages import PassageSplitter
    from audiocli.text.readers import read_book

    result = json.loads((folder / "book.json").read_text("utf-8"))
    segments = result["segments"]
    script = read_book(folder / "book.epub")
    passages = PassageSplitter(max_chars=300, language="en").passages(script.lines())
    same = [p.text for p in passages if p.text] == [s["text"] for s in segments]
    print(f"\n{len(segments)} passages, {result['duration'] / 3600:.2f} h; as in the text: {same}")
    with av.open(str(folder / "book.m4b")) as book:
        starts = [chapter["start"] / 1000 for chapter in book.chapters()]
    told = [chapter["time"] for chapter in result["chapters"]]
    off = max(abs(a - b) for a, b in zip(starts, told, strict=True))
    print(f"{len(starts)} chapters in the file, at most {off * 1000:.0f} ms from where they begin")
    for number in (*killed, len(segments) // 2, len(segments) - 30):
        heard_again(folder, segments, max(0, number - 8))


def heard_again(folder: Path, segments: Sequence[dict[str, object]], first: int) -> None:
    """Transcribe some of the book, and print the word error rate."""
    import jiwer
    import soundfile

    from audiocli.audio.decode import read
    from audiocli.audio.selection import Selection
    from audiocli.text.normalization import readings, spoken_form

    start = float(segments[first]["start"])  # type: ignore[arg-type]
    part = [s for s in segments[first:] if float(s["end"]) < start + SAMPLE]  # type: ignore[arg-type]
    end = float(part[-1]["end"])  # type: ignore[arg-type]
    clip = read(folder / "book.m4b", rate=16_000, selection=Selection(start=start, end=end))
    soundfile.write(folder / "part.wav", clip.samples[0], 16_000)
    command = [*AUDIOCLI, "transcribe", "part.wav", "-f", "txt", "-l", "en"]
    heard = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout

    def words(text: str) -> str:
        plain = re.sub(r"_|--|—", " ", text)
        said = spoken_form(plain, readings(plain, "en")).lower().replace("-", " ")
        return " ".join(re.sub(r"[^\w\s']", "", said).split())

    written = words(" ".join(str(s["text"]) for s in part))
    rate = jiwer.wer(written, words(heard))
    print(f"from passage {first}, {end - start:.0f} s: WER {rate:.1%}", flush=True)


if __name__ == "__main__":
    main()
