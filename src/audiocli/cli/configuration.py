"""Defaults of options from configuration files and environment variables.

The later of these sources wins: the file of the user, the file of the project, variables of
the environment. In a file, the table of a command wins over `[defaults]`. Files are read when
a command parses its options, except for --help.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from audiocli.cli.commands import COMMANDS
from audiocli.context import Context
from audiocli.errors import InputError, UsageError

NAME = "audiocli.toml"
DEFAULTS = "defaults"  # table for the options of all commands
BUILT_IN = "built-in"

Source = Literal["user", "project", "environment"]

# Inputs, outputs and recordings are named on the command line only, so that a file in the
# current folder cannot name what is read or written.
_COMMAND_LINE_ONLY = {
    *("address", "command", "dataset", "executor", "files-from", "help", "hook", "mic"),
    *("output", "output-dir", "overwrite", "play", "report"),
}
# Variables with a meaning of their own.
_RESERVED = {f"AUDIOCLI_{name}" for name in ("CACHE", "CONFIG", "LEXICON", "OFFLINE", "VOICES")}
# Options that do not make `[defaults]` import all commands to check their names.
SHARED = {
    *("channel", "compute-type", "device", "format", "language", "max-line-width", "max-lines"),
    *("model", "offline", "quiet", "threads", "track", "verbose", "window"),
}


@dataclass(frozen=True)
class Setting:
    """A configured default of an option.

    Attributes
    ----------
    place : the file or the variable
    key : in the file, such as `[transcribe] model`
    """

    value: Any
    source: Source
    place: str
    key: str = ""

    @property
    def origin(self) -> str:
        """The place and the key, for messages."""
        return f"{self.place}: {self.key}" if self.key else self.place


class ConfiguredDefaults(dict[str, Any]):
    """The configured values by the name of their parameter, read when one is looked up."""

    def __init__(self, ctx: Any) -> None:
        super().__init__()
        self._ctx = ctx
        self._settings: dict[str, Setting] | None = None

    @property
    def settings(self) -> dict[str, Setting]:
        """The settings by the name of their parameter.

        Raises
        ------
        UsageError : a file or a variable is not valid
        """
        if self._settings is None:
            words = tuple(self._ctx.command_path.split()[1:])
            context = self._ctx.find_object(Context)
            self._settings = settings_of(context, words, self._ctx.command.params)
        return self._settings

    def get(self, name: str, default: Any = None) -> Any:
        """Return a configured value. `--help` is shown whatever the files contain."""
        setting = None if name == "help" else self.settings.get(name)
        return setting.value if setting else default


def option_key(param: Any) -> str | None:
    """Return the key of an option, its long name without dashes; None for arguments."""
    if param.param_type_name != "option":
        return None
    return next((n.removeprefix("--") for n in param.opts if n.startswith("--")), None)


def is_configurable(param: Any) -> bool:
    """Return whether files and variables may set an option."""
    key = option_key(param)
    return key is not None and key not in _COMMAND_LINE_ONLY and param.metavar != "COMMAND"


def user_file(environ: Mapping[str, str]) -> Path:
    """Return the file of the user: `AUDIOCLI_CONFIG`, else one in the configuration folder."""
    if named := environ.get("AUDIOCLI_CONFIG"):
        return Path(named).expanduser()
    from platformdirs import user_config_path

    return user_config_path("audiocli") / NAME


def project_file() -> Path | None:
    """Return the nearest file in the current folder or above; None if there is none."""
    try:
        folder = Path.cwd()
    except OSError:  # the current folder was removed
        return None
    return next((p for one in (folder, *folder.parents) if (p := one / NAME).is_file()), None)


def settings_of(
    context: Context, words: tuple[str, ...], params: Iterable[Any]
) -> dict[str, Setting]:
    """Return the configured defaults of a command, by the name of their parameter.

    Parameters
    ----------
    words : the command, such as ("index", "add")

    Raises
    ------
    UsageError : a file is not valid, or a table, key or variable is unknown
    """
    by_key = {key: param for param in params if (key := option_key(param))}
    found: dict[str, Setting] = {}
    for key, setting in _settings(context, words, by_key):
        found[by_key[key].name] = _converted(setting, by_key[key])
    return found


def _settings(
    context: Context, words: tuple[str, ...], by_key: Mapping[str, Any]
) -> Iterator[tuple[str, Setting]]:
    """Yield keys and settings; later ones win."""
    for source, path in _files(context):
        for table, values in _tables(path, words):
            where = f"[{table}]"
            for written, value in values.items():
                key = written.replace("_", "-")
                setting = Setting(value, source, str(path), f"{where} {written}")
                if key in by_key:
                    _check_allowed(setting, by_key[key])
                    yield key, setting
                elif table != DEFAULTS:
                    raise _unknown(setting.origin, key, by_key)
                elif key not in SHARED:
                    _check_known(setting, key)
    yield from _variables(context, words, by_key)


def _files(context: Context) -> Iterator[tuple[Source, Path]]:
    user = user_file(context.environ)
    if user.is_file() or context.environ.get("AUDIOCLI_CONFIG"):
        yield "user", user
    project = project_file()
    if project and not _is_same(project, user):
        if _is_foreign(project):
            context.warn(f"warning: {project}: is ignored, because it belongs to another user")
        else:
            yield "project", project


def _is_same(a: Path, b: Path) -> bool:
    return b.exists() and a.samefile(b)


def _is_foreign(path: Path) -> bool:
    """Return whether a file belongs to neither this user nor root, as it may in /tmp."""
    return os.name == "posix" and path.stat().st_uid not in {0, os.geteuid()}


def _tables(path: Path, words: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the tables of a file that apply to a command, the most general first."""
    from audiocli.text.toml import read_toml

    try:
        content = read_toml(path, 'one table for each command: [transcribe], with model = "..."')
    except InputError as error:
        raise UsageError(error.message, error.hint) from error
    for name, table in content.items():
        if name != DEFAULTS and name not in COMMANDS:
            raise _unknown(f"{path}: {name}", name, (DEFAULTS, *COMMANDS), "table or command")
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {name}: is not a table", f"write [{name}]")
    yield DEFAULTS, content.get(DEFAULTS, {})
    table = content.get(words[0], {})
    if len(words) > 1:
        _check_subcommands(f"{path}: [{words[0]}]", words[0], table)
        table = table.get(words[1], {})
    yield ".".join(words), table


