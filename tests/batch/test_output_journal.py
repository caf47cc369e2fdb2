"""The journal of an output folder: verdicts, claims, and what a crash leaves."""

from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audiocli.batch.output import atomic_writer
from audiocli.batch.output_journal import NAME, JournalError, Origin, OutputJournal, Provenance
from audiocli.errors import OutputError
from other_process import claimed_elsewhere

BASE = {"name": "whisper-base", "revision": "abc"}
MADE: Provenance = {"command": "transcribe", "model": BASE, "--language": "en"}


@pytest.fixture
def source(tmp_path: Path) -> Origin:
    recording = tmp_path / "talk.wav"
    recording.touch()
    return Origin(str(recording), "5:1")


def write(journal: OutputJournal, path: Path, origin: Origin, text: str = "text") -> None:
    with atomic_writer(path, before_replace=journal.recorder(path, origin, MADE)) as out:
        out.write(text)


def test_results_are_stale_after_any_change_of_what_made_them(
    tmp_path: Path, source: Origin
) -> None:
    journal, path = OutputJournal(tmp_path / "out"), tmp_path / "out/talk.txt"
    assert journal.verdict(path, source, MADE) == ("missing", "")
    write(journal, path, source)
    assert journal.verdict(path, source, MADE) == ("done", "")
    changes: dict[str, tuple[Origin, Provenance]] = {
        "the input changed": (Origin(source.source, "5:2"), MADE),
        "model is whisper-base (def), was whisper-base (abc)": (
            source,
            {**MADE, "model": {**BASE, "revision": "def"}},
        ),
        "--language is the default, was en": (source, {k: MADE[k] for k in ("command", "model")}),
        "--beam-size is 5, was the default": (source, {**MADE, "--beam-size": 5}),
    }
    for reason, (origin, provenance) in changes.items():
        assert journal.verdict(path, origin, provenance) == ("stale", reason)


def test_an_unknown_revision_is_no_change(tmp_path: Path, source: Origin) -> None:
    journal, path = OutputJournal(tmp_path), tmp_path / "talk.txt"
    write(journal, path, source)
    unknown = {**MADE, "model": {**BASE, "revision": None}}
    assert journal.verdict(path, source, unknown).state == "done"
    unknown = {**MADE, "model": {"name": "whisper-small", "revision": None}}
    assert journal.verdict(path, source, unknown).state == "stale"


def test_content_is_compared_where_it_is_hashed(tmp_path: Path, source: Origin) -> None:
    journal, path = OutputJournal(tmp_path), tmp_path / "talk.txt"
    write(journal, path, Origin(source.source, "5:1", "hash"))
    touched = Origin(source.source, "5:2", "hash")
    assert journal.verdict(path, touched, MADE).state == "done"
    assert journal.verdict(path, Origin(source.source, "5:1", "other"), MADE).state == "stale"


def test_an_edited_result_is_not_stale_but_edited(tmp_path: Path, source: Origin) -> None:
    journal, path = OutputJournal(tmp_path), tmp_path / "talk.txt"
    write(journal, path, source)
    path.write_text("corrected")
    assert journal.verdict(path, source, MADE).state == "done"
    changed = {**MADE, "--beam-size": 5}
    assert journal.verdict(path, source, changed).state == "edited"
    path.write_text("text")  # the edit is undone; only the time differs
    assert journal.verdict(path, source, changed).state == "stale"


def test_results_of_other_inputs_and_commands_are_foreign(tmp_path: Path, source: Origin) -> None:
    journal, path = OutputJournal(tmp_path), tmp_path / "talk.txt"
    write(journal, path, source)
    other = tmp_path / "other.wav"
    other.touch()
    assert journal.verdict(path, Origin(str(other), "5:1"), MADE) == ("foreign", source.source)
    url = Origin("https://example.org/talk.wav", "")
    assert journal.verdict(path, url, MADE) == ("foreign", source.source)
    assert journal.verdict(path, source, {**MADE, "command": "diarize"}) == (
        "foreign",
        "audiocli transcribe",
    )
    link = tmp_path / "link.wav"
    link.symlink_to(source.source)
    assert journal.verdict(path, Origin(str(link), "5:1"), MADE).state == "done"
    Path(source.source).rename(tmp_path / "moved.wav")
    assert journal.verdict(path, Origin(str(tmp_path / "moved.wav"), "5:1"), MADE).state == "done"


