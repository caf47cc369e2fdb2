"""Export and import of models as tar archives."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

import toy
from audiocli.errors import InputError
from audiocli.models.base import LocalFolder, ModelSpec
from audiocli.models.store import archive
from audiocli.models.store.manifest import CorruptFile, Manifest
from audiocli.models.store.model_store import Store


class Written:
    """A source that writes the toy model's files."""

    label: ClassVar[str] = "written"

    def fetch(self, folder: Path, _: Callable[[int, int], None]) -> None:
        for name, data in toy.FILES.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)


SPEC = toy.spec(Written())
UNREGISTERED = toy.spec(Written(), name="toy/model@v1")


def known(name: str) -> ModelSpec | None:
    return SPEC if name == SPEC.name else None


@pytest.fixture
def there(tmp_path: Path) -> Store:
    """The store of a machine without a network."""
    return Store(tmp_path / "there", offline=True)


@pytest.fixture
def tar(tmp_path: Path) -> Path:
    """An archive of both models."""
    target = tmp_path / "models.tar"
    here = Store(tmp_path / "here")
    with target.open("wb") as out:
        names = archive.export_models(here, [SPEC, UNREGISTERED], out)
    assert names == [SPEC.name, UNREGISTERED.name]
    return target


def rewrite(tar: Path, change: Callable[[tarfile.TarInfo, bytes], bytes | None]) -> None:
    """Rewrite each file of an archive; None omits it."""
    with tarfile.open(tar) as old:
        members = [(m, old.extractfile(m).read()) for m in old]  # type: ignore[union-attr]
    with tarfile.open(tar, "w") as new:
        for member, data in members:
            if (changed := change(member, data)) is not None:
                member.size = len(changed)
                new.addfile(member, io.BytesIO(changed))


def test_import_restores_all_files(tar: Path, there: Store) -> None:
    assert list(archive.import_models(there, tar, known)) == [SPEC.name, UNREGISTERED.name]
    for spec in (SPEC, UNREGISTERED):
        folder = there.path(spec)
        assert folder == there.model_folder(spec.name)
        assert {n: (folder / n).read_bytes() for n in toy.FILES} == toy.FILES
    assert [m.source for m in there.manifests()] == ["import", "import"]
    assert there.manifests()[1].revision == toy.COMMIT


def test_only_cached_models_are_exported(tmp_path: Path) -> None:
    own = toy.spec(LocalFolder(tmp_path), files={})
    assert archive.export_models(Store(tmp_path / "here"), [own], io.BytesIO()) == []


def test_changed_file_is_refused_and_nothing_is_imported(tar: Path, there: Store) -> None:
    rewrite(tar, lambda m, data: data[:-1] + b"x" if m.name.endswith("model.bin") else data)
    with pytest.raises(CorruptFile, match=r"toy-model: model\.bin is corrupt"):
        list(archive.import_models(there, tar, known))
    assert there.manifests() == []
    assert not any(path.is_file() for path in there.cache_dir.rglob("*.bin"))


def test_registered_model_must_match_its_spec_not_the_archive(tar: Path, there: Store) -> None:
    """Files that match the manifest in the archive but not the spec are refused."""
    newer = toy.spec(Written(), files=toy.FILES | {"config.json": b'{"model_type": "new"}'})
    with pytest.raises(CorruptFile, match=r"config\.json is corrupt: SHA-256"):
        list(archive.import_models(there, tar, lambda name: newer if name == newer.name else None))


def escaping_name(manifest: dict) -> None:
    manifest["files"]["../../escaped"] = manifest["files"].pop("config.json")


def escaping_home(manifest: dict) -> None:
    manifest["name"] = "../../escaped"


@pytest.mark.parametrize("escape", [escaping_name, escaping_home])
def test_members_outside_the_folder_are_not_written(
    tar: Path, there: Store, tmp_path: Path, escape: Callable[[dict], None]
) -> None:
    def change(member: tarfile.TarInfo, data: bytes) -> bytes | None:
        if not member.name.startswith("toy--"):
            return None
        if member.name.endswith(".audiocli.json"):
            manifest = json.loads(data)
            escape(manifest)
            return json.dumps(manifest).encode()
        if member.name.endswith("config.json"):
            member.name = "toy--model@v1/../../escaped"
        return data

    rewrite(tar, change)
    with pytest.raises(InputError, match="is not an archive of models"):
        list(archive.import_models(there, tar, known))
    assert list(tmp_path.rglob("*escaped*")) == []
    assert there.manifests() == []


def test_link_in_an_archive_is_refused(tar: Path, there: Store) -> None:
    def change(member: tarfile.TarInfo, data: bytes) -> bytes:
        if member.name.endswith("config.json"):
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            return b""
        return data

    rewrite(tar, change)
    with pytest.raises(InputError, match=r"config\.json is no regular file"):
        list(archive.import_models(there, tar, known))


@pytest.mark.parametrize("content", [None, b"", b"not a tar" * 100])
def test_other_tar_file_is_refused(there: Store, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "other.tar"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=r"other\.tar: (is not an archive of models|no such file)"):
        list(archive.import_models(there, file, known))


def test_manifest_round_trip(tar: Path, there: Store) -> None:
    list(archive.import_models(there, tar, known))
    home = there.model_folder(SPEC.name)
    manifest = Manifest.read(home)
    assert manifest is not None
    assert Manifest.parse(manifest.text(home).encode(), home) == manifest
    for nonsense in (b"", b"[]", b'{"files": {"a": 1}, "folder": null}', b'{"files": {}}'):
        with pytest.raises(ValueError):
            Manifest.parse(nonsense, home)