def _check_subcommands(origin: str, name: str, tables: Mapping[str, Any]) -> None:
    """Refuse anything but tables of subcommands in the table of a command that has some."""
    app = import_module(f"audiocli.cli.commands.{name}").app
    known = [one.name or one.callback.__name__ for one in app.registered_commands]
    for word, table in tables.items():
        if word not in known:
            raise _unknown(f"{origin} {word}", word, known, "subcommand")
        if not isinstance(table, dict):
            raise UsageError(f"{origin} {word}: is not a table", f"write [{name}.{word}]")


def _variables(
    context: Context, words: tuple[str, ...], by_key: Mapping[str, Any]
) -> Iterator[tuple[str, Setting]]:
    """Yield the variables for all commands, then those for this command."""
    own = "_".join(("AUDIOCLI", *words, "")).upper().replace("-", "_")
    names = {key.upper().replace("-", "_"): key for key in by_key}
    for prefix in ("AUDIOCLI_", own):
        for variable, value in sorted(context.environ.items()):
            key = names.get(variable.removeprefix(prefix))
            is_meant = variable.startswith(prefix) and variable not in _RESERVED
            if not is_meant or not value:
                continue
            if key:
                setting = Setting(value, "environment", variable)
                _check_allowed(setting, by_key[key])
                yield key, setting
            elif prefix == own:
                unknown = variable.removeprefix(prefix).lower().replace("_", "-")
                raise _unknown(variable, unknown, by_key)


def _check_allowed(setting: Setting, param: Any) -> None:
    if not is_configurable(param):
        raise UsageError(
            f"{setting.origin}: --{option_key(param)} is accepted on the command line only",
            "remove it",
        )


def _check_known(setting: Setting, key: str) -> None:
    """Refuse a key of `[defaults]` that no command has; importing all commands takes a moment."""
    params = (param for _, command in all_commands() for param in command.params)
    known = {found for param in params if (found := option_key(param))}
    if key not in known:
        raise _unknown(setting.origin, key, sorted(known))


def all_commands(
    names: Iterable[str] = sorted(COMMANDS),
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command without subcommands of its own, with the words that call it.

    Parameters
    ----------
    names : first words of the commands
    """
    from typer.main import get_command

    from audiocli.cli import app

    group: Any = get_command(app)
    for name in names:
        command = group.get_command(None, name)
        subcommands = getattr(command, "commands", None)
        if subcommands is None:
            yield (name,), command
        for word, subcommand in sorted((subcommands or {}).items()):
            yield (name, word), subcommand


def _unknown(origin: str, name: str, known: Iterable[str], what: str = "option") -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]}?" if near else "`audiocli config show` lists what is set"
    return UsageError(f"{origin}: no such {what}", hint)


def _converted(setting: Setting, param: Any) -> Setting:
    """Return a setting with the value as the parser takes it: text, or a list of texts."""
    value = setting.value
    if setting.source == "environment":
        value = [value] if param.multiple else value
    elif param.is_flag:
        if not isinstance(value, bool):
            raise UsageError(f"{setting.origin}: is not true or false", "write true or false")
    elif isinstance(value, list) and param.multiple:
        value = [_text(setting, one) for one in value]
    else:
        value = [_text(setting, value)] if param.multiple else _text(setting, value)
    return Setting(value, setting.source, setting.place, setting.key)


def _text(setting: Setting, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError(f"{setting.origin}: is not a text or a number", 'write it as "text"')
    return str(value)


def name_origin(error: Any, ctx: Any) -> None:
    """Name the file and the key in the message of a parser for a configured value."""
    param = getattr(error, "param", None)
    if param and _is_configured(ctx, param.name):
        error.param_hint = ctx.default_map.settings[param.name].origin


def yield_to_suffix(ctx: Any) -> None:
    """Drop a configured --format where the suffix of --output names one."""
    output = ctx.params.get("output")
    if output and Path(output).suffix and _is_configured(ctx, "format"):
        ctx.params["format"] = None


def _is_configured(ctx: Any, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and bool(source.name == "DEFAULT_MAP")


def describe(value: Any) -> str:
    """Return a value as text: `true`, `a,b`, or `-` for none."""
    if value is None or value == [] or value == "":
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(describe, value))
    return str(value)