def test_a_file_that_was_recorded_but_not_moved_is_stale(tmp_path: Path, source: Origin) -> None:
    journal, path = OutputJournal(tmp_path), tmp_path / "talk.txt"
    write(journal, path, source)
    part = tmp_path / "part"
    part.write_text("new text")
    changed = {**MADE, "--beam-size": 5}
    journal.recorder(path, source, changed)(part)
    assert journal.verdict(path, source, changed).state == "stale"
    part.replace(path)
    assert journal.verdict(path, source, changed).state == "done"


def test_other_files_are_unrecorded(tmp_path: Path, source: Origin) -> None:
    path = tmp_path / "talk.txt"
    path.touch()
    assert OutputJournal(tmp_path).verdict(path, source, MADE).state == "unrecorded"
    assert not (tmp_path / NAME).exists()


def test_failures_are_kept_until_a_result_is_written(tmp_path: Path, source: Origin) -> None:
    journal, path = OutputJournal(tmp_path), tmp_path / "talk.txt"
    assert journal.failure(path) is None
    journal.record_failure(path, "talk.wav: is damaged")
    assert OutputJournal(tmp_path).failure(path) == "talk.wav: is damaged"
    write(journal, path, source)
    assert journal.failure(path) is None


def test_names_of_any_bytes_are_recorded(tmp_path: Path, source: Origin) -> None:
    journal = OutputJournal(tmp_path)
    paths = [tmp_path / os.fsdecode(name) for name in (b"caf\xe9.txt", b"caf\xc3\xa9.txt", b"a\nb")]
    for path in paths:
        write(journal, path, Origin(str(path), source.stamp))
        assert journal.verdict(path, Origin(str(path), source.stamp), MADE).state == "done"
        journal.record_failure(path, f"{path}: is damaged")
    assert len({journal.failure(path) for path in paths}) == 3


def test_threads_share_a_journal(tmp_path: Path, source: Origin) -> None:
    journal = OutputJournal(tmp_path)
    paths = [tmp_path / f"{number}.txt" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda path: write(journal, path, source), paths))
    assert {OutputJournal(tmp_path).verdict(path, source, MADE).state for path in paths} == {"done"}


def test_a_claim_of_a_process_ends_with_it(tmp_path: Path) -> None:
    path, other = tmp_path / "talk.txt", tmp_path / "other.txt"
    journal = OutputJournal(tmp_path)
    with claimed_elsewhere(path):
        assert not journal.claim(path)
        assert journal.claim(other)
    assert journal.claim(path)


@pytest.mark.parametrize("content", [b"not a database" * 100, b""])
def test_another_file_in_place_of_the_journal(
    tmp_path: Path, source: Origin, content: bytes
) -> None:
    (tmp_path / NAME).write_bytes(content)
    path = tmp_path / "talk.txt"
    path.touch()
    if content:
        with pytest.raises(OutputError, match="is not a journal"):
            OutputJournal(tmp_path).verdict(path, source, MADE)
    else:  # SQLite opens an empty file as a new database
        assert OutputJournal(tmp_path).verdict(path, source, MADE).state == "unrecorded"


def test_a_journal_of_another_version_is_refused(tmp_path: Path, source: Origin) -> None:
    path = tmp_path / "talk.txt"
    write(OutputJournal(tmp_path), path, source)
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(OutputError, match="another version"):
        OutputJournal(tmp_path).verdict(path, source, MADE)


def test_a_full_disk_is_reported_and_the_journal_stays_usable(
    tmp_path: Path, source: Origin
) -> None:
    journal = OutputJournal(tmp_path)
    write(journal, tmp_path / "0.txt", source)
    database = journal._open()
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutputError, match="cannot be written: database or disk is full"):
        for number in range(200):
            write(journal, tmp_path / f"{number}.txt", source)
    database.execute("PRAGMA max_page_count = 1000000")
    write(journal, tmp_path / "last.txt", source)
    assert journal.verdict(tmp_path / "last.txt", source, MADE).state == "done"


def test_a_journal_is_not_closed_while_another_thread_uses_it(tmp_path: Path) -> None:
    journal = OutputJournal(tmp_path)
    journal.record_failure(tmp_path / "a.json", "broken")
    closing = threading.Thread(target=journal.close)
    with journal._lock:
        closing.start()
        closing.join(0.2)
        assert closing.is_alive()
        assert journal.failure(tmp_path / "a.json") == "broken"
    closing.join()
    for use in (journal.failure, journal.claim):
        with pytest.raises(JournalError, match="the run has ended"):
            use(tmp_path / "a.json")
