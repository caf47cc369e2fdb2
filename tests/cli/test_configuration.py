"""Defaults of options from files and variables: which wins, what is refused, what is shown."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audiocli.cli import configuration
from inprocess import UNMEASURED, Ran, audiocli

PROJECT = Path("audiocli.toml")
PARAMS = [param for _, command in configuration.all_commands() for param in command.params]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run a command in a folder of its own, with `user.toml` as the file of the user."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    user = tmp_path / "user.toml"
    user.write_text("")

    def run_there(*args: object, **environ: Any) -> Ran:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AUDIOCLI_TR")}
        return audiocli(*args, **{**inherited, "AUDIOCLI_CONFIG": str(user), **environ})

    return run_there


def value_of(run: Callable[..., Ran], command: str, option: str, **environ: str) -> tuple[str, str]:
    """Return the value of an option and where it comes from."""
    rows = run("config", "show", *command.split(), "-f", "json", **environ).json
    (row,) = (row for row in rows if row["option"] == option)
    return row["value"], row["source"]


def test_precedence(run: Callable[..., Ran], tmp_path: Path) -> None:
    """Built-in, user, project, variables; the table of a command before that of all."""

    def beams(**environ: str) -> tuple[str, str]:
        return value_of(run, "transcribe", "--beam-size", **environ)

    user = tmp_path / "user.toml"
    assert beams() == (3, "built-in")
    user.write_text("[defaults]\nbeam-size = 4")
    assert beams() == ("4", "user")
    user.write_text("[defaults]\nbeam-size = 4\n[transcribe]\nbeam_size = 5")
    assert beams() == ("5", "user")
    (tmp_path / PROJECT).write_text("[defaults]\nbeam-size = 6")
    assert beams() == ("6", "project")
    PROJECT.write_text("[transcribe]\nbeam-size = 7")  # nearer
    assert beams() == ("7", "project")
    everywhere = {"AUDIOCLI_BEAM_SIZE": "8"}
    assert beams(**everywhere) == ("8", "environment")
    assert beams(**everywhere, AUDIOCLI_TRANSCRIBE_BEAM_SIZE="9") == ("9", "environment")
    assert beams(AUDIOCLI_BEAM_SIZE="") == ("7", "project")


def test_the_command_line_wins(run: Callable[..., Ran], jfk: Path) -> None:
    PROJECT.write_text('[features]\nend = "1"\nformat = "csv"\n[defaults]\nquiet = true')
    made = run("features", jfk, "-f", "json").json
    assert made["duration"] == 1.0
    assert run("features", jfk, "--end", "2", "-f", "json").json["duration"] == 2.0
    assert run("features", jfk).stdout.startswith("source,")
    assert run("features", jfk, "-o", "a.json").code == 0  # the suffix of --output names a format
    assert Path("a.json").read_text().startswith("{")


def test_unused_options_are_refused_only_on_the_command_line(
    run: Callable[..., Ran], jfk: Path
) -> None:
    PROJECT.write_text("[classify]\nmin-duration = 0.5")
    assert run("classify", jfk).code == 0
    assert run("classify", jfk, "--min-duration", "0.5").code == 2


def test_results_of_other_settings_are_made_again(run: Callable[..., Ran], jfk: Path) -> None:
    shutil.copy(jfk, "a.flac")
    command = ("features", "a.flac", "-d", "out", "-f", "json")
    assert run(*command).code == 0
    assert "1 of 1 outputs exist already" in run(*command).stderr
    PROJECT.write_text('[features]\nend = "1"')
    assert "end" in run(*command).stderr
    assert '"duration": 1.0' in Path("out/a.json").read_text()


WRONG = {
    "[features]\nennd = 1": "audiocli.toml: [features] ennd: no such option (did you mean end?)",
    "[defaults]\nthread = 1": "[defaults] thread: no such option (did you mean threads?)",
    "[feature]\nend = 1": "feature: no such table or command (did you mean features?)",
    "end = 1": "audiocli.toml: end: no such table or command",
    "features = 1": "audiocli.toml: features: is not a table (write [features])",
    "[features]\nend = []": "[features] end: is not a text or a number",
    "[features]\nend = true": "[features] end: is not a text or a number",
    "[features]\nfail-fast = 1": "[features] fail-fast: is not true or false",
    '[features]\nfeature-set = "x"': "audiocli.toml: [features] feature-set: ",
    "[features": "audiocli.toml: is not valid TOML",
    '[features]\noutput = "x"': "--output is accepted on the command line only (remove it)",
    '[defaults]\noutput-dir = "x"': "--output-dir is accepted on the command line only",
    "a.a" + ".a" * 600 + " = 1": "audiocli.toml: is nested too deeply",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_named_in_one_line(run: Callable[..., Ran], jfk: Path, text: str) -> None:
    PROJECT.write_text(text)
    ran = run("features", jfk)
    assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert WRONG[text] in ran.stderr
    assert ran.stderr.endswith(")\n")
    assert run("features", "--help").code == 0


def test_wrong_variables(run: Callable[..., Ran], jfk: Path) -> None:
    ran = run("features", jfk, AUDIOCLI_FEATURES_ENNDD="1")
    assert ran.stderr == "error: AUDIOCLI_FEATURES_ENNDD: no such option (did you mean end?)\n"
    assert ran.code == 2
    ran = run("features", jfk, AUDIOCLI_FEATURES_FEATURE_SET="x")
    assert ran.stderr.startswith("error: Invalid value for AUDIOCLI_FEATURES_FEATURE_SET: ")
    assert run("features", jfk, AUDIOCLI_CONFIG="missing.toml").stderr == (
        "error: missing.toml: no such file (check the path)\n"
    )


def test_subcommands(run: Callable[..., Ran]) -> None:
    PROJECT.write_text("[index.add]\nwindow = 2")
    assert value_of(run, "index add", "--window") == ("2", "project")
    PROJECT.write_text("[index.ad]\nwindow = 2")
    assert "[index] ad: no such subcommand (did you mean add?)" in run("index", "list", "x").stderr
    PROJECT.write_text("[index]\nadd = 2")
    assert "[index] add: is not a table (write [index.add])" in run("index", "list", "x").stderr


def test_inputs_outputs_and_commands_are_not_configurable() -> None:
    named = {configuration.option_key(param): param for param in PARAMS}
    usual = {key for key, param in named.items() if configuration.is_configurable(param)}
    assert {"model", "format", "device", "threads", "beam-size"} <= usual
    refused = {"hook", "files-from", "dataset", "mic", "output", "output-dir", "overwrite", "play"}
    assert refused <= named.keys() - usual
    assert not any(named[key].metavar == "COMMAND" for key in usual)


def test_shared_options_exist() -> None:
    assert {configuration.option_key(param) for param in PARAMS} >= configuration.SHARED


def test_paths_and_tables(run: Callable[..., Ran], tmp_path: Path) -> None:
    assert run("config", "path").stdout == f"user\t{tmp_path / 'user.toml'}\n"
    PROJECT.write_text("[features]\nfail-fast = true")
    assert run("config", "path").stdout.splitlines()[1] == f"project\t{PROJECT.absolute()}"
    assert run("config", "show").stdout == f"features\t--fail-fast\ttrue\t{PROJECT.absolute()}\n"
    assert "features\t--channel\tmix\tbuilt-in\n" in run("config", "show", "features").stdout
    assert run("config", "show", "nothing").code == 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs chown")
def test_files_of_other_users_are_ignored(run: Callable[..., Ran], jfk: Path) -> None:
    PROJECT.write_text("[features]\nend = 1")
    os.chown(PROJECT, 12345, 12345)
    ran = run("features", jfk, "-f", "json")
    assert ran.json["duration"] == pytest.approx(11.0)
    assert "is ignored, because it belongs to another user" in ran.stderr


def test_help_imports_nothing_for_it() -> None:
    script = "import sys; from audiocli.cli import main; main(['--help']); print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=UNMEASURED
    )
    assert not {"audiocli.cli.configuration", "tomllib"} & set(ran.stdout.split())
