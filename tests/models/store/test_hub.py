"""The client library of the hub with a local hub, through the whole program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import toy
from audiocli.errors import ModelUnavailable
from audiocli.models.base import Hub
from audiocli.models.store import hub as store_hub
from audiocli.models.store.hub_errors import explain_hub_errors
from toy import COMMIT, FILES, HUB, Program

FAULTS = ("gated", "hiccups", "dies", "portal", "401", "403", "429", "503")
REPOS = {f"toy/{name}": FILES for name in ("model", *FAULTS)}
REPOS["toy/other"] = {"config.json": b'{"model_type": "unheard-of"}'}
REPOS["toy/empty"] = {"README.md": b""}
TROUBLE = {f"toy/{name}": name for name in FAULTS}


@pytest.fixture(scope="module")
def hub() -> Iterator[tuple[str, list[str]]]:
    with toy.running_hub(REPOS, TROUBLE) as running:
        yield running


@pytest.fixture
def asked(hub: tuple[str, list[str]]) -> list[str]:
    """The requests of this test."""
    hub[1].clear()
    return hub[1]


@pytest.fixture
def audiocli(tmp_path: Path, hub: tuple[str, list[str]]) -> Program:
    right = toy.spec(HUB, name="known")
    wrong = toy.spec(HUB, name="wrong", files=FILES | {"config.json": b'{"model_type": "TOY"}'})
    lost = toy.spec(Hub("toy/model", "f" * 40), name="lost")
    toy.install_plugin(tmp_path / "plugin", right, wrong, lost)
    return Program(tmp_path, {"HF_ENDPOINT": hub[0]})


def snapshot(tmp_path: Path) -> Path:
    return tmp_path / "huggingface/hub/models--toy--model/snapshots" / COMMIT


def test_registered_model_is_kept_in_the_cache_of_the_hub(
    audiocli: Program, tmp_path: Path, asked: list[str]
) -> None:
    folder = snapshot(tmp_path)
    pulled = audiocli("models", "pull", "known")
    assert pulled == (0, "", f"fetching known, 1.0 MB\nknown is downloaded: {folder}\n")
    assert (folder / "weights/model.bin").read_bytes() == FILES["weights/model.bin"]
    assert all("/toy/model/" in request for request in asked)  # and nothing to anybody else
    asked.clear()
    assert audiocli("models", "path", "known", "--offline") == (0, f"{folder}\n", "")
    assert audiocli("models", "verify", "known") == (0, "known\tok\n", "")
    assert asked == []


def test_removed_model_is_restored_from_the_cache_of_the_hub(
    audiocli: Program, tmp_path: Path, asked: list[str]
) -> None:
    audiocli("models", "pull", "known")
    code, out, err = audiocli("models", "remove", "known")
    assert (code, out) == (0, "")
    assert f"its files stay in the hub's cache: {snapshot(tmp_path)}\n" in err
    asked.clear()
    assert audiocli("models", "pull", "known", "--offline").code == 0
    assert audiocli("models", "pull", "known").code == 0
    assert asked == []


def test_repository_is_used_at_the_cached_commit(
    audiocli: Program, tmp_path: Path, asked: list[str]
) -> None:
    assert audiocli("models", "pull", "toy/model").code == 0
    assert (snapshot(tmp_path) / "weights/model.bin").is_file()
    asked.clear()
    listed = audiocli("models", "list", "--for-task", "classify").out.splitlines()
    size = sum(map(len, FILES.values()))
    assert f"toy/model\tclassify\t{size}\tunknown\t\tyes\thub" in listed
    assert audiocli("models", "path", "toy/model").out == f"{snapshot(tmp_path)}\n"
    assert asked == []
    assert audiocli("models", "pull", "toy/model@main").code == 0


def test_repository_in_the_cache_of_the_hub_is_found_offline(
    audiocli: Program, tmp_path: Path
) -> None:
    audiocli("models", "pull", "toy/model@main")
    audiocli("models", "remove", "toy/model@main")
    name = f"toy/model@{COMMIT}"
    offline = audiocli("models", "pull", name, "--offline")
    assert offline == (0, "", f"{name} is downloaded: {snapshot(tmp_path)}\n")
    (snapshot(tmp_path) / "weights/model.bin").unlink()
    audiocli("models", "remove", name)
    assert audiocli("models", "pull", name, "--offline").code == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("toy/nothing", "the hub has no toy/nothing, or it is private (check the spelling; "),
        ("toy/model@v9", "toy/model has no revision v9 on the hub (see "),
        ("lost", f"toy/model has no revision {'f' * 40} on the hub (see "),
        ("toy/gated", "toy/gated is gated: accept its licence at {hub}/toy/gated (then `hf auth"),
        ("toy/empty", "toy/empty has no config.json or config.yaml on the hub"),
        ("toy/other", "toy/other: models of type unheard-of are not supported for any task"),
        ("toy/dies", "toy/dies: the hub answered 500: the server has a problem (try again later"),
        ("toy/503", "toy/503: the hub answered 503: the server has a problem (try again later"),
        ("toy/429", "toy/429: the hub answered 429: too many requests (try again later"),
        ("toy/403", "toy/403: the hub answered 403: access is denied (see {hub}/toy/403)"),
        ("toy/401", "toy/401: the hub answered 401: the token is missing or invalid (`hf auth"),
        ("toy/portal", "toy/portal: the answer of {hub} is not from a hub (check HF_ENDPOINT"),
    ],
)
def test_refusal_is_one_line(
    audiocli: Program, hub: tuple[str, list[str]], name: str, message: str
) -> None:
    code, out, err = audiocli("models", "pull", name)
    *before, last = err.splitlines()
    assert (code, out) == (3, "")
    assert last.startswith("error: " + message.format(hub=hub[0]))
    assert all(line.startswith("fetching ") for line in before)


def test_interrupted_download_is_retried(audiocli: Program) -> None:
    code, out, err = audiocli("models", "pull", "toy/hiccups")
    assert (code, out) == (0, "")
    assert [line.split()[0] for line in err.splitlines()] == ["fetching", "toy/hiccups"]


def test_corrupt_file_is_deleted_from_the_cache_of_the_hub(
    audiocli: Program, tmp_path: Path
) -> None:
    code, _, err = audiocli("models", "pull", "wrong")
    assert code == 3
    assert "error: wrong: config.json is corrupt: SHA-256 " in err
    assert not (snapshot(tmp_path) / "config.json").exists()
    assert audiocli("models", "path", "wrong").code == 3


@pytest.mark.parametrize("name", ["known", "toy/model"])
@pytest.mark.parametrize(
    ("args", "environment"), [(["--offline"], {}), ([], {"HF_HUB_OFFLINE": "1"})]
)
def test_offline_sends_no_request(
    audiocli: Program, asked: list[str], name: str, args: list[str], environment: dict[str, str]
) -> None:
    code, out, err = audiocli("models", "pull", name, *args, **environment)
    assert (code, out, asked) == (3, "", [])
    assert err == (
        f"error: {name} is not downloaded, and the network is disabled "
        f"(with a network: audiocli models pull {name})\n"
    )


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
def test_unreachable_hub_is_reported_at_once(audiocli: Program, endpoint: str) -> None:
    code, _, err = audiocli("models", "pull", "toy/model", HF_ENDPOINT=endpoint)
    assert code == 3
    assert err.startswith("error: toy/model: the hub cannot be reached: ")
    assert err.endswith(" (check the network and run the same command again)\n")


def test_tls_failure_names_the_certificates(audiocli: Program, hub: tuple[str, list[str]]) -> None:
    endpoint = hub[0].replace("http://", "https://")
    code, _, err = audiocli("models", "pull", "toy/model", HF_ENDPOINT=endpoint)
    assert code == 3
    assert err.startswith("error: toy/model: the hub cannot be reached: ")


def test_full_disk_names_the_cache_of_the_hub(audiocli: Program, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, before[1]))  # children inherit it
    try:
        code, _, err = audiocli("models", "pull", "toy/model")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 3
    cache = tmp_path / "huggingface/hub"
    last = f"error: not enough disk space for toy/model in {cache} (HF_HOME names another folder "
    assert err.splitlines()[-1].startswith(last)


def test_offline_switch_of_the_hub_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host program may set only the offline switch of the client library."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailable, match=r"HF_HUB_OFFLINE is set \(unset HF_HUB_OFFLINE\)"):
        store_hub.fetch("toy/model", None, ["*"])


def test_defects_are_not_converted_to_hub_errors() -> None:
    for defect in (TypeError("unexpected argument"), AttributeError("no such attribute")):
        with pytest.raises(type(defect)), explain_hub_errors("toy/model", None):
            raise defect


def test_token_is_sent_but_never_shown(audiocli: Program) -> None:
    code, out, err = audiocli("models", "pull", "toy/gated", "--verbose", HF_TOKEN="hf_secret")
    assert code == 3
    assert "hf_secret" not in out + err
